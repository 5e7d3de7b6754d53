"""What moved of what recurs: a reader's standings in one currency, told as new, returned, more, less, lost."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.billing.ledger.ledger_models import MoneyFigure, SubscriptionStanding


@dataclass(frozen=True, slots=True)
class Movement:
    """What a change of standing moved, and since which month its reader has paid."""

    figure: MoneyFigure
    standing: SubscriptionStanding
    amount: int
    cohort: str


def find_movements(standings: Iterable[SubscriptionStanding], zone: ZoneInfo) -> Iterator[Movement]:
    """Yield the movements of one reader's standings in one currency; what they add up to is what recurs.

    A reader who pays for two subscriptions and ends one pays less, and is not lost.
    """
    held: dict[str, int] = defaultdict(int)
    cohort = ""
    for one in sorted(standings, key=lambda one: (one.since, one.id)):
        change, before = one.monthly - held[one.subscription_id], sum(held.values())
        held[one.subscription_id] = one.monthly
        if not change:
            continue
        figure = _figure(before, before + change, has_paid=bool(cohort))
        cohort = cohort or month_of(one.since, zone)
        yield Movement(figure, one, change, cohort)


def _figure(before: int, after: int, *, has_paid: bool) -> MoneyFigure:
    if before == 0:
        return MoneyFigure.RETURNED if has_paid else MoneyFigure.NEW
    if after == 0:
        return MoneyFigure.LOST
    return MoneyFigure.EXPANSION if after > before else MoneyFigure.CONTRACTION


def month_of(moment: datetime, zone: ZoneInfo) -> str:
    """Return the month of a moment in a zone, as 2026-03."""
    return f"{moment.astimezone(zone):%Y-%m}"
