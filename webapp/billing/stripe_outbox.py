"""What we ask Stripe to do because of what we found: written down with the finding, carried out after its commit."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.billing.stripe_models import CommandKind, StripeCommand
from webapp.kit import clock, randomness
from webapp.settings import Mode


def enqueue_command(
    session: Session, mode: Mode, kind: CommandKind, target_id: str, reason: str, moment: datetime | None = None
) -> None:
    """Write down what Stripe shall do, once for each target; it is carried out after this transaction."""
    known = select(StripeCommand.id).where(StripeCommand.kind == kind, StripeCommand.target_id == target_id)
    if session.scalar(known) is None:
        made = {"id": randomness.uuid(), "mode": mode, "created_at": clock.now()}
        session.add(StripeCommand(**made, kind=kind, target_id=target_id, reason=reason, moment=moment))


def waiting_commands(session: Session, mode: Mode, most: int = 100) -> list[StripeCommand]:
    """Return what was written down and not carried out yet, the oldest first."""
    query = select(StripeCommand).where(StripeCommand.mode == mode, StripeCommand.done_at.is_(None))
    return list(session.scalars(query.order_by(StripeCommand.created_at).limit(most)))


def count_waiting_commands(session: Session, mode: Mode) -> int:
    """Return how much was written down and not carried out yet."""
    waiting = select(func.count()).where(StripeCommand.mode == mode, StripeCommand.done_at.is_(None))
    return session.scalar(waiting) or 0


def commands_about(session: Session, target_ids: Collection[str]) -> list[StripeCommand]:
    """Return what was written down about some targets, the oldest first."""
    about = select(StripeCommand).where(StripeCommand.target_id.in_(target_ids))
    return list(session.scalars(about.order_by(StripeCommand.created_at, StripeCommand.id)))
