"""Forgetting a person: every row about them goes but for bookkeeping, and what that keeps names nobody."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from webapp.accounts.leaving import erase_reader
from webapp.accounts.models import Reader
from webapp.billing.customer_emails import drop_customer_emails
from webapp.billing.grants import drop_complimentary
from webapp.billing.purchases import locale_of
from webapp.billing.stored_targets import forget_person
from webapp.kit.email_queue import Email, delete_emails_to, enqueue_email
from webapp.kit.randomness import uuid
from webapp.personal_data.tables import KEPT, tables_of_readers

_CLOSED = "account_closed"


def erase_person(session: Session, reader_id: int, locale: str, now: datetime) -> None:
    """Erase an account, once; its address is told, in `locale` or else in the language of its last order.

    What runs at Stripe must have ended before.
    """
    reader = session.get_one(Reader, reader_id, with_for_update=True)
    if reader.erased_at is not None:
        return
    address, language = reader.email, locale or locale_of(session, reader_id)
    drop_customer_emails(session, reader_id)
    drop_complimentary(session, reader_id)
    forget_person(session, reader_id)
    erase_account(session, reader, now)
    content = {"closed_at": now, "forget": True}
    enqueue_email(session, Email(f"{_CLOSED}:{uuid()}", _CLOSED, address, language, content), now)


def erase_account(session: Session, reader: Reader, now: datetime) -> None:
    """Erase all rows about a reader but for bookkeeping, and take the person out of the account's own."""
    delete_emails_to(session, [reader.email], reader.created_at)
    for table, column in tables_of_readers():
        if table.name not in KEPT:
            session.execute(delete(table).where(column == reader.id))
    erase_reader(reader, now)
