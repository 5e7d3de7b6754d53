"""What a reader may read before and after a payment is given back, by the functions that reckon it when it was."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.gateway.facts import CheckoutFacts, SubscriptionFacts
from webapp.billing.grants import list_grants_of, reckon_grants
from webapp.billing.models import Grant, GrantSource, Receipt
from webapp.billing.plans import get_sold_products
from webapp.billing.publisher_refunds import RefundPlan, give_back, plan_refund
from webapp.billing.stored_targets import Holdings, read_holdings
from webapp.kit import clock
from webapp.kit.errors import ConflictError
from webapp.kit.money import Money
from webapp.kit.translatable import _


@dataclass(frozen=True, slots=True)
class AccessChange:
    """What opens something before and after, and what of it closes or ends earlier because of what was done."""

    before: tuple[Grant, ...]
    after: tuple[Grant, ...]

    @property
    def closed(self) -> tuple[Grant, ...]:
        """What opened something and will not any more."""
        kept = {grant.source_id for grant in self.after}
        return tuple(grant for grant in self.before if grant.source_id not in kept)

    @property
    def shortened(self) -> tuple[Grant, ...]:
        """What goes on, but ends at another moment than before; as it is afterwards."""
        before = {grant.source_id: grant.ends_at for grant in self.before}
        return tuple(one for one in self.after if one.source_id in before and one.ends_at != before[one.source_id])


def preview_refund(session: Session, billing: BillingContext, plan: RefundPlan) -> AccessChange:
    """Return what a refund that was planned does to what its reader may read."""
    reader_id, now = plan.receipt.reader_id, clock.now()
    present = list_grants_of(session, reader_id, billing.mode)
    holdings = read_holdings(session, reader_id, billing.mode)
    if plan.closes or plan.ends_at is not None:
        holdings = _given_back(holdings, plan.receipt.source_id, now)
    wanted = reckon_grants(holdings, get_sold_products(session, billing.mode), billing.grace, {})
    given = [grant for grant in present if grant.source is GrantSource.COMPLIMENTARY]
    derived = [
        Grant(
            reader_id=reader_id,
            document_id=target.document_id,
            source=source,
            source_id=source_id,
            starts_at=target.terms.starts_at,
            ends_at=target.terms.ends_at,
            revoked=target.terms.revoked,
            note="",
        )
        for (source, source_id), target in wanted.items()
    ]
    return AccessChange(_open(present, now), _open([*derived, *given], now))


def give_back_as_shown(billing: BillingContext, receipt_number: int, amount: Money, known: int) -> RefundPlan:
    """Give back what somebody was shown before, when the payment had so many refunds; return what was done.

    A form that is sent twice gives back once: at the same moment under one key of Stripe's, later because the payment
    has one refund more. Raise ConflictError then, and as `plan_refund` and `give_back` do.
    """
    with billing.database.reading() as session:
        receipt = session.get_one(Receipt, receipt_number)
    plan = plan_refund(billing, receipt, amount)
    if plan.known != known:
        raise ConflictError(
            _("Something of this payment was given back since this page was shown. Nothing more was given back now."),
            _("See below how it stands."),
        )
    give_back(billing, plan)
    return plan


def _open(grants: Iterable[Grant], now: datetime) -> tuple[Grant, ...]:
    return tuple(grant for grant in grants if not grant.revoked and (grant.ends_at is None or grant.ends_at > now))


def _given_back(holdings: Holdings, source_id: str, now: datetime) -> Holdings:
    """Return the holdings as they are once a bill, or the payment of a session, was given back in full."""
    paid = [
        replace(one, facts=_refunded(one.facts, now)) if one.facts.id == source_id else one for one in holdings.paid
    ]
    stored = [
        replace(one, facts=_without_bill(one.facts, source_id, now))
        if isinstance(one.facts, SubscriptionFacts)
        else one
        for one in holdings.stored
    ]
    return replace(holdings, stored=stored, paid=paid)


def _refunded(facts: CheckoutFacts, now: datetime) -> CheckoutFacts:
    return replace(facts, money_back=replace(facts.money_back, refunded_at=now))


def _without_bill(facts: SubscriptionFacts, invoice_id: str, now: datetime) -> SubscriptionFacts:
    bills = tuple(replace(one, given_back_at=now) if one.id == invoice_id else one for one in facts.invoices)
    return replace(facts, invoices=bills)
