"""A library whose ledger is looked at."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from tests.billing.scenarios.scene import Scene
from webapp.billing.ledger.added_up import LedgerView
from webapp.billing.ledger.ledger_models import LedgerEntry, SubscriptionStanding
from webapp.kit.database import Database
from webapp.kit.money import Money
from webapp.settings import Mode


@dataclass
class Books:
    """The rows of a ledger, as short as they can be told."""

    database: Database

    def entries(self):
        """Return figures and amounts, in the order in which they came about."""
        with self.database.reading() as session:
            rows = session.scalars(select(LedgerEntry).order_by(LedgerEntry.at, LedgerEntry.figure, LedgerEntry.id))
            return [(row.figure.value, row.amount) for row in rows]

    def standings(self):
        with self.database.reading() as session:
            rows = session.scalars(select(SubscriptionStanding).order_by(SubscriptionStanding.id)).all()
            return [(row.standing.value, row.monthly, row.dated_by.value) for row in rows]

    def rows(self):
        """Return all that a ledger says, but for the numbers of its rows."""
        with self.database.reading() as session:
            return sorted(
                (row.figure, row.at, row.day, row.kind, row.plan, row.cohort, row.currency, row.amount, row.subject)
                for row in session.scalars(select(LedgerEntry))
            )

    def ask(self, question):
        with self.database.reading() as session:
            return question(LedgerView(session, Mode.SANDBOX, "cny"))


@pytest.fixture
def books(database):
    return Books(database)


@pytest.fixture
def scene(app, people, cashier, shelf):
    return Scene(app, people, cashier, shelf.put(price=Money(990, "cny")))
