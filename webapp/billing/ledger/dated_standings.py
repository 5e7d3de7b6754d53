"""How a subscription has stood since when, from what Stripe says of it now: pure functions with a table test.

Moments are Stripe's own, so that news which comes days late, twice or in another order is entered on the same day. What
Stripe's objects do not date (a pause, a coupon that was taken off) has the moment of the event that told of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from webapp.billing.coverage import SoldProducts
from webapp.billing.gateway.facts import SubscriptionFacts
from webapp.billing.ledger.ledger_models import DatedBy, PaymentStanding
from webapp.billing.ledger.recurring_price import BilledPrice, billed_price, reckon_monthly, regular_lines

_OF_STATUS = {
    "trialing": PaymentStanding.TRIAL,
    "active": PaymentStanding.PAYING,
    "past_due": PaymentStanding.FAILING,
    "unpaid": PaymentStanding.UNPAID,
    "paused": PaymentStanding.PAUSED,
    "incomplete": PaymentStanding.WAITING,
    "incomplete_expired": PaymentStanding.ENDED,
    "canceled": PaymentStanding.ENDED,
}
_BEFORE_PAYING = {PaymentStanding.TRIAL, PaymentStanding.WAITING}
_NEVER_PAID = {"incomplete", "incomplete_expired", "trialing", "paused"}
_COUNTED_BILLS = {"paid", "open", "uncollectible"}
_SAME_MOMENT, _TICK = timedelta(minutes=1), timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class DatedStanding:
    """How a subscription stands since a moment; `price` is what it brings each month while it recurs."""

    since: datetime
    dated_by: DatedBy
    standing: PaymentStanding
    price: int

    @property
    def monthly(self) -> int:
        """What it brings each month."""
        return self.price if self.standing.recurs else 0


@dataclass(frozen=True, slots=True)
class Look:
    """When a subscription was looked at, and when it was before; `heard` are the moments of events about it."""

    at: datetime
    before: datetime | None
    heard: Sequence[datetime] = ()


def payment_standing_of(facts: SubscriptionFacts) -> PaymentStanding:
    """Return how a subscription stands now."""
    standing = _OF_STATUS.get(facts.status, PaymentStanding.UNKNOWN)
    if standing is PaymentStanding.TRIAL and has_free_time(facts):
        standing = PaymentStanding.PAYING
    if facts.collection_paused and (standing.recurs or standing is PaymentStanding.TRIAL):
        return PaymentStanding.PAUSED
    return standing


def has_free_time(facts: SubscriptionFacts) -> bool:
    """Whether a trial was given to who had paid already, as a free month is: they go on, and so does what recurs."""
    paid = [line for bill in facts.paid_invoices for line in bill.lines if line.amount > 0]
    return facts.trial_ends_at is not None and any(line.starts_at < facts.trial_ends_at for line in paid)


def _first_recurs(facts: SubscriptionFacts) -> datetime:
    """Return since when a subscription recurs, once it does: since its trial, where it began with one."""
    if facts.trial_ends_at is None or has_free_time(facts):
        return facts.started_at
    return max(facts.started_at, facts.trial_ends_at)


def date_standings(
    facts: SubscriptionFacts, sold: SoldProducts, known: DatedStanding | None, look: Look
) -> list[DatedStanding]:
    """Return the standings that are new, the oldest first: what followed the one that is known, or all of them.

    Nothing at Stripe comes back from its end: where that is known, an older answer came late.
    """
    if known is not None and known.standing is PaymentStanding.ENDED:
        return []
    found = list(_recurring(facts, sold, known, look))
    if known is None and _first_recurs(facts) > facts.started_at:
        found.insert(0, DatedStanding(facts.started_at, DatedBy.OBJECT, PaymentStanding.TRIAL, 0))
    last = found[-1] if found else known
    present = DatedStanding(look.at, DatedBy.SEEN, payment_standing_of(facts), reckon_monthly(facts, sold))
    if _is_news(last, present) and not (last is None and present.standing is PaymentStanding.ENDED):
        found.append(_dated(facts, present, last, look))
    return _in_order(known, found)


def _recurring(
    facts: SubscriptionFacts, sold: SoldProducts, known: DatedStanding | None, look: Look
) -> Iterator[DatedStanding]:
    """Yield what a subscription brought each month, as far as its bills and discounts date that, up to its end."""
    if known is not None and known.standing.recurs:
        standing, begin = known.standing, max(known.since, (look.before or known.since) - _SAME_MOMENT)
    elif known is None or known.standing in _BEFORE_PAYING:
        if facts.status in _NEVER_PAID and not has_free_time(facts):
            return
        standing, begin = PaymentStanding.PAYING, _first_recurs(facts)
    else:
        return
    for since, price in price_steps(facts, sold):
        is_first = known is None or not known.standing.recurs
        if (since > begin or (is_first and since == begin)) and since < min(look.at, facts.ended_at or look.at) + _TICK:
            yield DatedStanding(since, DatedBy.OBJECT, standing, price)


def price_steps(facts: SubscriptionFacts, sold: SoldProducts) -> list[tuple[datetime, int]]:
    """Return since when a subscription brings how much each month, from when it first recurred up to the present.

    Between two bills for the same price it was what the later one says, since that was to be billed next; after the
    last one it is as it is now.
    """
    begin = _first_recurs(facts)
    own: dict[datetime, BilledPrice | None] = {begin: None}
    own |= {one.starts_at: None for one in facts.discounts if one.starts_at and one.starts_at > begin}
    for invoice in facts.invoices:
        lines = regular_lines(invoice, sold)
        if lines and invoice.status in _COUNTED_BILLS:
            own[max(begin, min(line.starts_at for line in lines))] = billed_price(invoice, sold)
    moments = sorted(own)
    prices = [own[moment] for moment in moments]
    steps = []
    for moment, mine, following in zip(moments, prices, [*prices[1:], None], strict=True):
        told = following if following and (mine is None or mine.price_ids == following.price_ids) else mine
        steps.append((moment, told.monthly if told and moment != moments[-1] else reckon_monthly(facts, sold)))
    return steps


def _is_news(last: DatedStanding | None, present: DatedStanding) -> bool:
    return last is None or last.standing is not present.standing or last.monthly != present.monthly


def _dated(facts: SubscriptionFacts, present: DatedStanding, last: DatedStanding | None, look: Look) -> DatedStanding:
    """Return the present standing with its moment: Stripe's objects name it, else an event told it, else it is now."""
    since = _find_moment(facts, present, last)
    if since is not None:
        return replace(present, since=since, dated_by=DatedBy.OBJECT)
    told = latest_of_its_own(look.heard, facts)
    return replace(present, since=told, dated_by=DatedBy.EVENT) if told else present


def _find_moment(facts: SubscriptionFacts, present: DatedStanding, last: DatedStanding | None) -> datetime | None:
    """Return the moment that Stripe's objects name for a subscription to stand otherwise than before."""
    before = last.standing if last else None
    match present.standing:
        case PaymentStanding.ENDED:
            return facts.ended_at
        case PaymentStanding.TRIAL | PaymentStanding.WAITING if before is None:
            return facts.started_at
        case PaymentStanding.PAUSED if facts.status == "paused":
            return facts.trial_ends_at  # which ended without a way to pay
        case PaymentStanding.FAILING if before is not PaymentStanding.FAILING:
            return min((bill.due_at for bill in facts.invoices if bill.status == "open"), default=None)
        case PaymentStanding.PAYING if before in {PaymentStanding.FAILING, PaymentStanding.UNPAID}:
            return max((bill.paid_at for bill in facts.invoices if bill.status == "paid"), default=None)
    return None


def latest_of_its_own(heard: Sequence[datetime], facts: SubscriptionFacts) -> datetime | None:
    """Return when the latest of some events came about, those of a new period only where there are no others."""
    told = [moment for moment in heard if not _is_of_a_bill(moment, facts)]
    return max(told or heard, default=None)


def _is_of_a_bill(moment: datetime, facts: SubscriptionFacts) -> bool:
    """Whether an event came with a new period, which is news of its own."""
    starts = (line.starts_at for invoice in facts.invoices for line in invoice.lines)
    return any(abs(moment - start) < _SAME_MOMENT for start in starts)


def _in_order(known: DatedStanding | None, found: Iterable[DatedStanding]) -> list[DatedStanding]:
    """Return standings without what repeats the one before, none earlier than that; of one moment, the last."""
    kept: list[DatedStanding] = []
    for one in found:
        last = kept[-1] if kept else known
        dated = replace(one, since=max(one.since, last.since)) if last else one
        if kept and kept[-1].since == dated.since:
            kept.pop()
            last = kept[-1] if kept else known
        if _is_news(last, dated):
            kept.append(dated)
    return kept
