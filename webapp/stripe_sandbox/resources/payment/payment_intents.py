"""Payment intents and the charges that try to carry them out (docs.stripe.com/api/payment_intents, /charges)."""

from dataclasses import dataclass
from enum import StrEnum

from webapp.kit import randomness
from webapp.stripe_sandbox.resources.payment import payment_methods
from webapp.stripe_sandbox.resources.payment.declines import Decline
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork, new_id

# What Stripe shows of an intent, and the sandbox has nothing to fill it with.
_INTENT_WITHOUT = dict.fromkeys(
    (
        "allowed_payment_method_types",
        "application",
        "application_fee_amount",
        "canceled_at",
        "cancellation_reason",
        "customer_account",
        "excluded_payment_method_types",
        "last_payment_error",
        "latest_charge",
        "managed_payments",
        "next_action",
        "on_behalf_of",
        "payment_method",
        "payment_method_configuration_details",
        "payment_record",
        "processing",
        "receipt_email",
        "review",
        "shipping",
        "source",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_data",
        "transfer_group",
    )
)
_CARD_OPTIONS = dict.fromkeys(("installments", "mandate_options", "network")) | {"request_three_d_secure": "automatic"}
# Likewise of a charge.
_CHARGE_WITHOUT = dict.fromkeys(
    (
        "application",
        "application_fee",
        "application_fee_amount",
        "balance_transaction",
        "failure_balance_transaction",
        "on_behalf_of",
        "receipt_email",
        "receipt_number",
        "receipt_url",
        "review",
        "shipping",
        "source",
        "source_transfer",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_data",
        "transfer_group",
    )
)


REQUIRES_ACTION = "requires_action"


class IntentStatus(StrEnum):
    """Where a charge stands."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a payment is for; `later` when the way of paying is kept for charges without the customer."""

    amount: int
    currency: str
    customer: str | None
    metadata: dict[str, str]
    methods: list[str]
    description: str | None = None
    later: bool = False


def intend(uow: UnitOfWork, demand: Demand) -> Json:
    """Keep the intent to collect a payment and tell of it."""
    intent_id = new_id("pi")
    return uow.add(
        {
            **_INTENT_WITHOUT,
            **uow.common_fields("payment_intent", intent_id),
            "amount": demand.amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
            "capture_method": "automatic",
            "client_secret": f"{intent_id}_secret_{randomness.token(12)}",
            "confirmation_method": "automatic",
            "currency": demand.currency,
            "customer": demand.customer,
            "description": demand.description,
            "metadata": demand.metadata,
            "payment_method_options": {"card": _CARD_OPTIONS},
            "payment_method_types": demand.methods,
            "setup_future_usage": "off_session" if demand.later else None,
            "status": "requires_payment_method",
        },
        event="payment_intent.created",
    )


def charge_intent(uow: UnitOfWork, intent: Json, method: Json) -> Json:
    """Charge an intent and return it as it now is: succeeded."""
    charge = _charge(uow, intent, method) | {"amount_captured": intent["amount"]} | _standing(IntentStatus.SUCCEEDED)
    return _collected(uow, intent, uow.add(charge))


def fail(uow: UnitOfWork, intent: Json, method: Json, decline: Decline) -> Json:
    """Keep a charge that the bank declined and return the intent, which wants another way of paying."""
    charge = uow.add(_charge(uow, intent, method) | _standing(IntentStatus.FAILED, decline))
    return _failed(uow, intent, charge, decline)


def ask(uow: UnitOfWork, intent: Json, method: Json, url: str) -> Json:
    """Have a payment confirmed by its customer, on a page of the bank, and return the intent, which waits for that."""
    return uow.transition(
        intent,
        "payment_intent.requires_action",
        next_action={"redirect_to_url": {"return_url": None, "url": url}, "type": "redirect_to_url"},
        payment_method=method["id"],
        status=REQUIRES_ACTION,
    )


def start_processing(uow: UnitOfWork, intent: Json, method: Json) -> Json:
    """Charge an intent in a way that takes its time and return it processing, with a pending charge."""
    charge = uow.add(_charge(uow, intent, method) | _standing(IntentStatus.PENDING))
    going = {"last_payment_error": None, "latest_charge": charge["id"], "payment_method": method["id"]}
    processing = uow.transition(intent | going, "payment_intent.processing", status="processing")
    uow.announce("charge.pending", charge)
    return processing


def succeed_later(uow: UnitOfWork, intent: Json) -> Json:
    """Let the pending charge of an intent succeed."""
    charge = uow.get("charge", intent["latest_charge"])
    arrived = charge | {"amount_captured": charge["amount"]} | _standing(IntentStatus.SUCCEEDED)
    return _collected(uow, intent, uow.save(arrived))


def fail_later(uow: UnitOfWork, intent: Json, decline: Decline) -> Json:
    """Let the pending charge of an intent fail."""
    charge = uow.get("charge", intent["latest_charge"])
    return _failed(uow, intent, uow.save(charge | _standing(IntentStatus.FAILED, decline)), decline)


def _collected(uow: UnitOfWork, intent: Json, charge: Json) -> Json:
    uow.announce("charge.succeeded", charge)
    return uow.transition(
        intent,
        "payment_intent.succeeded",
        amount_received=intent["amount"],
        last_payment_error=None,
        latest_charge=charge["id"],
        next_action=None,
        payment_method=charge["payment_method"],
        status="succeeded",
    )


def _failed(uow: UnitOfWork, intent: Json, charge: Json, decline: Decline) -> Json:
    uow.announce("charge.failed", charge)
    error = {
        "type": "card_error",
        "charge": charge["id"],
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "payment_method": uow.get("payment_method", charge["payment_method"]),
    }
    return uow.transition(
        intent,
        "payment_intent.payment_failed",
        last_payment_error=error,
        latest_charge=charge["id"],
        next_action=None,
        payment_method=None,
        status="requires_payment_method",
    )


def call_off(uow: UnitOfWork, intent: Json) -> Json:
    """Give an intent up, because its invoice was voided."""
    changes = {"canceled_at": uow.now, "cancellation_reason": "void_invoice", "next_action": None, "status": "canceled"}
    return uow.transition(intent, "payment_intent.canceled", **changes)


def _charge(uow: UnitOfWork, intent: Json, method: Json) -> Json:
    """Return a new charge, but for what `_standing` says of it."""
    return {
        **_CHARGE_WITHOUT,
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "PAIDSPAN SANDBOX",
        "created": uow.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": payment_methods.charged(method, intent["amount"]),
        "radar_options": {},
        "refunded": False,
    }


def _standing(standing: IntentStatus, decline: Decline | None = None) -> Json:
    """Return what a charge says of how it went."""
    paid = standing is IntentStatus.SUCCEEDED
    return {
        "captured": paid,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "outcome": _outcome(decline),
        "paid": paid,
        "status": standing.value,
    }


def _outcome(decline: Decline | None) -> Json:
    return {
        "advice_code": "try_again_later" if decline else None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if decline else "approved_by_network",
        "reason": decline.decline_code if decline else None,
        "risk_level": "normal",
        "seller_message": decline.seller_message if decline else "Payment complete.",
        "type": "issuer_declined" if decline else "authorized",
    }
