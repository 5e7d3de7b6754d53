"""Two accounts of one person become one: what one of them bought, marked and read is the other's, and it is erased."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from webapp.accounts.held_addresses import list_left_addresses
from webapp.accounts.leaving import mark_closing
from webapp.accounts.models import Reader
from webapp.billing.moved_payments import move_payments
from webapp.billing.purchases import locale_of
from webapp.kit.email_queue import Email, delete_emails_to, enqueue_email
from webapp.kit.errors import ConflictError
from webapp.kit.randomness import uuid
from webapp.kit.translatable import _
from webapp.library.moved_shelf import move_shelf
from webapp.personal_data.erasure import erase_account

_MERGED = "accounts_merged"


def merge_accounts(session: Session, giver: Reader, taker: Reader, grace: timedelta, now: datetime) -> None:
    """Give all that one account has to another and erase it; both addresses are told.

    Password, second factor, devices, tokens and private feeds of the one that goes end with it. Raise ConflictError for
    one account given twice, a disabled one, two subscriptions, and the only publisher's.
    """
    if giver.id == taker.id:
        raise ConflictError(_("Both addresses are of one account."), _("There is nothing to merge."))
    for reader in (giver, taker):
        if reader.disabled_at is not None:
            raise ConflictError(_("The account %(email)s is disabled.", email=reader.email), _("Nothing was changed."))
    addresses, language = (giver.email, taker.email), locale_of(session, taker.id) or locale_of(session, giver.id)
    delete_emails_to(session, list_left_addresses(session, giver.id), giver.created_at)
    mark_closing(session, giver, now)
    move_payments(session, giver.id, taker.id, grace)
    move_shelf(session, giver.id, taker.id)
    erase_account(session, giver, now)
    for address in addresses:
        content = {"into": taker.email, "merged_at": now, "forget": address != taker.email}
        enqueue_email(session, Email(f"{_MERGED}:{uuid()}", _MERGED, address, language, content), now)
