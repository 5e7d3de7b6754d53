"""Stripe's news: kept, acted upon once, and acted upon again when it failed."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.gateway import Notice
from webapp.billing.models import CommandKind, StripeCommand, StripeEvent
from webapp.billing.roots import ROOTED
from webapp.billing.sync import Till, behind, sync
from webapp.kit import clock
from webapp.kit.errors import NotFoundError, PaymentsUnavailableError

log = logging.getLogger(__name__)


def receive(till: Till, notice: Notice) -> None:
    """Keeps an event and syncs what it is about; one that was processed already, or is not for us, does nothing.

    Raises PaymentsUnavailableError when it could not be processed now: Stripe shall send it again.
    """
    if notice.object_type not in ROOTED:
        log.info("event %s (%s) is about nothing that we sell", notice.id, notice.type)
        return
    with till.database.writing() as session:
        if _keep(session, notice):
            return
    with _noting(till, notice.id):
        sync(till, notice.object_type, notice.object_id, notice.id)
    carry_out(till)


def _keep(session: Session, notice: Notice) -> bool:
    """Writes the event into the inbox; answers whether it was processed before."""
    event = session.get(StripeEvent, notice.id)
    if event is None:
        event = StripeEvent(
            id=notice.id,
            type=notice.type,
            object_type=notice.object_type,
            object_id=notice.object_id,
            livemode=notice.livemode,
            received_at=clock.now(),
            attempts=0,
        )
        session.add(event)
    event.attempts += 1
    return event.processed_at is not None


@contextmanager
def _noting(till: Till, event_id: str) -> Iterator[None]:
    try:
        yield
    except PaymentsUnavailableError as error:
        with till.database.writing() as session:
            session.get_one(StripeEvent, event_id).last_error = str(error)[:500]
        raise


def drain(till: Till) -> int:
    """Asks again for everything that is behind and carries out what waits; answers how much got done.

    Stops at the first sign that Stripe is not there; the rest stays wanted.
    """
    with till.database.reading() as session:
        roots = behind(session)
        waiting = session.scalars(
            select(StripeEvent).where(StripeEvent.processed_at.is_(None)).order_by(StripeEvent.received_at).limit(100)
        ).all()
    done = 0
    try:
        for event in waiting:
            sync(till, event.object_type, event.object_id, event.id)
            done += 1
        for root in roots:
            sync(till, root.type, root.id)
            done += 1
    except PaymentsUnavailableError:
        return done
    return done + carry_out(till)


def carry_out(till: Till) -> int:
    """Asks Stripe for what was written down, each under its own key; answers how many it did."""
    with till.database.reading() as session:
        query = select(StripeCommand).where(StripeCommand.done_at.is_(None)).order_by(StripeCommand.created_at)
        commands = session.scalars(query.limit(100)).all()
    done = 0
    for command in commands:
        done += _carry_out(till, command)
    return done


def _carry_out(till: Till, command: StripeCommand) -> bool:
    ask = {
        CommandKind.CANCEL_SUBSCRIPTION: till.gateway.cancel_subscription,
        CommandKind.REFUND: till.gateway.refund,
    }[command.kind]
    error = ""
    try:
        ask(command.target_id, command.id)
    except (PaymentsUnavailableError, NotFoundError) as problem:
        error = str(problem)[:500]
    with till.database.writing() as session:
        kept = session.get_one(StripeCommand, command.id)
        kept.last_error = error
        kept.done_at = None if error else clock.now()
    return not error
