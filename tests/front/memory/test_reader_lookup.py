"""A reader whom the loop looks up is the one whom a page would note; for whom a page does more, it asks the page."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import OperationalError

from tests.factories.front_door import AskedThroughDoor
from tests.factories.people import token_in
from webapp.access import policy
from webapp.accounts.models import Device, Reader, Role
from webapp.billing.models import Grant
from webapp.front import reader_lookup
from webapp.front.reader_lookup import ReaderLookup
from webapp.kit import clock
from webapp.kit.answer_notes import ANSWER_NOTES, AnswerNotes

pytestmark = pytest.mark.sqlite("readers are not looked up on PostgreSQL")

# What Flask asks before a view: one that leads readers elsewhere is a reason for which `known_reader_of` returns None.
ASKED_BEFORE_VIEWS = {"csrf_protect", "_allow_larger", "_change_first", "_set_up_first"}


@pytest.fixture
def reader(people):
    reader = people.reader()
    people.grant(reader)
    return reader


@pytest.fixture
def browser(people, reader):
    return people.browser(reader.email)


@pytest.fixture
def lookup(app):
    with closing(ReaderLookup(app)) as made:
        yield made


@pytest.fixture
def door(app):
    with closing(AskedThroughDoor(app)) as made:
        app.wsgi_app = made
        yield made
        app.wsgi_app = made.inner


def cookies_of(browser):
    return "; ".join(f"{one.key}={one.value}" for one in browser._cookies.values()).encode()


def set_values(database, kind, **values):
    with database.writing() as session:
        session.execute(update(kind).values(values))


def test_it_is_who_a_page_would_note(lookup, browser, document):
    notes = AnswerNotes()
    browser.get(f"/d/{document.slug}", environ_base={ANSWER_NOTES: notes})
    noted, found = notes.shared.asker, lookup.find(cookies_of(browser))
    assert found.standing.grants
    assert replace(found, csrf_token="") == replace(noted, csrf_token="")
    assert found.csrf_token.split(".")[0] == noted.csrf_token.split(".")[0]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Device, {"superseded_at": clock.now()}),
        (Device, {"expires_at": clock.now() - timedelta(seconds=1)}),
        (Device, {"last_seen_at": clock.now() - timedelta(days=2)}),
        (Reader, {"must_change_password": True}),
        (Reader, {"closing_at": clock.now()}),
        (Reader, {"role": Role.EDITOR}),
    ],
)
def test_where_a_page_would_do_more_nobody_is_found(lookup, database, browser, kind, values):
    assert lookup.find(cookies_of(browser))
    set_values(database, kind, **values)
    assert lookup.find(cookies_of(browser)) is None


@pytest.mark.parametrize("more", [{"message": "Saved."}, {"_remember": "set"}, {"_permanent": True}])
def test_a_session_that_holds_more_is_for_a_page_to_read(lookup, browser, more):
    with browser.session_transaction() as session:
        session.update(more)
    assert lookup.find(cookies_of(browser)) is None


def test_a_session_without_a_form_token_gets_one_from_a_page(lookup, browser):
    with browser.session_transaction() as session:
        del session["csrf_token"]
    assert lookup.find(cookies_of(browser)) is None


@pytest.mark.parametrize("cookies", [b"", b"paidspan=", b"paidspan=e30.aaaa.bbbb", b"paidspan=\xff\xfe", b";=;;"])
def test_other_cookies_find_nobody(lookup, cookies):
    assert lookup.find(cookies) is None


def test_it_waits_for_nobody(lookup, database, browser, monkeypatch):
    assert patience(lookup._connection) == 0
    cookies = cookies_of(browser)
    with database.writing_plainly():  # who holds the write lock holds nobody up
        assert lookup.find(cookies)
    locked = OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked"))
    monkeypatch.setattr(reader_lookup, "device_of_token", Mock(side_effect=locked))
    assert lookup.find(cookies) is None


def test_its_connection_is_nobody_elses_afterwards(app, database):
    ReaderLookup(app).close()
    with database.read_engine.connect() as connection:
        assert patience(connection) > 1000


def test_an_error_is_logged_without_who_asks(lookup, browser, monkeypatch, caplog):
    monkeypatch.setattr(reader_lookup, "device_of_token", Mock(side_effect=RuntimeError))
    cookies = cookies_of(browser)
    assert lookup.find(cookies) is None
    assert "could not be looked up" in caplog.text
    assert cookies.decode() not in caplog.text


def patience(connection):
    return connection.exec_driver_sql("PRAGMA busy_timeout").scalar()


def test_what_changes_between_its_questions_is_not_missed(door, database, browser, document, people, monkeypatch):
    """The version is read before what a reader holds: a grant that comes or goes between them is another version."""
    path = f"/d/{document.slug}"
    other = people.reader("other@example.com")
    people.grant(other)
    for client in (people.browser(other.email), browser):
        client.get(path), client.get(path)
    asked = door.by_flask
    set_values(database, Reader, look="dark.medium.medium.serif")  # which makes everybody another version
    set_values(database, Reader, look="")
    list_grants_of = policy.list_grants_of

    def late(*given, **named):
        monkeypatch.setattr(policy, "list_grants_of", list_grants_of)
        held = list_grants_of(*given, **named)
        set_values(database, Grant, ends_at=clock.now())
        return held

    monkeypatch.setattr(policy, "list_grants_of", late)
    page = browser.get(path).get_data(as_text=True)
    assert "paid-gate" in page
    assert door.by_flask > asked


def test_who_comes_for_the_first_time_is_answered_without_flask_and_can_send_forms(door, people, document):
    path, readers = f"/d/{document.slug}", [people.reader(f"{number}@example.com") for number in range(3)]
    browsers = [people.browser(reader.email) for reader in readers]
    for reader in readers:
        people.grant(reader)
    for browser in browsers[:2]:
        browser.get(path)
    asked = door.by_flask
    page = browsers[2].get(path)
    assert door.by_flask == asked
    assert "paid-gate" not in page.get_data(as_text=True)
    answer = browsers[2].post("/logout", data={"csrf_token": token_in(page)})
    assert answer.status_code == 303
    assert "paid-gate" in browsers[2].get(path).get_data(as_text=True)


def test_nothing_is_held_while_somebody_listens_to_statements(app, database, browser):
    heard = []

    def listen(*given):
        heard.append(given[2])

    event.listen(database.read_engine, "before_cursor_execute", listen)
    with closing(ReaderLookup(app)) as heard_lookup:
        assert heard_lookup.find(cookies_of(browser))
        assert len(heard) > 1
        assert not heard_lookup._connection.in_transaction()
    event.remove(database.read_engine, "before_cursor_execute", listen)


def test_every_question_before_a_view_is_known(app):
    assert {one.__name__ for one in app.before_request_funcs[None]} == ASKED_BEFORE_VIEWS
    assert "reading" not in app.before_request_funcs
