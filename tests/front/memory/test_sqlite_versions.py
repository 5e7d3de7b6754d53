"""How things stand for a reader and a document, as the database has them at that moment."""

import asyncio

import pytest

from webapp.front import sqlite_versions
from webapp.front.sqlite_versions import SqliteVersions
from webapp.kit import clock
from webapp.library.models import Bookmark, ReadingPosition

pytestmark = pytest.mark.sqlite("PostgreSQL is asked by others")


@pytest.fixture
def held(database):
    made = SqliteVersions(database.url.database)
    yield made
    asyncio.run(made.close())


@pytest.fixture
def reader(people):
    return people.reader("reader@example.com")


@pytest.fixture
def documents(shelf):
    return [shelf.put(f"第{number}篇\n内容。\n", f"{number}.txt") for number in range(4)]


@pytest.fixture
def keep(database, reader, documents):
    def keep(number, permille=None):
        now = clock.now()
        ids = {"reader_id": reader.id, "document_id": documents[number].id}
        bookmark = Bookmark(**ids, created_at=now)
        with database.writing() as session:
            session.add(bookmark if permille is None else ReadingPosition(**ids, permille=permille, read_at=now))

    return keep


def kept(held, reader, documents):
    """Return of which documents something is kept, asked as often as who reads on asks."""
    answers = [[held.of_reader(reader.id, one.id).kept_something for one in documents] for _again in range(3)]
    assert answers[0] == answers[1] == answers[2]
    return [number for number, it in enumerate(answers[0]) if it]


@pytest.mark.parametrize("most", [200, 1])
def test_what_a_reader_kept_is_seen_at_once(held, reader, documents, keep, monkeypatch, most):
    monkeypatch.setattr(sqlite_versions, "_MOST_KEPT", most)
    assert kept(held, reader, documents) == []
    keep(1)
    assert kept(held, reader, documents) == [1]
    keep(2, 300)
    assert kept(held, reader, documents) == [1, 2]
    keep(3, 1000)
    keep(0, 0)
    assert kept(held, reader, documents) == [1, 2], "one was read to its end, one was only opened"


def test_what_is_published_is_seen_at_once(held, shelf):
    """A question that is not read to its end would go on seeing what was there when it was asked."""
    for number in range(3):
        before = held.of_content()
        shelf.put(f"又{number}篇\n内容。\n", f"又{number}.txt")
        assert held.of_content() > before
    assert not held._connection.in_transaction


def test_a_reader_of_many_is_asked_about_one_by_one(held, reader, documents, keep, monkeypatch):
    monkeypatch.setattr(sqlite_versions, "_MOST_KEPT", 1)
    asked = []
    held._connection.set_trace_callback(asked.append)
    keep(1)
    keep(2)
    assert kept(held, reader, documents) == [1, 2]
    assert len([one for one in asked if "UNION ALL" in one]) == 1


def test_who_reads_on_costs_no_more_questions(held, reader, documents):
    asked = []
    held._connection.set_trace_callback(asked.append)
    kept(held, reader, documents)
    assert len(asked) == 2, asked


def test_a_commit_while_it_is_asked_is_not_missed(held, reader, documents, keep, monkeypatch):
    held.of_reader(reader.id, documents[1].id)
    all_kept = SqliteVersions._all_kept

    def overtaken(self, reader_id):
        found = all_kept(self, reader_id)
        keep(1)
        return found

    monkeypatch.setattr(SqliteVersions, "_all_kept", overtaken)
    assert held.of_reader(reader.id, documents[1].id).kept_something


def test_not_all_readers_are_known(held, people, documents, monkeypatch):
    monkeypatch.setattr(sqlite_versions, "_MOST_READERS", 2)
    for number in range(5):
        held.of_reader(people.reader(f"reader{number}@example.com").id, documents[0].id)
        assert len(held._readers) <= 2
    for number in range(5):
        held.of_reader(number, documents[0].id)
        assert len(held._readers) <= 2
