"""What is mailed in one installation, and how its links are opened."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from tests.factories.people import PASSWORD, People, is_signed_in, token_in
from webapp.accounts import passwords
from webapp.accounts.email_addresses import parse_email
from webapp.accounts.mailed_tokens import VALID_FOR, MailedToken, Purpose, make_mailed_token
from webapp.accounts.models import Device, Reader
from webapp.accounts.passwords import HASHER
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.email_queue import QueuedEmail, RenderedEmail, list_emails, read_email
from webapp.kit.templating import email_renderer

READER, OTHER, NEW_PASSWORD = "reader@example.com", "other@example.com", "quite another password"
ELSEWHERE = "elsewhere@example.org"


@dataclass(frozen=True)
class Link:
    """A kind of link: where it is opened and asked for, with which form, for how long, about which address."""

    purpose: Purpose
    path: str
    asked_at: str
    form: tuple[tuple[str, str], ...] = ()
    valid_for: timedelta = VALID_FOR
    about: str = ""


RECOVER = Link(Purpose.RECOVER, "/recover", "/recover", (("password", NEW_PASSWORD),))
SIGN_IN = Link(Purpose.SIGN_IN, "/login/link", "/login/link", (("password", NEW_PASSWORD),))
CONFIRM = Link(Purpose.CONFIRM, "/confirm", "", (("present", PASSWORD),))
CHANGE = Link(Purpose.CHANGE_ADDRESS, "/address", "", (("present", PASSWORD),), about=ELSEWHERE)
UNDO = Link(Purpose.UNDO_CHANGE, "/address/undo", "", valid_for=timedelta(days=7), about=ELSEWHERE)
SIGN_UP = Link(Purpose.SIGN_UP, "/signup", "", (("password", NEW_PASSWORD),), about="new@example.org")
LINKS = {link.purpose: link for link in (RECOVER, SIGN_IN, CONFIRM, CHANGE, UNDO, SIGN_UP)}
every_request = pytest.mark.parametrize("link", [RECOVER, SIGN_IN], ids=lambda link: link.purpose.value)
every_link = pytest.mark.parametrize("link", LINKS.values(), ids=lambda link: link.purpose.value)


@dataclass
class Post:
    """The post of one installation."""

    app: Flask
    database: Database
    people: People

    def make(self, purpose: Purpose, email: str = READER) -> str:
        """Return a token of an account."""
        with self.database.writing() as session:
            about = parse_email(LINKS[purpose].about) if LINKS[purpose].about else None
            reader = None if purpose is Purpose.SIGN_UP else reader_at(session, email)
            return make_mailed_token(session, reader, purpose, clock.now(), about)

    def mails(self) -> list[tuple[QueuedEmail, RenderedEmail]]:
        return list_mails(self.app, self.database)

    def state(self) -> tuple[object, ...]:
        """Return all that a link could change."""
        with self.database.reading() as session:
            columns = (Reader.email, Reader.password_hash, Reader.email_confirmed_at)
            readers = session.execute(select(*columns).order_by(Reader.id)).all()
            used = session.scalar(select(func.count()).where(MailedToken.used_at.is_not(None)))
            devices = session.scalars(select(Device.reader_id).order_by(Device.id)).all()
            return [tuple(row) for row in readers], used, devices

    def use(self, link: Link, token: str, client: FlaskClient | None = None) -> TestResponse:
        """Press the button of a link, whatever its page says."""
        client = client or self.app.test_client()
        csrf = token_in(client.get("/account" if is_signed_in(client) else "/login"))
        return client.post(f"{link.path}/{token}", data={**dict(link.form), "csrf_token": csrf})

    def ask(self, email: str, link: Link, client: FlaskClient | None = None) -> TestResponse:
        client = client or self.app.test_client()
        csrf = token_in(client.get(link.asked_at))
        return client.post(link.asked_at, data={"email": email, "csrf_token": csrf})


def reader_at(session, email: str) -> Reader:
    return session.scalars(select(Reader).where(Reader.email == email)).one()


def sign_up(client: FlaskClient, email: str = "new@example.com") -> TestResponse:
    form = {"email": email, "password": PASSWORD, "csrf_token": token_in(client.get("/signup"))}
    return client.post("/signup", data=form)


def token_of(rendered: RenderedEmail, link: Link) -> str:
    return re.search(f"{link.path}/([0-9a-f]{{64}})", rendered.text)[1]


class CountedHasher:
    """The real hasher, noting each time it works."""

    def __init__(self, done: list[str]) -> None:
        self.done = done

    def __getattr__(self, name: str) -> object:
        self.done.append(name)
        return getattr(HASHER, name)


@dataclass
class Work:
    """All that answering took: hashes and statements in their order, and how many mails were written."""

    done: list[str] = field(default_factory=list)
    mails: int = 0


@contextmanager
def counted_work(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """Yield what is filled with the work that is done within."""
    work = Work()
    monkeypatch.setattr(passwords, "HASHER", CountedHasher(work.done))

    def note(_connection, _cursor, statement, *_more):
        work.done.append(statement)

    engines = (database.read_engine, database.write_engine)
    before = count_mails(database)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield work
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    work.mails = count_mails(database) - before


def list_mails(app: Flask, database: Database) -> list[tuple[QueuedEmail, RenderedEmail]]:
    """Return all mails, the latest first, each with what is read in it."""
    with database.reading() as session:
        return [(mail, email_renderer(app)(read_email(mail))) for mail in list_emails(session, 100)]


def changes_told(database: Database) -> list[str]:
    """Return which changes of second factors and passkeys were told by mail, the latest first."""
    with database.reading() as session:
        return [mail.content["change"] for mail in list_emails(session, 100) if mail.message == "second_factor"]


def count_mails(database: Database) -> int:
    """Return how many mails are kept, letters to nobody included."""
    with database.reading() as session:
        return session.scalar(select(func.count(QueuedEmail.id)))
