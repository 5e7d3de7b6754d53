"""Grants: the derived ones, remade from what Stripe last said, and the complimentary ones made by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, delete, or_, select
from sqlalchemy.orm import Session

from webapp.billing.coverage import SoldProducts
from webapp.billing.gateway.facts import CustomerFacts, SubscriptionFacts
from webapp.billing.grant_terms import GrantTerms, PaidPass, document_terms, pass_terms, subscription_terms
from webapp.billing.models import Grant, GrantSource, PlanKind, Revoked
from webapp.billing.plans import get_sold_products
from webapp.billing.stored_targets import Holdings, PaidCheckout, StoredTarget, read_holdings
from webapp.billing.stripe_models import StripeObject
from webapp.kit import randomness
from webapp.kit.prepared_query import PreparedQuery
from webapp.settings import Mode

Key = tuple[GrantSource, str]

# Written once, since they are asked whenever Stripe has something to say of a reader.
_READER: BindParameter[int] = bindparam("reader")
_MODE: BindParameter[Mode] = bindparam("mode")
_DERIVED = select(Grant).where(Grant.reader_id == _READER, Grant.mode == _MODE)


@dataclass(frozen=True, slots=True)
class TargetGrant:
    """A derived grant as it ought to be."""

    document_id: int | None
    terms: GrantTerms


@dataclass(frozen=True, slots=True)
class Change:
    """What a rebuild did to one grant: "added", "changed" or "removed"."""

    did: str
    reader_id: int
    source: GrantSource
    source_id: str


def rebuild_grants(session: Session, reader_id: int, mode: Mode, grace: timedelta) -> list[Change]:
    """Make a reader's derived grants anew from what Stripe last said; return what that changed."""
    return derive_grants(session, read_holdings(session, reader_id, mode), grace)


def derive_grants(session: Session, holdings: Holdings, grace: timedelta) -> list[Change]:
    """Do what `rebuild_grants` does, from what was read already."""
    reader_id, mode = holdings.reader_id, holdings.mode
    wanted = _wanted(holdings, get_sold_products(session, mode), grace)
    derived = session.scalars(_DERIVED, {"reader": reader_id, "mode": mode})
    present = {(grant.source, grant.source_id): grant for grant in derived}
    changes = [_settle(session, (reader_id, mode), key, present.get(key), grant) for key, grant in wanted.items()]
    for key in present.keys() - wanted.keys():
        session.delete(present[key])
        changes.append(Change("removed", reader_id, *key))
    session.flush()
    return [change for change in changes if change]


def rebuild_all_grants(session: Session, mode: Mode, grace: timedelta) -> list[Change]:
    """Make every reader's derived grants anew."""
    with_objects = session.scalars(select(StripeObject.reader_id).where(StripeObject.mode == mode).distinct())
    with_grants = session.scalars(select(Grant.reader_id).where(Grant.mode == mode))
    readers = {reader_id for reader_id in (*with_objects, *with_grants) if reader_id is not None}
    return [change for reader_id in sorted(readers) for change in rebuild_grants(session, reader_id, mode, grace)]


def _settle(
    session: Session, holder: tuple[int, Mode], key: Key, grant: Grant | None, wanted: TargetGrant
) -> Change | None:
    did = "changed" if grant else "added"
    reader_id, mode = holder
    if grant is None:
        grant = Grant(reader_id=reader_id, mode=mode, source=key[0], source_id=key[1])
        session.add(grant)
    elif _as_wanted(grant) == wanted:
        return None
    grant.document_id = wanted.document_id
    grant.starts_at, grant.ends_at = wanted.terms.starts_at, wanted.terms.ends_at
    grant.revoked = wanted.terms.revoked
    return Change(did, reader_id, *key)


def _as_wanted(grant: Grant) -> TargetGrant:
    return TargetGrant(grant.document_id, GrantTerms(grant.starts_at, grant.ends_at, grant.revoked))


def _wanted(holdings: Holdings, sold: SoldProducts, grace: timedelta) -> dict[Key, TargetGrant]:
    stored, paid = holdings.stored, holdings.paid
    gone = {one.facts.customer_id for one in stored if isinstance(one.facts, CustomerFacts) and one.facts.deleted}
    subscriptions = {}
    for target in stored:
        if isinstance(target.facts, SubscriptionFacts):
            terms = subscription_terms(target.facts, sold, grace, unreachable=target.unreachable)
            key = GrantSource.SUBSCRIPTION, target.facts.id
            subscriptions[key] = TargetGrant(None, _unless_gone(terms, target, gone))
    return {**subscriptions, **_documents(paid, gone), **_passes(paid, gone)}


def _documents(paid: Iterable[PaidCheckout], gone: set[str]) -> dict[Key, TargetGrant]:
    wanted: dict[Key, TargetGrant] = {}
    for one in paid:
        key = GrantSource.DOCUMENT, one.purchase.id
        if one.purchase.kind is PlanKind.DOCUMENT and (key not in wanted or wanted[key].terms.revoked):
            terms = _unless_gone(document_terms(one.facts), one.target, gone)
            wanted[key] = TargetGrant(one.purchase.document_id, terms)
    return wanted


def _passes(paid: Iterable[PaidCheckout], gone: set[str]) -> dict[Key, TargetGrant]:
    passes: dict[str, PaidPass] = {}
    for one in paid:
        held = passes.get(one.purchase.id)
        if one.purchase.kind is PlanKind.PASS and (held is None or held.revoked):
            revoked = _unless_gone(document_terms(one.facts), one.target, gone).revoked
            passes[one.purchase.id] = PaidPass(one.purchase.id, one.purchase.days or 0, one.facts, revoked)
    terms = pass_terms(passes.values())
    return {(GrantSource.PASS, source_id): TargetGrant(None, term) for source_id, term in terms.items()}


def _unless_gone(terms: GrantTerms, target: StoredTarget, gone: set[str]) -> GrantTerms:
    """Return terms that are ended where the target is no longer ours, or its customer was deleted."""
    if terms.revoked:
        return terms
    if target.disowned_at:
        return GrantTerms(terms.starts_at, target.disowned_at, Revoked.ENDED)
    if target.facts.customer_id in gone:
        return GrantTerms(terms.starts_at, terms.ends_at, Revoked.CUSTOMER_DELETED)
    return terms


def _held(query: Select[Any]) -> Select[Any]:
    counted = or_(Grant.mode.is_(None), Grant.mode == _MODE)
    return query.where(Grant.reader_id == _READER, counted).order_by(Grant.starts_at.desc(), Grant.id.desc())


_ALL_GRANTS = PreparedQuery((Grant,), _held)
_GRANTS_OF_DOCUMENT = PreparedQuery(
    (Grant,),
    lambda query: _held(query).where(or_(Grant.document_id.is_(None), Grant.document_id == bindparam("document"))),
)


def list_grants_of(session: Session, reader_id: int, mode: Mode, document_id: int | None = None) -> list[Grant]:
    """Return a reader's grants, newest first; with a document, those that bear on it.

    What was paid in another of Stripe's worlds is no grant in this one.
    """
    if document_id is None:
        found = _ALL_GRANTS.rows(session, reader=reader_id, mode=mode)
    else:
        found = _GRANTS_OF_DOCUMENT.rows(session, reader=reader_id, mode=mode, document=document_id)
    return [row[0] for row in found]


def grant_complimentary(
    session: Session, reader_id: int, document_id: int | None, days: int | None, note: str, now: datetime
) -> Grant:
    """Grant access by the publisher's hand, with or without an end."""
    grant = Grant(
        reader_id=reader_id,
        document_id=document_id,
        source=GrantSource.COMPLIMENTARY,
        source_id=randomness.uuid(),
        starts_at=now,
        ends_at=now + timedelta(days=days) if days else None,
        note=note,
    )
    session.add(grant)
    session.flush()
    return grant


def drop_complimentary(session: Session, reader_id: int) -> None:
    """Forget what the publisher gave a reader, and the notes to it."""
    session.execute(delete(Grant).where(Grant.reader_id == reader_id, Grant.source == GrantSource.COMPLIMENTARY))


def revoke_complimentary(session: Session, reader_id: int, document_id: int | None, now: datetime) -> int:
    """End a reader's complimentary grants of this scope; bought ones stay. Return how many it ended."""
    same_scope = Grant.document_id == document_id if document_id else Grant.document_id.is_(None)
    grants = session.scalars(
        select(Grant).where(
            Grant.reader_id == reader_id,
            Grant.source == GrantSource.COMPLIMENTARY,
            Grant.is_not_over(now),
            same_scope,
        )
    ).all()
    for grant in grants:
        grant.revoked = Revoked.BY_PUBLISHER
        grant.ends_at = now
    return len(grants)
