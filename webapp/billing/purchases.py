"""Purchases: a reader's own, and where each began."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.models import Grant, Purchase


def get_purchase_of_session(session: Session, session_id: str, reader_id: int) -> Purchase | None:
    """Return a reader's own purchase by its Checkout session; somebody else's is not there."""
    return session.scalar(select(Purchase).where(Purchase.session_id == session_id, Purchase.reader_id == reader_id))


def find_landing(session: Session, *, purchase_id: str = "", session_id: str = "") -> str | None:
    """Return where an order began, by its own id or its Checkout session's, for whoever bears one: nobody can guess it.

    So the way back is there for who is not signed in any more, or is as somebody else.
    """
    named = Purchase.session_id == session_id if session_id else Purchase.id == purchase_id
    return session.scalar(select(Purchase.landing).where(named))


def purchase_opens(session: Session, purchase: Purchase) -> bool:
    """Return whether a purchase has come to a grant that was not taken back."""
    source_id = purchase.subscription_id if purchase.recurring else purchase.id
    granted = select(Grant.id).where(Grant.reader_id == purchase.reader_id, Grant.source_id == source_id)
    return session.scalar(granted.where(Grant.revoked.is_(None)).limit(1)) is not None


def locale_of(session: Session, reader_id: int) -> str:
    """Return the language in which a reader last bought; "" for who never did, to whom we write in the house's."""
    latest = select(Purchase.locale).where(Purchase.reader_id == reader_id).order_by(Purchase.created_at.desc())
    return session.scalar(latest.limit(1)) or ""
