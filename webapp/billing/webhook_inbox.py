"""Stripe's events: kept, acted upon once, and acted upon again when that failed."""

import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import TypeVar, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.gateway.client import EventNotice, StripeRefusedError
from webapp.billing.gateway.targets import SYNCED_TYPES, SyncTarget
from webapp.billing.grants import Change
from webapp.billing.outbox_runner import run_commands
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.stripe_models import StripeCommand, StripeEvent
from webapp.billing.sync import list_behind, resolve_target, sync, sync_or_give_up, sync_target
from webapp.kit import clock
from webapp.kit.errors import PaymentsUnavailableError
from webapp.settings import Mode

_T = TypeVar("_T")
EventSubject = tuple[str, str]

_BATCH = 500
_PART = 100  # objects looked up before any is applied: a Stripe that soon tires of us must not undo all of it
A_MOMENT, LONGEST_RUSH = timedelta(seconds=2), timedelta(seconds=20)
_MOST_TRIES = 10  # at what fails though Stripe is there
_AT_ONCE = 2  # webhooks that are dealt with while Stripe waits for the answer; when more come, they wait in the inbox
log = logging.getLogger(__name__)


class _Crowd:
    """Counts the webhooks that are being taken in this process."""

    def __init__(self) -> None:
        self._lock, self.size = Lock(), 0

    def __enter__(self) -> None:
        with self._lock:
            self.size += 1

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self.size -= 1


_crowd = _Crowd()


def receive_event(billing: BillingContext, notice: EventNotice) -> bool:
    """Keep an event and sync what it is about; return False where the inbox deals with it in a moment.

    One that was processed already, or is not for us, does nothing. Raise PaymentsUnavailableError when it could not
    be processed now: Stripe shall send it again.
    """
    if notice.object_type not in SYNCED_TYPES or not notice.object_id:  # as what `invoice.upcoming` is about
        log.info("event %s (%s) is about nothing that we sell", notice.id, notice.type)
        return True
    with _crowd:
        if billing.database.write(lambda session: store_event(session, billing.mode, notice, delivered=True)):
            return True
        if _crowd.size > _AT_ONCE:
            return False
        ids = [notice.id]
        _deal_with(billing, notice.object_id, ids, lambda: sync(billing, notice.object_type, notice.object_id, ids))
        run_commands(billing)
    return True


def store_event(session: Session, mode: Mode, notice: EventNotice, *, delivered: bool) -> bool:
    """Write the event into the inbox, `delivered` where it came by itself; return whether it was processed before."""
    event = session.get(StripeEvent, notice.id)
    if event is None:
        about = {"type": notice.type, "object_type": notice.object_type, "object_id": notice.object_id}
        event = StripeEvent(id=notice.id, mode=mode, **about, received_at=clock.now(), delivered=delivered, attempts=0)
        session.add(event)
    elif delivered and not event.delivered:
        event.delivered, event.received_at = True, clock.now()
    return event.processed_at is not None


def _deal_with(billing: BillingContext, about: str, ids: list[str], ask: Callable[[], _T]) -> _T | None:
    """Do what events call for; note on them when that fails, and give up what always will."""
    try:
        return ask()
    except PaymentsUnavailableError as error:
        final = isinstance(error, StripeRefusedError) and error.final
        billing.database.write(
            partial(_note_failure, mode=billing.mode, about=about, ids=ids, said=str(error), final=final)
        )
        if final:
            return None
        raise
    except Exception as error:
        spent = billing.database.write(partial(_note_failure, mode=billing.mode, about=about, ids=ids, said=str(error)))
        if spent:
            log.exception("events that cannot be dealt with: %s", ids)
            return None
        raise


def _note_failure(
    session: Session, mode: Mode, about: str, ids: list[str], said: str, *, final: bool | None = None
) -> bool:
    """Note a failure on events; return whether they are given up now. A Stripe that is not there spends no tries."""
    events = session.scalars(select(StripeEvent).where(StripeEvent.id.in_(ids))).all()
    for event in events:
        event.attempts, event.last_error = event.attempts + 1, said[:500]
    tried = max((event.attempts for event in events), default=0)
    if final or (final is None and tried >= _MOST_TRIES):
        for event in events:
            event.processed_at = clock.now()
        alert_publisher(session, mode, AlertCode.GIVEN_UP, about)
        return True
    return False


def has_waiting_events(billing: BillingContext) -> bool:
    """Whether there are events or commands that nobody has tried to deal with, those of this very moment left out.

    While a rush goes on its events are left to come in, for a while: later each object is asked about once.
    """
    first, last = func.min(StripeEvent.received_at), func.max(StripeEvent.received_at)
    untried = StripeEvent.mode == billing.mode, StripeEvent.processed_at.is_(None), StripeEvent.attempts == 0
    untold = select(StripeCommand.id).where(StripeCommand.mode == billing.mode, StripeCommand.done_at.is_(None))
    with billing.database.reading() as session:
        row = session.execute(select(first, last).where(*untried)).one()
        oldest, newest = cast("tuple[datetime | None, datetime | None]", tuple(row))
        if oldest and newest:
            now = clock.now()
            return newest < now - A_MOMENT or oldest < now - LONGEST_RUSH
        return session.scalar(untold.where(StripeCommand.last_error == "").limit(1)) is not None


def drain_inbox(billing: BillingContext) -> list[Change]:
    """Ask again for everything that is behind and carry out what waits; return the grants that changed.

    Events about one target have it fetched once. Stops at the first sign that Stripe is not there; the rest stays
    wanted.
    """
    changes: list[Change] = []
    try:
        waiting = list(_by_object(billing).items())
        for begin in range(0, len(waiting), _PART):
            for target, ids in _by_target(billing, waiting[begin : begin + _PART]):
                changes += _or_later(billing, target.id, ids, partial(sync_target, billing, target, ids)) or []
        with billing.database.reading() as session:
            targets = list_behind(session, billing.mode)
        for target in targets:
            changes += sync_or_give_up(billing, target)
        run_commands(billing)
    except PaymentsUnavailableError as error:
        log.warning("stripe cannot be asked now: %s", error)
    return changes


def _by_target(
    billing: BillingContext, waiting: list[tuple[EventSubject, list[str]]]
) -> list[tuple[SyncTarget, list[str]]]:
    """Return what events are about, each with its events; another payment of one subscription stands alone."""
    found: dict[tuple[SyncTarget, str | None], list[str]] = defaultdict(list)
    for about, ids in waiting:
        target = _or_later(billing, about[1], ids, partial(resolve_target, billing, *about, ids))
        if target is not None:
            found[target, target.payment_intent] += ids
    return [(target, ids) for (target, _payment), ids in found.items()]


def _by_object(billing: BillingContext) -> dict[EventSubject, list[str]]:
    unprocessed = select(StripeEvent).where(StripeEvent.mode == billing.mode, StripeEvent.processed_at.is_(None))
    waiting: dict[EventSubject, list[str]] = defaultdict(list)
    with billing.database.reading() as session:
        for event in session.scalars(unprocessed.order_by(StripeEvent.attempts, StripeEvent.received_at).limit(_BATCH)):
            waiting[event.object_type, event.object_id].append(event.id)
    return waiting


def _or_later(billing: BillingContext, about: str, ids: list[str], ask: Callable[[], _T]) -> _T | None:
    """Do what events call for; one that cannot be dealt with, for whatever reason, must not hold the others."""
    try:
        return _deal_with(billing, about, ids, ask)
    except PaymentsUnavailableError:
        raise
    except Exception:
        log.exception("events that cannot be dealt with now: %s", ids)
        return None


def oldest_waiting_event(session: Session, mode: Mode) -> datetime | None:
    """Return when the event came that waits the longest; None where none does."""
    waiting = StripeEvent.mode == mode, StripeEvent.processed_at.is_(None)
    return session.scalar(select(func.min(StripeEvent.received_at)).where(*waiting))


def count_waiting_events(session: Session, mode: Mode) -> int:
    """Return how many events wait to be dealt with."""
    unprocessed = select(func.count()).where(StripeEvent.mode == mode, StripeEvent.processed_at.is_(None))
    return session.scalar(unprocessed) or 0
