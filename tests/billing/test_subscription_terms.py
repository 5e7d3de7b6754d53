"""How long a subscription opens: what is owed and what is covered, every cell of the design's table."""

from datetime import timedelta
from itertools import product

import pytest

from tests.billing.stripe_json import SOLD, bill, day, facts, item, line, note, noted, refund, seconds
from webapp.billing.gateway.json_parser import OUR_COMMENT
from webapp.billing.grant_terms import subscription_terms
from webapp.billing.models import Revoked

GRACE = timedelta(days=7)
STATUSES = (
    *("active", "past_due", "trialing"),
    *("incomplete", "incomplete_expired", "unpaid", "paused", "canceled", "hibernating"),
)
BILLS = ("draft", "open", "processing", "paid", "given back", "uncollectible", "void")
COLLECTIONS = ("charged", "sent")
SWITCHES = ("none", "up", "down")
SENT_FOR = 20  # days until a bill that is sent is due
# Why a subscription of this status opens nothing, whatever was paid.
CLOSED = {
    "incomplete": Revoked.UNPAID,
    "incomplete_expired": Revoked.UNPAID,
    "unpaid": Revoked.UNPAID,
    "paused": Revoked.PAUSED,
    "canceled": Revoked.ENDED,
    "hibernating": Revoked.UNKNOWN,
}
REFUNDED = "refunded"
# Until which day an open subscription opens, by the state of its latest bill, how that is collected, and the switch
# that it is for. Without one: a month was paid up to day 30, and the bill is for the next. Up: a month was paid, and
# the bill of day 10 is for a year. Down: a year was paid, and the bill of day 10 credits it and is for a month.
OPENS = {
    ("draft", "charged", "none"): 37,
    ("draft", "sent", "none"): 37,
    ("open", "charged", "none"): 37,
    ("open", "sent", "none"): 57,
    ("processing", "charged", "none"): 61,
    ("processing", "sent", "none"): 61,
    ("paid", "charged", "none"): 61,
    ("paid", "sent", "none"): 61,
    ("given back", "charged", "none"): REFUNDED,
    ("given back", "sent", "none"): REFUNDED,
    ("uncollectible", "charged", "none"): 37,
    ("uncollectible", "sent", "none"): 57,
    ("void", "charged", "none"): 37,
    ("void", "sent", "none"): 57,
    ("draft", "charged", "up"): 31,
    ("draft", "sent", "up"): 31,
    ("open", "charged", "up"): 31,
    ("open", "sent", "up"): 37,
    ("processing", "charged", "up"): 376,
    ("processing", "sent", "up"): 376,
    ("paid", "charged", "up"): 376,
    ("paid", "sent", "up"): 376,
    ("given back", "charged", "up"): 30,
    ("given back", "sent", "up"): 30,
    ("uncollectible", "charged", "up"): 31,
    ("uncollectible", "sent", "up"): 37,
    ("void", "charged", "up"): 31,
    ("void", "sent", "up"): 37,
    ("draft", "charged", "down"): 366,
    ("draft", "sent", "down"): 366,
    ("open", "charged", "down"): 366,
    ("open", "sent", "down"): 366,
    ("processing", "charged", "down"): 41,
    ("processing", "sent", "down"): 41,
    ("paid", "charged", "down"): 41,
    ("paid", "sent", "down"): 41,
    ("given back", "charged", "down"): 366,
    ("given back", "sent", "down"): 366,
    ("uncollectible", "charged", "down"): 366,
    ("uncollectible", "sent", "down"): 366,
    ("void", "charged", "down"): 366,
    ("void", "sent", "down"): 366,
}
CELLS = list(product(STATUSES, BILLS, COLLECTIONS, SWITCHES))


def missing_cells(opens, closed):
    """Return the cells of the table for which nothing is said."""
    return [cell for cell in CELLS if cell[0] not in closed and cell[1:] not in opens]


def test_the_table_is_complete():
    assert missing_cells(OPENS, CLOSED) == []
    assert len(CELLS) == 9 * 7 * 2 * 3


@pytest.mark.parametrize("cell", OPENS)
def test_a_missing_cell_is_found(cell):
    assert {found[1:] for found in missing_cells({key: OPENS[key] for key in OPENS if key != cell}, CLOSED)} == {cell}


def test_a_missing_status_is_found():
    assert {cell[0] for cell in missing_cells(OPENS, {key: CLOSED[key] for key in CLOSED if key != "paused"})} == set()
    assert {cell[0] for cell in missing_cells({}, {})} == set(STATUSES)


def standing(status, state, collection, switch):
    """Return a subscription in a cell of the table."""
    month, year = line("il_month", 0, 30), line("il_year", 0, 365, 19800, "price_year")
    before, on, lines, present = {
        "none": (month, 30, [line("il_next", 30, 60)], item(60, begins=30)),
        "up": (
            month,
            10,
            [line("il_back", 10, 30, -1600, credits=["il_month"]), line("il_new", 10, 375, 19800, "price_year")],
            item(375, "price_year", begins=10),
        ),
        "down": (
            year,
            10,
            [line("il_back", 10, 365, -19000, "price_year", credits=["il_year"]), line("il_new", 10, 40)],
            item(40, begins=10),
        ),
    }[switch]
    sent = {"collection_method": "send_invoice", "due_date": None if state == "draft" else seconds(on + SENT_FOR)}
    word = {"given back": "paid", "processing": "open"}.get(state, state)
    latest = bill("in_2", word, on, *lines, total=5000, **(sent if collection == "sent" else {}))
    return facts(
        bill("in_1", "paid", 0, before),
        latest,
        items=(present,),
        refunds=(refund("in_2", 5000, on + 5),) if state == "given back" else (),
        intents={"pi_in_2": "processing" if state == "processing" else "requires_payment_method"},
        status=status,
        ended_at=seconds(on + 6) if status == "canceled" else None,
    )


@pytest.mark.parametrize("cell", CELLS, ids="-".join)
def test_what_a_subscription_opens(cell):
    status, opens = cell[0], OPENS[cell[1:]]
    terms = subscription_terms(standing(*cell), SOLD, GRACE)
    if status in CLOSED:
        given_back = status == "canceled" and opens == REFUNDED
        assert terms.revoked is (Revoked.REFUNDED if given_back else CLOSED[status])
    elif opens == REFUNDED:
        assert terms.revoked is Revoked.REFUNDED
    else:
        assert (terms.revoked, terms.ends_at) == (None, day(opens))
    assert terms.starts_at == day(0)


PAID = bill("in_1", "paid", 0, line("il_1", 0, 30))
YEAR_ON_DAY_1 = bill(
    "in_2", "paid", 1, line("il_b", 1, 30, -2400, credits=["il_1"]), line("il_2", 1, 366, 19800, "price_year")
)
YEARLY = (item(366, "price_year", begins=1),)
DISPUTE = {"id": "dp_1", "payment_intent": "pi_in_1", "status": "needs_response"}
FREE = line("il_1", 0, 30, 0)


@pytest.mark.parametrize(
    ("found", "opens"),
    [
        pytest.param(
            facts(items=(item(14),), status="trialing", trial_end=seconds(14)), 15, id="a trial without a bill"
        ),
        pytest.param(
            facts(bill("in_1", "paid", 0, line("t", 0, 14, 0)), items=(item(14),), trial_end=seconds(14)),
            15,
            id="a trial with a bill of 0",
        ),
        pytest.param(facts(bill("in_1", "paid", 0, FREE), items=(item(30),)), 31, id="a coupon of 100 %"),
        pytest.param(
            facts(bill("in_1", "paid", 0, line("il_1", 0, 30), paid=0), items=(item(30),)),
            31,
            id="paid by a credit balance, or out of band",
        ),
        pytest.param(
            facts(
                bill("in_1", "paid", 0, line("il_1", 0, 30), paid=0, post_payment_credit_notes_amount=2500),
                items=(item(30),),
            ),
            REFUNDED,
            id="paid by credit, and credited in full",
        ),
        pytest.param(
            facts(
                bill("in_1", "paid", 0, line("il_1", 0, 30), paid=0, post_payment_credit_notes_amount=2499),
                items=(item(30),),
            ),
            31,
            id="paid by credit, and credited in part",
        ),
        pytest.param(
            facts(
                bill("in_1", "paid", 0, line("il_1", 0, 30), post_payment_credit_notes_amount=2500),
                items=(item(30),),
                refunds=(refund("in_1", 2500, 5, "failed"),),
            ),
            31,
            id="a credit note whose refund failed",
        ),
        pytest.param(
            facts(noted(note(2500, refunded=2500)), items=(item(30),), refunds=(refund("in_1", 2500, 5, "failed"),)),
            31,
            id="a credit note, told of by itself, whose refund failed",
        ),
        pytest.param(
            facts(noted(note(2500)), items=(item(30),), refunds=(refund("in_1", 2500, 5, "failed"),)),
            REFUNDED,
            id="credited in full, and a refund besides that failed",
        ),
        pytest.param(
            facts(noted(note(2500)), items=(item(30),), refunds=(refund("in_1", 2500, 5, "pending"),)),
            REFUNDED,
            id="credited in full, and a refund besides on its way",
        ),
        pytest.param(
            facts(noted(note(1000)), items=(item(30),), refunds=(refund("in_1", 1500, 5),)),
            REFUNDED,
            id="credited in part, the rest refunded",
        ),
        pytest.param(
            facts(noted(note(1000, refunded=1000)), items=(item(30),), refunds=(refund("in_1", 1000, 5),)),
            31,
            id="a credit note and the refund that it is",
        ),
        pytest.param(
            facts(noted(note(2500, status="void")), items=(item(30),), refunds=(refund("in_1", 1000, 5),)),
            31,
            id="a credit note that was voided",
        ),
        pytest.param(
            facts(PAID, items=(item(30),), refunds=(refund("in_1", 1000, 3), refund("in_1", 1499, 4))),
            31,
            id="partial refunds",
        ),
        pytest.param(
            facts(PAID, items=(item(30),), refunds=(refund("in_1", 1000, 3), refund("in_1", 1500, 4))),
            REFUNDED,
            id="partial refunds that come to all",
        ),
        pytest.param(
            facts(PAID, items=(item(30),), refunds=(refund("in_1", 2500, 3, "pending"),)), 31, id="a refund on its way"
        ),
        pytest.param(
            facts(PAID, YEAR_ON_DAY_1, items=YEARLY, refunds=(refund("in_2", 17400, 2),)),
            30,
            id="46: the year refunded, the month stays",
        ),
        pytest.param(
            facts(PAID, YEAR_ON_DAY_1, items=YEARLY, refunds=(refund("in_1", 2500, 2),)),
            367,
            id="the month refunded, the year stays",
        ),
        pytest.param(facts(items=(item(45, begins=15),)), 46, id="migrated: no bill that we know"),
        pytest.param(facts(PAID, items=(item(45, begins=15),)), 46, id="a moved anchor, and nothing billed for it"),
        pytest.param(facts(PAID, items=(item(30, "price_year"),)), 31, id="another price with proration_behavior=none"),
        pytest.param(
            facts(PAID, bill("in_2", "void", 30, line("il_2", 30, 60)), items=(item(60, begins=30),)),
            37,
            id="paused with voided bills, and resumed",
        ),
        pytest.param(
            facts(PAID, items=(item(60, begins=30),), pause_collection={"behavior": "void"}),
            Revoked.PAUSED,
            id="paused",
        ),
        pytest.param(
            facts(
                PAID,
                bill("in_2", "void", 30, line("il_2", 30, 60)),
                bill("in_3", "paid", 60, line("il_3", 60, 90)),
                bill("in_4", "open", 90, line("il_4", 90, 120)),
                items=(item(120, begins=90),),
                status="past_due",
            ),
            97,
            id="a bill of long ago takes no grace from the present one",
        ),
        pytest.param(
            facts(
                PAID,
                bill("in_2", "uncollectible", 30, line("il_2", 30, 60)),
                bill("in_3", "open", 60, line("il_3", 60, 90)),
                items=(item(90, begins=60),),
            ),
            37,
            id="grace counts from the first unpaid bill, whatever became of it",
        ),
        pytest.param(
            facts(bill("in_1", "paid", 0, line("il_1", 0, 365, product="prod_x", price="price_x")), items=(item(30),)),
            31,
            id="another product's line covers nothing, and bills nothing of ours",
        ),
        pytest.param(
            facts(PAID, bill("in_2", "paid", 3, line("x", 3, 300, by_hand=True)), items=(item(30),)),
            31,
            id="a line written by hand covers nothing",
        ),
        pytest.param(
            facts(
                PAID,
                bill(
                    "in_2",
                    "paid",
                    10,
                    line("a", 10, 30, -1600, as_item=True),
                    line("b", 10, 30, 3000, "price_dear", as_item=True, details={"proration": True}),
                ),
                items=(item(30, "price_dear"),),
            ),
            31,
            id="prorations that are invoice items cover what is left, at a price that was not made here",
        ),
        pytest.param(
            facts(
                PAID,
                bill(
                    "in_2",
                    "open",
                    1,
                    line("b1", 1, 30, -2400, credits=["il_1"]),
                    line("y", 1, 366, 19800, "price_year"),
                ),
                bill("in_3", "paid", 2, line("b2", 2, 366, -19700, "price_year", credits=["y"]), line("m", 2, 32)),
                items=(item(32, begins=2),),
            ),
            33,
            id="a credit for a bill that was never paid takes nothing of what was",
        ),
        pytest.param(
            facts(
                bill("in_1", "paid", 0, line("y", 0, 365, 19800, "price_year")),
                bill("in_2", "paid", 40, line("b", 40, 365, -17600, "price_year", credits=["y"]), line("m", 40, 70)),
                bill("in_3", "paid", 70, line("m2", 70, 100), paid=0),
                items=(item(100, begins=70),),
            ),
            101,
            id="a month after a year: its credit pays the months, and no year stays open",
        ),
        pytest.param(
            facts(PAID, items=(item(30), item(365, "price_x", "prod_x"))), 31, id="an item of another product"
        ),
        pytest.param(facts(PAID, items=(item(30),), cancel_at=seconds(12)), 12, id="never after cancel_at"),
        pytest.param(
            facts(PAID, YEAR_ON_DAY_1, items=YEARLY, refunds=(refund("in_2", 17400, 2),), cancel_at=seconds(12)),
            12,
            id="never after cancel_at, with a switch that was given back",
        ),
        pytest.param(
            facts(PAID, YEAR_ON_DAY_1, items=YEARLY, refunds=(refund("in_2", 17400, 2),), cancel_at=seconds(300)),
            30,
            id="a cancel_at beyond what is paid, with a switch that was given back",
        ),
        pytest.param(facts(PAID, items=(item(30),), cancel_at_period_end=True), 30, id="cancel_at_period_end"),
        pytest.param(facts(PAID, items=(item(30),), disputes=(DISPUTE,)), Revoked.DISPUTED, id="a dispute"),
        pytest.param(
            facts(
                bill("in_1", "paid", 0, line("il_1", 0, 30, 700, "price_poster", product="prod_poster")),
                bill("in_2", "paid", 1, line("il_2", 1, 366, 19800, "price_year")),
                items=YEARLY,
                disputes=(DISPUTE,),
            ),
            367,
            id="a dispute about what it was for before, which was none of ours",
        ),
        pytest.param(
            facts(PAID, items=(item(30),), disputes=(DISPUTE | {"status": "won"},)), 31, id="a dispute that was won"
        ),
        pytest.param(
            facts(PAID, bill("in_2", "paid", 30, line("il_2", 30, 60)), disputes=(DISPUTE,)),
            61,
            id="a dispute about a period that is over",
        ),
        pytest.param(
            facts(
                PAID,
                items=(item(30),),
                status="canceled",
                ended_at=seconds(3),
                cancellation_details={"comment": OUR_COMMENT},
            ),
            30,
            id="50: closed by us, and the refund failed",
        ),
        pytest.param(
            facts(
                PAID,
                items=(item(30),),
                status="canceled",
                ended_at=seconds(3),
                refunds=(refund("in_1", 2500, 2),),
                cancellation_details={"comment": OUR_COMMENT},
            ),
            REFUNDED,
            id="closed by us, and the refund arrived",
        ),
        pytest.param(
            facts(PAID, items=(item(30),), status="canceled", ended_at=seconds(3)),
            Revoked.ENDED,
            id="cancelled at once by somebody else, with paid time left",
        ),
        pytest.param(
            facts(items=(item(0),), start_date=seconds(0)), Revoked.UNPAID, id="it never ran and nothing was paid"
        ),
        pytest.param(
            facts(
                bill("in_1", "paid", 0, line("il_1", 0, 30)),
                bill("in_2", "open", 30, line("il_2", 30, 60), collection_method="send_invoice", due_date=None),
            ),
            37,
            id="sent without a day on which it is due",
        ),
    ],
)
def test_the_special_cases(found, opens):
    terms = subscription_terms(found, SOLD, GRACE)
    if isinstance(opens, str):
        assert terms.revoked == opens
    else:
        assert (terms.revoked, terms.ends_at) == (None, day(opens))


@pytest.mark.parametrize(
    ("found", "opens"),
    [
        pytest.param(facts(PAID, items=(item(30),)), 33, id="it renews and was paid up"),
        pytest.param(facts(PAID, items=(item(30),), cancel_at=seconds(30)), 30, id="it ends"),
        pytest.param(facts(PAID, items=(item(30),), status="past_due"), 31, id="it is behind"),
        pytest.param(
            facts(PAID, bill("in_2", "open", 30, line("il_2", 30, 60))), 37, id="a bill is owed: it has its grace"
        ),
    ],
)
def test_55_who_was_paid_up_reads_on_while_stripe_cannot_be_asked(found, opens):
    assert subscription_terms(found, SOLD, GRACE, unreachable=True).ends_at == day(opens)
