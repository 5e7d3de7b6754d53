"""Mistakes that a memory of answers could hold; the comparison with Flask finds each of them."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from webapp.accounts.reader_versions import WATCHED
from webapp.front import question, reader_lookup, shared_pages, visitors_answers
from webapp.front.answer_memory import AnswerMemory
from webapp.front.commit_watch import CommitWatch
from webapp.front.reader_lookup import ReaderLookup
from webapp.front.shared_pages import SharedPages
from webapp.front.sqlite_versions import SqliteVersions
from webapp.front.visitors_answers import VisitorsAnswers
from webapp.kit import content_version

pytestmark = pytest.mark.sqlite("tests/postgresql/test_remembered.py has those that differ there")

MOST_ASKED = 2000
WATCHED_EVENTS = [*(("devices", "update"), ("devices", "delete"), ("access_tokens", "delete"), ("grants", "update"))]


def an_entry_made_for_one_reader_is_found_by_another(patch):
    """The form token of who was answered first stays in the page."""
    patch.setattr(shared_pages, "_Body", _WithoutHoles)
    patch.setattr(shared_pages._Page, "confirms", lambda *_pages: True)


class _WithoutHoles:
    def __init__(self, parts):
        self.parts = parts
        self.whole = b"\0".join(parts)
        self.size = len(self.whole)

    def with_token(self, _token):
        return self.whole


def paid_text_for_who_may_not_read_it(patch):
    """The access policy is not asked again."""
    patch.setattr(shared_pages._PaidBodies, "get", lambda self, _decision, key: self._kept.get((1, key)))


def an_answer_kept_past_the_end_of_a_grant(patch):
    """The policy is asked about the moment at which the first grant began."""
    decide = shared_pages.decide
    first = timedelta(seconds=1)

    def wrong(standing, id_, now):
        return decide(standing, id_, min([now, *(grant.starts_at + first for grant in standing.grants)]))

    patch.setattr(shared_pages, "decide", wrong)


def an_asker_of_yesterday(patch):
    """It is not noted that a device was used on another day, nor that its session has ended."""
    keep = SharedPages.keep

    def wrong(self, asked, shared, answer):
        keep(
            self,
            asked,
            replace(shared, asker=replace(shared.asker, until=shared.asker.until.replace(year=2099))),
            answer,
        )

    patch.setattr(SharedPages, "keep", wrong)


def a_lookup_that_leads_nobody_elsewhere(patch):
    """Who must change a password, or whose browser was superseded, is taken for a reader like all others."""
    known_reader_of = reader_lookup.known_reader_of

    def wrong(session, found, csrf_token, now):
        found.device.reader.must_change_password, found.device.superseded_at = False, None
        return known_reader_of(session, found, csrf_token, now)

    patch.setattr(reader_lookup, "known_reader_of", wrong)


def a_lookup_that_finds_whom_it_found_before(patch):
    """The reader is not asked for by the cookies."""
    find, seen = ReaderLookup.find, {}
    patch.setattr(ReaderLookup, "find", lambda self, cookies: seen.setdefault(id(self), find(self, cookies)))


def a_version_that_no_publication_raises(patch):
    """Changes of what is shown are not counted."""
    patch.setattr(content_version, "_shown", lambda _row: False)


def readers_that_are_not_asked_for_anew(patch):
    """Whatever becomes of a reader, they are who they were."""
    of_reader = SqliteVersions.of_reader

    def wrong(self, reader_id, document_id):
        return replace(of_reader(self, reader_id, document_id), reader=_Same())

    patch.setattr(SqliteVersions, "of_reader", wrong)


def a_commit_that_is_not_noticed(patch):
    """The index of the log is looked at once."""
    mark = CommitWatch.mark
    seen = {}
    patch.setattr(CommitWatch, "mark", lambda self: seen.setdefault(id(self), mark(self)))


class _Same:
    def __eq__(self, _other):
        return True

    __hash__ = object.__hash__


def what_a_reader_kept_is_not_looked_at(patch):
    """Bookmarks, places and passages of a document are not shown."""
    of_reader = SqliteVersions.of_reader
    patch.setattr(SqliteVersions, "of_reader", lambda *given: replace(of_reader(*given), kept_something=False))


def one_language_for_all(patch):
    """The language is no part of what is asked."""
    _forgetting(patch, 3)


def one_packing_for_all(patch):
    """Who cannot unpack gets packed bytes."""
    _forgetting(patch, 4)


def one_mark_for_all(patch):
    """Who has nothing is told that nothing has changed."""
    _forgetting(patch, 5)


def one_look_for_all(patch):
    """The look is no part of what is asked."""
    patch.setattr(visitors_answers, "_key", lambda asked: asked.key)
    patch.setattr(shared_pages, "_key", lambda asked, _asker: asked.key)


def one_method_for_all(patch):
    """A HEAD has the answer of a GET."""
    _forgetting(patch, 0)


def _forgetting(patch, number):
    read = question.Questioner.read

    def wrong(self, scope):
        asked = read(self, scope)
        return asked and replace(asked, key=(*asked.key[:number], *asked.key[number + 1 :]))

    patch.setattr(question.Questioner, "read", wrong)


def visitors_are_told_what_readers_are(patch):
    """An answer to who is signed in is kept for visitors, and theirs for who is signed in."""
    read = question.Questioner.read

    def wrong(self, scope):
        asked = read(self, scope)
        return asked and replace(asked, credentials=b"")

    patch.setattr(question.Questioner, "read", wrong)
    keep = AnswerMemory.keep

    def keep_all(self, asked, notes, answer):
        notes.visitors_version = notes.visitors_version or self._versions.of_content()
        keep(self, asked, notes, answer)

    patch.setattr(AnswerMemory, "keep", keep_all)


def answers_of_all_versions(patch):
    """What was kept is not let go when the version is another."""
    patch.setattr(VisitorsAnswers, "find", lambda self, asked, _version: self._kept.get(visitors_answers._key(asked)))


MISTAKES = [
    *(an_entry_made_for_one_reader_is_found_by_another, paid_text_for_who_may_not_read_it),
    *(an_answer_kept_past_the_end_of_a_grant, an_asker_of_yesterday),
    *(a_version_that_no_publication_raises, readers_that_are_not_asked_for_anew, what_a_reader_kept_is_not_looked_at),
    *(a_lookup_that_leads_nobody_elsewhere, a_lookup_that_finds_whom_it_found_before),
    *(one_language_for_all, one_packing_for_all, one_mark_for_all, one_look_for_all, one_method_for_all),
    *(visitors_are_told_what_readers_are, answers_of_all_versions, a_commit_that_is_not_noticed),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_mistake_is_found(life_of, monkeypatch, mistake, record_property):
    mistake(monkeypatch)
    found = _found(life_of(1))
    record_property("mistake of the memory", found)
    assert found


@pytest.mark.parametrize(("table", "event"), WATCHED_EVENTS)
def test_a_version_that_a_table_does_not_raise_is_found(life_of, database, table, event):
    with sqlite3.connect(database.url.database) as connection:
        connection.execute(f"DROP TRIGGER {table}_{event}_version")
    connection.close()
    assert _found(life_of(1))


def test_every_table_that_says_who_somebody_is_is_watched(database):
    with database.reading() as session:
        named = session.connection().exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars()
        watched = {f"{table}_{event}_version" for table in WATCHED for event in ("insert", "update", "delete")}
        assert {name for name in named if name.endswith("_version")} == watched


def _found(life):
    """Return whether a difference is found, soon enough."""
    life.tour()
    while not life.differences and life.asked < MOST_ASKED:
        life.step()
    return bool(life.differences)
