"""What a subscription brings each month: pure functions with a table test.

Net of discounts as Stripe takes them off the next bill, without tax; a year counts a twelfth.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from webapp.billing.coverage import SoldProducts
from webapp.billing.gateway.facts import InvoiceFacts, InvoiceLine, SubscriptionFacts, SubscriptionItem
from webapp.billing.gateway.reductions import DiscountTerms

# How many months each interval has; days and weeks by their length in a year of 365 days.
_ONE_DAY = Fraction(12, 365)
_MONTHS = {"day": _ONE_DAY, "week": 7 * _ONE_DAY, "month": Fraction(1), "year": Fraction(12)}
_DAYS_OF_MONTH = 365.25 / 12
_MOST_OFF = 4  # days by which a period of whole months may differ from their average
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class BilledPrice:
    """What was brought each month by a bill, and at which prices."""

    monthly: int
    price_ids: frozenset[str | None]


def reckon_monthly(facts: SubscriptionFacts, sold: SoldProducts) -> int:
    """Return what the items that are sold here bring each month at the next bill, in whole minor units."""
    left = {item.id: Fraction(item.price.minor_units) for item in facts.items}
    for discount in facts.discounts:
        _take_off(left, discount, facts)
    ours = [item for item in facts.items if sold.includes(item.ref)]
    gross = sum((left[item.id] / _months_of(item) for item in ours), Fraction())
    return _whole(gross * _share_without_tax(facts.invoices, sold))


def billed_price(invoice: InvoiceFacts, sold: SoldProducts) -> BilledPrice | None:
    """Return what a bill's regular lines say; None where it has none but for parts of a period."""
    lines = [line for line in regular_lines(invoice, sold) if not line.prorated]
    if not lines:
        return None
    net = sum((Fraction(line.discounted - line.included_tax) / _months_between(line) for line in lines), Fraction())
    return BilledPrice(_whole(net), frozenset(line.ref.price_id for line in lines))


def regular_lines(invoice: InvoiceFacts, sold: SoldProducts) -> list[InvoiceLine]:
    """Return the lines that bill something that is sold here."""
    return [line for line in invoice.lines if line.amount >= 0 and sold.includes(line.ref)]


def _take_off(left: dict[str, Fraction], discount: DiscountTerms, facts: SubscriptionFacts) -> None:
    """Take a discount off what is left of each item, where it still runs when the next bill is written."""
    if discount.ends_at is not None and discount.ends_at <= min(item.period_ends_at for item in facts.items):
        return
    if discount.once and any(_taken(invoice, discount) for invoice in facts.invoices):
        return
    total = sum(left.values(), Fraction())
    if not total:
        return
    if discount.percent is not None:
        off = Fraction(_whole(total * Fraction(discount.percent) / _PERCENT))
    elif discount.amount is not None:
        off = min(Fraction(discount.amount), total)
    else:
        off = total * _share_last_taken(facts.invoices, discount)
    for item_id, amount in left.items():
        left[item_id] = amount - off * amount / total


def _taken(invoice: InvoiceFacts, discount: DiscountTerms) -> bool:
    return any(id_ == discount.id and amount for line in invoice.lines for id_, amount in line.discounts)


def _share_last_taken(invoices: Iterable[InvoiceFacts], discount: DiscountTerms) -> Fraction:
    """Return which part of the latest bill that it lessened a discount took off, where its terms are not known."""
    for invoice in reversed(list(invoices)):
        billed = sum(line.amount for line in invoice.lines if line.amount > 0)
        taken = sum(amount for line in invoice.lines for id_, amount in line.discounts if id_ == discount.id)
        if billed and taken:
            return Fraction(taken, billed)
    return Fraction()


def _share_without_tax(invoices: Iterable[InvoiceFacts], sold: SoldProducts) -> Fraction:
    """Return which part of a price is no tax, by the latest bill; all of it where tax comes on top."""
    for invoice in reversed(list(invoices)):
        lines = regular_lines(invoice, sold)
        net = sum(line.discounted for line in lines)
        if net:
            return 1 - Fraction(sum(line.included_tax for line in lines), net)
    return Fraction(1)


def _months_of(item: SubscriptionItem) -> Fraction:
    return _MONTHS.get(item.interval, Fraction(1)) * item.interval_count


def _months_between(line: InvoiceLine) -> Fraction:
    """Return for how many months a line is: whole ones where its days come near to that, else by their number."""
    days = (line.ends_at - line.starts_at).days
    months = round(days / _DAYS_OF_MONTH)
    if months and abs(days - months * _DAYS_OF_MONTH) < _MOST_OFF:
        return Fraction(months)
    return Fraction(max(days, 1)) * _ONE_DAY


def _whole(exact: Fraction) -> int:
    """Return the nearest whole number, half upwards: exactly, since sums of what is shown must be what is shown."""
    return int((exact + Fraction(1, 2)) // 1)
