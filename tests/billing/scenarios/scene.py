"""One reader, one report and one cashier, and Stripe's news in the order in which a scenario wants it."""

import json
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import stripe
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.factories.cashier import CARD, Cashier
from tests.factories.people import People, token_in
from tests.factories.shelf import PAID
from webapp.billing.gateway.client import to_json
from webapp.billing.models import Grant, Receipt
from webapp.billing.stripe_models import Alert
from webapp.billing.webhook_inbox import drain_inbox
from webapp.documents.models import Document
from webapp.kit import clock
from webapp.kit.email_queue import QueuedEmail, RenderedEmail, read_email
from webapp.kit.templating import email_renderer

READER = "reader@example.com"
WEBHOOK = "/webhooks/stripe"
ENGLISH = {"Accept-Language": "en"}
SERVER = "http://127.0.0.1:8000"
GOOD, FAILS_LATER = "4242424242424242", "4000000000000341"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
Event = dict[str, Any]


def shown(moment: datetime, zone: str = "Asia/Shanghai") -> str:
    """Return a day as the pages of a house in this zone write it in English."""
    return f"{moment.astimezone(ZoneInfo(zone)):%-d %B %Y}"


@dataclass
class Scene:
    """Plays in one application. What Stripe has to say is heard only when a scenario says so."""

    app: Flask
    people: People
    cashier: Cashier
    document: Document
    reader_id: int = field(init=False)
    reader: FlaskClient = field(init=False)
    _signed_in_at: datetime = field(init=False)
    _heard: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.reader_id = self.people.reader(READER).id
        self.sign_in()

    # At Stripe

    @property
    def stripe(self) -> Any:
        return self.cashier.billing.gateway.client.v1

    @property
    def subscription(self) -> Event:
        """Return the newest subscription, as Stripe has it now."""
        return to_json(self.stripe.subscriptions.list({"status": "all", "limit": 1}).data[0])

    @property
    def customer_id(self) -> str:
        """Return the newest customer."""
        return self.stripe.customers.list({"limit": 1}).data[0].id

    def payment(self, number: int = -1) -> str:
        """Return the payment intent of a purchase: the last one, or that of this number."""
        return self.cashier.sandbox.payment_of_purchase(self.cashier.purchases()[number].id)

    def pass_time(self, by: timedelta) -> None:
        """Let time pass; who was signed in for long signs in again."""
        self.cashier.sandbox.advance(by)
        if clock.now() > self._signed_in_at + 50 * DAY:
            self.sign_in()

    def sign_in(self) -> None:
        self.reader, self._signed_in_at = self.people.browser(READER), clock.now()

    def wait_until(self, moment: datetime) -> None:
        self.pass_time(moment - clock.now())

    # Stripe's news

    def news(self, *types: str) -> list[Event]:
        """Return all events so far, or those of some types, the oldest first."""
        found = [to_json(event) for event in self.stripe.events.list({"limit": 100}).auto_paging_iter()][::-1]
        return [event for event in found if not types or event["type"] in types]

    def latest(self, type_: str) -> Event:
        return self.news(type_)[-1]

    def post(self, body: bytes, signature: str | None = None) -> TestResponse:
        """Post to the webhook, signed as Stripe signs unless another signature is given."""
        header = self.signature(body) if signature is None else signature
        return self.app.test_client().post(WEBHOOK, data=body, headers={"Stripe-Signature": header})

    def signature(self, body: bytes, ahead: float = 0) -> str:
        """Return Stripe's signature of so many seconds ahead of now."""
        secret, at = self.cashier.billing.gateway.webhook_secret, int(time.time() + ahead)
        return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, timestamp=at)

    def tell(self, *events: Event) -> list[int]:
        """Tell events in this order; return what each was answered with."""
        self._heard |= {event["id"] for event in events}
        return [self.post(json.dumps(event).encode()).status_code for event in events]

    def hear(self) -> None:
        """Have everything heard that was not heard or missed so far."""
        answers = self.tell(*[event for event in self.news() if event["id"] not in self._heard])
        assert set(answers) <= {204}, answers

    def miss(self) -> None:
        """Have everything lost that was not heard so far."""
        self._heard |= {event["id"] for event in self.news()}

    # What the reader does

    def come_back(self, session_id: str) -> TestResponse:
        """Open the page that Stripe sends the reader back to."""
        return self.reader.get(f"/checkout/return?session_id={session_id}", headers=ENGLISH)

    def bought(self, plan: str, *, warned: bool = False, **payment: str) -> str:
        """Buy and come back; return the session."""
        session_id = self.cashier.buy(self.reader, plan, self.document.slug, warned=warned, **payment)
        self.come_back(session_id)
        return session_id

    def pay_by_hand(self, session_id: str) -> TestResponse:
        """Send the form of a page at Stripe that was open for long, whatever has become of its session."""
        form = {**CARD, "csrf_token": token_in(self.reader.get("/account"))}
        return self.reader.post(f"/sandbox/checkout/{session_id}", data=form)

    def try_to_order(self, plan: str) -> TestResponse:
        """Post an order that may be refused."""
        form = {"plan": plan, "document": self.document.slug, "csrf_token": token_in(self.reader.get("/account"))}
        return self.reader.post("/checkout", data=form, headers=ENGLISH)

    def go_to_the_portal(self) -> TestResponse:
        """Press the button on the account page that leads to Stripe's portal."""
        return self.reader.post("/billing/portal", data={"csrf_token": token_in(self.reader.get("/account"))})

    def in_the_portal(self, action: str, **form: str) -> TestResponse:
        """Go to Stripe's portal, and do something there."""
        path = self.go_to_the_portal().headers["Location"].removeprefix(SERVER)
        chosen = {"action": action, "csrf_token": token_in(self.reader.get(path)), **form}
        return self.reader.post(path, data=chosen)

    # What the product says

    def reads(self, client: FlaskClient | None = None) -> bool:
        """Whether the reader, or whoever sits at another browser, reads the report in full."""
        return PAID in (client or self.reader).get(f"/d/{self.document.slug}").get_data(as_text=True)

    def page(self, path: str = "/account/plan") -> str:
        return self.reader.get(path, headers=ENGLISH).get_data(as_text=True)

    def gate(self) -> str:
        """Return the report's page, with what the gate says."""
        return self.page(f"/d/{self.document.slug}")

    def drained(self) -> None:
        """Have the background worker's minute come."""
        drain_inbox(self.cashier.billing)

    def mails(self) -> list[RenderedEmail]:
        """Return all mails so far, as they are read."""
        render = email_renderer(self.app)
        return [render(read_email(mail)) for mail in self._all(QueuedEmail)]

    @property
    def grants(self) -> list[Grant]:
        return self.cashier.grants()

    @property
    def open_grants(self) -> list[Grant]:
        return [grant for grant in self.grants if not grant.revoked]

    def alerts(self) -> list[Alert]:
        return self._all(Alert)

    def receipts(self) -> list[Receipt]:
        return self._all(Receipt)

    def _all(self, table: type) -> list[Any]:
        with self.cashier.database.reading() as session:
            return list(session.scalars(select(table).order_by(*table.__table__.primary_key)))
