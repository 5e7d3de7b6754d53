"""Each edition has its tree beside its HTML; no page reads it."""

import pytest
from sqlalchemy import event, inspect
from sqlalchemy.exc import InvalidRequestError

from tests.factories.shelf import PAID
from webapp.documents.full_editions import FullEdition
from webapp.documents.models import PublicEdition
from webapp.manuscript import RENDERER_VERSION

PAGES = ["/", "/tags", "/archive", "/feed.atom", "/feed.json", "/sitemaps/1.xml", "/search?q=仓储", "/api/v1/documents"]
OF_ONE = ["/d/{}", "/d/{}/picture.png", "/api/v1/documents/{}", "/d/{}/notes", "/library"]


@pytest.fixture
def document(shelf):
    return shelf.put()


@pytest.fixture
def asked(database):
    """Collect what the database is asked."""
    statements = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    return statements


def test_the_public_tree_is_the_public_runs_own(database, document):
    with database.reading() as session:
        trees = {kind: edition_tree(session, kind, document) for kind in (PublicEdition, FullEdition)}
        versions = {session.get_one(kind, document.id).renderer_version for kind in trees}
    assert PAID in trees[FullEdition]
    assert PAID not in trees[PublicEdition]
    assert '["gate",1]' in trees[PublicEdition]
    assert versions == {RENDERER_VERSION}


def edition_tree(session, kind, document):
    return session.query(kind.tree).filter(kind.document_id == document.id).scalar()


@pytest.mark.parametrize("kind", [PublicEdition, FullEdition])
def test_an_edition_is_read_without_its_tree(database, document, kind):
    with database.reading() as session:
        edition = session.get_one(kind, document.id)
        assert "tree" in inspect(edition).unloaded
        with pytest.raises(InvalidRequestError):
            _ = edition.tree


def test_no_page_asks_for_a_tree(client, people, document, asked):
    people.grant(people.reader())
    payer = people.browser("reader@example.com")
    for browser in (client, payer):
        for path in [*PAGES, *(path.format(document.slug) for path in OF_ONE)]:
            assert browser.get(path).status_code < 400 or browser is client, path
    assert all(any(f"{side}_editions" in one for one in asked) for side in ("public", "full"))
    assert [one for one in asked if ".html" in one]
    assert not [one for one in asked if ".tree" in one]
