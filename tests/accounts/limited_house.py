"""One house that is tried from many places, at a time that stands still until it is moved."""

from dataclasses import dataclass

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.people import PASSWORD, token_in
from webapp.accounts.password_limits import WRONG_PASSWORDS

OWNER, NOBODY, WRONG = "wang@faß.de", "nobody@example.com", "wrong password"
STRANGER, ELSEWHERE = "203.0.113.1", "198.51.100.7"
FREE = WRONG_PASSWORDS.seconds.count(0) + 1  # wrong passwords until there is a wait


@dataclass
class LimitedHouse:
    """What comes in at one application, from addresses of one's choice."""

    app: Flask
    time: time_machine.Traveller

    def browser(self, place: str = STRANGER) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base.update(REMOTE_ADDR=place, HTTP_ACCEPT_LANGUAGE="en")
        return client

    def send(self, client: FlaskClient, path: str, page: str = "", **form: str) -> TestResponse:
        token = token_in(client.get(page or path))
        return client.post(path, data={**form, "csrf_token": token})

    def sign_in(self, client: FlaskClient, password: str = PASSWORD, email: str = OWNER) -> TestResponse:
        return self.send(client, "/login", email=email, password=password)

    def sign_out(self, client: FlaskClient) -> None:
        assert self.send(client, "/logout", "/account").status_code == 303

    def guess(self, times: int, client: FlaskClient | None = None, email: str = OWNER) -> list[int]:
        """Return the statuses of so many wrong passwords."""
        client = client or self.browser()
        return [self.sign_in(client, WRONG, email).status_code for _ in range(times)]

    def known_browser(self, place: str = ELSEWHERE, email: str = OWNER) -> FlaskClient:
        """Return a browser that was signed in and out."""
        client = self.browser(place)
        assert self.sign_in(client, email=email).status_code == 303
        self.sign_out(client)
        return client
