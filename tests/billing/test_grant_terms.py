"""From Stripe's state to a grant, every row of the design's table."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.billing.gateway.facts import CheckoutFacts, MoneyBack, OpenInvoice, SubscriptionFacts, TargetType
from webapp.billing.gateway.json_parser import find_present_payments, parse_facts
from webapp.billing.grant_terms import GrantTerms, PaidPass, document_terms, pass_terms, subscription_terms
from webapp.billing.models import Revoked
from webapp.kit.money import Money

START = datetime(2026, 1, 31, tzinfo=UTC)
PERIOD_END = datetime(2026, 2, 28, tzinfo=UTC)
GRACE = timedelta(days=7)
KEPT = MoneyBack(None, disputed=False)
DAY = timedelta(days=1)


def subscription(**changed) -> SubscriptionFacts:
    facts = {
        "id": "sub_1",
        "purchase_id": "p",
        "customer_id": "cus_1",
        "price_ids": frozenset({"price_1"}),
        "renewal_price": Money(2500, "cny"),
        "status": "active",
        "started_at": START,
        "period_ends_at": PERIOD_END,
        "trial_ends_at": None,
        "cancels_at": None,
        "ended_at": None,
        "collection_paused": False,
        "owes": False,
        "open_invoices": (),
        "paid_invoices": (),
        "payments": (),
        "money_back": KEPT,
    }
    return SubscriptionFacts(**(facts | changed))


OPEN_SINCE = PERIOD_END + timedelta(hours=1)
OPEN = (OpenInvoice("in_1", OPEN_SINCE, failed=True, owed=Money(2500, "cny")),)


@pytest.mark.parametrize(
    ("facts", "ends_at", "revoked"),
    [
        (subscription(), PERIOD_END + DAY, None),
        (subscription(status="trialing"), PERIOD_END + DAY, None),
        (subscription(status="past_due", open_invoices=OPEN), OPEN_SINCE + GRACE, None),
        (subscription(status="past_due"), PERIOD_END + GRACE, None),
        (subscription(cancels_at=PERIOD_END), PERIOD_END, None),
        (subscription(cancels_at=START + DAY), START + DAY, None),
        (
            subscription(status="past_due", open_invoices=OPEN, cancels_at=OPEN_SINCE + DAY),
            OPEN_SINCE + DAY,
            None,
        ),
        (subscription(status="incomplete"), None, Revoked.UNPAID),
        (subscription(status="incomplete_expired"), None, Revoked.UNPAID),
        (subscription(status="unpaid"), None, Revoked.UNPAID),
        (subscription(status="paused"), None, Revoked.PAUSED),
        (subscription(status="canceled", ended_at=PERIOD_END), PERIOD_END, Revoked.ENDED),
        (subscription(collection_paused=True), None, Revoked.PAUSED),
        (subscription(status="hibernating"), None, Revoked.UNKNOWN),
        (subscription(money_back=MoneyBack(PERIOD_END, disputed=False)), None, Revoked.REFUNDED),
        (subscription(money_back=MoneyBack(None, disputed=True)), None, Revoked.DISPUTED),
    ],
    ids=lambda value: getattr(value, "status", None),
)
def test_what_a_subscription_opens(facts, ends_at, revoked):
    assert subscription_terms(facts, GRACE) == GrantTerms(START, ends_at, revoked)


def checkout(paid_at=START, status="complete", payment_status="paid", money_back=KEPT) -> CheckoutFacts:
    return CheckoutFacts(
        id="cs_1",
        purchase_id="p",
        customer_id="cus_1",
        status=status,
        payment_status=payment_status,
        payment_pending=False,
        payment_intent_id="pi_1",
        price=Money(990, "cny"),
        paid_at=paid_at,
        money_back=money_back,
    )


@pytest.mark.parametrize(
    ("facts", "terms"),
    [
        (checkout(), GrantTerms(START, None)),
        (checkout(payment_status="no_payment_required"), GrantTerms(START, None)),
        (checkout(payment_status="unpaid"), None),
        (checkout(status="open", payment_status="unpaid"), None),
        (checkout(status="expired", payment_status="unpaid"), None),
        (checkout(money_back=MoneyBack(START + DAY, disputed=False)), GrantTerms(START, None, Revoked.REFUNDED)),
        (checkout(money_back=MoneyBack(None, disputed=True)), GrantTerms(START, None, Revoked.DISPUTED)),
    ],
)
def test_what_a_payment_for_one_document_opens(facts, terms):
    assert document_terms(facts) == terms


MONTH = timedelta(days=30)
LATER = START + timedelta(days=10)
REFUND = START + timedelta(days=12)


@pytest.mark.parametrize(
    ("passes", "starts"),
    [
        pytest.param([("a", checkout())], {"a": START}, id="one begins when it is paid"),
        pytest.param(
            [("a", checkout()), ("b", checkout(LATER))], {"a": START, "b": START + MONTH}, id="one after the other"
        ),
        pytest.param(
            [("b", checkout(LATER)), ("a", checkout())], {"a": START, "b": START + MONTH}, id="in whatever order"
        ),
        pytest.param(
            [("a", checkout(money_back=MoneyBack(REFUND, disputed=False))), ("b", checkout(LATER))],
            {"a": START, "b": REFUND},
            id="the first refunded, the second moves up to the refund",
        ),
        pytest.param(
            [("a", checkout(money_back=MoneyBack(START + DAY, disputed=False))), ("b", checkout(LATER))],
            {"a": START, "b": LATER},
            id="never before its own payment",
        ),
        pytest.param(
            [
                ("a", checkout()),
                ("b", checkout(LATER, money_back=MoneyBack(REFUND, disputed=False))),
                ("c", checkout(LATER + DAY)),
            ],
            {"a": START, "b": START + MONTH, "c": START + MONTH},
            id="never into an earlier pass that still runs",
        ),
        pytest.param([("a", checkout(payment_status="unpaid")), ("b", checkout(LATER))], {"b": LATER}, id="unpaid"),
    ],
)
def test_when_passes_begin(passes, starts):
    terms = pass_terms(PaidPass(name, 30, facts) for name, facts in passes)
    assert {name: one.starts_at for name, one in terms.items()} == starts
    assert all(one.ends_at == one.starts_at + MONTH for one in terms.values())


def test_a_pass_of_a_deleted_customer_stands_in_no_ones_way():
    passes = [PaidPass("a", 30, checkout(), orphaned=True), PaidPass("b", 30, checkout(LATER))]
    terms = pass_terms(passes)
    assert (terms["a"].revoked, terms["b"].starts_at) == (Revoked.CUSTOMER_DELETED, LATER)


def refund(amount, status="succeeded", created=100):
    return {"payment_intent": "pi_1", "amount": amount, "status": status, "created": created}


def dispute(status):
    return {"id": "dp_1", "payment_intent": "pi_1", "status": status}


def what_became_of(refunds, disputes) -> MoneyBack:
    """Return what became of a payment, from what Stripe says of its session."""
    session = {"id": "cs_1", "status": "complete", "payment_status": "paid", "amount_total": 990, "currency": "cny"}
    found = {
        "session": session | {"created": 50},
        "payment_intent": {"id": "pi_1", "status": "succeeded", "amount_received": 990},
        "refunds": refunds,
        "disputes": disputes,
    }
    return parse_facts(TargetType.CHECKOUT, found).money_back


@pytest.mark.parametrize(
    ("refunds", "disputes", "refunded", "disputed"),
    [
        ([], [], False, False),
        ([refund(500)], [], False, False),
        ([refund(500), refund(490)], [], True, False),
        ([refund(990)], [], True, False),
        ([refund(990, "failed")], [], False, False),
        ([refund(990, "canceled")], [], False, False),
        ([refund(990, "pending")], [], False, False),
        *[([], [dispute(status)], False, True) for status in ("needs_response", "under_review", "lost", "appeal_open")],
        *[
            ([], [dispute(status)], False, False)
            for status in ("won", "warning_needs_response", "warning_under_review", "warning_closed", "prevented")
        ],
    ],
)
def test_what_became_of_a_payment(refunds, disputes, refunded, disputed):
    back = what_became_of(refunds, disputes)
    assert (back.refunded_at is not None, back.disputed) == (refunded, disputed)


def said(**changed):
    """Return what Stripe says of a subscription."""
    item = {"price": {"id": "price_1", "unit_amount": 2500}, "quantity": 1, "current_period_end": 2000}
    body = {
        "id": "sub_1",
        "customer": "cus_1",
        "currency": "cny",
        "status": "active",
        "start_date": 1000,
        "metadata": {"paidspan_purchase": "p"},
        "items": {"data": [item]},
    }
    return {"subscription": body | changed, "invoices": [], "refunds": [], "disputes": []}


@pytest.mark.parametrize(
    ("changed", "cancels_at"),
    [({}, None), ({"cancel_at": 1500, "cancel_at_period_end": False}, 1500), ({"cancel_at_period_end": True}, 2000)],
)
def test_a_cancellation_is_seen_whichever_way_it_was_made(changed, cancels_at):
    found = parse_facts(TargetType.SUBSCRIPTION, said(**changed)).cancels_at
    assert (found.timestamp() if found else None) == cancels_at


def owed(**moments):
    return {"id": "in_o", "status": "open", "attempt_count": 1, "amount_remaining": 5, "currency": "cny", **moments}


def paid(name, amount, reason="subscription_cycle"):
    """An invoice that was paid with one payment, or with none where it came to nothing."""
    entry = {"status": "paid", "amount_paid": amount, "payment": {"payment_intent": f"pi_{name}"}}
    return {
        "id": name,
        "status": "paid",
        "billing_reason": reason,
        "payments": {"data": [entry] if amount else []},
        "amount_paid": amount,
        "currency": "cny",
        "status_transitions": {"paid_at": 1600},
        "lines": {"data": [{"amount": amount, "period": {"start": 1000, "end": 2000}}]},
    }


@pytest.mark.parametrize(
    ("invoices", "found"),
    [
        ([], []),
        ([paid("b", 5), paid("a", 5)], ["pi_b"]),
        ([paid("b", 0), paid("a", 5)], []),
        ([paid("c", 7, "subscription_update"), paid("b", 5), paid("a", 5)], ["pi_c", "pi_b"]),
        ([paid("b", 7, "subscription_update"), paid("a", 5, "subscription_create")], ["pi_b", "pi_a"]),
        ([owed(effective_at=1, created=1), paid("a", 5)], ["pi_a"]),
    ],
    ids=["none", "the newest bill", "a free period", "a change within it", "since the first bill", "an unpaid bill"],
)
def test_which_payments_are_for_the_present_period(invoices, found):
    assert list(find_present_payments(invoices)) == found


def test_the_period_is_read_from_the_item_and_the_oldest_open_invoice_counts():
    body = said()
    body["invoices"] = [
        owed(effective_at=1700, created=1),
        owed(effective_at=None, created=1600),
        paid("in_1", 990),
    ]
    facts = parse_facts(TargetType.SUBSCRIPTION, body)
    assert (facts.period_ends_at.timestamp(), facts.oldest_open_invoice_at.timestamp()) == (2000, 1600)


def test_a_subscription_of_another_product_is_read_though_it_is_unlike_ours():
    """Whose it is shows only in what was read: a metered item has no amount, a line may name no price."""
    body = said()
    body["subscription"]["items"]["data"] = [{"price": {"id": "price_x", "unit_amount": None}, "current_period_end": 9}]
    body["subscription"]["metadata"] = None
    body["invoices"] = [paid("in_1", 990)]
    body["invoices"][0]["lines"]["data"][0]["pricing"] = None
    facts = parse_facts(TargetType.SUBSCRIPTION, body)
    assert (facts.purchase_id, facts.renewal_price) == (None, Money(0, "cny"))
    assert [invoice.price_ids for invoice in facts.paid_invoices] == [frozenset()]
