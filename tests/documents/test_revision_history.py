"""Revisions are listed with what is known of them, and one can be returned to without losing anything."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from tests.factories.images import picture
from tests.factories.shelf import REPORT
from webapp.accounts.models import Role
from webapp.documents import revision_history
from webapp.documents.drafts import NewText, list_conflicts, open_draft, save_draft
from webapp.documents.full_editions import Revision
from webapp.documents.image_records import RevisionImage
from webapp.documents.models import PublicEdition
from webapp.documents.publishing import get_document_by_slug, publish, withdraw
from webapp.documents.revision_history import get_revision, list_revisions, return_to_revision
from webapp.kit.errors import NotFoundError

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
SECOND, THIRD = REPORT.replace("略有增长", "大有增长"), REPORT.replace("略有增长", "没有增长")


class Historian:
    """An editor with a document of three revisions, of which the second is published."""

    def __init__(self, database, shelf, people):
        self.database = database
        self.slug = shelf.put(REPORT, publish=False).slug
        shelf.put(SECOND)
        shelf.put(THIRD, publish=False)
        self.reader_id = people.reader("mei@example.com", Role.EDITOR).id

    def __call__(self, rule, *given, **more):
        return self.database.write(lambda session: rule(session, self.document(session), *given, **more))

    def document(self, session):
        return get_document_by_slug(session, self.slug)

    def look(self, rule, *given):
        with self.database.reading() as session:
            return rule(session, self.document(session), *given)

    def return_to(self, number):
        return self(return_to_revision, number, self.reader_id, NOW)

    @property
    def draft(self):
        return self.look(open_draft)


@pytest.fixture
def historian(database, shelf, people):
    return Historian(database, shelf, people)


def test_revisions_are_listed_the_latest_first_with_what_is_known(historian):
    listed = historian.look(list_revisions)
    assert [(row.number, row.is_published, row.is_latest) for row in listed.rows] == [
        (3, False, True),
        (2, True, False),
        (1, False, False),
    ]
    (row,) = listed.rows[:1]
    assert (row.file_name, row.encoding, row.made_by) == ("report.txt", "utf-8", "")
    assert (row.characters, row.public_characters + row.paid_characters) == (len(THIRD), len(THIRD))
    assert row.paid_characters == THIRD.index("##paidend##") - THIRD.index("##paidbegin##") - len("##paidbegin##")
    assert listed.before is None


def test_rows_of_before_are_counted_when_they_are_looked_at(historian, database):
    counted = historian.look(list_revisions)
    with database.writing_plainly() as connection:
        connection.execute(update(Revision.__table__).values(characters=None, paid_characters=None))
    assert historian.look(list_revisions) == counted


def test_long_lists_have_pages(historian, monkeypatch):
    monkeypatch.setattr(revision_history, "REVISIONS_LISTED", 2)
    first = historian.look(list_revisions)
    assert ([row.number for row in first.rows], first.before) == ([3, 2], 2)
    last = historian.look(list_revisions, first.before)
    assert ([row.number for row in last.rows], last.before) == ([1], None)


def test_nothing_is_published_of_what_was_withdrawn(historian):
    historian(withdraw, NOW)
    assert not any(row.is_published for row in historian.look(list_revisions).rows)


def test_a_revision_is_returned_to_as_a_new_one_and_readers_see_nothing_yet(historian, database):
    assert historian.return_to(1) == revision_history.ReturnedTo(4, None)
    assert (historian.draft.text, historian.draft.is_changed, historian.draft.base) == (REPORT, False, 4)
    (row, *_others) = historian.look(list_revisions).rows
    assert (row.number, row.made_by, row.made_at) == (4, "mei@example.com", NOW)
    with database.reading() as session:
        document = historian.document(session)
        assert session.get_one(PublicEdition, document.id).revision == 2
        assert historian.look(get_revision, 3).text == THIRD
    assert historian(publish, NOW)
    assert "略有增长" in historian.look(lambda session, one: session.get_one(PublicEdition, one.id).text)


def test_what_an_unfinished_draft_holds_is_kept_beside(historian):
    historian(save_draft, NewText("unfinished", 3), historian.reader_id, NOW)
    done = historian.return_to(1)
    assert (done.number, historian.draft.text, historian.draft.is_changed) == (4, REPORT, False)
    (beside,) = historian.look(lambda session, one: list_conflicts(session, one.id))
    assert (beside.id, beside.source, beside.saved_by) == (done.kept_beside, "unfinished", historian.reader_id)


def test_to_the_latest_one_returns_from_a_draft_alone(historian):
    assert historian.return_to(3) is None
    historian(save_draft, NewText("unfinished", 3), historian.reader_id, NOW + timedelta(1))
    done = historian.return_to(3)
    assert done.number == 3
    assert done.kept_beside
    assert historian.draft.text == THIRD


def test_its_files_come_back_with_it(historian, shelf, database):
    (shelf.folder / "a.png").write_bytes(picture("red"))
    historian.slug = shelf.put("# 图\n\n![甲](a.png)\n", "a.md").slug
    shelf.put("# 图\n\n没有图。\n", "a.md")
    historian.return_to(1)
    with database.reading() as session:
        rows = session.execute(
            select(Revision.number, RevisionImage.address, RevisionImage.hash)
            .join(RevisionImage, RevisionImage.revision_id == Revision.id)
            .order_by(Revision.number)
        ).all()
    assert [(number, address) for number, address, _hash in rows] == [(1, "a.png"), (3, "a.png")]
    assert len({hash_ for _number, _address, hash_ in rows}) == 1


def test_importing_the_same_file_again_undoes_nothing(historian, shelf):
    historian.return_to(1)
    assert shelf.put(THIRD, publish=False).revisions == 4


@pytest.mark.parametrize("number", [0, 9, -1])
def test_there_is_no_other_revision(historian, number):
    for rule in (get_revision, lambda session, one, to: return_to_revision(session, one, to, 1, NOW)):
        with pytest.raises(NotFoundError):
            historian(rule, number)


def test_revisions_are_found_by_an_index(database):
    with database.reading() as session:
        if session.get_bind().dialect.name != "sqlite":
            pytest.skip("asks SQLite how it looks")
        query = "SELECT id FROM revisions WHERE document_id = 1 AND number < 9 ORDER BY number DESC LIMIT 51"
        plan = " ".join(row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {query}")))
        assert "INDEX" in plan
        assert "TEMP B-TREE" not in plan
