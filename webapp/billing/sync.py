"""The one entry point for whatever Stripe has to say: fetch what is true now, and reckon the grants from it."""

import logging
from collections.abc import Collection
from contextlib import suppress

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.after_sync import apply_side_effects
from webapp.billing.context import BillingContext
from webapp.billing.gateway.client import MissingAtStripeError, StripeRefusedError
from webapp.billing.gateway.facts import TargetType
from webapp.billing.gateway.json_parser import UnreadableError
from webapp.billing.gateway.personal_fields import without_person
from webapp.billing.gateway.snapshots import Snapshot, fetch_snapshot
from webapp.billing.gateway.targets import SyncTarget, find_sync_target
from webapp.billing.grant_terms import may_change
from webapp.billing.grants import Change, derive_grants, rebuild_grants
from webapp.billing.ownership import find_owner
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.stored_targets import read_holdings
from webapp.billing.stripe_models import StripeCustomer, StripeEvent, StripeObject
from webapp.billing.upcoming import refresh_upcoming
from webapp.kit import clock
from webapp.kit.errors import PaymentsUnavailableError
from webapp.settings import Mode

_MOST_FAILURES = 10
log = logging.getLogger(__name__)


def sync(billing: BillingContext, object_type: str, object_id: str, event_ids: Collection[str] = ()) -> list[Change]:
    """Bring what we hold of an object's target to Stripe's present truth; return the grants that changed.

    Owns its transactions: the ticket must be committed before Stripe is asked, and nothing may be open while it
    answers. Callers end theirs before and read again after. Raise PaymentsUnavailableError, and the ticket stays
    wanted, so that `drain_inbox` asks again. `event_ids` are marked processed with it.
    """
    target = resolve_target(billing, object_type, object_id, event_ids)
    return sync_target(billing, target, event_ids) if target else []


def resolve_target(
    billing: BillingContext, object_type: str, object_id: str, event_ids: Collection[str] = ()
) -> SyncTarget | None:
    """Return what `sync` would sync; events about what is no part of anything we sell are done with."""
    target = None
    with suppress(MissingAtStripeError):
        target = find_sync_target(billing.gateway, object_type, object_id)
    if target is None:
        billing.database.write(lambda session: mark_processed(session, event_ids))
    return target


def sync_target(billing: BillingContext, target: SyncTarget, event_ids: Collection[str] = ()) -> list[Change]:
    """Do what `sync` does, for a target that is known."""
    ticket = billing.database.write(lambda session: _take_ticket(session, billing.mode, target))
    found = _fetch(billing, target)

    def apply(session: Session) -> list[Change]:
        mark_processed(session, event_ids)
        return _apply(session, billing, target, ticket, found)

    changes = billing.database.write(apply)
    if target.type is TargetType.SUBSCRIPTION:
        refresh_upcoming(billing, target.id)
    return changes


def _fetch(billing: BillingContext, target: SyncTarget) -> Snapshot | AlertCode:
    """Return what Stripe says of a target, or what the publisher must be told where it says nothing of use."""
    try:
        return fetch_snapshot(billing.gateway, target)
    except MissingAtStripeError:
        return AlertCode.MISSING
    except UnreadableError:
        log.exception("what Stripe says of %s cannot be read", target.id)
        return AlertCode.UNREADABLE


def sync_or_give_up(billing: BillingContext, target: SyncTarget) -> list[Change]:
    """Do what `sync` does for a target that is behind; give it up when that will never succeed, or has not for long."""
    try:
        return sync_target(billing, target)
    except StripeRefusedError as refusal:
        if not refusal.final:
            raise
        failed = _MOST_FAILURES
    except PaymentsUnavailableError:
        raise
    except Exception:
        log.exception("%s cannot be brought up to date", target.id)
        failed = 1

    def note(session: Session) -> None:
        row = session.get_one(StripeObject, target.id)
        row.failures += failed
        if row.failures >= _MOST_FAILURES:
            row.applied = row.wanted
            alert_publisher(session, billing.mode, AlertCode.GIVEN_UP, target.id)

    billing.database.write(note)
    return []


def list_behind(session: Session, mode: Mode, most: int = 100) -> list[SyncTarget]:
    """Return the targets that were asked for and not applied yet: the retry queue."""
    rows = select(StripeObject).where(StripeObject.mode == mode, StripeObject.wanted > StripeObject.applied)
    return [SyncTarget(row.type, row.id) for row in session.scalars(rows.limit(most))]


def count_behind(session: Session, mode: Mode) -> int:
    """Return how many targets wait in the retry queue."""
    behind = select(func.count()).where(StripeObject.mode == mode, StripeObject.wanted > StripeObject.applied)
    return session.scalar(behind) or 0


def _take_ticket(session: Session, mode: Mode, target: SyncTarget) -> int:
    row = session.get(StripeObject, target.id, with_for_update=True)
    if row is None:
        row = StripeObject(id=target.id, mode=mode, type=target.type, wanted=0, applied=0)
        session.add(row)
    row.wanted += 1
    return row.wanted


def _apply(
    session: Session, billing: BillingContext, target: SyncTarget, ticket: int, found: Snapshot | AlertCode
) -> list[Change]:
    row = session.get_one(StripeObject, target.id, with_for_update=True)
    if ticket <= row.applied:
        return []  # somebody asked Stripe after us and was here before us
    row.applied, row.failures = ticket, 0
    row.fetched_at, row.unreachable_since = clock.now(), None
    if isinstance(found, AlertCode):
        return _apply_nothing(session, billing, row, found)
    facts, before = found.facts, row.reader_id
    reader_id = find_owner(session, billing.mode, facts)
    if reader_id is None:
        return _disown(session, billing, row, AlertCode.NOT_OURS)  # never ours, and nothing is kept; or not any more
    if facts.customer_id:  # so that two syncs about one reader's different targets reckon one after the other
        session.get(StripeCustomer, facts.customer_id, with_for_update=True)
    raw = without_person(found.raw) if session.get_one(Reader, reader_id).erased_at else found.raw
    if row.bundle != raw:
        row.upcoming = None  # what was to be charged next may be something else now
    row.bundle, row.reader_id, row.unsettled, row.disowned_at = raw, reader_id, may_change(facts), None
    changes = []
    if before not in {None, reader_id}:
        alert_publisher(session, billing.mode, AlertCode.NOT_OURS, row.id)
        changes = rebuild_grants(session, before, billing.mode, billing.grace)
    holdings = read_holdings(session, reader_id, billing.mode)
    changes += derive_grants(session, holdings, billing.grace)
    apply_side_effects(session, holdings, facts)
    return changes


def _apply_nothing(session: Session, billing: BillingContext, row: StripeObject, problem: AlertCode) -> list[Change]:
    """Act on a target that cannot be read, which opens nothing, or that Stripe does not have.

    Then another key was put in, or test data was wiped: nobody is locked out for that.
    """
    if problem is AlertCode.UNREADABLE:
        alert_publisher(session, billing.mode, problem, row.id)
        return _disown(session, billing, row, problem)
    if row.bundle is not None:
        alert_publisher(session, billing.mode, problem, row.id)
    return []


def _disown(session: Session, billing: BillingContext, row: StripeObject, why: AlertCode) -> list[Change]:
    """End what a target opened, which was ours and is not any more; what was never ours is left alone."""
    if row.reader_id is None or row.bundle is None:
        return []
    alert_publisher(session, billing.mode, why, row.id)
    row.disowned_at = row.disowned_at or clock.now()
    return rebuild_grants(session, row.reader_id, billing.mode, billing.grace)


def mark_processed(session: Session, event_ids: Collection[str]) -> None:
    """Note that what events are about was synced."""
    if event_ids:
        waiting = update(StripeEvent).where(StripeEvent.id.in_(event_ids), StripeEvent.processed_at.is_(None))
        session.execute(waiting.values(processed_at=clock.now(), last_error=""))
