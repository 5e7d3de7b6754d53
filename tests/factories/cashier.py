"""Buying, the way a reader does it, up to the sandbox's page and past it."""

import re
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.factories.people import token_in
from webapp.billing.context import BillingContext, current_billing
from webapp.billing.models import Grant, Purchase
from webapp.billing.stripe_setup import make_first_plans
from webapp.kit.database import Database
from webapp.stripe_sandbox.sandbox import Sandbox

CARD = {"method": "card", "card_number": "4242424242424242", "expiry": "12/34", "cvc": "123"}
DECLINED = CARD | {"card_number": "4000000000000002"}


@dataclass
class Cashier:
    """Sells in one application, on its sandbox."""

    app: Flask
    database: Database

    def __post_init__(self) -> None:
        make_first_plans(self.billing)

    @property
    def billing(self) -> BillingContext:
        with self.app.app_context():
            return current_billing()

    @property
    def sandbox(self) -> Sandbox:
        return self.app.extensions["paidspan.sandbox"]

    def order(
        self, client: FlaskClient, plan: str, document: str = "", landing: str = "", *, warned: bool = False
    ) -> str:
        """Post the order and return the id of the Checkout session it leads to; `warned`: from the page that warns."""
        token = token_in(client.get("/account"))
        form = {"plan": plan, "document": document, "next": landing, "csrf_token": token}
        form |= {"warned": "1"} if warned else {}
        answer = client.post("/checkout", data=form)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        found = re.search(r"/sandbox/checkout/(cs_\w+)$", answer.headers["Location"])
        assert found, answer.headers["Location"]
        return found.group(1)

    def pay(self, client: FlaskClient, session_id: str, **payment: str):
        """Fill in the sandbox's page."""
        path = f"/sandbox/checkout/{session_id}"
        token = token_in(client.get(path))
        return client.post(path, data={**CARD, **payment, "csrf_token": token})

    def buy(self, client: FlaskClient, plan: str, document: str = "", *, warned: bool = False, **payment: str) -> str:
        """Order and pays, without coming back; return the session's id."""
        session_id = self.order(client, plan, document, warned=warned)
        paid = self.pay(client, session_id, **payment)
        assert paid.status_code == 303, paid.get_data(as_text=True)
        return session_id

    def purchases(self) -> list[Purchase]:
        with self.database.reading() as session:
            return list(session.scalars(select(Purchase).order_by(Purchase.created_at)))

    def grants(self) -> list[Grant]:
        with self.database.reading() as session:
            return list(session.scalars(select(Grant).order_by(Grant.id)))
