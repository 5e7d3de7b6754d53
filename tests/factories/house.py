"""A whole house on a folder of its own: opened, put aside, put back; with one reader, one document and its plans."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import stripe
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.cashier import Cashier
from tests.factories.empty_database import empty_database
from tests.factories.people import People, token_in
from tests.factories.shelf import Shelf
from tests.factories.stripe_events import Newsboy
from webapp import create_app
from webapp.billing.context import BillingContext, current_billing
from webapp.documents.models import Document
from webapp.kit.database import Database
from webapp.kit.http import database as database_of
from webapp.kit.money import Money
from webapp.settings import load_settings

SECRET = "a secret that only the tests know" * 2


@dataclass
class House:
    """One installation as its reader and Stripe meet it."""

    folder: Path
    app: Flask
    database: Database
    cashier: Cashier
    reader: FlaskClient
    document: Document
    token: str

    @property
    def billing(self) -> BillingContext:
        return self.cashier.billing

    @property
    def newsboy(self) -> Newsboy:
        return Newsboy(self.app, self.billing)

    def click(self, plan: str):
        """Post an order, and nothing else."""
        form = {"plan": plan, "document": self.document.slug, "csrf_token": self.token}
        return self.reader.post("/checkout", data=form)

    def comes_back(self, session_id: str):
        return self.reader.get(f"/checkout/return?session_id={session_id}")

    def buys(self, plan: str) -> str:
        """Order and pays; we do not hear of it."""
        return self.cashier.buy(self.reader, plan, self.document.slug)

    def let_go(self) -> None:
        """Close every connection; the next use opens the files anew, as a restart does."""
        self.database.close()
        self.cashier.sandbox.close()

    def put_aside(self, copy: Path) -> None:
        self.let_go()
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder, copy)

    def put_back(self, copy: Path) -> None:
        self.let_go()
        shutil.rmtree(self.folder)
        shutil.copytree(copy, self.folder)


def build_house(folder: Path, client: stripe.StripeClient | None = None, **settings: str) -> House:
    """Build one with a signed-in reader, a document with a price, and the first plans; `client`: its way to Stripe."""
    folder.mkdir(parents=True)
    (folder / "paidspan.sqlite").write_bytes(empty_database())
    app = create_app(load_settings(instance=folder, secret_key=SECRET, sign_up_seconds=0, **settings))
    app.testing = True
    with app.app_context():
        database = database_of()
        if client:
            current_billing().gateway.client = client
    reader = People(app, database).signed_in()
    document = Shelf(database, folder).put(price=Money(990, "cny"))
    token = token_in(reader.get("/account"))
    return House(folder, app, database, Cashier(app, database), reader, document, token)
