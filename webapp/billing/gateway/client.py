"""The only way to Stripe (with the sandbox, the only importer of its SDK)."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

import stripe

from webapp.billing.gateway.checked_answers import CheckedAnswers
from webapp.billing.gateway.checkout_params import CheckoutOptions, build_session_params
from webapp.billing.gateway.facts import ENDED
from webapp.billing.gateway.json_parser import Json, read_purchase_mark
from webapp.billing.gateway.json_values import parse_moment
from webapp.billing.models import Plan, Purchase
from webapp.kit.errors import NotFoundError, PaidspanError, PaymentsUnavailableError
from webapp.kit.measures import this_process
from webapp.kit.spans import span
from webapp.kit.translatable import _

if TYPE_CHECKING:
    from stripe.params import RefundCreateParams, SubscriptionCancelParams

TIMEOUT_SECONDS = 5
RETRIES = 2
WEBHOOK_TOLERANCE_SECONDS = 300
PAGE = 100
log = logging.getLogger(__name__)

stripe.enable_telemetry = False


def stripe_client(key: str, transport: stripe.HTTPClient | None = None) -> stripe.StripeClient:
    """Return the SDK's client for a key; a transport other than the network's is the sandbox's."""
    over = transport or CheckedAnswers(timeout=TIMEOUT_SECONDS)
    return stripe.StripeClient(key, http_client=over, max_network_retries=RETRIES)


class MissingAtStripeError(NotFoundError):
    """Stripe has no such object for this account and mode; `param` names what pointed to it ("id": the path)."""

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


class StripeBusyError(PaymentsUnavailableError):
    """All places for calls to Stripe are taken just now."""


class SpentKeyError(PaymentsUnavailableError):
    """An idempotency key repeats a failure, or was first used with other parameters: another helps."""


class StripeRefusedError(PaymentsUnavailableError):
    """Stripe understood, and `said` no (`code`); `final` unless it is our key that it does not like."""

    hint = _("The publisher has been told. Reading goes on as before; please try again later.")

    def __init__(self, code: str | None, said: str, *, final: bool) -> None:
        PaidspanError.__init__(self, _("Payments cannot be taken right now."))
        self.code = code
        self.said = said
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
    """A Checkout session that waits for the reader."""

    id: str
    url: str
    expires_at: datetime


@dataclass(slots=True)
class Gateway:
    """Stripe, as far as the product needs it; raises PaymentsUnavailableError.

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
            this_process.add("stripe_calls", "busy")
            raise StripeBusyError
        begun, outcome = time.monotonic(), "failed"
        try:
            with span("stripe"):
                yield
            outcome = "answered"
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                raise MissingAtStripeError(str(error.user_message or error), str(error.param or "id")) from error
            raise _refused(error) from error
        except stripe.IdempotencyError as error:
            raise SpentKeyError from error
        except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
            raise (SpentKeyError if _is_replayed(error) else PaymentsUnavailableError) from error
        except stripe.StripeError as error:
            raise _refused(error) from error
        finally:
            self._places.release()
            this_process.add("stripe_calls", outcome)
            this_process.add("stripe_call_seconds", by=time.monotonic() - begun)

    def create_customer(self, reader_id: int, email: str, key: str) -> str:
        """Make a customer for a reader; the key has a repeated call answer the same one."""
        with self.calling():
            customer = self.client.v1.customers.create(
                {"email": email, "metadata": {"paidspan_reader": str(reader_id)}}, {"idempotency_key": key}
            )
            return str(customer.id)

    def set_customer_email(self, customer_id: str, email: str, key: str) -> None:
        """Have Stripe write to a customer at another address from now on."""
        with self.calling():
            self.client.v1.customers.update(customer_id, {"email": email}, {"idempotency_key": key})

    def create_session(
        self, purchase: Purchase, plan: Plan | None, customer_id: str, base_url: str, options: CheckoutOptions
    ) -> OpenedSession:
        """Open the Checkout session of a purchase; asked again in the same try, it is the same one."""
        params: Any = build_session_params(purchase, plan, customer_id, base_url, options)  # see tests/contract
        with self.calling():
            return _opened(self.client.v1.checkout.sessions.create(params, {"idempotency_key": purchase.key}))

    def find_session(self, purchase_id: str, customer_id: str) -> OpenedSession | None:
        """Return the open Checkout session that bears our mark of a purchase, whoever asked for it and when."""
        with self.calling():
            listed = self.client.v1.checkout.sessions.list({"customer": customer_id, "status": "open", "limit": PAGE})
            marked = (one for one in listed.auto_paging_iter() if read_purchase_mark(to_json(one)) == purchase_id)
            found = next(marked, None)
        return None if found is None else _opened(found)

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

    def cancel_subscription(self, subscription_id: str, key: str, comment: str = "") -> None:
        """End a subscription at once; one that has ended stays as it is."""
        params: SubscriptionCancelParams = {"cancellation_details": {"comment": comment}} if comment else {}
        with self.calling():
            subscription = self.client.v1.subscriptions.retrieve(subscription_id)
            if subscription.status not in ENDED:
                self.client.v1.subscriptions.cancel(subscription_id, params, {"idempotency_key": key})

    def cancel_subscription_at(self, subscription_id: str, moment: datetime, key: str, comment: str) -> None:
        """Have a subscription end at a moment without another bill; one that has ended stays as it is."""
        with self.calling():
            subscription = self.client.v1.subscriptions.retrieve(subscription_id)
            if subscription.status not in ENDED:
                self.client.v1.subscriptions.update(
                    subscription_id,
                    {
                        "cancel_at": int(moment.timestamp()),
                        "cancellation_details": {"comment": comment},
                        "proration_behavior": "none",
                    },
                    {"idempotency_key": key},
                )

    def refund(self, payment_intent: str, key: str, amount: int | None = None) -> None:
        """Give a payment back, in full or an amount of it in minor units."""
        part: RefundCreateParams = {"amount": amount} if amount else {}
        with self.calling():
            self.client.v1.refunds.create({"payment_intent": payment_intent, **part}, {"idempotency_key": key})

    def read_notice(self, body: bytes, signature: str) -> EventNotice:
        """Return what a webhook is about; raise BadSignatureError, or ValueError when the body is no event."""
        try:
            stripe.WebhookSignature.verify_header(
                body.decode("utf-8"), signature, self.webhook_secret, WEBHOOK_TOLERANCE_SECONDS
            )
        except stripe.SignatureVerificationError as error:
            raise BadSignatureError(str(error)) from error
        return read_event(json.loads(body))


def _opened(session: stripe.checkout.Session) -> OpenedSession:
    return OpenedSession(session.id, session.url or "", parse_moment(session.expires_at))


def _is_replayed(error: stripe.StripeError) -> bool:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    return isinstance(error, stripe.APIError) and headers.get("idempotent-replayed") == "true"


def _refused(error: stripe.StripeError) -> StripeRefusedError:
    log.error("stripe refuses: %s (request %s)", error, error.request_id)
    final = isinstance(error, stripe.InvalidRequestError)
    return StripeRefusedError(error.code, str(error.user_message or error), final=final)


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


def read_id(value: Any) -> str | None:  # noqa: ANN401 - as the SDK types it
    """Return the id in a field: it holds one, or the object itself where that was expanded."""
    return value if value is None or isinstance(value, str) else str(value.id)
