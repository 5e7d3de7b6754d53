"""Which gate led to an order, and to its payment: counted once, on the day of each, without a word of who it was."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from webapp.billing.reconcile import reconcile_all
from webapp.kit.money import Money
from webapp.reading_figures.models import DocumentReadingCount


@pytest.fixture
def document(shelf):
    return shelf.put(price=Money(990, "cny"))


@pytest.fixture
def counted(database):
    """Return what is counted of orders: kind, gate and how often, in a year."""

    def read(length=4):
        with database.reading() as session:
            rows = session.scalars(select(DocumentReadingCount).order_by(DocumentReadingCount.period)).all()
        return sorted((row.kind, row.gate, row.count) for row in rows if len(row.period) == length)

    return read


def order(cashier, reader, document, plan):
    return cashier.order(reader, plan, document.slug, f"/d/{document.slug}#gate-1")


def test_an_order_is_counted_at_its_gate_and_once_more_when_it_is_paid(cashier, reader, document, counted):
    session_id = order(cashier, reader, document, "document")
    order(cashier, reader, document, "document")  # taken up again
    assert counted() == [("checkout", 0, 1), ("checkout", 1, 1)]
    assert cashier.pay(reader, session_id).status_code == 303
    for _ in range(2):
        reconcile_all(cashier.billing)
    assert counted() == [("checkout", 0, 1), ("checkout", 1, 1), ("paid", 0, 1), ("paid", 1, 1)]


def test_a_subscription_is_paid_once_however_often_it_renews(cashier, reader, document, counted):
    cashier.pay(reader, order(cashier, reader, document, "month"))
    reconcile_all(cashier.billing)
    cashier.sandbox.advance(timedelta(days=65))
    reconcile_all(cashier.billing)
    assert len(cashier.billing.gateway.client.v1.invoices.list().data) == 3
    assert counted()[-2:] == [("paid", 0, 1), ("paid", 1, 1)]


def test_an_order_that_no_document_led_to_is_counted_nowhere(cashier, reader, document, counted):
    cashier.pay(reader, cashier.order(reader, "year", landing="/account/plan"))
    reconcile_all(cashier.billing)
    assert counted() == []
