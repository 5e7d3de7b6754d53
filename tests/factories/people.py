"""Readers, and browsers in which they are signed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from tests.factories.html import parse
from webapp.accounts.api_tokens import Scope, make_token
from webapp.accounts.models import Reader, Role
from webapp.accounts.registration import register
from webapp.billing.models import Grant, GrantSource, Revoked
from webapp.kit import clock, randomness
from webapp.kit.current_settings import settings_in
from webapp.kit.database import Database
from webapp.kit.email_queue import QueuedEmail

PASSWORD = "long enough a password"


def token_in(page: TestResponse) -> str:
    """Return the token of the first form on a page."""
    field = parse(page).css_first('input[name="csrf_token"]')
    token = field.attributes["value"] if field else None
    assert token, "no form with a token on this page"
    return token


def is_signed_in(client: FlaskClient) -> bool:
    """Whether a browser reaches the page of an account."""
    return client.get("/account").status_code == 200


def close_account(client: FlaskClient, password: str = PASSWORD) -> TestResponse:
    """Send the form that closes the account of a browser, in English."""
    page = client.get("/account/close", headers={"Accept-Language": "en"})
    form = {"csrf_token": token_in(page), "password_again": password}
    return client.post("/account/close", data=form, headers={"Accept-Language": "en"})


@dataclass
class People:
    """Makes readers in one application."""

    app: Flask
    database: Database

    def reader(self, email: str = "reader@example.com", role: Role = Role.READER) -> Reader:
        with self.database.writing() as session:
            return register(session, email, PASSWORD, role=role, now=clock.now())

    def kept(self, reader_id: int = 1) -> Reader:
        """Return a reader as they are kept now."""
        with self.database.reading() as session:
            return session.get_one(Reader, reader_id)

    def browser(self, email: str) -> FlaskClient:
        """Return a client that is signed in as this reader, through the real form."""
        client = self.app.test_client()
        page = client.get("/login")
        answer = client.post("/login", data={"email": email, "password": PASSWORD, "csrf_token": token_in(page)})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        with self.database.writing() as session:  # a test's browser is new each time; tests/accounts tells who is told
            session.execute(delete(QueuedEmail).where(QueuedEmail.message == "new_device"))
        return client

    def signed_in(self, email: str = "reader@example.com", role: Role = Role.READER) -> FlaskClient:
        self.reader(email, role)
        return self.browser(email)

    def token(self, reader: Reader, *scopes: Scope) -> str:
        """Return the secret of a token that may do this, or everything where nothing is named."""
        with self.database.writing() as session:
            return make_token(session, reader.id, "Test", frozenset(scopes or Scope), clock.now()).secret

    def program(self, reader: Reader, *scopes: Scope) -> FlaskClient:
        """Return a client that bears such a token."""
        client = self.app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.token(reader, *scopes)}"
        return client

    def grant(
        self,
        reader: Reader,
        *,
        source: GrantSource = GrantSource.COMPLIMENTARY,
        document_id: int | None = None,
        starts_at: datetime | None = None,
        lasts: timedelta | None = timedelta(days=30),
        revoked: Revoked | None = None,
    ) -> Grant:
        starts = starts_at or clock.now() - timedelta(minutes=1)
        with self.database.writing() as session:
            grant = Grant(
                reader_id=reader.id,
                document_id=document_id,
                mode=None if source is GrantSource.COMPLIMENTARY else settings_in(self.app).mode,
                source=source,
                source_id=randomness.uuid(),
                starts_at=starts,
                ends_at=starts + lasts if lasts else None,
                revoked=revoked,
            )
            session.add(grant)
            return grant
