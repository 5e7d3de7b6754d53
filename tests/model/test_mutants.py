"""The model can fail: a life that comes out right comes out wrong with any one of these mistakes in the house."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.model.machine import Lives
from tests.model.run import theatre
from tests.model.world import World
from webapp.billing import after_sync, coverage, grant_terms, grants, ownership, reconcile, stored_targets, sync
from webapp.billing.gateway import client, invoice_parser, json_parser
from webapp.billing.gateway.facts import InvoiceFacts, Refund

Move = tuple[str, dict[str, Any]]
DAY = timedelta(days=1)
HEARD: Move = ("work", {"work": reconcile.reconcile_all})


@dataclass(frozen=True)
class Mistake:
    """What is put in the place of something right (`made` is given the right one), and the life in which it shows."""

    where: object
    name: str
    made: Callable[[Any], Any]
    life: list[Move]


class Newest(int):
    """A ticket that is newer than any other."""

    def __le__(self, other: object) -> bool:
        return False


def buys(what: str, how: str = "good") -> Move:
    return "buy", {"reader": 0, "what": what, "how": how, "code": "", "warned": True}


def edits(edit: str) -> Move:
    return "edit_subscription", {"pick": 0, "edit": edit}


def refunds(share: int = 1) -> Move:
    return "refund", {"pick": 0, "share": share, "pending": False}


def settles_refund(status: str) -> Move:
    return "settle_refund", {"pick": 0, "status": status}


def waits(days: int) -> Move:
    return "pass_time", {"by": days * DAY}


def falls_behind(days: int) -> Move:
    return "fall_behind", {"pick": 0, "later": days * DAY}


def by_hand(how: str) -> Move:
    return "subscribe_by_hand", {"pick": 0, "how": how}


def happens(what: str) -> Move:
    return "something_rare", {"pick": 0, "what": what}


OVERTAKEN = [
    ("be_overtaken_by_later_news", {"pick": 0, "crossings": number, "change": change})
    for number, change in ((3, "void"), (3, "collect again"), (5, "void"), (5, "collect again"), (7, "void"))
]


def fetched_once(right):
    kept: dict[str, Any] = {}
    return lambda gateway, target: kept.setdefault(target.id, right(gateway, target))


def any_refund_is_all(_right):
    def wrong(invoice, paid, found):
        return max((one.created_at for one in found if one.arrived and one.payment_intent_id in paid), default=None)

    return wrong


def without_credit_notes(right):
    return lambda invoice, *rest: right(invoice | {"post_payment_credit_notes_amount": 0}, *rest)


def of_facts(**changes):
    """Return the mistake of reading something of a subscription otherwise."""
    return lambda right: lambda facts, *rest, **named: right(replace(facts, **changes), *rest, **named)


def covering(**changes):
    return lambda right: lambda facts, sold: replace(right(facts, sold), **changes)


def while_it_runs(right):
    return lambda facts, sold: replace(right(facts, sold), ends_at=facts.period_ends_at)


def each_by_itself(right):
    return lambda passes: {key: terms for one in passes for key, terms in right([one]).items()}


def ours_by_mark_alone(right):
    return lambda session, mode, facts: right(session, mode, facts) if facts.purchase_id else None


def nothing(_right):
    return lambda *_args, **_named: None


def always(answer):
    return lambda _right: lambda *_args: answer


def found_as(answer):
    return lambda _right: property(answer)


# Not here: a second subscription that is kept; tests/billing/test_duplicate_subscriptions.py holds it by name.
MISTAKES = {
    "an older answer overwrites a newer one": Mistake(
        sync, "_take_ticket", lambda right: lambda *a: Newest(right(*a)), [buys("month"), HEARD, *OVERTAKEN]
    ),
    "what was fetched once is believed for ever": Mistake(
        sync, "fetch_snapshot", fetched_once, [buys("month"), HEARD, edits("paused")]
    ),
    "any refund counts as all of it": Mistake(
        invoice_parser, "_given_back_at", any_refund_is_all, [buys("month"), refunds(share=2)]
    ),
    "a refund that failed counts": Mistake(
        Refund, "arrived", found_as(lambda one: one.amount), [buys("0"), refunds(), settles_refund("failed")]
    ),
    "credit notes are ignored": Mistake(
        invoice_parser,
        "_given_back_at",
        without_credit_notes,
        [buys("month"), ("mark_invoice", {"pick": 0, "mark": "credited"})],
    ),
    "disputes are ignored": Mistake(
        json_parser,
        "_suspends",
        always(answer=False),
        [buys("month"), ("dispute", {"pick": 0, "status": "needs_response"})],
    ),
    "a pause is ignored": Mistake(
        grant_terms, "revoke_subscription", of_facts(collection_paused=False), [buys("month"), edits("paused")]
    ),
    "there is no grace": Mistake(
        grant_terms, "reckon_coverage", covering(due_at=None), [buys("month"), falls_behind(days=2)]
    ),
    "a chosen end is ignored": Mistake(
        grants, "subscription_terms", of_facts(cancels_at=None), [buys("month"), edits("cancelled with the period")]
    ),
    "passes overlap": Mistake(grants, "pass_terms", each_by_itself, [buys("pass"), HEARD, buys("pass")]),
    "a deleted customer is ignored": Mistake(
        grants, "_unless_gone", lambda _right: lambda terms, *_others: terms, [buys("0"), HEARD, happens("delete")]
    ),
    "what was given back renews": Mistake(
        after_sync, "cancel_what_was_given_back", nothing, [buys("month"), refunds()]
    ),
    "what was given back is covered": Mistake(
        InvoiceFacts,
        "stands",
        found_as(lambda bill: bill.status == "paid"),
        [buys("month"), edits("to the year, prorated"), refunds()],
    ),
    "our mark counts for nothing": Mistake(
        grants,
        "subscription_terms",
        of_facts(closed_by_us=False),
        [buys("month"), refunds(), HEARD, settles_refund("failed")],
    ),
    "what is on its way counts as paid": Mistake(
        stored_targets, "is_paid", lambda _right: lambda facts: facts.status == "complete", [buys("0", "fails_later")]
    ),
    "what is sold beside is ours": Mistake(
        coverage.SoldProducts, "includes", always(answer=True), [buys("0"), happens("foreign")]
    ),
    "only what bears our mark is ours": Mistake(
        ownership, "_owner_of_subscription", ours_by_mark_alone, [buys("0"), by_hand("month")]
    ),
    "what stopped being ours stands": Mistake(
        sync, "_disown", always(answer=[]), [buys("month"), HEARD, edits("to something else")]
    ),
    "who did not pay reads on while it runs": Mistake(
        grant_terms, "reckon_coverage", while_it_runs, [buys("month"), falls_behind(days=9)]
    ),
    "what was credited is still covered": Mistake(
        coverage._Ledger,
        "_take_back",
        nothing,
        [buys("month"), edits("to the year, prorated"), waits(1), edits("to the month, prorated")],
    ),
    "what Stripe never billed is not covered": Mistake(
        coverage, "_never_billed", always(answer=[]), [buys("month"), edits("anchor in fifty days")]
    ),
    "a void bill covers": Mistake(
        InvoiceFacts,
        "stands",
        found_as(lambda bill: bill.status in {"paid", "void"} and bill.given_back_at is None),
        [buys("month"), edits("paused"), waits(31), edits("resumed")],
    ),
    "what is to be paid later is owed at once": Mistake(
        invoice_parser,
        "_due",
        lambda _right: lambda invoice: invoice["effective_at"] or invoice["created"],
        [buys("0"), by_hand("month to be paid within ten days"), waits(2)],
    ),
    "the same is paid twice": Mistake(
        after_sync,
        "give_back_double_payments",
        nothing,
        [("buy_twice", {"reader": 0, "what": "0", "first": "later", "then": "good"}), waits(8)],
    ),
    "a disabled reader is charged": Mistake(
        after_sync, "undo_charges", nothing, [buys("month"), ("disable", {"reader": 0})]
    ),
    "an error that Stripe keeps is asked for again and again": Mistake(
        client,
        "_is_replayed",
        always(answer=False),
        [("order_while_stripe_fails", {"reader": 0, "what": "month", "fault": "down"})],
    ),
    "refunds are not looked for": Mistake(reconcile, "_payments", always(answer=()), [buys("0"), HEARD, refunds()]),
}


@pytest.fixture(scope="module")
def world():
    with theatre() as world:
        yield world


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found(world, name, monkeypatch, record_property):
    mistake = MISTAKES[name]
    lived(world, mistake.life)
    monkeypatch.setattr(mistake.where, mistake.name, mistake.made(getattr(mistake.where, mistake.name)))
    found = False
    try:
        lived(world, mistake.life)
    except Exception:  # noqa: BLE001 - whatever it is, it is what was looked for
        found = True
    record_property("caught", found)
    assert found


def lived(world: World, life: list[Move]) -> None:
    """Live a history of these moves; raise AssertionError where it comes out otherwise than the truth."""
    history = type("Lives", (Lives,), {"world": world})()
    try:
        history.begin(dunning_ends="past_due", firsts=([], []), heard=[], ending="nothing")
        for move, named in life:
            history.look()
            getattr(history, move)(**named)
        history.look()
        history.let_the_dust_settle()
    finally:
        world.let_go()
