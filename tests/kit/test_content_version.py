"""The version of what is shown grows with every change to it, however it is made, and with nothing else."""

from contextlib import suppress

import pytest
from sqlalchemy import delete, update

from webapp.accounts.models import Reader
from webapp.billing.plans import set_price
from webapp.documents.models import Document, PublicEdition
from webapp.documents.publishing import get_document_by_slug, tag, withdraw
from webapp.kit import clock
from webapp.kit.content_version import current_version
from webapp.kit.money import Money


def version(database):
    with database.reading() as session:
        return current_version(session)[0]


@pytest.fixture
def slug(shelf):
    return shelf.put().slug


CHANGES = {
    "tagged": lambda session, document: tag(session, document, ("简报",)),
    "priced": lambda session, document: set_price(session, document.id, Money(100, "cny")),
    "withdrawn": lambda session, document: withdraw(session, document, clock.now()),
    "changed in bulk": lambda session, _: session.execute(update(Document).values(title="x")),
    "deleted in bulk": lambda session, _: session.execute(delete(PublicEdition)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_grows_by_one_with_a_change(change, database, slug):
    before = version(database)
    with database.writing() as session:
        CHANGES[change](session, get_document_by_slug(session, slug))
    assert version(database) == before + 1


def test_publishing_makes_it_grow_once(database, shelf):
    before = version(database)
    shelf.put()
    assert version(database) == before + 1


def test_what_no_page_shows_to_all_leaves_it(database, people, slug):
    before = version(database)
    reader = people.reader()
    people.grant(reader)
    with database.writing() as session:
        session.execute(update(Reader).values(email="other@example.com"))
    assert version(database) == before


def test_what_is_rolled_back_leaves_it(database, slug):
    before = version(database)
    with suppress(ZeroDivisionError), database.writing() as session:
        tag(session, get_document_by_slug(session, slug), ("简报",))
        raise ZeroDivisionError
    assert version(database) == before
