"""An authenticator app, as on a reader's phone, and accounts that have one."""

from dataclasses import dataclass, field

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from pyotp import TOTP
from werkzeug.test import TestResponse

from tests.factories.html import parse
from tests.factories.people import PASSWORD, token_in
from webapp.kit import clock

STEP = 30


@dataclass
class Authenticator:
    """An app that knows the key of one account, and the recovery codes that its owner kept."""

    secret: str
    recovery_codes: list[str] = field(default_factory=list)

    def code(self, steps: int = 0) -> str:
        """Return the code that is shown now, or so many steps later."""
        return str(TOTP(self.secret).at(clock.machine_now(), counter_offset=steps))


def fields_of(page: TestResponse) -> dict[str, str]:
    """Return the hidden fields of the last form on a page that has any."""
    form = parse(page).css("main form")[-1]
    found = {one.attributes["name"]: one.attributes.get("value") or "" for one in form.css('input[type="hidden"]')}
    return {str(name): value for name, value in found.items()}


def begin_set_up(client: FlaskClient, password: str = PASSWORD) -> TestResponse:
    """Ask for a key on the account's page."""
    page = client.get("/account/second-factor")
    return client.post("/account/second-factor", data={"csrf_token": token_in(page), "present": password})


def key_on(page: TestResponse) -> str:
    """Return the key that a page shows."""
    return parse(page).css_first("code.secret").text().replace(" ", "")


def confirm_set_up(client: FlaskClient, page: TestResponse, code: str) -> TestResponse:
    """Type the first code of an app on the page that shows its key."""
    return client.post("/account/second-factor/confirm", data=fields_of(page) | {"code": code})


def recovery_codes_on(page: TestResponse) -> list[str]:
    """Return the recovery codes that a page shows."""
    return [code.text() for code in parse(page).css(".recovery-codes code")]


def set_up_second_factor(client: FlaskClient) -> Authenticator:
    """Give the account of a signed-in browser an authenticator app, whose present code is used up by it."""
    page = begin_set_up(client)
    app = Authenticator(key_on(page))
    done = confirm_set_up(client, page, app.code())
    assert done.status_code == 201, done.text
    app.recovery_codes = recovery_codes_on(done)
    return app


def send_both_factors(client: FlaskClient, path: str, code: str, password: str = PASSWORD) -> TestResponse:
    """Send a form of the account's page that wants password and code."""
    form = {"csrf_token": token_in(client.get("/account/second-factor")), "present": password, "code": code}
    return client.post(path, data=form)


def show_password(app: Flask, email: str, client: FlaskClient | None = None, **more: str) -> FlaskClient:
    """Return a browser that has typed its password and waits for the second step."""
    client = client or app.test_client()
    form = {"email": email, "password": PASSWORD, "csrf_token": token_in(client.get("/login")), **more}
    answer = client.post("/login", data=form)
    assert answer.headers["Location"].startswith("/login/second-factor"), answer.text
    return client


def type_code(client: FlaskClient, code: str, **more: str) -> TestResponse:
    """Type a code on the page of the second step."""
    page = client.get("/login/second-factor")
    token = token_in(page if page.status_code == 200 else client.get("/login"))
    return client.post("/login/second-factor", data={"code": code, "csrf_token": token, **more})


def some_steps_later(steps: int) -> time_machine.travel:
    """Return a context in which so many codes have gone by."""
    return time_machine.travel(clock.machine_now().timestamp() + steps * STEP, tick=True)
