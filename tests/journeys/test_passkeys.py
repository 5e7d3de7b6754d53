"""Passkeys in a real browser with a virtual authenticator, at `localhost`: made, signed in with, removed."""

from urllib.parse import urlsplit

import pytest

from tests.factories.people import PASSWORD
from tests.journeys.keyboard import Keyboard
from tests.journeys.readers import press, say, sign_up


@pytest.fixture
def at_localhost(chromium, server):
    """Return a page whose browser holds an authenticator, and the session by which that is asked."""
    address = server.address.replace("127.0.0.1", "localhost")
    context = chromium.new_context(base_url=address, locale="zh-CN")
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    held = devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": options | {"isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    yield page, devtools, held["authenticatorId"]
    context.close()
    assert not errors, errors


def prove(page) -> None:
    page.goto("/account/prove?next=/account/passkeys")
    page.fill('input[name="present"]', PASSWORD)
    press(page, "Go on")
    assert urlsplit(page.url).path == "/account/passkeys"


def test_make_one_sign_in_with_it_and_remove_it(at_localhost):
    page, devtools, authenticator = at_localhost
    email = sign_up(page)
    prove(page)
    page.fill('input[name="name"]', "这台电脑")
    press(page, "Add a passkey")
    assert "这台电脑" in page.inner_text("main .rows")
    (held,) = devtools.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
    assert (held["isResidentCredential"], held["rpId"]) == (True, "localhost")

    page.fill('input[name="name"]', "又一次")
    page.get_by_role("button", name=say("Add a passkey"), exact=True).click()
    page.get_by_text(say("This device holds a passkey of your account already.")).wait_for()

    press(page, "Sign out")
    page.goto("/login?next=/plans")
    press(page, "Sign in with a passkey")
    assert urlsplit(page.url).path == "/plans"
    page.goto("/account")
    assert email in page.inner_text("main")

    page.goto("/account/prove?next=/account/passkeys")
    press(page, "Use a passkey")
    assert urlsplit(page.url).path == "/account/passkeys"
    with page.expect_navigation():
        page.locator('form[action$="/remove"] button').click()
    assert page.locator("main .rows").count() == 0

    press(page, "Sign out")
    page.goto("/login")
    press(page, "Sign in with a passkey")
    assert page.locator("main > section > [role=alert]").is_visible()
    page.goto("/account")
    assert urlsplit(page.url).path == "/login"


def test_who_is_not_verified_does_not_get_in(at_localhost):
    page, devtools, authenticator = at_localhost
    sign_up(page)
    prove(page)
    page.fill('input[name="name"]', "k")
    press(page, "Add a passkey")
    press(page, "Sign out")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.goto("/login")
    page.get_by_role("button", name=say("Sign in with a passkey"), exact=True).click()
    page.get_by_text(say("The passkey was not used. Please try once more.")).wait_for()
    assert urlsplit(page.url).path == "/login"


def test_after_a_while_the_page_asks_who_is_there(at_localhost):
    page, _devtools, _authenticator = at_localhost
    sign_up(page)
    page.goto("/account/passkeys")
    page.fill('input[name="name"]', "k")
    page.get_by_role("button", name=say("Add a passkey"), exact=True).click()
    page.wait_for_url("**/account/prove**")
    page.fill('input[name="present"]', PASSWORD)
    press(page, "Go on")
    assert urlsplit(page.url).path == "/account/passkeys"


def test_with_the_keyboard_alone(at_localhost):
    page, _devtools, _authenticator = at_localhost
    keys, email = Keyboard(page), sign_up(page)
    page.goto("/account/prove?next=/account/passkeys")
    keys.fills(present=PASSWORD)
    keys.press("Enter")
    page.wait_for_url(lambda address: urlsplit(address).path == "/account/passkeys")
    keys.fills(name="k")
    keys.press("Enter")
    page.wait_for_url(lambda address: urlsplit(address).query == "done=added")
    keys.goes_to(say("Sign out"))
    keys.press("Enter")
    page.wait_for_url(lambda address: urlsplit(address).path == "/")
    page.goto("/login")
    keys.goes_to(say("Sign in with a passkey"))
    keys.press("Enter")
    page.wait_for_url(lambda address: urlsplit(address).path == "/")
    page.goto("/account")
    assert email in page.inner_text("main")


def test_an_address_of_numbers_says_where_passkeys_are(page):
    sign_up(page)
    page.goto("/account/passkeys")
    link = page.locator("main .panel a").get_attribute("href")
    assert link == page.url.replace("127.0.0.1", "localhost")
    page.goto("/login")
    assert page.locator("form[data-passkey]").count() == 0
