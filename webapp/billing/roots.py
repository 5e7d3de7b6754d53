"""Which root an object of Stripe hangs on: what is fetched and reckoned as one."""

from collections.abc import Callable
from dataclasses import dataclass

from webapp.billing.gateway import Gateway, Json
from webapp.billing.models import RootType


@dataclass(frozen=True, slots=True)
class Root:
    """A subscription, the Checkout session of a one-time payment, or a customer."""

    type: RootType
    id: str


def find_root(gateway: Gateway, object_type: str, object_id: str) -> Root | None:
    """Answers the root of an object; None for what is no part of anything we sell."""
    find = _FINDERS.get(object_type)
    return find(gateway, object_id) if find else None


def fetch_bundle(gateway: Gateway, root: Root) -> Json:
    """Answers the root and what hangs on it, as Stripe has them now."""
    match root.type:
        case RootType.SUBSCRIPTION:
            return gateway.subscription_bundle(root.id)
        case RootType.CHECKOUT:
            return gateway.checkout_bundle(root.id)
        case RootType.CUSTOMER:
            return gateway.customer_bundle(root.id)


def _of_session(gateway: Gateway, session_id: str) -> Root:
    subscription = gateway.session(session_id).get("subscription")
    return Root(RootType.SUBSCRIPTION, str(subscription)) if subscription else Root(RootType.CHECKOUT, session_id)


def _of_invoice(gateway: Gateway, invoice_id: str | None) -> Root | None:
    subscription = gateway.subscription_of_invoice(invoice_id) if invoice_id else None
    return Root(RootType.SUBSCRIPTION, subscription) if subscription else None


def _of_payment(gateway: Gateway, payment_intent: str | None) -> Root | None:
    if payment_intent is None:
        return None
    session = gateway.session_of_payment(payment_intent)
    if session:
        return _of_session(gateway, session)
    return _of_invoice(gateway, gateway.invoice_of_payment(payment_intent))


_FINDERS: dict[str, Callable[[Gateway, str], Root | None]] = {
    "subscription": lambda _gateway, id_: Root(RootType.SUBSCRIPTION, id_),
    "customer": lambda _gateway, id_: Root(RootType.CUSTOMER, id_),
    "checkout.session": _of_session,
    "invoice": _of_invoice,
    "invoice_payment": lambda gateway, id_: _of_invoice(gateway, gateway.invoice_of_invoice_payment(id_)),
    "payment_intent": _of_payment,
    "charge": lambda gateway, id_: _of_payment(gateway, gateway.payment_of("charge", id_)),
    "refund": lambda gateway, id_: _of_payment(gateway, gateway.payment_of("refund", id_)),
    "dispute": lambda gateway, id_: _of_payment(gateway, gateway.payment_of("dispute", id_)),
}
ROOTED = frozenset(_FINDERS)
