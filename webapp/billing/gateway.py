"""The only way to Stripe (with the sandbox, the only importer of its SDK)."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

import stripe

from webapp.billing.grant_terms import ENDED
from webapp.billing.stripe_facts import present_payments
from webapp.kit.errors import NotFoundError, PaidspanError, PaymentsUnavailableError
from webapp.kit.translatable import _

if TYPE_CHECKING:
    from stripe.params import InvoiceListParams
    from stripe.params.checkout import SessionCreateParams

TIMEOUT_SECONDS = 5
RETRIES = 2
WEBHOOK_TOLERANCE_SECONDS = 300
PAGE = 100
RECENT_INVOICES = 12
PORTAL_MARK = "paidspan"

Json = dict[str, Any]
log = logging.getLogger(__name__)

stripe.enable_telemetry = False


def stripe_client(key: str, transport: stripe.HTTPClient | None = None) -> stripe.StripeClient:
    """Return the SDK's client for a key; a transport other than the network's is the sandbox's."""
    over = transport or stripe.RequestsClient(timeout=TIMEOUT_SECONDS)
    return stripe.StripeClient(key, http_client=over, max_network_retries=RETRIES)


class MissingAtStripeError(NotFoundError):
    """Stripe has no such object for this account and mode; `param` names what pointed to it ("id": the path)."""

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


class StripeBusyError(PaymentsUnavailableError):
    """All places for calls to Stripe are taken just now."""


class StripeRefusedError(PaymentsUnavailableError):
    """Stripe understood and said no (`code`); `final` unless it is our key that it does not like."""

    hint = _("The publisher has been told. Reading goes on as before; please try again later.")

    def __init__(self, code: str | None, *, final: bool) -> None:
        PaidspanError.__init__(self, _("Payments cannot be taken right now."))
        self.code = code
        self.final = final


class BadSignatureError(Exception):
    """A webhook that Stripe did not sign, or not lately, or not for this endpoint."""


@dataclass(frozen=True, slots=True)
class EventNotice:
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
        """Make the places that calls take."""
        self._places = BoundedSemaphore(self.calls_at_once)

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Take a place for one call and say in our words what Stripe says in its own."""
        if not self._places.acquire(blocking=False):
            raise StripeBusyError
        try:
            yield
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                raise MissingAtStripeError(str(error.user_message or error), str(error.param or "id")) from error
            raise _refused(error) from error
        except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
            raise PaymentsUnavailableError from error
        except stripe.StripeError as error:
            raise _refused(error) from error
        finally:
            self._places.release()

    # What is bought

    def create_customer(self, reader_id: int, email: str, key: str) -> str:
        """Make a customer for a reader; the key has a repeated call answer the same one."""
        with self.calling():
            customer = self.client.v1.customers.create(
                {"email": email, "metadata": {"paidspan_reader": str(reader_id)}}, {"idempotency_key": key}
            )
        return customer.id

    def create_session(self, params: "SessionCreateParams", key: str) -> OpenedSession:
        """Open a Checkout session."""
        with self.calling():
            session = self.client.v1.checkout.sessions.create(params, {"idempotency_key": key})
        return OpenedSession(session.id, session.url or "", session.expires_at)

    def expire_session(self, session_id: str) -> bool:
        """Close a session that nobody shall pay any more; return whether it is closed unpaid now."""
        with self.calling():
            try:
                self.client.v1.checkout.sessions.expire(session_id)
            except stripe.InvalidRequestError as error:
                if error.code == "resource_missing":
                    return True
                return self.client.v1.checkout.sessions.retrieve(session_id).status == "expired"
        return True

    def open_portal(self, customer_id: str, return_url: str, locale: str) -> str:
        """Return the address of Stripe's own pages for a customer, as `paidspan stripe setup` arranged them."""
        with self.calling():
            configurations = self.client.v1.billing_portal.configurations.list({"active": True, "limit": PAGE}).data
            ours = [one["id"] for one in map(to_json, configurations) if (one["metadata"] or {}).get(PORTAL_MARK)]
            portal = self.client.v1.billing_portal.sessions.create(
                {
                    "customer": customer_id,
                    "return_url": return_url,
                    "locale": "zh" if locale == "zh-CN" else "en",
                    **({"configuration": ours[0]} if ours else {}),
                }
            )
        return portal.url

    # What is true

    def session(self, session_id: str) -> Json:
        """Return a Checkout session."""
        with self.calling():
            return to_json(self.client.v1.checkout.sessions.retrieve(session_id))

    def checkout_bundle(self, session_id: str) -> Json:
        """Return a session with its payment intent (its latest charge in full), refunds and disputes."""
        session = self.session(session_id)
        payment_id = session["payment_intent"]
        payment = None
        if payment_id:
            with self.calling():
                payment = to_json(self.client.v1.payment_intents.retrieve(payment_id, {"expand": ["latest_charge"]}))
        return {
            "session": session,
            "payment_intent": payment,
            "refunds": self._refunds(payment_id),
            "disputes": self._disputes(payment_id),
        }

    def subscription_bundle(self, subscription_id: str, payment_intent: str | None = None) -> Json:
        """Return a subscription with its newest invoices and their payments, the newest paid ones, and all open ones.

        Refunds and disputes are those of the present period's payments, and of `payment_intent`.
        """
        with self.calling():
            subscription = to_json(self.client.v1.subscriptions.retrieve(subscription_id))
            invoices = self._invoices(subscription_id)
        paid_with = {payment.payment_intent_id for payment in present_payments(invoices)} | {payment_intent}
        intents = sorted(filter(None, paid_with))
        return {
            "subscription": subscription,
            "invoices": invoices,
            "refunds": [refund for intent in intents for refund in self._refunds(intent)],
            "disputes": [dispute for intent in intents for dispute in self._disputes(intent)],
        }

    def _invoices(self, subscription_id: str) -> list[Json]:
        """Return the newest, and behind them the older ones that are still owed, or that paid for the present time."""
        mine: InvoiceListParams = {"subscription": subscription_id, "expand": ["data.payments"]}
        newest = self.client.v1.invoices.list({**mine, "limit": RECENT_INVOICES})
        found = {invoice.id: invoice for invoice in newest.data}
        if newest.has_more:
            owed = self.client.v1.invoices.list({**mine, "status": "open", "limit": PAGE})
            paid = self.client.v1.invoices.list({**mine, "status": "paid", "limit": RECENT_INVOICES})
            found |= {invoice.id: invoice for invoice in (*owed.data, *paid.data) if invoice.id not in found}
        return [to_json(invoice) for invoice in found.values()]

    def _refunds(self, payment_intent: str | None) -> list[Json]:
        if not payment_intent:
            return []
        with self.calling():
            return list_all(self.client.v1.refunds.list({"payment_intent": payment_intent, "limit": PAGE}))

    def _disputes(self, payment_intent: str | None) -> list[Json]:
        if not payment_intent:
            return []
        with self.calling():
            return list_all(self.client.v1.disputes.list({"payment_intent": payment_intent, "limit": PAGE}))

    def customer_bundle(self, customer_id: str) -> Json:
        """Return a customer; a deleted one says `deleted`."""
        with self.calling():
            return {"customer": to_json(self.client.v1.customers.retrieve(customer_id))}

    # What we ask for

    def cancel_subscription(self, subscription_id: str, key: str) -> None:
        """End a subscription at once; one that has ended stays as it is."""
        with self.calling():
            subscription = self.client.v1.subscriptions.retrieve(subscription_id)
            if subscription.status not in ENDED:
                self.client.v1.subscriptions.cancel(subscription_id, None, {"idempotency_key": key})

    def refund(self, payment_intent: str, key: str) -> None:
        """Give a payment back in full."""
        with self.calling():
            self.client.v1.refunds.create({"payment_intent": payment_intent}, {"idempotency_key": key})

    def read_notice(self, body: bytes, signature: str) -> EventNotice:
        """Return what a webhook is about; raise BadSignatureError, or ValueError when the body is no event."""
        try:
            stripe.WebhookSignature.verify_header(
                body.decode("utf-8"), signature, self.webhook_secret, WEBHOOK_TOLERANCE_SECONDS
            )
        except stripe.SignatureVerificationError as error:
            raise BadSignatureError(str(error)) from error
        return read_event(json.loads(body))


def _refused(error: stripe.StripeError) -> StripeRefusedError:
    log.error("stripe refuses: %s (request %s)", error, error.request_id)
    return StripeRefusedError(error.code, final=isinstance(error, stripe.InvalidRequestError))


def read_event(event: Json) -> EventNotice:
    """Return what an event is about; raise ValueError when it is none."""
    try:
        about = event["data"]["object"]
        return EventNotice(
            str(event["id"]),
            str(event["type"]),
            str(about["object"]),
            str(about.get("id", "")),
            event["livemode"] is True,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the body is no event") from error


def to_json(found: stripe.StripeObject) -> Json:
    """Return an object as Stripe sent it: its decimals are strings there, the SDK makes Decimals of them."""
    sent: Json = json.loads(json.dumps(found.to_dict(), default=str))
    return sent


def list_all(page: "stripe.ListObject[Any]") -> list[Json]:
    """Return all that a list holds, page after page."""
    return [to_json(item) for item in page.auto_paging_iter()]
