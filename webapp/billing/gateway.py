"""The only way to Stripe (with the sandbox, the only importer of its SDK)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Any, TypeVar

import stripe
from stripe.params.checkout import SessionCreateParams

from webapp.kit.errors import NotFoundError, PaymentsUnavailableError

TIMEOUT_SECONDS = 5
RETRIES = 2
WEBHOOK_TOLERANCE_SECONDS = 300
_PAGE = 100

T = TypeVar("T")
Json = dict[str, Any]

stripe.enable_telemetry = False


class MissingAtStripeError(NotFoundError):
    """Stripe has no such object for this account and mode."""


class BadSignatureError(Exception):
    """A webhook that Stripe did not sign, or not lately, or not for this endpoint."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What an event is about; nothing of its body is believed but the ids."""

    id: str
    type: str
    object_type: str
    object_id: str
    livemode: bool


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A Checkout session that waits for the reader; `expires_at` in seconds since 1970."""

    id: str
    url: str
    expires_at: int


@dataclass(slots=True)
class Gateway:
    """Stripe, as far as the product needs it; answers plain JSON, raises PaymentsUnavailableError.

    At most `calls_at_once` requests wait for Stripe at the same time; the one after them is told at once, so that a
    slow Stripe never takes the last thread that serves readers.
    """

    client: stripe.StripeClient
    webhook_secret: str
    livemode: bool
    calls_at_once: int = 3
    _places: BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        """Makes the places that calls take."""
        self._places = BoundedSemaphore(self.calls_at_once)

    @contextmanager
    def _calling(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise PaymentsUnavailableError
        try:
            yield
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                raise MissingAtStripeError(str(error.user_message or error)) from error
            raise
        except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
            raise PaymentsUnavailableError from error
        finally:
            self._places.release()

    # What is bought

    def create_customer(self, reader_id: int, email: str, key: str) -> str:
        """Makes a customer for a reader; the key has a repeated call answer the same one."""
        with self._calling():
            customer = self.client.v1.customers.create(
                {"email": email, "metadata": {"paidspan_reader": str(reader_id)}}, {"idempotency_key": key}
            )
        return customer.id

    def create_session(self, params: SessionCreateParams, key: str) -> OpenedSession:
        """Opens a Checkout session."""
        with self._calling():
            session = self.client.v1.checkout.sessions.create(params, {"idempotency_key": key})
        return OpenedSession(session.id, session.url or "", session.expires_at)

    def expire_session(self, session_id: str) -> None:
        """Closes a session that nobody shall pay any more; one that is closed already stays as it is."""
        with self._calling():
            try:
                self.client.v1.checkout.sessions.expire(session_id)
            except stripe.InvalidRequestError as error:
                if error.code == "resource_missing":
                    raise

    def open_portal(self, customer_id: str, return_url: str) -> str:
        """Answers the address of Stripe's own pages for a customer."""
        with self._calling():
            portal = self.client.v1.billing_portal.sessions.create({"customer": customer_id, "return_url": return_url})
        return portal.url

    # What is true

    def session(self, session_id: str) -> Json:
        """Answers a Checkout session."""
        with self._calling():
            return _json(self.client.v1.checkout.sessions.retrieve(session_id))

    def checkout_bundle(self, session_id: str) -> Json:
        """Answers a session with its payment intent (its latest charge in full), refunds and disputes."""
        session = self.session(session_id)
        payment_id = session["payment_intent"]
        payment = None
        if payment_id:
            with self._calling():
                payment = _json(self.client.v1.payment_intents.retrieve(payment_id, {"expand": ["latest_charge"]}))
        return {
            "session": session,
            "payment_intent": payment,
            "refunds": self._refunds(payment_id),
            "disputes": self._disputes(payment_id),
        }

    def subscription_bundle(self, subscription_id: str) -> Json:
        """Answers a subscription with its invoices, and the payments, refunds and disputes of its latest payment."""
        with self._calling():
            subscription = _json(self.client.v1.subscriptions.retrieve(subscription_id))
            invoices = _all(self.client.v1.invoices.list({"subscription": subscription_id, "limit": _PAGE}))
        payments = self._payments_of([invoice["id"] for invoice in invoices if invoice["status"] == "paid"])
        intents = [entry["payment"].get("payment_intent") for entry in payments]
        latest = next((str(intent) for intent in intents if intent), None)
        return {
            "subscription": subscription,
            "invoices": invoices,
            "payments": payments,
            "refunds": self._refunds(latest),
            "disputes": self._disputes(latest),
        }

    def _payments_of(self, paid_invoices: list[str]) -> list[Json]:
        """Answers the payments of the newest paid invoice that has any: a zero invoice has none."""
        for invoice in paid_invoices:
            with self._calling():
                payments = _all(self.client.v1.invoice_payments.list({"invoice": invoice, "limit": _PAGE}))
            if payments:
                return payments
        return []

    def _refunds(self, payment_intent: str | None) -> list[Json]:
        if not payment_intent:
            return []
        with self._calling():
            return _all(self.client.v1.refunds.list({"payment_intent": payment_intent, "limit": _PAGE}))

    def _disputes(self, payment_intent: str | None) -> list[Json]:
        if not payment_intent:
            return []
        with self._calling():
            return _all(self.client.v1.disputes.list({"payment_intent": payment_intent, "limit": _PAGE}))

    def customer_bundle(self, customer_id: str) -> Json:
        """Answers a customer; a deleted one says `deleted`."""
        with self._calling():
            return {"customer": _json(self.client.v1.customers.retrieve(customer_id))}

    # What hangs on what

    def subscription_of_invoice(self, invoice_id: str) -> str | None:
        """Answers the subscription that an invoice is for."""
        with self._calling():
            invoice = _json(self.client.v1.invoices.retrieve(invoice_id))
        details = (invoice.get("parent") or {}).get("subscription_details") or {}
        return _id(details.get("subscription"))

    def session_of_payment(self, payment_intent: str) -> str | None:
        """Answers the Checkout session that a payment was made in."""
        with self._calling():
            found = self.client.v1.checkout.sessions.list({"payment_intent": payment_intent, "limit": 1}).data
        return found[0].id if found else None

    def invoice_of_payment(self, payment_intent: str) -> str | None:
        """Answers the invoice that a payment paid."""
        with self._calling():
            found = self.client.v1.invoice_payments.list(
                {"payment": {"type": "payment_intent", "payment_intent": payment_intent}, "limit": 1}
            ).data
        return _id(found[0].invoice) if found else None

    def payment_of(self, object_type: str, object_id: str) -> str | None:
        """Answers the payment intent that a charge, refund or dispute belongs to."""
        retrieve: dict[str, Any] = {
            "charge": self.client.v1.charges.retrieve,
            "refund": self.client.v1.refunds.retrieve,
            "dispute": self.client.v1.disputes.retrieve,
        }
        with self._calling():
            return _id(retrieve[object_type](object_id).payment_intent)

    def invoice_of_invoice_payment(self, invoice_payment_id: str) -> str | None:
        """Answers the invoice that an invoice payment belongs to."""
        with self._calling():
            return _id(self.client.v1.invoice_payments.retrieve(invoice_payment_id).invoice)

    # What we ask for

    def cancel_subscription(self, subscription_id: str, key: str) -> None:
        """Ends a subscription at once; one that has ended stays as it is."""
        with self._calling():
            subscription = self.client.v1.subscriptions.retrieve(subscription_id)
            if subscription.status not in {"canceled", "incomplete_expired"}:
                self.client.v1.subscriptions.cancel(subscription_id, None, {"idempotency_key": key})

    def refund(self, payment_intent: str, key: str) -> None:
        """Gives a payment back in full."""
        with self._calling():
            self.client.v1.refunds.create({"payment_intent": payment_intent}, {"idempotency_key": key})

    def ensure_price(self, lookup_key: str, name: str, amount: int, currency: str, interval: str | None) -> str:
        """Answers the price of a plan, made together with its product where it is not there yet."""
        with self._calling():
            found = self.client.v1.prices.list({"lookup_keys": [lookup_key], "limit": 1}).data
            if found:
                return found[0].id
            product = self.client.v1.products.create({"name": name}, {"idempotency_key": f"product-{lookup_key}"})
            params: Json = {
                "product": product.id,
                "unit_amount": amount,
                "currency": currency,
                "lookup_key": lookup_key,
            }
            if interval:
                params["recurring"] = {"interval": interval}
            return self.client.v1.prices.create(params, {"idempotency_key": f"price-{lookup_key}"}).id  # type: ignore[arg-type]  # built up above

    def read_notice(self, body: bytes, signature: str) -> Notice:
        """Answers what a webhook is about; raises BadSignatureError, or ValueError when the body is no event."""
        try:
            stripe.WebhookSignature.verify_header(
                body.decode("utf-8"), signature, self.webhook_secret, WEBHOOK_TOLERANCE_SECONDS
            )
        except stripe.SignatureVerificationError as error:
            raise BadSignatureError(str(error)) from error
        return _notice(json.loads(body))


def _notice(event: Json) -> Notice:
    try:
        about = event["data"]["object"]
        return Notice(
            str(event["id"]),
            str(event["type"]),
            str(about["object"]),
            str(about.get("id", "")),
            event["livemode"] is True,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the body is no event") from error


def _json(found: stripe.StripeObject) -> Json:
    """Answers an object as Stripe sent it: its decimals are strings there, the SDK makes Decimals of them."""
    plain: Json = json.loads(json.dumps(found.to_dict(), default=str))
    return plain


def _all(page: "stripe.ListObject[Any]") -> list[Json]:
    return [_json(item) for item in page.auto_paging_iter()]


def _id(value: Any) -> str | None:  # noqa: ANN401 - an id, or the object itself where it was expanded
    if value is None:
        return None
    return str(value) if isinstance(value, str) else str(value["id"] if isinstance(value, dict) else value.id)
