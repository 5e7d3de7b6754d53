"""What every reader ought to hold, reckoned straight from Stripe's truth.

Written from what the design says is ours, owed and given back, and from nothing else; imports nothing of the product.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.model.truth import Json, Purchase, Truth

DAY = 86_400
GRACE, SLACK = 7 * DAY, DAY
GIVEN_BACK = "paidspan: given back"  # our mark on a subscription
# Why a subscription that stands so opens nothing.
SHUT = {
    "incomplete": "unpaid",
    "incomplete_expired": "unpaid",
    "unpaid": "unpaid",
    "paused": "paused",
    "canceled": "ended",
}
OPEN = ("active", "past_due", "trialing")
Span = tuple[int, int]


@dataclass(frozen=True)
class Held:
    """One grant as it ought to be; moments in seconds since 1970. Where it is shut, `shut` holds all that shuts it."""

    reader: int
    source: str
    source_id: str
    document: int | None
    starts: int
    ends: int | None
    shut: frozenset[str]


@dataclass(frozen=True)
class Paid:
    """One receipt as it ought to be, in minor units."""

    reader: int
    source_id: str
    amount: int
    refunded: int


@dataclass(frozen=True)
class Bill:
    """What an invoice says of the times that a subscription opens: which it bills, and which it takes away again."""

    invoice: Json
    counts: bool  # paid and not given back, or on its way
    given_back_at: int | None
    periods: dict[str, Span]  # by line
    credits: list[tuple[list[str], Span]]  # lines that are credited, and for which time

    @property
    def ends(self) -> int:
        return max((end for _start, end in self.periods.values()), default=0)

    @property
    def due(self) -> int:
        return self.invoice["due_date"] or self.invoice["effective_at"] or self.invoice["created"]


def grants(truth: Truth) -> set[Held]:
    """Return what every reader ought to hold."""
    subscriptions = {_subscription(truth, reader, one) for reader, one in truth.our_subscriptions()}
    counted = _counted_payments(truth)
    documents = {_document(truth, *pair) for pair in counted if pair[0].kind == "document"}
    queues = defaultdict(list)
    for pair in counted:
        if pair[0].kind == "pass":
            queues[pair[0].reader].append(pair)
    return subscriptions | documents | {held for queue in queues.values() for held in _passes(truth, queue)}


def bills_of(truth: Truth, one: Json) -> list[Bill]:
    """Return a subscription's bills, the oldest first."""
    return [_bill(truth, one["id"], invoice) for invoice in truth.invoices(one["id"])]


def _bill(truth: Truth, subscription: str, invoice: Json) -> Bill:
    periods, credited_times = {}, []
    for line in invoice["lines"]["data"]:
        if not _is_ours(truth, subscription, line):
            continue
        span = line["period"]["start"], line["period"]["end"]
        credited = (_details(line)["proration_details"] or {}).get("credited_items")
        if line["amount"] >= 0:
            periods[line["id"]] = span
        elif credited:
            credited_times.append((credited["invoice_line_items"], span))
    back = _given_back_at(truth, invoice)
    paid = invoice["status"] == "paid" and back is None
    return Bill(invoice, paid or truth.is_on_its_way(invoice), back, periods, credited_times)


def _is_ours(truth: Truth, subscription: str, line: Json) -> bool:
    price = (line["pricing"] or {}).get("price_details") or {}
    ours = truth.is_our_price(price.get("price"), price.get("product"))
    return ours and _details(line).get("subscription") == subscription


def _details(line: Json) -> Json:
    return (line["parent"] or {}).get("subscription_item_details") or {}


def _given_back_at(truth: Truth, invoice: Json) -> int | None:
    """Return when refunds, and credit notes without one, came to what was paid: in cash, else by credit or outside."""
    cash = truth.cash(invoice)
    refunds = [one for payment in cash for one in truth.refunds(payment) if one["status"] == "succeeded"]
    given = [(one["created"], one["amount"]) for one in refunds] + [*truth.credit_given(invoice).items()]
    paid = sum(cash.values()) or invoice["total"]
    whole = invoice["status"] == "paid" and 0 < paid <= sum(amount for _at, amount in given)
    return max(at for at, _amount in given) if whole else None


def covered_until(one: Json, bills: list[Bill]) -> int:
    """Return the end of what was paid, or was free, or was never billed; 0 where nothing is covered."""
    trial = [(one["trial_start"], one["trial_end"])] if one["trial_start"] and one["trial_end"] else []
    running = (one["start_date"], max(item["current_period_end"] for item in one["items"]["data"]))
    never_billed = _without([running], _uncredited(bills, bills))
    covered = [*_uncredited([bill for bill in bills if bill.counts], bills), *trial, *never_billed]
    return max((end for _start, end in covered), default=0)


def _uncredited(those: list[Bill], bills: list[Bill]) -> list[Span]:
    """Return the times that some bills are for, without what was credited by a bill that stands."""
    credited_times = [credit for bill in bills if bill.counts for credit in bill.credits]
    return [
        left
        for bill in those
        for line, span in bill.periods.items()
        for left in _without([span], [time for credited, time in credited_times if line in credited])
    ]


def _without(spans: list[Span], taken: Iterable[Span]) -> list[Span]:
    """Return what is left of times when others are taken out of them."""
    for start, end in taken:
        spans = [part for span in spans for part in ((span[0], min(span[1], start)), (max(span[0], end), span[1]))]
        spans = [part for part in spans if part[0] < part[1]]
    return spans


def _subscription(truth: Truth, reader: int, one: Json) -> Held:
    bills = bills_of(truth, one)
    covered = covered_until(one, bills)
    marked = (one["cancellation_details"] or {}).get("comment") == GIVEN_BACK
    shut = {*_shut_by_money(truth, one, bills, covered), *(() if marked else _shut_by_status(one))}
    if truth.is_gone(one["customer"]):
        shut.add("customer-deleted")
    ends = covered if marked else _end(one, bills, covered)
    return Held(reader, "subscription", one["id"], None, one["start_date"], None if shut else ends, frozenset(shut))


def _shut_by_money(truth: Truth, one: Json, bills: list[Bill], covered: int) -> Iterator[str]:
    present = min(item["current_period_start"] for item in one["items"]["data"])
    if any(bill.ends > present and truth.money_back(truth.cash(bill.invoice)).disputed for bill in bills):
        yield "disputed"
    if any((bill.given_back_at or 0) > covered for bill in given_back(bills, covered)):
        yield "refunded"


def _shut_by_status(one: Json) -> Iterator[str]:
    if one["pause_collection"]:
        yield "paused"
    if one["status"] not in OPEN:
        yield SHUT.get(one["status"], "unknown")


def given_back(bills: list[Bill], covered: int) -> list[Bill]:
    """Return the bills that were given back and reach beyond what is covered."""
    return [bill for bill in bills if bill.given_back_at is not None and bill.ends > covered]


def _end(one: Json, bills: list[Bill], covered: int) -> int:
    """A day after what is covered, or grace after the first bill beyond that was due; never after a chosen end."""
    end = covered
    if not given_back(bills, covered):
        owed = [bill.due for bill in bills if not bill.counts and bill.given_back_at is None and bill.ends > covered]
        end = max([covered + SLACK, *([min(owed) + GRACE] if owed else [])])
    with_the_period = max(item["current_period_end"] for item in one["items"]["data"])
    chosen = one["cancel_at"] or (with_the_period if one["cancel_at_period_end"] else None)
    return min(end, chosen) if chosen else end


def _counted_payments(truth: Truth) -> list[tuple[Purchase, Json]]:
    """Return one payment of each purchase: the earliest that stands, else the earliest."""
    paid = sorted(truth.our_payments(), key=lambda pair: (bool(shut_by(truth, pair[1])), _paid_at(truth, pair[1])))
    return list({purchase.id: (purchase, session) for purchase, session in reversed(paid)}.values())


def _document(truth: Truth, purchase: Purchase, session: Json) -> Held:
    shut = shut_by(truth, session)
    return Held(purchase.reader, "document", purchase.id, purchase.document, _paid_at(truth, session), None, shut)


def shut_by(truth: Truth, session: Json) -> frozenset[str]:
    """Return all that shuts what was bought by one payment."""
    back = truth.money_back(payment_of(truth, session))
    found = {
        "disputed": back.disputed,
        "refunded": back.whole_at is not None,
        "customer-deleted": truth.is_gone(session["customer"]),
    }
    return frozenset(reason for reason, holds in found.items() if holds)


def payment_of(truth: Truth, session: Json) -> dict[str, int]:
    """Return what a session collected, by payment intent; nothing where it was free."""
    intent = truth.by_id.get(session["payment_intent"] or "")
    return {intent["id"]: intent["amount_received"]} if intent else {}


def _paid_at(truth: Truth, session: Json) -> int:
    """When the charge was made that paid; what cost nothing was had when its session was opened."""
    intent = truth.by_id.get(session["payment_intent"] or "")
    charge = truth.by_id.get(intent["latest_charge"] or "") if intent else None
    return (charge or session)["created"]


def _passes(truth: Truth, queue: list[tuple[Purchase, Json]]) -> Iterator[Held]:
    """One after the other in the order of payment.

    Each begins at the latest of its own payment, the refund of the passes before it, and the end of the passes before
    it that still count: not given back, not with the bank, not a deleted customer's.
    """
    free = 0
    for purchase, session in sorted(queue, key=lambda pair: (_paid_at(truth, pair[1]), pair[0].id)):
        shut = shut_by(truth, session)
        starts = max(_paid_at(truth, session), free)
        ends = starts + (purchase.days or 0) * DAY
        yield Held(purchase.reader, "pass", purchase.id, None, starts, None if shut else ends, shut)
        back_at = truth.money_back(payment_of(truth, session)).whole_at
        free = max(free, back_at or 0) if shut else ends


def receipts(truth: Truth) -> set[Paid]:
    """Return every receipt there ought to be: one for each payment of money, with what went back of it."""
    paid = set()
    for purchase, session in truth.our_payments():
        if session["amount_total"]:
            refunded = _refunded(truth, [session["payment_intent"]])
            paid.add(Paid(purchase.reader, session["id"], session["amount_total"], refunded))
    for reader, one in truth.our_subscriptions():
        for invoice in truth.invoices(one["id"]):
            if invoice["status"] == "paid" and invoice["amount_paid"]:
                paid.add(Paid(reader, invoice["id"], invoice["amount_paid"], _refunded(truth, truth.cash(invoice))))
    return paid


def _refunded(truth: Truth, payments: Iterable[str]) -> int:
    return sum(one["amount"] for payment in payments for one in truth.refunds(payment) if one["status"] == "succeeded")
