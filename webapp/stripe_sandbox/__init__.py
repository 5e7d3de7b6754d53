"""Stripe on one machine, without a network and without a key; no money moves."""

from webapp.stripe_sandbox.checkout_payment import PaymentEnd, PaymentOutcome, Wallet
from webapp.stripe_sandbox.faults import Faults
from webapp.stripe_sandbox.sandbox import Sandbox
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.views import sandbox_pages
from webapp.stripe_sandbox.webhook_delivery import WebhookDeliverer

__all__ = [
    "Faults",
    "PaymentEnd",
    "PaymentOutcome",
    "RefusedError",
    "Sandbox",
    "Wallet",
    "WebhookDeliverer",
    "sandbox_pages",
]
