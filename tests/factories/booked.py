"""Entries of a ledger, written straight into it, for what adds them up."""

from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from webapp.billing.ledger.ledger_entries import EntryTerms, write_entry
from webapp.billing.ledger.ledger_models import DatedBy, MoneyFigure, PaymentStanding, SubscriptionStanding
from webapp.billing.ledger.ledger_state import open_ledger
from webapp.billing.models import PlanKind
from webapp.settings import Mode

NOON = time(12)


def noon(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), NOON, UTC)


def book(session: Session, reader_id: int, figure: str, day: str, amount: int, **more: object) -> None:
    """Write an entry of noon; its `source_id` is unique by itself."""
    said = {"kind": PlanKind.MONTH, "plan": "month", "currency": "cny", "cohort": ""} | more
    name = said.pop("source_id", f"{figure} {day} {amount} {reader_id} {said}")
    terms = EntryTerms(
        figure=MoneyFigure(figure),
        source_id=name,
        reader_id=reader_id,
        at=noon(day),
        amount=amount,
        subject="in_1",
        **said,
    )
    write_entry(open_ledger(session, Mode.SANDBOX), terms)


def stand(session: Session, reader_id: int, since: str, until: str | None, monthly: int, **more: object) -> None:
    """Write how a subscription of a reader's stands."""
    said = {"kind": PlanKind.MONTH, "plan": "month", "currency": "cny", "standing": PaymentStanding.PAYING} | more
    row = SubscriptionStanding(
        mode=Mode.SANDBOX,
        subscription_id=said.pop("subscription_id", f"sub_{reader_id}"),
        reader_id=reader_id,
        since=noon(since),
        until=noon(until) if until else None,
        dated_by=DatedBy.OBJECT,
        monthly=monthly,
        **said,
    )
    session.add(row)
    session.flush()
