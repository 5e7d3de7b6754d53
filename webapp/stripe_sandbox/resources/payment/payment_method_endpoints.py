"""Ways of paying that a customer leaves with us: made, kept, preferred, given up.

Source: docs.stripe.com/api/payment_methods.
"""

from datetime import UTC, datetime

from webapp.stripe_sandbox.cards import CARD_NUMBER, CVC, EXPIRY, TypedCard, ValidCard
from webapp.stripe_sandbox.params import Params, choice, integer, metadata, metadata_fields, text
from webapp.stripe_sandbox.resources import customers
from webapp.stripe_sandbox.resources.payment import declines, payment_methods
from webapp.stripe_sandbox.resources.payment.payment_methods import CARD
from webapp.stripe_sandbox.resources.subscription import subscriptions
from webapp.stripe_sandbox.stripe_errors import DeclinedError, RefusedError
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork

_CARD = Params(
    {"cvc": text, "exp_month": integer, "exp_year": integer, "number": text},
    frozenset({"exp_month", "exp_year", "number"}),
)
CREATION = Params({"card": _CARD, "metadata": metadata, "type": choice(CARD)}, frozenset({"card", "type"}))
ATTACHMENT = Params({"customer": text}, frozenset({"customer"}))
_CODES = {CARD_NUMBER: "incorrect_number", EXPIRY: "invalid_expiry_year", CVC: "invalid_cvc"}


def create(call: ApiCall) -> Json:
    """Make a way of paying out of a test card; raise RefusedError for what is none."""
    given = call.params["card"]
    typed = TypedCard(given["number"], f"{given['exp_month']}/{given['exp_year']}", given.get("cvc", "123"))
    card = typed.read(datetime.fromtimestamp(call.uow.now, UTC))
    if isinstance(card, dict):
        field, message = next(iter(card.items()))
        raise DeclinedError({"message": message, "code": _CODES[field]}, keeps=False)
    method = payment_methods.make_payment_method(call.uow, CARD, card, None)
    return call.uow.save(method, metadata=metadata_fields({}, call.params.get("metadata")))


def attach(call: ApiCall) -> Json:
    """Keep a way of paying with a customer; raise RefusedError when the bank says no."""
    uow = call.uow
    method = uow.get("payment_method", call.object_id)
    customer = uow.living("customer", call.params["customer"], "customer")
    if method["customer"] not in (None, customer["id"]):
        raise RefusedError("The payment method you provided has already been attached to a customer.")
    decline = declines.DECLINES.get(payment_methods.behaviour(method))
    if decline:
        error = {"message": decline.message, "code": decline.code, "decline_code": decline.decline_code}
        raise DeclinedError(error | {"payment_method": method}, keeps=False)
    return payment_methods.attach_to_customer(uow, method, customer["id"])


def detach(call: ApiCall) -> Json:
    """Give a way of paying up: nothing is charged to it any more."""
    uow = call.uow
    method = uow.get("payment_method", call.object_id)
    if method["customer"] is None:
        raise RefusedError("The payment method you provided is not attached to a customer so detachment is impossible.")
    _prefer(uow, method["customer"], None, instead_of=method["id"])
    detached = uow.save(method, customer=None)
    uow.announce("payment_method.detached", detached, {"customer": method["customer"]})
    return detached


def take(uow: UnitOfWork, customer: Json, card: ValidCard) -> Json:
    """Make a card, keep it with a customer and return it."""
    method = payment_methods.make_payment_method(uow, CARD, card, customer["email"])
    return payment_methods.attach_to_customer(uow, method, customer["id"])


def charge_from_now_on(uow: UnitOfWork, customer: Json, method: Json) -> None:
    """Have all that a customer is charged from now on charged to one way of paying."""
    _prefer(uow, customer["id"], method["id"])


def _prefer(uow: UnitOfWork, customer_id: str, method: str | None, instead_of: str | None = None) -> None:
    """Set what a customer and its running subscriptions are charged to, where it was `instead_of` or anything."""
    customer = uow.living("customer", customer_id)
    settings = customer["invoice_settings"]
    if instead_of in (None, settings["default_payment_method"]):
        customers.prefer_payment_method(uow, customer, method)
    for subscription in uow.with_customer("subscription", customer_id):
        if subscriptions.is_running(subscription) and instead_of in (None, subscription["default_payment_method"]):
            uow.change(subscription, "customer.subscription.updated", default_payment_method=method)
