"""Money that the publisher gives back: which payment is meant, what follows, and asking Stripe for it once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.context import BillingContext
from webapp.billing.coverage import SoldProducts, reckon_coverage
from webapp.billing.gateway.client import MissingAtStripeError, SpentKeyError, StripeRefusedError
from webapp.billing.gateway.facts import ENDED, CustomerFacts, InvoiceFacts, SubscriptionFacts, TargetFacts
from webapp.billing.models import Receipt
from webapp.billing.outbox_runner import run_commands
from webapp.billing.plans import get_sold_products
from webapp.billing.stored_targets import read_stored_facts, read_subscriptions
from webapp.billing.stripe_models import StripeObject
from webapp.billing.sync import sync
from webapp.kit import clock
from webapp.kit.errors import ConflictError, NotFoundError, PaymentsUnavailableError
from webapp.kit.instance_identity import refuse_while_resting
from webapp.kit.money import Money
from webapp.kit.translatable import _

_SHORTEST = 4  # of an id's beginning
_LONGEST_NUMBER = 18  # digits that the database can compare


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """What shall be given back of which payment, to whom, and what follows; `known` is how many refunds it has.

    `closes`: what it opened by itself. `subscription`: the one that it paid for, which `ends_at` once it is given back
    in full, where it ends because of that.
    """

    receipt: Receipt
    payment_intent: str
    email: str
    amount: Money
    known: int
    closes: bool
    subscription: str | None = None
    ends_at: datetime | None = None


def find_receipt(billing: BillingContext, named: str) -> Receipt:
    """Return the payment that is meant, of several the latest that was not given back in full; raise NotFoundError.

    It is named by the receipt's number, the payment intent, invoice or session, the subscription, or the purchase.
    """
    with billing.database.reading() as session:
        found = [one for one in session.scalars(_named(session, billing, named)) if one.mode is billing.mode]
    if not found:
        raise NotFoundError(
            _("Nothing that was paid is called “%(typed)s”.", typed=named),
            _("Name a receipt's number, a payment (pi_…), a subscription (sub_…), or a purchase."),
        )
    if len({receipt.purchase_id or receipt.number for receipt in found}) > 1 and not named.startswith("sub_"):
        raise ConflictError(_("Several purchases begin with “%(typed)s”.", typed=named), _("Write more of it."))
    return next((receipt for receipt in found if receipt.refunded < receipt.amount), found[0])


def _named(session: Session, billing: BillingContext, named: str) -> Select[Receipt]:
    receipts = select(Receipt).order_by(Receipt.paid_at.desc(), Receipt.number.desc())
    if named.startswith("pi_"):
        return receipts.where(Receipt.payment_intent_id == named)
    if named.startswith("sub_"):
        return receipts.where(Receipt.source_id.in_(_invoices_of(session, billing, named)))
    if named.startswith(("in_", "cs_")):
        return receipts.where(Receipt.source_id == named)
    begins = Receipt.purchase_id.startswith(named, autoescape=True)
    of_purchase = begins if len(named) >= _SHORTEST else Receipt.purchase_id == named
    if named.isdecimal() and len(named) <= _LONGEST_NUMBER:  # which a purchase may begin with, too
        return receipts.where(or_(Receipt.number == int(named), of_purchase))
    return receipts.where(of_purchase)


def _invoices_of(session: Session, billing: BillingContext, subscription: str) -> list[str]:
    kept = session.get(StripeObject, subscription)
    held = read_subscriptions(session, kept.reader_id, billing.mode) if kept and kept.reader_id else []
    return [invoice.id for facts in held if facts.id == subscription for invoice in facts.invoices]


def plan_refund(billing: BillingContext, receipt: Receipt, amount: Money | None) -> RefundPlan:
    """Return what giving a payment back comes to, all that is left of it or an amount, as Stripe has it now.

    Raise ConflictError where there is not so much of it left.
    """
    payment = receipt.payment_intent_id
    if payment is None:
        raise ConflictError(_("This was not paid through Stripe, so nothing of it can be given back there."), "")
    sync(billing, "payment_intent", payment)
    with billing.database.reading() as session:
        present = session.get_one(Receipt, receipt.number)
        email = session.get_one(Reader, receipt.reader_id).email
        stored = read_stored_facts(session, receipt.reader_id, billing.mode)
        sold = get_sold_products(session, billing.mode)
    left = Money(present.amount - present.refunded, present.currency)
    wished = amount or left
    if not left.minor_units or wished.minor_units > left.minor_units:
        raise ConflictError(_("Of this payment %(left)s are left to give back.", left=left.shown("en")), "")
    whole = wished == left
    plan = RefundPlan(present, payment, email, wished, _count_refunds(stored, payment), closes=whole)
    paid_for = _paid_for(stored, receipt.source_id)
    return plan if paid_for is None else _of_subscription(plan, *paid_for, sold, whole=whole)


def _count_refunds(stored: Iterable[TargetFacts], payment: str) -> int:
    """Return how many refunds of a payment there are, failed ones too."""
    held = (
        facts.refunds if isinstance(facts, SubscriptionFacts) else facts.money_back.refunds
        for facts in stored
        if not isinstance(facts, CustomerFacts)
    )
    return sum(refund.payment_intent_id == payment for refunds in held for refund in refunds)


def _paid_for(stored: Iterable[TargetFacts], invoice_id: str) -> tuple[SubscriptionFacts, InvoiceFacts] | None:
    held = [facts for facts in stored if isinstance(facts, SubscriptionFacts)]
    return next(((facts, one) for facts in held for one in facts.invoices if one.id == invoice_id), None)


def _of_subscription(
    plan: RefundPlan, facts: SubscriptionFacts, invoice: InvoiceFacts, sold: SoldProducts, *, whole: bool
) -> RefundPlan:
    """Return what follows for a subscription whose bill is given back: it ends with what else was paid, if it was."""
    now = clock.now()
    others = tuple(replace(one, given_back_at=now) if one.id == invoice.id else one for one in facts.invoices)
    coverage = reckon_coverage(replace(facts, invoices=others), sold)
    plan = replace(plan, closes=False, subscription=facts.id)
    if not whole or facts.status in ENDED or coverage.given_back_at is None:
        return plan
    return replace(plan, ends_at=max(coverage.ends_at or now, now))


def give_back(billing: BillingContext, plan: RefundPlan) -> Receipt:
    """Give back what was planned, and have follow what follows; return the receipt as it is then.

    Asked again after it was killed, or has not heard the answer, it gives nothing back twice. Raise ConflictError with
    what Stripe says, PaymentsUnavailableError, RestingError.
    """
    refuse_while_resting(billing.database, billing.base_url)
    try:
        _ask(billing, plan)
        sync(billing, "payment_intent", plan.payment_intent)
        run_commands(billing)
    except StripeRefusedError as refusal:
        raise ConflictError(_("Stripe refuses: %(said)s", said=refusal.said), "") from refusal
    except MissingAtStripeError as missing:
        raise ConflictError(_("Stripe refuses: %(said)s", said=str(missing)), "") from missing
    except PaymentsUnavailableError as error:
        error.hint = _("Run the same command again: it gives nothing back twice.")
        raise
    with billing.database.reading() as session:
        return session.get_one(Receipt, plan.receipt.number)


def _ask(billing: BillingContext, plan: RefundPlan) -> None:
    """Ask for a refund, under another key where Stripe repeats that the first try failed and there is none since."""
    amount = plan.amount.minor_units
    key = f"refund-{plan.payment_intent}-{plan.known}-{amount}"
    try:
        billing.gateway.refund(plan.payment_intent, key, amount)
    except SpentKeyError:
        sync(billing, "payment_intent", plan.payment_intent)
        with billing.database.reading() as session:
            stored = read_stored_facts(session, plan.receipt.reader_id, billing.mode)
        if _count_refunds(stored, plan.payment_intent) == plan.known:
            billing.gateway.refund(plan.payment_intent, f"{key}-again", amount)
