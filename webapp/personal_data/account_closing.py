"""Closing an account: billing is ended at Stripe first, and only then is the person erased.

In between, while Stripe cannot be asked, the account is closing: nobody gets into it, and the worker goes on with it.
Each step can be taken again, so that a kill in between loses nothing.
"""

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.held_addresses import list_left_addresses
from webapp.accounts.leaving import list_closing, mark_closing
from webapp.accounts.models import Reader
from webapp.billing.closed_accounts import stop_charging
from webapp.billing.context import BillingContext
from webapp.billing.gateway import stripe_lists
from webapp.billing.gateway.client import MissingAtStripeError
from webapp.billing.gateway.facts import ENDED, TargetType
from webapp.billing.gateway.snapshots import fetch_snapshot
from webapp.billing.gateway.targets import SyncTarget
from webapp.billing.outbox_runner import run_commands
from webapp.billing.stored_targets import live_subscriptions
from webapp.billing.stripe_models import StripeCustomer
from webapp.billing.sync import sync
from webapp.kit import clock
from webapp.kit.email_queue import delete_emails_to
from webapp.kit.errors import PaymentsUnavailableError
from webapp.personal_data.erasure import erase_person
from webapp.settings import Mode

log = logging.getLogger(__name__)


def begin_closing(session: Session, reader: Reader) -> None:
    """Shut an account for good and write down what Stripe shall end; raise ConflictError for the only publisher."""
    delete_emails_to(session, list_left_addresses(session, reader.id), reader.created_at)
    mark_closing(session, reader, clock.now())
    stop_charging(session, reader.id)


def finish_closing(billing: BillingContext, reader_id: int, locale: str = "") -> bool:
    """Erase who closes their account as soon as nothing of theirs runs at Stripe; return whether that is done.

    Owns its transactions, since nothing may be open while Stripe answers.
    """
    try:
        _hear_of_all(billing, reader_id)
        run_commands(billing)
        if _is_running(billing, reader_id):
            return False
    except PaymentsUnavailableError as error:
        log.warning("an account stays closing, for stripe cannot be asked now: %s", error)
        return False
    billing.database.write(lambda session: erase_person(session, reader_id, locale, clock.now()))
    return True


def finish_closings(billing: BillingContext) -> int:
    """Go on with all accounts that are closing; return how many were erased. One that fails holds no other."""
    with billing.database.reading() as session:
        waiting = list_closing(session)
    done = 0
    for reader_id in waiting:
        try:
            done += finish_closing(billing, reader_id)
        except Exception:
            log.exception("account %s cannot be closed now", reader_id)
    return done


def _hear_of_all(billing: BillingContext, reader_id: int) -> None:
    """Sync what Stripe has running for the reader's customers, of which we may never have heard."""
    with billing.database.reading() as session:
        mine = select(StripeCustomer.id).where(StripeCustomer.reader_id == reader_id)
        customers = session.scalars(mine.where(StripeCustomer.mode == billing.mode)).all()
    for customer_id in customers:
        try:
            listed = [
                one.id
                for one in stripe_lists.list_subscriptions(billing.gateway, customer_id)
                if one.status not in ENDED
            ]
        except MissingAtStripeError:
            continue
        for subscription_id in listed:
            sync(billing, "subscription", subscription_id)


def _is_running(billing: BillingContext, reader_id: int) -> bool:
    """Return whether a subscription of the reader runs on; one of real money counts while we play, too."""
    with billing.database.reading() as session:
        running = [facts.id for facts in live_subscriptions(session, reader_id, billing.mode)]
        is_beyond = billing.mode is not Mode.LIVE and bool(live_subscriptions(session, reader_id, Mode.LIVE))
    return is_beyond or any(_runs_at_stripe(billing, subscription_id) for subscription_id in running)


def _runs_at_stripe(billing: BillingContext, subscription_id: str) -> bool:
    try:
        facts = fetch_snapshot(billing.gateway, SyncTarget(TargetType.SUBSCRIPTION, subscription_id)).facts
    except MissingAtStripeError:
        return False
    return getattr(facts, "status", "") not in ENDED
