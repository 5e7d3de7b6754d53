"""Enters how a subscription stands since when, and what that moves for its reader."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.billing.gateway.facts import SubscriptionFacts
from webapp.billing.ledger.dated_standings import DatedStanding, Look, date_standings, latest_of_its_own
from webapp.billing.ledger.ledger_entries import EntryTerms, settle_entries
from webapp.billing.ledger.ledger_models import MOVEMENTS, DatedBy, LedgerEntry, PaymentStanding, SubscriptionStanding
from webapp.billing.ledger.ledger_state import Ledger
from webapp.billing.ledger.movements import find_movements
from webapp.billing.ledger.plan_names import PlanName, name_plan
from webapp.billing.plans import get_sold_products


def enter_standings(
    ledger: Ledger, reader_id: int, facts: SubscriptionFacts, look: Look, *, came_back: bool = False
) -> tuple[DatedStanding | None, SubscriptionStanding | None]:
    """Enter how a subscription stands; return how it stood before, and its present row.

    `came_back`: it was not ours for a while.
    """
    session, sold = ledger.session, get_sold_products(ledger.session, ledger.mode)
    _date_what_was_seen(ledger, facts, look)
    present = _known_standing(session, facts.id)
    known = _as_dated(present, came_back=came_back) if present else None
    name = name_plan(session, facts, sold)
    for one in date_standings(facts, sold, known, look):
        present = _add_standing(ledger, reader_id, facts, name, present, one)
        present.not_before = look.before if one.dated_by is DatedBy.SEEN else None
    _follow_reader(ledger, facts.id, reader_id)
    enter_movements(ledger, reader_id, facts.items[0].price.currency)
    return known, present


def end_standing(ledger: Ledger, subscription_id: str, at: datetime) -> None:
    """Enter that a subscription is not ours any more."""
    known = _known_standing(ledger.session, subscription_id)
    if known is None or known.standing is PaymentStanding.ENDED:
        return
    since = max(at, known.since)
    known.until = since
    same = {name: getattr(known, name) for name in ("subscription_id", "reader_id", "kind", "plan", "currency")}
    ended = {"since": since, "dated_by": DatedBy.SEEN, "standing": PaymentStanding.ENDED, "monthly": 0}
    ledger.session.add(SubscriptionStanding(mode=ledger.mode, **same, **ended))
    ledger.session.flush()
    enter_movements(ledger, known.reader_id, known.currency)


def _known_standing(session: Session, subscription_id: str) -> SubscriptionStanding | None:
    of_it = select(SubscriptionStanding).where(SubscriptionStanding.subscription_id == subscription_id)
    return session.scalar(of_it.where(SubscriptionStanding.until.is_(None)))


def _as_dated(known: SubscriptionStanding, *, came_back: bool) -> DatedStanding:
    standing = PaymentStanding.UNKNOWN if came_back and known.standing is PaymentStanding.ENDED else known.standing
    return DatedStanding(known.since, known.dated_by, standing, known.monthly)


def _add_standing(
    ledger: Ledger,
    reader_id: int,
    facts: SubscriptionFacts,
    name: PlanName,
    before: SubscriptionStanding | None,
    one: DatedStanding,
) -> SubscriptionStanding:
    if before is not None:
        before.until = one.since
    added = SubscriptionStanding(
        mode=ledger.mode,
        subscription_id=facts.id,
        reader_id=reader_id,
        since=one.since,
        dated_by=one.dated_by,
        standing=one.standing,
        kind=name.kind,
        plan=name.code,
        currency=facts.items[0].price.currency,
        monthly=one.monthly,
    )
    ledger.session.add(added)
    ledger.session.flush()
    return added


def _date_what_was_seen(ledger: Ledger, facts: SubscriptionFacts, look: Look) -> None:
    """Give what was seen before its event came the moment of that event."""
    stands = SubscriptionStanding
    of_it = select(stands).where(stands.subscription_id == facts.id)
    seen = of_it.where(stands.dated_by == DatedBy.SEEN, stands.not_before.is_not(None)).order_by(stands.id)
    for row in ledger.session.scalars(seen).all() if look.heard else ():
        former = ledger.session.scalars(of_it.where(stands.id < row.id).order_by(stands.id.desc()).limit(1)).all()
        first = max(filter(None, (row.not_before, *(one.since for one in former))))
        told = latest_of_its_own([moment for moment in look.heard if first < moment < row.since], facts)
        if told is not None:
            row.since, row.dated_by, row.not_before = told, DatedBy.EVENT, None
            for one in former:
                one.until = told


def _follow_reader(ledger: Ledger, subscription_id: str, reader_id: int) -> None:
    """Have what a subscription was be its reader's, who may be another than before."""
    of_it = SubscriptionStanding.subscription_id == subscription_id, SubscriptionStanding.reader_id != reader_id
    rows = ledger.session.execute(select(SubscriptionStanding.reader_id, SubscriptionStanding.currency).where(*of_it))
    former = {(before, currency) for before, currency in rows}
    ledger.session.execute(update(SubscriptionStanding).where(*of_it).values(reader_id=reader_id))
    for before, currency in sorted(former):
        enter_movements(ledger, before, currency)


def enter_movements(ledger: Ledger, reader_id: int, currency: str) -> None:
    """Have a reader's movements in a currency be what their standings say."""
    theirs = SubscriptionStanding.reader_id == reader_id, SubscriptionStanding.currency == currency
    rows = select(SubscriptionStanding).where(*theirs, SubscriptionStanding.mode == ledger.mode)
    standings = ledger.session.scalars(rows).all()
    wanted = [
        EntryTerms(
            figure=move.figure,
            source_id=str(move.standing.id),
            reader_id=reader_id,
            at=move.standing.since,
            kind=move.standing.kind,
            plan=move.standing.plan,
            currency=currency,
            amount=move.amount,
            subject=move.standing.subscription_id,
            cohort=move.cohort,
            dated_by=move.standing.dated_by,
        )
        for move in find_movements(standings, ledger.zone)
    ]
    held = LedgerEntry.reader_id == reader_id, LedgerEntry.currency == currency, LedgerEntry.mode == ledger.mode
    present = ledger.session.scalars(select(LedgerEntry).where(*held, LedgerEntry.figure.in_(MOVEMENTS))).all()
    settle_entries(ledger, present, wanted)
