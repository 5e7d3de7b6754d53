"""How long what was paid for a subscription, and not given back, covers: pure functions with a table test.

The period that Stripe names as the present one decides nothing by itself: it moves on although nobody paid.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from webapp.billing.gateway.facts import InvoiceFacts, InvoiceLine, PriceRef, SubscriptionFacts

Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class SoldProducts:
    """What is sold here, by Stripe's ids of products and of prices, now or formerly.

    `adopted` are those products that are no plan of ours: they were sold before there was this house.
    """

    product_ids: frozenset[str] = frozenset()
    price_ids: frozenset[str] = frozenset()
    adopted: frozenset[str] = frozenset()

    def includes(self, ref: PriceRef) -> bool:
        """Return whether something is one of our products; a known price is enough where its product is not known."""
        return ref.product_id in self.product_ids or ref.price_id in self.price_ids

    def billed_by(self, invoice: InvoiceFacts) -> bool:
        """Return whether a bill is for one of our products."""
        return any(self.includes(line.ref) for line in invoice.lines)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Until when a subscription is covered (None: at no time), and what lies beyond that.

    `due_at` is when the first bill is owed that would cover more; `given_back_at` when the latest one that did cover
    more was given back; None where there is none.
    """

    ends_at: datetime | None
    due_at: datetime | None
    given_back_at: datetime | None


@dataclass(slots=True)
class _Ledger:
    """The periods that lines cover, by the id of the line."""

    covered: dict[str, tuple[InvoiceLine, list[Period]]] = field(default_factory=dict)

    def add(self, lines: list[InvoiceLine]) -> None:
        """Take in the lines of a bill that stands: what it credits is covered no more, what it bills is."""
        for line in lines:
            if line.amount < 0:
                self._take_back(line)
        for line in lines:
            if line.amount >= 0:
                self.covered[line.id] = (line, [(line.starts_at, line.ends_at)])

    def _take_back(self, credit: InvoiceLine) -> None:
        """Take a credited time from the lines that billed it; from those at its price where Stripe names none."""
        for id_, (line, periods) in self.covered.items():
            if id_ in credit.credits or (not credit.credits and line.ref == credit.ref):
                self.covered[id_] = (line, without(periods, (credit.starts_at, credit.ends_at)))

    @property
    def ends(self) -> list[datetime]:
        return [end for _line, periods in self.covered.values() for _start, end in periods]


def reckon_coverage(facts: SubscriptionFacts, sold: SoldProducts) -> Coverage:
    """Return how long a subscription is covered.

    By the periods of its lines for what is sold here, on bills that stand, less what later ones credited; by its trial;
    and by running time that Stripe never billed, as after a change with `proration_behavior=none`.
    """
    ledger, billed = _Ledger(), []
    bills = [(invoice, [line for line in invoice.lines if sold.includes(line.ref)]) for invoice in facts.invoices]
    for invoice, lines in bills:
        billed += [(line.starts_at, line.ends_at) for line in lines if line.amount >= 0]
        if invoice.stands:
            ledger.add(lines)
    ends = [*ledger.ends, *(end for _start, end in _never_billed(facts, sold, billed))]
    if facts.trial_ends_at:
        ends.append(facts.trial_ends_at)
    covered = max(ends, default=None)
    beyond = [invoice for invoice, lines in bills if not invoice.stands and _reaches_beyond(lines, covered)]
    return Coverage(
        covered,
        min((invoice.due_at for invoice in beyond if invoice.given_back_at is None), default=None),
        max((invoice.given_back_at for invoice in beyond if invoice.given_back_at), default=None),
    )


def _never_billed(facts: SubscriptionFacts, sold: SoldProducts, billed: Iterable[Period]) -> list[Period]:
    """Return the running time up to the present period's end for which there is no line on any bill."""
    ends = [item.period_ends_at for item in facts.items if sold.includes(item.ref)]
    free = [(facts.started_at, end) for end in ends if end > facts.started_at]
    for period in billed:
        free = without(free, period)
    return free


def _reaches_beyond(lines: list[InvoiceLine], covered: datetime | None) -> bool:
    return any(line.amount >= 0 and (covered is None or line.ends_at > covered) for line in lines)


def without(periods: Iterable[Period], taken: Period) -> list[Period]:
    """Return what is left of periods when another is taken out."""
    begin, end = taken
    left = []
    for start, stop in periods:
        left += [(first, last) for first, last in ((start, min(stop, begin)), (max(start, end), stop)) if first < last]
    return left
