"""What merging two accounts would do, found out by doing it in a transaction that is thrown away."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.models import Grant, Receipt
from webapp.billing.stored_targets import live_subscriptions
from webapp.billing.stripe_models import CommandKind, StripeCommand
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.money import Money
from webapp.library.models import Bookmark, Highlight, ReadingPosition
from webapp.personal_data.account_merging import merge_accounts
from webapp.settings import Mode


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What goes from one account to the other, and which payments were made twice and are given back then."""

    giver: str
    taker: str
    payments: int
    grants: int
    marks: int
    has_subscription: bool
    given_back: tuple[Money, ...]


class _UndoneError(Exception):
    """Ends the transaction, so that nothing of it stays."""

    def __init__(self, preview: MergePreview) -> None:
        super().__init__()
        self.preview = preview


def preview_merge(database: Database, giver_id: int, taker_id: int, grace: timedelta, mode: Mode) -> MergePreview:
    """Return what merging would do, and change nothing; raise what `merge_accounts` raises."""

    def rule(session: Session) -> MergePreview:
        giver, taker = session.get_one(Reader, giver_id), session.get_one(Reader, taker_id)
        names, before = (giver.email, taker.email), _refunds(session)
        payments, grants = _count(session, Receipt, giver_id), _count(session, Grant, giver_id)
        marks = sum(_count(session, kind, giver_id) for kind in (Bookmark, Highlight, ReadingPosition))
        subscribes = bool(live_subscriptions(session, giver_id, mode))
        merge_accounts(session, giver, taker, grace, clock.now())
        session.flush()
        twice = _refunds(session) - before
        paid = session.scalars(select(Receipt).where(Receipt.payment_intent_id.in_(twice)))
        given_back = tuple(Money(one.amount - one.refunded, one.currency) for one in paid)
        raise _UndoneError(MergePreview(*names, payments, grants, marks, subscribes, given_back))

    try:
        return database.write(rule)
    except _UndoneError as undone:
        return undone.preview


def _count(session: Session, table: type[Receipt | Grant | Bookmark | Highlight | ReadingPosition], owner: int) -> int:
    return session.scalar(select(func.count()).select_from(table).where(table.reader_id == owner)) or 0


def _refunds(session: Session) -> set[str]:
    waiting = select(StripeCommand.target_id).where(StripeCommand.kind == CommandKind.REFUND)
    return set(session.scalars(waiting.where(StripeCommand.done_at.is_(None))))
