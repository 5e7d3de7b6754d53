"""Documents that are sold by themselves: their prices, who bought them, and what is left when one is deleted."""

import pytest
from sqlalchemy import select

from webapp.billing.deleted_documents import delete_document, list_buyers
from webapp.billing.grants import grant_complimentary, rebuild_all_grants
from webapp.billing.models import DocumentPrice, Grant, GrantSource, Receipt
from webapp.billing.plans import price_of, prices_of, remove_price, set_price
from webapp.documents.models import Document
from webapp.documents.publishing import get_document_by_slug
from webapp.kit import clock
from webapp.kit.money import Money


@pytest.fixture
def buy(cashier, people, document):
    """Have a reader buy the document by itself."""

    def buying(email):
        browser = people.signed_in(email)
        browser.get(f"/checkout/return?session_id={cashier.buy(browser, 'document', document.slug)}")
        return browser

    return buying


def delete(database, document):
    database.write(lambda session: delete_document(session, get_document_by_slug(session, document.slug), clock.now()))


def all_of(database, table):
    with database.reading() as session:
        return list(session.scalars(select(table)))


def test_prices_are_told_of_what_has_one(database, document, shelf):
    unpriced = shelf.put(name="unpriced.txt")
    database.write(lambda session: set_price(session, document.id, Money(1200, "cny")))
    with database.reading() as session:
        assert prices_of(session, [document.id, unpriced.id]) == {document.id: Money(1200, "cny")}
        assert price_of(session, unpriced.id) is None


def test_what_loses_its_price_is_sold_no_more_and_stays_with_who_bought_it(database, document, buy):
    buyer = buy("buyer@example.com")
    assert database.write(lambda session: remove_price(session, document.id)) is True
    assert database.write(lambda session: remove_price(session, document.id)) is False
    assert buyer.get(f"/checkout?plan=document&document={document.slug}").status_code == 404
    assert [grant.revoked for grant in all_of(database, Grant)] == [None]


def test_buyers_are_those_who_paid(cashier, database, document, buy, people):
    buy("zoe@example.com")
    buy("adam@example.com")
    cashier.order(people.signed_in("looks@example.com"), "document", document.slug)
    with database.reading() as session:
        assert list_buyers(session, document.id) == ["adam@example.com", "zoe@example.com"]


def test_a_document_that_nobody_bought_is_deleted_with_its_price_and_gifts(database, document, people):
    reader = people.reader()
    database.write(lambda session: grant_complimentary(session, reader.id, document.id, None, "", clock.now()))
    delete(database, document)
    assert [all_of(database, table) for table in (Document, DocumentPrice, Grant)] == [[], [], []]


def test_of_a_document_that_was_bought_the_sale_is_left_and_can_be_derived_anew(cashier, database, document, buy):
    buyer = buy("buyer@example.com")
    delete(database, document)
    assert all_of(database, DocumentPrice) == []
    assert [(grant.source, grant.document_id) for grant in all_of(database, Grant)] == [
        (GrantSource.DOCUMENT, document.id)
    ]
    assert [receipt.document_id for receipt in all_of(database, Receipt)] == [document.id]
    billing = cashier.billing
    assert database.write(lambda session: rebuild_all_grants(session, billing.mode, billing.grace)) == []
    assert document.title in buyer.get("/account/receipts/1").get_data(as_text=True)
