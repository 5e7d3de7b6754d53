"""Fields that a publisher sets by hand: a revision with other front matter and the same text."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from tests.factories.shelf import PAID, REPORT
from webapp.documents.catalogue import find_document
from webapp.documents.front_matter_fields import set_fields
from webapp.documents.full_editions import FullEdition, Revision
from webapp.documents.importing import ImportAction
from webapp.documents.models import State
from webapp.documents.preparation import Options
from webapp.documents.publishing import get_document_by_slug
from webapp.kit import clock
from webapp.kit.errors import ConflictError, InvalidInputError
from webapp.kit.money import Money


@pytest.fixture
def change(database):
    def run(slug, /, **given):
        lists = {name: value if isinstance(value, list) else [value] for name, value in given.items()}

        def rule(session):
            return set_fields(session, get_document_by_slug(session, slug), lists, Options(), clock.now())

        return database.write(rule)

    return run


@pytest.fixture
def found(database):
    def find(slug):
        with database.reading() as session:
            return find_document(session, slug)

    return find


def test_what_is_published_is_published_anew_with_its_text_as_it_was(shelf, change, found, database):
    slug = shelf.put(tags=("年度",)).slug
    before = found(slug)
    fields = {
        "title": "新题: 一",
        "author": ["林梅", "Ada"],
        "date": "2016-02-29",
        "summary": "一句话",
        "tags": "航运，货运",
    }
    assert change(slug, **fields) == (True, None)
    after = found("新题-一")
    assert (after.title, after.edition.authors, after.edition.summary) == ("新题: 一", ["林梅", "Ada"], "一句话")
    assert after.published_at == datetime(2016, 2, 29, tzinfo=UTC)
    assert [row.tag for row in after.tags] == ["年度", "航运", "货运"]
    assert after.edition.gates == before.edition.gates
    with database.reading() as session:
        assert PAID in session.scalars(select(FullEdition)).one().text
        assert len(session.scalars(select(Revision)).all()) == 2


def test_an_empty_value_takes_a_field_away_and_the_same_file_changes_nothing(shelf, change, found):
    text = "---\ntitle: Told\nsubtitle: Under\nweight: 1\ntags: [a, b]\n---\nText.\n"
    shelf.put(text, "t.md")
    change("told", subtitle="", tags="b")
    assert found("told").edition.subtitle == ""
    assert [row.tag for row in found("told").tags] == ["b"]
    assert shelf.bring(text, "t.md")[0].did is ImportAction.UNCHANGED
    assert found("told").edition.subtitle == ""


def test_a_draft_stays_one_and_may_have_another_name(shelf, change, found):
    shelf.put("Title\n\nText.\n", "t.txt", publish=False)
    assert change("title", slug="other", price="9.90", currency="eur") == (False, Money(990, "eur"))
    assert found("other").state is State.DRAFT


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"titel": "x"}, InvalidInputError),
        ({"date": "soon"}, InvalidInputError),
        ({"price": "free"}, InvalidInputError),
        ({"tags": "a/b"}, InvalidInputError),
        ({"title": "##paidbegin##"}, InvalidInputError),
        ({"title": ["a", "b"]}, InvalidInputError),
        ({"slug": "other"}, ConflictError),
    ],
)
def test_what_cannot_be_set_is_refused_and_nothing_changes(shelf, change, found, given, error):
    slug = shelf.put(REPORT).slug
    with pytest.raises(error):
        change(slug, **given)
    assert found(slug).revisions == 1
