"""Two-step sign-in in a real browser: by mouse without JavaScript, and with the keyboard alone."""

from urllib.parse import urlsplit

from tests.factories.authenticator import Authenticator
from tests.factories.people import PASSWORD
from tests.journeys.keyboard import Keyboard
from tests.journeys.readers import press, say, sign_in, sign_up


def set_up(page) -> tuple[Authenticator, str]:
    """Set an app up; return it, and the code that this used."""
    page.goto("/account")
    page.get_by_role("link", name=say("Set up or change")).click()
    page.fill('input[name="present"]', PASSWORD)
    press(page, "Set it up")
    assert page.get_by_role("img", name=say("QR code with the key")).bounding_box()["width"] > 150
    phone = Authenticator(page.inner_text("code.secret").replace(" ", ""))
    used = phone.code()
    page.fill('input[name="code"]', used)
    press(page, "Turn it on")
    phone.recovery_codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(phone.recovery_codes) == 10
    return phone, used


def test_codes_and_recovery_codes_without_javascript(plain, chromium, server):
    email = sign_up(plain)
    phone, used = set_up(plain)
    plain.get_by_role("link", name=say("I have kept them")).click()
    press(plain, "Sign out")

    sign_in(plain, email)
    assert "/login/second-factor" in plain.url
    plain.goto("/account")
    assert "/login" in plain.url  # it opens nothing yet
    plain.goto("/login/second-factor")
    plain.fill('input[name="code"]', used)
    press(plain, "Sign in")
    assert plain.locator('[role="alert"]').count() == 1
    plain.fill('input[name="code"]', phone.code(1))
    press(plain, "Sign in")
    plain.goto("/account")
    assert email in plain.inner_text("main")
    press(plain, "Sign out")

    sign_in(plain, email)
    plain.get_by_role("link", name=say("The app is not at hand? Use a recovery code")).click()
    plain.fill('input[name="code"]', phone.recovery_codes[4])
    press(plain, "Sign in")
    plain.goto("/account/second-factor")
    assert "9" in plain.inner_text("main .panel")
    plain.fill('input[name="present"]', PASSWORD)
    plain.fill('input[name="code"]', phone.recovery_codes[5])
    press(plain, "Turn it off")
    press(plain, "Sign out")
    sign_in(plain, email)
    plain.goto("/account")
    assert email in plain.inner_text("main")


def test_with_the_keyboard_alone(page):
    keys, email = Keyboard(page), sign_up(page)
    page.goto("/account/second-factor")
    keys.fills(present=PASSWORD)
    keys.press("Enter")
    page.locator(".qr").wait_for()
    phone = Authenticator(page.inner_text("code.secret").replace(" ", ""))
    keys.fills(code=phone.code())
    keys.press("Enter")
    page.locator(".recovery-codes").wait_for()
    keys.goes_to(say("I have kept them"))
    keys.press("Enter")
    page.wait_for_url("**/account/second-factor")
    assert keys.walks_through() == []
    page.goto("/account/second-factor")
    keys.goes_to(say("Sign out"))
    keys.press("Enter")
    page.wait_for_url(lambda address: urlsplit(address).path == "/")
    page.goto("/login")
    keys.fills(email=email, password=PASSWORD)
    keys.press("Enter")
    page.wait_for_url("**/login/second-factor**")
    keys.fills(code=phone.code(1))
    keys.press("Enter")
    page.wait_for_url(lambda address: urlsplit(address).path == "/")
    page.goto("/account")
    assert email in page.inner_text("main")
