"""What the loop remembers on PostgreSQL: right for each reader at once, for everybody within a second."""

import asyncio
import time
from dataclasses import replace
from unittest.mock import ANY

import pytest
from sqlalchemy import delete, text

from tests.factories.people import People
from tests.factories.postgres_database import OTHERS_LEAVE
from tests.factories.shelf import Shelf
from tests.front.memory.lives import lives
from webapp.accounts.models import Device
from webapp.accounts.reader_versions import WATCHED
from webapp.front.postgres_versions import PostgresVersions
from webapp.kit import clock
from webapp.kit.content_version import current_version
from webapp.library.models import Bookmark, ReadingPosition
from webapp.settings import load_settings

ASKED = 600
SOON = 1.0  # seconds, after which nothing that is older may be shown to everybody
GENEROUS = 20.0  # seconds, for what the machine may delay


@pytest.fixture
def shelf(database, tmp_path):
    return Shelf(database, tmp_path)


@pytest.fixture
def reader(app, database):
    return People(app, database).reader("reader@example.com")


def asked_on(database, question):
    """Return what a question finds out, given versions that have begun."""

    async def ask():
        versions = PostgresVersions(database.url)
        await versions.start()
        try:
            await until(lambda: versions.of_content() is not None and versions._is_there)
            return await question(versions)
        finally:
            await versions.close()

    return asyncio.run(ask())


async def until(true):
    begun = time.monotonic()
    while not true():
        await asyncio.sleep(0.005)
        assert time.monotonic() - begun < GENEROUS, "it does not become so"
    return time.monotonic() - begun


def true_content(database):
    with database.reading() as session:
        return current_version(session)


def test_what_is_published_is_heard(database, shelf):
    async def publish(versions):
        before = versions.of_content()
        await asyncio.to_thread(shelf.put, "一篇\n内容。\n", "1.txt")
        await until(lambda: versions.of_content() == true_content(database))
        return before

    assert asked_on(database, publish) != true_content(database)


def test_what_is_not_told_is_found_out(database, shelf):
    with database.writing_plainly() as connection:
        connection.execute(text("DROP TRIGGER content_changed ON freshness"))

    async def publish(versions):
        await asyncio.to_thread(shelf.put, "一篇\n内容。\n", "1.txt")
        await until(lambda: versions.of_content() == true_content(database))

    asked_on(database, publish)


def test_a_listener_that_was_cut_off_says_nothing_old(database, shelf):
    """From a second after it could ask for the last time on, nothing is known; then it is connected again."""

    async def cut(versions):
        old = versions.of_content()
        with database.writing_plainly() as connection:
            connection.execute(text(OTHERS_LEAVE))
        versions._arguments |= {"port": 1}
        await asyncio.to_thread(shelf.put, "一篇\n内容。\n", "1.txt")
        await asyncio.sleep(SOON)
        while_cut = versions.of_content(), await versions.ask(1, 1)
        versions._arguments |= {"port": database.url.port}
        await until(lambda: versions.of_content() == true_content(database))
        await until(lambda: versions._is_there)
        return old, while_cut, await versions.ask(1, 1)

    old, while_cut, afterwards = asked_on(database, cut)
    assert while_cut == (None, None)
    assert afterwards.content == true_content(database) != old


def test_a_server_that_is_silent_keeps_nobody_waiting(database):
    """A question that is not answered is given up after a second, and nobody else waits behind it."""

    async def hold(versions):
        with database.writing_plainly() as connection:
            connection.execute(text("LOCK TABLE reader_versions IN ACCESS EXCLUSIVE MODE"))
            first = await versions.ask(1, 1)
            await asyncio.sleep(0.1)
            begun = time.monotonic()
            others = await asyncio.gather(*(versions.ask(number, 1) for number in range(20)))
            waited = time.monotonic() - begun
        await until(lambda: versions._answers_since is None)
        return first, others, waited, await versions.ask(1, 1)

    first, others, waited, afterwards = asked_on(database, hold)
    assert first is None
    assert others == [None] * 20
    assert waited < SOON, "they waited, too"
    assert afterwards is not None


def test_a_reader_is_asked_about_at_each_request(database, reader, shelf):
    document = shelf.put("一篇\n内容。\n", "1.txt")
    ids = {"reader_id": reader.id, "document_id": document.id}
    changes = [
        lambda session: session.add(ReadingPosition(**ids, permille=300, read_at=clock.now())),
        lambda session: session.execute(delete(ReadingPosition)),
        lambda session: session.add(Bookmark(**ids, created_at=clock.now())),
        lambda session: session.execute(delete(Bookmark)),
    ]

    async def keep(versions):
        seen = [await versions.ask(reader.id, document.id)]
        for change in changes:
            await asyncio.to_thread(database.write, change)
            seen.append(await versions.ask(reader.id, document.id))
        return seen

    seen = asked_on(database, keep)
    assert [one.kept_something for one in seen] == [False, True, False, True, False]
    assert seen[0].reader == seen[-1].reader


def test_a_change_of_a_reader_is_seen_at_once(app, database, reader):
    people = People(app, database)

    async def change(versions):
        seen = [(await versions.ask(reader.id, 1)).reader]
        await asyncio.to_thread(people.browser, reader.email)
        seen.append((await versions.ask(reader.id, 1)).reader)
        await asyncio.to_thread(database.write, lambda session: session.execute(delete(Device)))
        seen.append((await versions.ask(reader.id, 1)).reader)
        return seen

    assert len(set(asked_on(database, change))) == 3


def test_those_who_come_meanwhile_are_asked_about_together(database, reader):
    async def ask(versions):
        return await asyncio.gather(*(versions.ask(who, 1) for who in (reader.id, reader.id + 1, reader.id, 7)))

    first, second, third, _fourth = asked_on(database, ask)
    assert first == third
    assert first.reader is not None
    assert second.reader is None


@pytest.fixture
def life_of(url, tmp_path, monkeypatch):
    settings = load_settings(instance=tmp_path, database_url=url, secret_key="of the tests " * 4, sign_up_seconds=0)
    with lives(settings, tmp_path, monkeypatch) as make:
        yield make


def test_every_answer_is_what_flask_would_say(life_of):
    life = life_of(20261130)
    life.tour()
    while life.asked < ASKED:
        life.step()
        assert not life.differences, f"after {life.asked}: {life.differences[0]}"
    assert min(life.compared[asker] for asker in ("visitor", "reader", "program")) > ASKED // 100, life.compared


def test_a_state_that_is_not_asked_for_anew_is_found_out(life_of, monkeypatch):
    ask = PostgresVersions.ask

    async def taken_for_whom_they_were(self, reader_id, document_id):
        state = await ask(self, reader_id, document_id)
        return state and replace(state, reader=ANY)

    monkeypatch.setattr(PostgresVersions, "ask", taken_for_whom_they_were)
    life = life_of(1)
    life.tour()
    assert life.differences


def test_every_table_that_says_who_somebody_is_is_watched(database):
    with database.reading() as session:
        named = session.scalars(text("SELECT tgname FROM pg_trigger WHERE tgname LIKE '%\\_version'"))
        watched = {f"{table}_{event}_version" for table in WATCHED for event in ("insert", "update", "delete")}
        assert set(named) == watched
