"""Working copies: what several people write at once is all there afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.factories.shelf import PAID, REPORT
from webapp.accounts.models import Reader, Role
from webapp.documents.draft_models import Draft, DraftConflict, DraftVisit
from webapp.documents.drafts import (
    PRESENT,
    DraftFigures,
    NewText,
    changed_drafts,
    create_draft,
    discard_draft,
    draft_became_revision,
    get_conflict,
    list_conflicts,
    note_visit,
    open_draft,
    save_draft,
    settle_conflict,
)
from webapp.documents.full_editions import Revision
from webapp.documents.models import Document, State
from webapp.documents.publishing import erase, get_document_by_slug, publish
from webapp.documents.stored_revisions import check_revision
from webapp.kit import clock
from webapp.kit.errors import ConflictError, NotFoundError
from webapp.manuscript import SourceFormat

MEI, LIN = "mei@example.com", "lin@example.com"
NOW = clock.now()


class Room:
    """Two editors before one document."""

    def __init__(self, database, people, slug=None):
        self.database, self.slug = database, slug
        self.ids = {email: people.reader(email, Role.EDITOR).id for email in (MEI, LIN)}

    def __call__(self, rule, *given, **more):
        return self.database.write(lambda session: rule(session, self.document(session), *given, **more))

    def document(self, session):
        return get_document_by_slug(session, self.slug)

    def open(self):
        with self.database.reading() as session:
            return open_draft(session, self.document(session))

    def save(self, text, based_on, who=MEI, now=NOW, **more):
        return self(save_draft, NewText(text, based_on, **more), self.ids[who], now)

    def waiting(self):
        with self.database.reading() as session:
            return [(one.source, one.saved_by) for one in list_conflicts(session, self.document(session).id)]


@pytest.fixture
def room(database, people, document):
    return Room(database, people, document.slug)


def test_a_document_is_opened_with_its_latest_revision_and_opening_writes_nothing(room, database):
    opened = room.open()
    assert (opened.text, opened.format, opened.version, opened.is_changed) == (REPORT, SourceFormat.TEXT, 1, False)
    with database.reading() as session:
        assert session.scalars(select(Draft)).all() == []


def test_what_is_saved_is_opened_again_by_everybody(room):
    saved = room.save("改过的文字\n", 1, figures=DraftFigures(1, 0, 5, 0))
    assert (saved.version, saved.saved_at, saved.saved_by, saved.conflict) == (2, NOW, MEI, None)
    opened = room.open()
    assert (opened.text, opened.version, opened.saved_by, opened.is_changed) == ("改过的文字\n", 2, MEI, True)
    assert room.save("再改\n", 2, LIN).version == 3
    assert room.open().saved_by == LIN


def test_a_text_is_kept_as_a_page_sends_it_and_as_every_database_takes_it(room):
    room.save("a\r\nb\rc\0d\ud800e", 1)
    assert room.open().text == "a\nb\nc\ufffdd\ufffde"
    assert room.save("a\nb\nc\ufffdd\ufffde", 1).conflict is None


def test_the_second_text_on_the_same_version_is_kept_beside_the_first(room):
    room.save("of Mei", 1)
    kept = room.save("of Lin", 1, LIN)
    assert (kept.version, kept.saved_by) == (2, MEI)
    assert kept.conflict is not None
    assert room.open().text == "of Mei"
    assert room.waiting() == [("of Lin", room.ids[LIN])]


def test_the_same_text_is_no_conflict(room):
    room.save("both", 1)
    assert room.save("both", 1, LIN).conflict is None
    assert room.save(REPORT, 0, LIN).conflict is not None
    assert room.save(REPORT, 0, LIN).conflict == room.save(REPORT, 1, MEI).conflict
    assert len(room.waiting()) == 1


def test_a_page_in_conflict_goes_on_saving_its_own_copy_and_no_other(room):
    room.save("of Mei", 1)
    first = room.save("of Lin", 1, LIN).conflict
    second = room.save("of Lin elsewhere", 1, LIN).conflict
    assert room.save("of Lin, longer", 1, LIN, conflict=first).conflict == first
    assert room.save("Mei with the number of Lin", 1, MEI, conflict=second).conflict not in {first, second}
    assert [text for text, _who in room.waiting()] == [
        "of Lin, longer",
        "of Lin elsewhere",
        "Mei with the number of Lin",
    ]


def test_a_revision_that_comes_another_way_is_a_version_of_its_own(room, shelf):
    before = room.open()
    shelf.put(REPORT + "\n新的一段", "report.txt")
    assert room.open().text.endswith("新的一段")
    assert room.open().version == before.version + 1
    assert room.save("typed before it came", before.version).conflict is not None


def test_an_import_undoes_no_draft_and_the_draft_says_what_it_was_made_from(room, shelf):
    room.save("unpublished", 1)
    shelf.put(REPORT + "\n新的一段", "report.txt")
    opened = room.open()
    assert (opened.text, opened.base, opened.version) == ("unpublished", 1, 3)
    assert room.save("unpublished, seen", 3).conflict is None
    assert room.open().base == 2


def test_the_text_as_it_was_published_is_no_change(room):
    room.save("changed", 1)
    assert room.save(REPORT, 2).version == 3
    assert not room.open().is_changed


def test_discarding_goes_back_to_the_revision_and_outdates_open_pages(room, database):
    assert not room(discard_draft, room.ids[MEI], NOW)
    room.save("changed", 1)
    with database.reading() as session:
        of_it = room.document(session).id
        assert changed_drafts(session, [of_it, 99]) == {of_it}
    assert room(discard_draft, room.ids[MEI], NOW)
    assert (room.open().text, room.open().version) == (REPORT, 3)
    assert not room(discard_draft, room.ids[MEI], NOW)
    assert room.save("typed on the discarded one", 2).conflict is not None


def test_a_conflict_is_settled_with_the_text_that_was_chosen(room, database):
    room.save("of Mei", 1)
    conflict = room.save("of Lin", 1, LIN).conflict
    outdated = room(settle_conflict, conflict, NewText("both of us", 1), room.ids[LIN], NOW)
    assert outdated.conflict is not None
    assert len(room.waiting()) == 2
    settled = room(settle_conflict, conflict, NewText("of Mei and Lin", 2), room.ids[LIN], NOW)
    assert settled.conflict is None
    assert room.open().text == "of Mei and Lin"
    assert room.waiting() == [("both of us", room.ids[LIN])]
    with pytest.raises(NotFoundError):
        room(settle_conflict, conflict, NewText("again", 3), room.ids[LIN], NOW)
    with database.reading() as session, pytest.raises(NotFoundError):
        get_conflict(session, 99, outdated.conflict)


def test_who_else_has_it_open_is_told_for_a_while(room, database):
    assert room(note_visit, room.ids[MEI], NOW) == []
    assert room(note_visit, room.ids[LIN], NOW + timedelta(minutes=1)) == [(MEI, NOW)]
    assert room(note_visit, room.ids[LIN], NOW + PRESENT + timedelta(minutes=2)) == []
    with database.reading() as session:
        assert [row.reader_id for row in session.scalars(select(DraftVisit))] == [room.ids[LIN]]


def test_what_became_a_revision_is_no_change_and_open_pages_go_on(room, database):
    room.save("changed", 1, settled=frozenset({"tags"}))
    assert room.open().settled == {"tags"}

    def publish_it(session, document):
        document.revisions += 1
        source = session.scalars(select(Revision)).first()
        session.add(
            Revision(
                document_id=document.id,
                number=2,
                format=source.format,
                source="changed",
                source_name="",
                encoding="utf-8",
                created_at=NOW,
            )
        )
        session.flush()
        draft_became_revision(session, document)

    room(publish_it)
    opened = room.open()
    assert (opened.text, opened.version, opened.is_changed, opened.settled) == ("changed", 2, False, frozenset())
    assert room.save("and further", 2).version == 3


def test_a_revision_without_a_draft_becomes_nothing(room):
    room(draft_became_revision)
    assert room.open().version == 1


def test_a_document_may_be_nothing_but_a_draft(database, people):
    room = Room(database, people)

    def make(session):
        return create_draft(session, NewText(REPORT, 0, title="年度报告"), room.ids[MEI], NOW)

    made = database.write(make)
    room.slug = made.slug
    assert (made.slug, made.state, made.revisions) == ("年度报告", State.DRAFT, 0)
    assert (room.open().version, room.open().is_changed) == (1, True)
    room.save("x", 1, title="另一个题目")
    room.slug = "另一个题目"
    assert room.open().text == "x"
    assert not room(discard_draft, room.ids[MEI], NOW)
    with pytest.raises(ConflictError):
        room(check_revision, 0)
    with pytest.raises(ConflictError):
        room(publish, NOW)


def test_a_new_document_that_nobody_saved_yet_is_empty(database, people):
    room = Room(database, people)
    made = database.write(lambda session: create_draft(session, NewText("", 0, title="t"), room.ids[MEI], NOW))
    database.write(lambda session: session.delete(session.get_one(Draft, made.id)))
    room.slug = made.slug
    assert (room.open().text, room.open().version) == ("", 0)


@pytest.mark.parametrize("keep_row", [True, False])
def test_an_erased_document_leaves_no_draft(room, database, keep_row):
    room.save("of Mei " + PAID, 1)
    room.save("of Lin " + PAID, 1, LIN)
    room(erase, NOW, keep_row=keep_row)
    with database.reading() as session:
        for table in (Draft, DraftConflict, DraftVisit):
            assert session.scalars(select(table)).all() == []
        assert len(session.scalars(select(Document)).all()) == keep_row


def test_staff_at_work_is_no_reader(room, database):
    room.save("changed", 1)
    room(note_visit, room.ids[MEI], NOW)
    new = replace(NewText("x", 0), title="a draft")
    made = database.write(lambda session: create_draft(session, new, room.ids[MEI], NOW))
    with database.writing() as session:
        session.get_one(Reader, room.ids[MEI]).role = Role.READER
    room.slug = made.slug
    room.save("y", 1, title="another title")
    with database.reading() as session:
        assert session.get_one(Document, made.id).slug == "another-title"
