"""What each reader holds, in one word, so that a million of them are listed by it; nothing opens because of it.

It is kept with the account, written in the transaction that changes what is held, and looked at again at the moment
when time alone changes it.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.accounts.models import Membership, Reader
from webapp.billing.gateway.facts import SubscriptionFacts
from webapp.billing.models import Grant, GrantSource, HeldGrant
from webapp.billing.stored_targets import read_subscriptions
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.settings import Mode

OWING = {"past_due", "unpaid"}  # what Stripe calls a subscription whose latest bill could not be charged
_BATCH = 200


def reckon_membership(
    grants: Iterable[HeldGrant], subscriptions: Iterable[SubscriptionFacts], now: datetime
) -> Membership:
    """Return what somebody holds: the first word of `Membership` that is true of them."""
    held, statuses = list(grants), {facts.status for facts in subscriptions}
    if statuses & OWING:
        return Membership.FAILING
    running = [grant for grant in held if grant.is_open(now)]
    sources = {grant.source for grant in running}
    if GrantSource.SUBSCRIPTION in sources and not statuses & {"trialing"}:
        return Membership.PAID
    words = {
        GrantSource.PASS: Membership.PAID,
        GrantSource.SUBSCRIPTION: Membership.TRIAL,
        GrantSource.DOCUMENT: Membership.REPORT,
        GrantSource.COMPLIMENTARY: Membership.COMPLIMENTARY,
    }
    found = (word for source, word in words.items() if source in sources)
    return next(found, Membership.ENDED if held else Membership.NOTHING)


def reckon_next_change(grants: Iterable[HeldGrant], now: datetime) -> datetime | None:
    """Return when time alone will change what is held; None where it will not."""
    moments = (moment for one in grants if not one.revoked for moment in (one.starts_at, one.ends_at))
    return min((moment for moment in moments if moment and moment > now), default=None)


def settle_membership(
    session: Session, reader_id: int, subscriptions: Iterable[SubscriptionFacts] | None = None, mode: Mode | None = None
) -> None:
    """Keep with an account what its reader holds now, in the mode in which that is kept, which `mode` may set first.

    `subscriptions`: those of that mode, where somebody has just read them.
    """
    reader = session.get_one(Reader, reader_id)
    if reader.membership_mode is None:
        reader.membership_mode = mode
    session.flush()
    grants = session.scalars(select(Grant).where(Grant.reader_id == reader_id))
    _settle(session, reader, grants, subscriptions if reader.membership_mode is mode else None)


def settle_memberships(session: Session, readers: Collection[Reader]) -> None:
    """Keep with several accounts what their readers hold now."""
    session.flush()
    held: dict[int, list[Grant]] = {reader.id: [] for reader in readers}
    for grant in session.scalars(select(Grant).where(Grant.reader_id.in_(held))):
        held[grant.reader_id].append(grant)
    for reader in readers:
        _settle(session, reader, held[reader.id])


def _settle(
    session: Session, reader: Reader, grants: Iterable[Grant], subscriptions: Iterable[SubscriptionFacts] | None = None
) -> None:
    mode, now = reader.membership_mode, clock.now()
    counted = [grant.held for grant in grants if grant.mode in {None, mode}]
    if subscriptions is None:
        subscriptions = read_subscriptions(session, reader.id, mode) if mode else []
    reader.membership = reckon_membership(counted, subscriptions, now)
    reader.membership_changes_at = reckon_next_change(counted, now)


def renew_memberships(database: Database, mode: Mode) -> int:
    """Reckon anew what time has changed, and what was reckoned in another mode; return of how many accounts.

    Owns its transactions: a batch each, so that nobody waits for all of them.
    """
    done = 0
    while batch := database.write(lambda session: _renew_batch(session, mode)):
        done += batch
    return done


def _renew_batch(session: Session, mode: Mode) -> int:
    due = Reader.membership_changes_at <= clock.now()
    elsewhere = Reader.membership_mode.in_([one for one in Mode if one is not mode])
    found = session.scalars(select(Reader).where(or_(due, elsewhere)).limit(_BATCH)).all()
    for reader in found:
        reader.membership_mode = mode
    settle_memberships(session, found)
    return len(found)
