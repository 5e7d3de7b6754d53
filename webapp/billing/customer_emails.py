"""Where Stripe writes to a reader: to the address of the account, whatever it is by then."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.reader_customers import list_customers_of
from webapp.billing.stripe_models import CommandKind, StripeCommand, StripeCustomer
from webapp.billing.stripe_outbox import enqueue_command
from webapp.settings import Mode

_REASON = "address changed"


def enqueue_customer_emails(session: Session, reader_id: int) -> None:
    """Have Stripe told of a reader's present address, for each customer that the reader is, in every mode."""
    for mode in Mode:
        for customer_id in list_customers_of(session, reader_id, mode):
            _ask_again(session, customer_id)
            enqueue_command(session, mode, CommandKind.SET_EMAIL, customer_id, _REASON)


def drop_customer_emails(session: Session, reader_id: int) -> None:
    """Tell Stripe no address of a reader any more, in no mode."""
    customers = select(StripeCustomer.id).where(StripeCustomer.reader_id == reader_id)
    waiting = delete(StripeCommand).where(StripeCommand.kind == CommandKind.SET_EMAIL, StripeCommand.done_at.is_(None))
    session.execute(waiting.where(StripeCommand.target_id.in_(customers)))


def read_customer_email(session: Session, customer_id: str) -> str:
    """Return the address of the account that a customer is."""
    of_account = select(Reader.email).join(StripeCustomer, StripeCustomer.reader_id == Reader.id)
    return session.scalars(of_account.where(StripeCustomer.id == customer_id)).one()


def _ask_again(session: Session, customer_id: str) -> None:
    """Take up a command that was carried out for an earlier address, under another key."""
    known = select(StripeCommand).where(
        StripeCommand.kind == CommandKind.SET_EMAIL, StripeCommand.target_id == customer_id
    )
    command = session.scalar(known)
    if command is not None:
        command.done_at, command.attempt = None, command.attempt + 1
