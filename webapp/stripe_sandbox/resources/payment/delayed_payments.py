"""Payments that take their time: the session is complete, the money is on its way.

Source: docs.stripe.com/payments/checkout/fulfillment, "delayed payment methods".
"""

from webapp.stripe_sandbox.resources.invoice import post_purchase
from webapp.stripe_sandbox.resources.payment import declines, payment_intents
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

ARRIVE, BOUNCE = "payment_arrives", "payment_bounces"
DELAY_SECONDS = 5 * 60


def start_delayed_payment(uow: UnitOfWork, session_id: str, intent: Json, method: Json, *, arrives: bool) -> None:
    """Charge an intent so that in five minutes the money has arrived, or has not."""
    payment_intents.start_processing(uow, intent, method)
    uow.remind(uow.now + DELAY_SECONDS, ARRIVE if arrives else BOUNCE, session_id)


def payment_arrives(uow: UnitOfWork, session_id: str) -> None:
    """Let the money of a session arrive."""
    session = uow.get("checkout.session", session_id)
    payment_intents.succeed_later(uow, uow.get("payment_intent", session["payment_intent"]))
    paid = post_purchase.invoice_payment(uow, uow.save(session, payment_status="paid"))
    uow.announce("checkout.session.async_payment_succeeded", paid)


def payment_fails(uow: UnitOfWork, session_id: str) -> None:
    """Let the payment of a session fail; the session stays complete and unpaid."""
    session = uow.get("checkout.session", session_id)
    payment_intents.fail_later(uow, uow.get("payment_intent", session["payment_intent"]), declines.WALLET_REFUSES)
    uow.announce("checkout.session.async_payment_failed", session)
