"""Which target an object of Stripe hangs on: what is fetched, and reckoned with, as one."""

from collections.abc import Callable
from dataclasses import dataclass, field

from webapp.billing.gateway.client import Gateway, read_id
from webapp.billing.gateway.facts import TargetType


@dataclass(frozen=True, slots=True)
class SyncTarget:
    """A subscription, the Checkout session of a one-time payment, or a customer.

    `payment_intent` is the payment of a subscription that an event was about, which may be one of long ago.
    """

    type: TargetType
    id: str
    payment_intent: str | None = field(default=None, compare=False)


def find_sync_target(gateway: Gateway, object_type: str, object_id: str) -> SyncTarget | None:
    """Return the target of an object; None for what is no part of anything we sell."""
    find = _FINDERS.get(object_type)
    return find(gateway, object_id) if find and object_id else None


def _of_session(gateway: Gateway, session_id: str, payment_intent: str | None = None) -> SyncTarget:
    with gateway.calling():
        subscription = read_id(gateway.client.v1.checkout.sessions.retrieve(session_id).subscription)
    if subscription:
        return SyncTarget(TargetType.SUBSCRIPTION, subscription, payment_intent)
    return SyncTarget(TargetType.CHECKOUT, session_id)


def _of_invoice(gateway: Gateway, invoice_id: str, payment_intent: str | None = None) -> SyncTarget | None:
    """Return the target of a bill: of a subscription, or made for the one-time payment of a session.

    What points to a bill always does, and by its id, since nobody asks for more.
    """
    with gateway.calling():
        parent = gateway.client.v1.invoices.retrieve(invoice_id).parent
    details = parent.subscription_details if parent else None
    subscription = read_id(details.subscription) if details else None
    if subscription:
        return SyncTarget(TargetType.SUBSCRIPTION, subscription, payment_intent)
    return _of_session_payment(gateway, payment_intent or _payment_of(gateway, invoice_id))


def _payment_of(gateway: Gateway, invoice_id: str) -> str | None:
    with gateway.calling():
        paid = gateway.client.v1.invoice_payments.list({"invoice": invoice_id, "limit": 1}).data
    return read_id(paid[0].payment.payment_intent) if paid else None


def _of_session_payment(gateway: Gateway, payment_intent: str | None) -> SyncTarget | None:
    if payment_intent is None:
        return None
    with gateway.calling():
        sessions = gateway.client.v1.checkout.sessions.list({"payment_intent": payment_intent, "limit": 1}).data
    return _of_session(gateway, sessions[0].id, payment_intent) if sessions else None


def _of_invoice_payment(gateway: Gateway, invoice_payment_id: str) -> SyncTarget | None:
    with gateway.calling():
        invoice = gateway.client.v1.invoice_payments.retrieve(invoice_payment_id).invoice
    return _of_invoice(gateway, str(invoice))


def _of_credit_note(gateway: Gateway, credit_note_id: str) -> SyncTarget | None:
    with gateway.calling():
        invoice = gateway.client.v1.credit_notes.retrieve(credit_note_id).invoice
    return _of_invoice(gateway, str(invoice))


def _of_payment(gateway: Gateway, payment_intent: str | None) -> SyncTarget | None:
    """Return what a payment paid for: an invoice, or a Checkout session."""
    if payment_intent is None:
        return None
    with gateway.calling():
        paid = gateway.client.v1.invoice_payments.list(
            {"payment": {"type": "payment_intent", "payment_intent": payment_intent}, "limit": 1}
        ).data
    if paid:
        return _of_invoice(gateway, str(paid[0].invoice), payment_intent)
    return _of_session_payment(gateway, payment_intent)


def _by_payment_of(service: str) -> Callable[[Gateway, str], SyncTarget | None]:
    """Return how to find the target of something that is about a payment, by the name of its service in the SDK."""

    def find(gateway: Gateway, object_id: str) -> SyncTarget | None:
        with gateway.calling():
            found = getattr(gateway.client.v1, service).retrieve(object_id)
        return _of_payment(gateway, read_id(found.payment_intent))

    return find


_FINDERS: dict[str, Callable[[Gateway, str], SyncTarget | None]] = {
    "subscription": lambda _gateway, id_: SyncTarget(TargetType.SUBSCRIPTION, id_),
    "customer": lambda _gateway, id_: SyncTarget(TargetType.CUSTOMER, id_),
    "checkout.session": _of_session,
    "invoice": _of_invoice,
    "invoice_payment": _of_invoice_payment,
    "credit_note": _of_credit_note,
    "payment_intent": _of_payment,
    "charge": _by_payment_of("charges"),
    "refund": _by_payment_of("refunds"),
    "dispute": _by_payment_of("disputes"),
}
SYNCED_TYPES = frozenset(_FINDERS)
