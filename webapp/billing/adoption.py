"""Customers that were at Stripe before: each becomes a reader's of ours, by a list that the publisher brings.

Nobody is matched by what Stripe says of an e-mail address, and nothing is written at Stripe.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.accounts.registration import find_reader
from webapp.billing.context import BillingContext
from webapp.billing.customer_rows import CustomerRow
from webapp.billing.gateway.client import MissingAtStripeError
from webapp.billing.gateway.facts import CustomerFacts, TargetType
from webapp.billing.gateway.setup_calls import get_product_name
from webapp.billing.gateway.snapshots import fetch_snapshot
from webapp.billing.gateway.stripe_lists import list_subscriptions
from webapp.billing.gateway.targets import SyncTarget
from webapp.billing.grants import Change
from webapp.billing.stored_targets import live_subscriptions
from webapp.billing.stripe_models import AdoptedProduct, StripeCustomer
from webapp.billing.sync import sync
from webapp.kit import clock
from webapp.settings import Mode


class AdoptionEnd(StrEnum):
    """What becomes of a row: only the first is written."""

    ADOPT = "adopt"
    HELD = "held already"
    NO_ACCOUNT = "no account"
    UNCONFIRMED = "address not confirmed"
    DISABLED = "account disabled"
    ANOTHER_READER = "held by another reader"
    SUBSCRIBES = "reader subscribes by another customer"
    UNKNOWN = "not at stripe"
    DELETED = "deleted at stripe"

    @property
    def refused(self) -> bool:
        """Whether something is wrong with the row, rather than that its time has not come."""
        return self not in {AdoptionEnd.ADOPT, AdoptionEnd.HELD, AdoptionEnd.NO_ACCOUNT, AdoptionEnd.UNCONFIRMED}


@dataclass(frozen=True, slots=True)
class Adoption:
    """A row and what becomes of it; `currency` is the one that Stripe has bound the customer to."""

    row: CustomerRow
    end: AdoptionEnd
    currency: str = ""
    changes: list[Change] = field(default_factory=list)


def adopt_product(billing: BillingContext, product_id: str, *, apply: bool) -> str:
    """Return the name at Stripe of a product; with `apply` it opens from now on what our own plans do.

    Subscriptions that are held already are reckoned anew with the next comparison. Raise MissingAtStripeError and
    PaymentsUnavailableError.
    """
    name = get_product_name(billing.gateway, product_id)
    if apply:
        billing.database.write(lambda session: session.merge(AdoptedProduct(id=product_id, mode=billing.mode)))
    return name


def plan_adoption(billing: BillingContext, row: CustomerRow) -> Adoption:
    """Return what would become of a row; writes nothing. Raise PaymentsUnavailableError."""
    try:
        facts = fetch_snapshot(billing.gateway, SyncTarget(TargetType.CUSTOMER, row.customer_id)).facts
    except MissingAtStripeError:
        return Adoption(row, AdoptionEnd.UNKNOWN)
    assert isinstance(facts, CustomerFacts)
    if facts.deleted:
        return Adoption(row, AdoptionEnd.DELETED)
    with billing.database.reading() as session:
        return Adoption(row, _end_of(session, billing.mode, row, facts.currency), facts.currency)


def _end_of(session: Session, mode: Mode, row: CustomerRow, currency: str) -> AdoptionEnd:
    reader, held = find_reader(session, row.email), session.get(StripeCustomer, row.customer_id)
    if held is not None and (reader is None or held.reader_id != reader.id):
        return AdoptionEnd.ANOTHER_READER
    if reader is None:
        return AdoptionEnd.NO_ACCOUNT
    if held is not None:
        return AdoptionEnd.HELD
    if reader.disabled_at is not None or reader.email_confirmed_at is None:
        return AdoptionEnd.DISABLED if reader.disabled_at else AdoptionEnd.UNCONFIRMED
    rivals = {one.id for one in _rivals(session, mode, reader, currency)}
    subscribes = any(facts.customer_id in rivals for facts in live_subscriptions(session, reader.id, mode))
    return AdoptionEnd.SUBSCRIBES if subscribes else AdoptionEnd.ADOPT


def _rivals(session: Session, mode: Mode, reader: Reader, currency: str) -> Iterable[StripeCustomer]:
    """Return who a reader is at Stripe already in a currency: there can be one of each."""
    mine = select(StripeCustomer).where(StripeCustomer.reader_id == reader.id, StripeCustomer.mode == mode)
    return session.scalars(mine.where(StripeCustomer.currency == currency, StripeCustomer.retired_at.is_(None))).all()


def adopt_customers(billing: BillingContext, rows: Iterable[CustomerRow], *, apply: bool) -> Iterator[Adoption]:
    """Yield what becomes of each row; with `apply` it is written, and what the customer has subscribed to is synced.

    A row that was written before is synced again, so that a run that was cut off goes on. Raise
    PaymentsUnavailableError.
    """
    for row in rows:
        planned = plan_adoption(billing, row)
        if apply and planned.end is AdoptionEnd.ADOPT:
            planned = billing.database.write(partial(_adopt, mode=billing.mode, planned=planned))
        if apply and planned.end in {AdoptionEnd.ADOPT, AdoptionEnd.HELD}:
            for listed in list_subscriptions(billing.gateway, row.customer_id):
                planned.changes.extend(sync(billing, "subscription", listed.id))
        yield planned


def _adopt(session: Session, mode: Mode, planned: Adoption) -> Adoption:
    """Keep whose a customer is, unless something has changed since that was planned; one not in use is let go of."""
    row, currency, now = planned.row, planned.currency, clock.now()
    end, reader = _end_of(session, mode, row, currency), find_reader(session, row.email)
    if end is AdoptionEnd.ADOPT and reader is not None:
        for rival in _rivals(session, mode, reader, currency):
            rival.retired_at = now
        session.flush()
        kept = {"reader_id": reader.id, "mode": mode, "currency": currency, "created_at": now}
        session.add(StripeCustomer(id=row.customer_id, **kept))
    return Adoption(row, end, currency)
