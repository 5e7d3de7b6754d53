"""Stripe's news as it is posted to us: the sandbox's own events, signed."""

import json
from dataclasses import dataclass

import stripe
from flask import Flask

from webapp.billing.context import BillingContext
from webapp.billing.gateway.client import to_json

PATH = "/webhooks/stripe"


@dataclass(frozen=True)
class Newsboy:
    """Posts events to one application, in the order and as often as he is told."""

    app: Flask
    billing: BillingContext

    def events(self) -> list[dict]:
        """Return all that has happened at the sandbox, the oldest first."""
        page = self.billing.gateway.client.v1.events.list({"limit": 100})
        return [to_json(event) for event in page.auto_paging_iter()][::-1]

    def post(self, event: dict):
        body, headers = self.envelope(event)
        return self.app.test_client().post(PATH, data=body, headers=headers)

    def envelope(self, event: dict) -> tuple[bytes, dict[str, str]]:
        """Return the body and the headers that Stripe would send."""
        body = json.dumps(event)
        signature = stripe.WebhookSignature.generate_signature_header(body, self.billing.gateway.webhook_secret)
        return body.encode(), {"Stripe-Signature": signature, "Content-Type": "application/json"}
