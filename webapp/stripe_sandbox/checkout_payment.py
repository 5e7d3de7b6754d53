"""Paying a session: one transaction that moves everything at once, and does it once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from webapp.kit.translatable import _
from webapp.stripe_sandbox.cards import Behaviour, TypedCard, ValidCard
from webapp.stripe_sandbox.resources import customers, discounts, taxes
from webapp.stripe_sandbox.resources.checkout_session import apply_discount, sessions
from webapp.stripe_sandbox.resources.checkout_session.line_items import SUBSCRIPTION
from webapp.stripe_sandbox.resources.invoice import drafting, invoices, post_purchase
from webapp.stripe_sandbox.resources.payment import declines, delayed_payments, payment_intents, payment_methods
from webapp.stripe_sandbox.resources.payment.payment_methods import CARD
from webapp.stripe_sandbox.resources.subscription import first_period
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

PLACEHOLDER = "{CHECKOUT_SESSION_ID}"


class Wallet(StrEnum):
    """What a wallet does when it is asked to pay."""

    NOW = "now"
    LATER = "later"
    FAILS_LATER = "fails_later"
    REFUSED = "refused"


class PaymentEnd(StrEnum):
    """What came of trying to pay."""

    PAID = "paid"
    DECLINED = "declined"
    INVALID = "invalid"
    EXPIRED = "expired"
    REDUCED = "reduced"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """What came of trying to pay: where to go next, or what to tell the buyer (`problems` by field of the form)."""

    end: PaymentEnd
    url: str | None = None
    message: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tender:
    """What the buyer offers to pay with, as the form has it; `wallet` is one of the words of Wallet."""

    method: str
    card: TypedCard
    wallet: str = Wallet.NOW
    promotion_code: str = ""
    company: str = ""
    tax_id: str = ""


def pay_session(uow: UnitOfWork, session_id: str, tender: Tender) -> PaymentOutcome:
    """Pay a session; one that was paid already answers the same end. Raise RefusedError when there is none."""
    session = uow.get("checkout.session", session_id)
    over = _over(uow, session)
    if over:
        return over
    try:
        session = apply_discount.with_code(uow, session, tender.promotion_code)
    except apply_discount.WrongCodeError as wrong:
        return _wrong_code(wrong)
    session = taxes.note_company(uow, session, tender.company, tender.tax_id)
    if not owes(uow, session):
        return _without_payment(uow, session)
    if tender.method not in session["payment_method_types"] or tender.wallet not in set(Wallet):
        return PaymentOutcome(PaymentEnd.INVALID, problems={"method": _("Choose one of the payment methods.")})
    card = tender.card.read(datetime.fromtimestamp(uow.now, UTC)) if tender.method == CARD else None
    if isinstance(card, dict):
        return PaymentOutcome(PaymentEnd.INVALID, problems=card)
    return _charge(uow, session, tender, card)


def enter_code(uow: UnitOfWork, session_id: str, typed: str) -> PaymentOutcome:
    """Reduce a session by a promotion code, or with none typed take the code off again; charge nothing."""
    session = uow.get("checkout.session", session_id)
    over = _over(uow, session)
    if over:
        return over
    try:
        if typed:
            apply_discount.with_code(uow, session, typed)
        else:
            apply_discount.remove_discount(uow, session)
    except apply_discount.WrongCodeError as wrong:
        return _wrong_code(wrong)
    return PaymentOutcome(PaymentEnd.REDUCED)


def success_url(session: Json) -> str:
    """Return where the buyer goes after paying."""
    return str(session["success_url"]).replace(PLACEHOLDER, session["id"])


def owes(uow: UnitOfWork, session: Json) -> bool:
    """Whether a session needs a way of paying: a subscription does, even in its trial, unless that was waived."""
    if session["mode"] == SUBSCRIPTION:
        trial = "trial_period_days" in uow.memo(session["id"]).get("subscription_data", {})
        return session["payment_method_collection"] == "always" or not trial
    return int(session["amount_total"]) > 0


def _over(uow: UnitOfWork, session: Json) -> PaymentOutcome | None:
    """Return how a session ended that can no longer be paid."""
    if session["status"] == sessions.COMPLETE:
        return PaymentOutcome(PaymentEnd.PAID, success_url(session))
    if session["status"] == sessions.EXPIRED or _buyer_is_gone(uow, session):
        return PaymentOutcome(PaymentEnd.EXPIRED, session["cancel_url"])
    if _pays_in_another_currency(uow, session):
        return PaymentOutcome(PaymentEnd.DECLINED, message=_("You are billed in another currency already."))
    return None


def _buyer_is_gone(uow: UnitOfWork, session: Json) -> bool:
    customer = uow.find("customer", session["customer"]) if session["customer"] else None
    return bool(customer and customer.get("deleted"))


def _pays_in_another_currency(uow: UnitOfWork, session: Json) -> bool:
    """Whether a customer was bound to another currency since a session was opened for a subscription."""
    customer = uow.find("customer", session["customer"]) if session["customer"] else None
    bound = customer and session["mode"] == SUBSCRIPTION and customer["currency"]
    return bool(bound) and bound != session["currency"]


def _without_payment(uow: UnitOfWork, session: Json) -> PaymentOutcome:
    if session["mode"] == SUBSCRIPTION:
        return _subscribe(uow, session, None)
    return _completed(uow, _without_intent(uow, session), payment_status="no_payment_required")


def _charge(uow: UnitOfWork, session: Json, tender: Tender, card: ValidCard | None) -> PaymentOutcome:
    decline = _decline(tender, card)
    if session["mode"] == SUBSCRIPTION and decline:
        return _declined(decline)  # there is nothing yet that could remember the attempt
    details = session["customer_details"]
    paying = payment_methods.make_payment_method(uow, tender.method, card, details["email"] if details else None)
    if card and card.known.behaviour is Behaviour.ASKS:
        return _ask(uow, session, paying)
    if session["mode"] == SUBSCRIPTION:
        return _subscribe(uow, session, paying)
    intent = _intent(uow, session)
    session = uow.save(session, payment_intent=intent["id"])
    if decline:
        payment_intents.fail(uow, intent, paying, decline)
        return _declined(decline)
    if card is None and tender.wallet in {Wallet.LATER, Wallet.FAILS_LATER}:
        delayed_payments.start_delayed_payment(
            uow, session["id"], intent, paying, arrives=tender.wallet == Wallet.LATER
        )
        return _completed(uow, session, payment_status="unpaid")
    payment_intents.charge_intent(uow, intent, paying)
    return _completed(uow, session, payment_status="paid")


def _ask(uow: UnitOfWork, session: Json, paying: Json) -> PaymentOutcome:
    """Have the buyer confirm the payment at the bank; the card waits with the session."""
    page = f"{session['url']}/confirm"
    uow.note(session["id"], asked=paying["id"])
    if session["mode"] != SUBSCRIPTION:
        intent = _intent(uow, session)
        uow.save(session, payment_intent=intent["id"])
        payment_intents.ask(uow, intent, paying, page)
    return PaymentOutcome(PaymentEnd.ASKED, page)


def confirm_session(uow: UnitOfWork, session_id: str, *, passes: bool) -> PaymentOutcome:
    """Go on where the buyer was sent to the bank: pay when the payment was confirmed there, else decline it."""
    session = uow.get("checkout.session", session_id)
    over = _over(uow, session)
    asked = uow.memo(session_id).get("asked")
    if over or asked is None:
        return over or PaymentOutcome(PaymentEnd.INVALID)
    uow.note(session_id, asked=None)
    paying = uow.get("payment_method", asked)
    if session["mode"] == SUBSCRIPTION:
        return _subscribe(uow, session, paying) if passes else _declined(declines.NOT_CONFIRMED)
    intent = uow.get("payment_intent", session["payment_intent"])
    if not passes:
        payment_intents.fail(uow, intent, paying, declines.NOT_CONFIRMED)
        return _declined(declines.NOT_CONFIRMED)
    payment_intents.charge_intent(uow, intent, paying)
    return _completed(uow, session, payment_status="paid")


def _decline(tender: Tender, card: ValidCard | None) -> declines.Decline | None:
    if card:
        return declines.DECLINES.get(card.known.behaviour)
    return declines.WALLET_REFUSES if tender.wallet == Wallet.REFUSED else None


def _subscribe(uow: UnitOfWork, session: Json, method: Json | None) -> PaymentOutcome:
    """Begin a subscription, bill its first period and charge it; a trial's invoice is zero and is paid by itself."""
    customer = _customer(uow, session)
    if method:
        method = payment_methods.attach_to_customer(uow, method, customer["id"])
    subscription = first_period.begin(uow, _start(uow, session, customer, method))
    discounts.accompany(uow, session, subscription)
    free = subscription["status"] == "trialing"
    bill = drafting.Bill(subscription["latest_invoice"], "subscription_create", free=free)
    invoice = invoices.issue(uow, subscription, bill)
    if invoice["amount_due"] and method:
        invoices.collect_invoice(uow, invoice, method)
    return _completed(
        uow,
        session,
        customer=customer["id"],
        customer_details=session["customer_details"] or sessions.customer_details(customer),
        invoice=invoice["id"],
        payment_status="paid" if invoice["amount_due"] else "no_payment_required",
        subscription=subscription["id"],
    )


def _start(uow: UnitOfWork, session: Json, customer: Json, method: Json | None) -> first_period.Start:
    data = uow.memo(session["id"]).get("subscription_data", {})
    return first_period.Start(
        customer=customer["id"],
        prices=[(item["price"], item["quantity"]) for item in uow.owned(session["id"], "item")],
        method=method["id"] if method else None,
        metadata=data.get("metadata") or {},
        trial_days=data.get("trial_period_days", 0),
        trial_settings=data.get("trial_settings"),
        discounts=tuple(discount["id"] for discount in uow.owned(session["id"], "discount")),
        taxed=session["automatic_tax"]["enabled"],
    )


def _intent(uow: UnitOfWork, session: Json) -> Json:
    if session["payment_intent"]:
        intent = uow.get("payment_intent", session["payment_intent"])
        return uow.save(intent, amount=session["amount_total"])  # a code may have been entered since
    data = uow.memo(session["id"]).get("payment_intent_data", {})
    demand = payment_intents.Demand(
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        metadata=data.get("metadata") or {},
        methods=session["payment_method_types"],
        description=data.get("description"),
    )
    return payment_intents.intend(uow, demand)


def _customer(uow: UnitOfWork, session: Json) -> Json:
    """Return a session's customer, made where it has none, in the currency that it is billed in from now on."""
    customer = uow.living("customer", session["customer"]) if session["customer"] else customers.make_customer(uow, {})
    return customers.bind_currency(uow, customer, session["currency"])


def _without_intent(uow: UnitOfWork, session: Json) -> Json:
    """Cancel the payment intent of a session that owes nothing any more."""
    if session["payment_intent"] is None:
        return session
    intent = uow.get("payment_intent", session["payment_intent"])
    ended = {"canceled_at": uow.now, "cancellation_reason": "automatic", "status": "canceled"}
    uow.announce("payment_intent.canceled", uow.save(intent, **ended))
    return session | {"payment_intent": None}


def _wrong_code(wrong: apply_discount.WrongCodeError) -> PaymentOutcome:
    return PaymentOutcome(PaymentEnd.INVALID, problems={"promotion_code": str(wrong)})


def _declined(decline: declines.Decline) -> PaymentOutcome:
    return PaymentOutcome(PaymentEnd.DECLINED, message=decline.message)


def _completed(uow: UnitOfWork, session: Json, **outcome: str | Json | None) -> PaymentOutcome:
    apply_discount.redeem_discounts(uow, session)
    if outcome["payment_status"] != "unpaid":  # else it is made when the money has arrived
        session = post_purchase.invoice_payment(uow, session)
    return PaymentOutcome(PaymentEnd.PAID, success_url(sessions.complete_session(uow, session, **outcome)))
