"""Reconciling: what we hold is compared with what Stripe says, whether its events came through or not."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.gateway import stripe_lists
from webapp.billing.gateway.client import StripeRefusedError
from webapp.billing.gateway.facts import ENDED, TargetType
from webapp.billing.gateway.targets import SYNCED_TYPES
from webapp.billing.grants import Change, rebuild_grants
from webapp.billing.models import Grant, GrantSource, Purchase, PurchaseState, Receipt
from webapp.billing.outbox_runner import run_commands
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.stripe_models import Reconciliation, StripeCustomer, StripeEvent, StripeObject
from webapp.billing.stripe_setup import learn_products
from webapp.billing.sync import sync
from webapp.billing.webhook_inbox import count_waiting_events, drain_inbox, store_event
from webapp.kit import clock
from webapp.kit.errors import PaymentsUnavailableError
from webapp.settings import Mode

EVENTS_OVERLAP = timedelta(hours=1)
WHOLE_OVERLAP = timedelta(days=7)
INBOX_KEPT = timedelta(days=60)
LAPSE_NOTICE = timedelta(minutes=15)
_LATEST = (Reconciliation.finished_at.desc(), Reconciliation.id.desc())  # as its index has them
Thing = tuple[str, str]
log = logging.getLogger(__name__)


def reconcile_events(billing: BillingContext, since: datetime | None = None) -> Reconciliation:
    """Deal with the events that never reached us: since a moment, by default since the last comparison.

    Raise PaymentsUnavailableError; the next run then begins where this one did.
    """
    with _noted(billing, whole=False) as run:
        begin = since or _begin(billing, EVENTS_OVERLAP, whole=False)
        things, changes = sync_missed_events(billing, begin)
        run.targets, run.drift = len(things), len(changes)
    return run


def sync_missed_events(billing: BillingContext, since: datetime | None) -> tuple[set[Thing], list[Change]]:
    """Deal with all events since a moment (None: since ever) that were not dealt with; return what they were about.

    Raise PaymentsUnavailableError.
    """
    events = stripe_lists.list_events(billing.gateway, since)

    def store(session: Session) -> set[Thing]:
        ours = [event for event in events if event.object_type in SYNCED_TYPES]
        missed = [event for event in ours if not store_event(session, billing.mode, event, delivered=False)]
        return {(event.object_type, event.object_id) for event in missed}

    return billing.database.write(store), _drained(billing)


def reconcile_all(billing: BillingContext, *, from_the_beginning: bool = False) -> Reconciliation:
    """Compare everything that may have changed since the last time; `from_the_beginning`: since ever.

    Raise PaymentsUnavailableError; what was compared by then is kept, the next run begins where this one did.
    """
    with _noted(billing, whole=True) as run:
        begin = None if from_the_beginning else _begin(billing, WHOLE_OVERLAP, whole=True)
        learn_products(billing)
        changes = _drained(billing)
        things = _things_to_compare(billing, begin)
        for thing in things:
            changes += _compare(billing, thing)
        run.targets, run.drift = len(things), len(changes)
        run_commands(billing)
    return run


def _compare(billing: BillingContext, thing: Thing) -> list[Change]:
    """Sync one thing; what Stripe refuses, or nobody can read, is told to the publisher and holds up nothing else."""
    try:
        return sync(billing, *thing)
    except StripeRefusedError as refusal:
        if not refusal.final:
            raise
    except PaymentsUnavailableError:
        raise
    except Exception:
        log.exception("%s %s cannot be compared", *thing)
    billing.database.write(lambda session: alert_publisher(session, billing.mode, AlertCode.GIVEN_UP, thing[1]))
    return []


def recheck_before_lapse(billing: BillingContext) -> list[Change]:
    """Ask Stripe once about every subscription whose access is about to end, before the door closes.

    Where Stripe cannot be asked, who was paid up reads on for some days, and the publisher is told.
    """
    with billing.database.reading() as session:
        lapsing = _lapsing(session, billing.mode)
    changes, away = [], False
    for subscription in lapsing:
        with suppress(PaymentsUnavailableError):
            if not away:
                changes += sync(billing, "subscription", subscription)
                continue
        away = True
        changes += billing.database.write(partial(_note_unreachable, billing=billing, subscription=subscription))
    return changes


def _note_unreachable(session: Session, billing: BillingContext, subscription: str) -> list[Change]:
    row = session.get_one(StripeObject, subscription)
    if row.unreachable_since is not None or row.reader_id is None:
        return []
    row.unreachable_since = clock.now()
    changes = rebuild_grants(session, row.reader_id, billing.mode, billing.grace)
    if changes:
        alert_publisher(
            session, billing.mode, AlertCode.UNREACHABLE, f"{subscription} {row.unreachable_since:%Y-%m-%d}"
        )
    return changes


def _lapsing(session: Session, mode: Mode) -> list[str]:
    """Return the subscriptions that Stripe was not asked about since shortly before their grant's end, or in vain."""
    rows = session.execute(
        select(Grant.source_id, Grant.ends_at, StripeObject.fetched_at)
        .join(StripeObject, StripeObject.id == Grant.source_id)
        .where(Grant.mode == mode, Grant.source == GrantSource.SUBSCRIPTION, Grant.revoked.is_(None))
        .where(or_(Grant.ends_at <= clock.now() + LAPSE_NOTICE, StripeObject.unreachable_since.is_not(None)))
    )
    return [id_ for id_, ends_at, asked_at in rows if ends_at and (not asked_at or asked_at < ends_at - LAPSE_NOTICE)]


def delete_old_events(session: Session) -> None:
    """Drop processed events, and notes of comparisons, that nobody needs any more."""
    before = clock.now() - INBOX_KEPT
    session.execute(delete(StripeEvent).where(StripeEvent.processed_at < before))
    session.execute(delete(Reconciliation).where(Reconciliation.started_at < before))


def _drained(billing: BillingContext) -> list[Change]:
    """Drain the inbox to its end, or to where it gets no further."""
    changes: list[Change] = []
    left, before = _waiting(billing), -1
    while left and left != before:
        changes += drain_inbox(billing)
        left, before = _waiting(billing), left
    return changes


def _waiting(billing: BillingContext) -> int:
    with billing.database.reading() as session:
        return count_waiting_events(session, billing.mode)


def _things_to_compare(billing: BillingContext, since: datetime | None) -> list[Thing]:
    """Return what to ask about, each thing once, subscriptions first."""
    things = chain(_subscriptions(billing, since), _checkouts(billing, since), _payments(billing, since))
    return list(dict.fromkeys([*things, *_customers(billing)]))


def _subscriptions(billing: BillingContext, since: datetime | None) -> Iterator[Thing]:
    """Yield our customers' subscriptions, those we never heard of too; what had ended only from the beginning."""
    with billing.database.reading() as session:
        unsettled = _known(session, billing.mode, TargetType.SUBSCRIPTION, unsettled=True)
        settled = _known(session, billing.mode, TargetType.SUBSCRIPTION, unsettled=False)
        customers = set(session.scalars(select(StripeCustomer.id).where(StripeCustomer.mode == billing.mode)))
    for listed in stripe_lists.list_subscriptions(billing.gateway):
        ours = listed.customer_id in customers or listed.id in settled | unsettled
        if ours and not (since and listed.id in settled and listed.status in ENDED):
            yield "subscription", listed.id
    for known in unsettled:
        yield "subscription", known


def _checkouts(billing: BillingContext, since: datetime | None) -> Iterator[Thing]:
    """Yield sessions that wait, that we did not hear the end of, and those that a kill kept us from noting."""
    with billing.database.reading() as session:
        waiting = _known(session, billing.mode, TargetType.CHECKOUT, unsettled=True)
        kept = select(Purchase.id, Purchase.session_id, Purchase.state).where(Purchase.mode == billing.mode)
        rows = session.execute(kept).all()
    noted, states = {row.id for row in rows}, {row.session_id: row.state for row in rows if row.session_id}
    waiting |= {session_id for session_id, state in states.items() if state is PurchaseState.OPEN}
    for session_id in sorted(waiting):
        yield "checkout.session", session_id
    for listed in stripe_lists.list_sessions(billing.gateway, since):
        ours = listed.id in states or listed.purchase_id in noted
        if ours and (since is None or states.get(listed.id) != listed.status):
            yield "checkout.session", listed.id


def _payments(billing: BillingContext, since: datetime | None) -> Iterator[Thing]:
    """Yield payments that were refunded or disputed since, and those of which more or less went back than we noted."""
    with billing.database.reading() as session:
        rows = session.execute(select(Receipt.payment_intent_id, Receipt.refunded).where(Receipt.mode == billing.mode))
        noted = {str(payment_intent): refunded for payment_intent, refunded in rows}
    given_back, changed = Counter[str](), stripe_lists.list_disputed_payments(billing.gateway, since)
    for refund in stripe_lists.list_refunds(billing.gateway):
        given_back[refund.payment_intent_id] += refund.arrived
        changed |= {refund.payment_intent_id} if since is None or refund.created_at >= since else set()
    changed |= {payment for payment, arrived in given_back.items() if noted.get(payment, arrived) != arrived}
    for payment_intent in sorted(changed):
        yield "payment_intent", payment_intent


def _customers(billing: BillingContext) -> Iterator[Thing]:
    """Yield customers that we hold and Stripe does not list: they were deleted."""
    with billing.database.reading() as session:
        held = set(session.scalars(select(StripeCustomer.id).where(StripeCustomer.mode == billing.mode)))
    for customer in sorted(held - stripe_lists.list_customers(billing.gateway) if held else ()):
        yield "customer", customer


def _known(session: Session, mode: Mode, type_: TargetType, *, unsettled: bool) -> set[str]:
    known = select(StripeObject.id).where(StripeObject.mode == mode, StripeObject.type == type_)
    return set(session.scalars(known.where(StripeObject.reader_id.is_not(None), StripeObject.unsettled == unsettled)))


@contextmanager
def _noted(billing: BillingContext, *, whole: bool) -> Iterator[Reconciliation]:
    """Keep a note of a comparison; one that raises has a beginning and no end."""
    began = {"mode": billing.mode, "whole": whole, "started_at": clock.now(), "targets": 0, "drift": 0}
    run = billing.database.write(lambda session: session.merge(Reconciliation(**began)))
    yield run
    run.finished_at = clock.now()
    billing.database.write(lambda session: session.merge(run))
    if run.drift:
        log.warning("reconciled: %s grants were not as Stripe has it, and are now", run.drift)


def _begin(billing: BillingContext, overlap: timedelta, *, whole: bool) -> datetime | None:
    """Return from when on to compare: a while before the last comparison that came to its end began."""
    with billing.database.reading() as session:
        last = last_reconciled(session, billing.mode, whole=whole)
    return (last.started_at - overlap).replace(microsecond=0) if last else None


def last_reconciled(session: Session, mode: Mode, *, whole: bool) -> Reconciliation | None:
    """Return the last comparison that came to its end."""
    done = select(Reconciliation).where(Reconciliation.mode == mode, Reconciliation.whole == whole)
    return session.scalar(done.where(Reconciliation.finished_at.is_not(None)).order_by(*_LATEST).limit(1))


def sum_drift(session: Session, mode: Mode, since: datetime) -> int:
    """Return how many grants comparisons had to change since a moment."""
    drift = select(func.sum(Reconciliation.drift))
    return session.scalar(drift.where(Reconciliation.mode == mode, Reconciliation.started_at > since)) or 0
