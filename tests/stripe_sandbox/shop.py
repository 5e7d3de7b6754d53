"""A publisher who sells through the sandbox, and readers who pay there: Stripe's own client on Stripe's own calls."""

from dataclasses import dataclass

import stripe

from tests.contract.shapes import CheckedTransport
from webapp.kit import clock
from webapp.stripe_sandbox.checkout_payment import PaymentOutcome
from webapp.stripe_sandbox.sandbox import Sandbox

KEY = "sk_test_sandbox"
GOOD, DECLINED, POOR, FAILS_LATER = "4242424242424242", "4000000000000002", "4000000000009995", "4000000000000341"
ASKS = "4000002760003184"
SUCCESS = "http://127.0.0.1:8000/checkout/return?session_id={CHECKOUT_SESSION_ID}"
WECHAT = {"wechat_pay": {"client": "web"}}


def client_of(sandbox: Sandbox) -> stripe.StripeClient:
    """Return a client whose every request and answer is held against the SDK's types."""
    return stripe.StripeClient(KEY, http_client=CheckedTransport(sandbox.client_transport()))


@dataclass
class Shop:
    """Sells on one sandbox."""

    sandbox: Sandbox

    def __post_init__(self) -> None:
        self.client = client_of(self.sandbox)
        self.stripe = self.client.v1

    def customer(self, **params) -> stripe.Customer:
        return self.stripe.customers.create({"email": "reader@example.com", **params})

    def price(self, amount: int = 2500, interval: str | None = "month", **params) -> stripe.Price:
        recurring = {"recurring": {"interval": interval}} if interval else {}
        plan = {"product_data": {"name": "All reports"}, "unit_amount": amount, "currency": "cny"}
        return self.stripe.prices.create({**plan, **recurring, **params})

    def subscription_session(self, interval: str = "month", **params) -> stripe.checkout.Session:
        price = self.price(interval=interval)
        return self._session("subscription", {"price": price.id, "quantity": 1}, params)

    def pass_session(self, **params) -> stripe.checkout.Session:
        price = self.price(3000, interval=None)
        return self._session("payment", {"price": price.id, "quantity": 1}, params)

    def document_session(self, amount: int = 990, currency: str = "cny", **params) -> stripe.checkout.Session:
        described = {"currency": currency, "unit_amount": amount, "product_data": {"name": "One report"}}
        return self._session("payment", {"price_data": described, "quantity": 1}, params)

    def _session(self, mode: str, item: dict, params: dict) -> stripe.checkout.Session:
        whole = {"mode": mode, "line_items": [item], "success_url": SUCCESS, **params}
        if "customer" not in whole:
            whole["customer"] = self.customer().id
        return self.stripe.checkout.sessions.create(whole)

    def pay(self, session: stripe.checkout.Session, number: str = GOOD, expiry: str = "12/34") -> PaymentOutcome:
        return self.sandbox.pay(session.id, "card", number, expiry, "123")

    def buy(self, session: stripe.checkout.Session, number: str = GOOD) -> stripe.checkout.Session:
        """Pay a session and return it as it then is."""
        outcome = self.pay(session, number)
        assert outcome.end == "paid", outcome
        return self.look(session)

    def subscribe(self, interval: str = "month", number: str = GOOD, **params) -> stripe.Subscription:
        """Buy a subscription and return it."""
        bought = self.buy(self.subscription_session(interval, **params), number)
        return self.stripe.subscriptions.retrieve(bought.subscription)

    def card(self, number: str = GOOD, **given) -> stripe.PaymentMethod:
        card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123", **given}
        return self.stripe.payment_methods.create({"type": "card", "card": card})

    def card_of(self, customer: str, number: str = GOOD) -> stripe.PaymentMethod:
        """Leave a card with a customer and return it."""
        return self.stripe.payment_methods.attach(self.card(number).id, {"customer": customer})

    def subscription(self, held: stripe.Subscription) -> stripe.Subscription:
        """Return a subscription as it now is."""
        return self.stripe.subscriptions.retrieve(held.id)

    def invoices(self, held: stripe.Subscription) -> list[stripe.Invoice]:
        """Return a subscription's invoices, the newest first."""
        return self.stripe.invoices.list({"subscription": held.id, "limit": 100}).data

    def newest_invoice(self, held: stripe.Subscription) -> stripe.Invoice:
        return self.invoices(held)[0]

    def look(self, session: stripe.checkout.Session) -> stripe.checkout.Session:
        return self.stripe.checkout.sessions.retrieve(session.id)

    def events(self, **params) -> list[stripe.Event]:
        """Return the events so far, the oldest first."""
        return [*self.stripe.events.list({"limit": 100, **params}).data][::-1]

    def all_events(self) -> list[stripe.Event]:
        """Return every event so far, the oldest first, however many there are."""
        return [*self.stripe.events.list({"limit": 100}).auto_paging_iter()][::-1]

    def told(self) -> list[str]:
        return [event.type for event in self.all_events()]

    def now(self) -> int:
        """Return the sandbox's time, in seconds since 1970."""
        return int(clock.now().timestamp())
