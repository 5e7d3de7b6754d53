"""The one entry point for whatever Stripe has to say: fetch what is true now, and reckon the grants from it."""

from collections.abc import Collection
from contextlib import suppress

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.billing.after_sync import apply_side_effects
from webapp.billing.context import BillingContext
from webapp.billing.gateway.client import MissingAtStripeError
from webapp.billing.gateway.snapshots import Snapshot, fetch_snapshot
from webapp.billing.gateway.targets import SyncTarget, find_sync_target
from webapp.billing.grant_terms import may_change
from webapp.billing.grants import Change, rebuild_grants
from webapp.billing.ownership import find_owner
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.stripe_models import StripeCustomer, StripeEvent, StripeObject
from webapp.kit import clock
from webapp.settings import Mode


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
    snapshot = None  # where Stripe has no such object there is nothing to reckon with
    with suppress(MissingAtStripeError):
        snapshot = fetch_snapshot(billing.gateway, target)

    def apply(session: Session) -> list[Change]:
        mark_processed(session, event_ids)
        return _apply(session, billing, target, ticket, snapshot)

    return billing.database.write(apply)


def list_behind(session: Session, mode: Mode, most: int = 100) -> list[SyncTarget]:
    """Return the targets that were asked for and not applied yet: the retry queue."""
    rows = select(StripeObject).where(StripeObject.mode == mode, StripeObject.wanted > StripeObject.applied)
    return [SyncTarget(row.type, row.id) for row in session.scalars(rows.limit(most))]


def _take_ticket(session: Session, mode: Mode, target: SyncTarget) -> int:
    row = session.get(StripeObject, target.id, with_for_update=True)
    if row is None:
        row = StripeObject(id=target.id, mode=mode, type=target.type, wanted=0, applied=0)
        session.add(row)
    row.wanted += 1
    return row.wanted


def _apply(
    session: Session, billing: BillingContext, target: SyncTarget, ticket: int, snapshot: Snapshot | None
) -> list[Change]:
    row = session.get_one(StripeObject, target.id, with_for_update=True)
    if ticket <= row.applied:
        return []  # somebody asked Stripe after us and was here before us
    row.applied = ticket
    row.fetched_at = clock.now()
    if snapshot is None:
        if row.bundle is not None:  # another key was put in, or test data was wiped: nobody is locked out for that
            alert_publisher(session, billing.mode, AlertCode.MISSING, target.id)
        return []
    facts = snapshot.facts
    reader_id = find_owner(session, billing.mode, facts)
    if reader_id is None:
        return []  # another product, account or mode: the ticket is done with, nothing is kept
    if facts.customer_id:  # so that two syncs about one reader's different targets reckon one after the other
        session.get(StripeCustomer, facts.customer_id, with_for_update=True)
    row.bundle, row.reader_id, row.unsettled = snapshot.raw, reader_id, may_change(facts)
    changes = rebuild_grants(session, reader_id, billing.mode, billing.grace)
    apply_side_effects(session, facts)
    return changes


def mark_processed(session: Session, event_ids: Collection[str]) -> None:
    """Note that what events are about was synced."""
    if event_ids:
        waiting = update(StripeEvent).where(StripeEvent.id.in_(event_ids), StripeEvent.processed_at.is_(None))
        session.execute(waiting.values(processed_at=clock.now(), last_error=""))
