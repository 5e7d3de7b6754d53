"""Another address, in a real browser: asked for, confirmed by mail, taken back; without scripts, by keys alone."""

import re

import pytest

from tests.factories.people import PASSWORD
from tests.journeys.keyboard import Keyboard
from tests.journeys.readers import fill_in, press, say, sign_in, sign_up, somebody

ANOTHER = "quite another password"


def link_mailed_to(page, email: str, path: str) -> str:
    """Return where the latest mail to an address leads; the page is left on the mail."""
    page.goto("/sandbox/mail")
    page.locator("li", has_text=email).locator("a").first.click()
    page.wait_for_url(re.compile(r"/sandbox/mail/\d+"))
    found = re.search(rf"{path}/[0-9a-f]{{64}}", page.content())
    assert found, page.inner_text("main")
    return found[0]


def test_signing_up_confirming_and_signing_in(opened):
    here = opened()
    email = sign_up(here)
    here.goto(link_mailed_to(here, email, "/confirm"))
    assert here.locator('main input[type="password"]').count() == 0
    press(here, "Confirm your address")
    assert say("Your address is confirmed.") in here.inner_text("main")
    with here.expect_navigation():
        here.get_by_role("button", name=say("Sign out")).first.click()
    sign_in(here, email)
    here.goto("/account")
    assert email in here.inner_text("main")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_address_is_changed_and_taken_back(opened, scripts):
    here, owner = (opened(java_script_enabled=scripts) for _ in range(2))
    former, new = sign_up(here), somebody()
    here.goto(link_mailed_to(here, former, "/confirm"))
    press(here, "Confirm your address")

    here.locator("main").get_by_role("link", name=say("Change the address")).click()
    fill_in(here, email=new, present=PASSWORD)
    press(here, "Mail the link")
    assert new in here.locator(".unconfirmed").inner_text()
    press(here, "Keep the present address")
    assert here.locator(".unconfirmed").count() == 0

    here.locator("main").get_by_role("link", name=say("Change the address")).click()
    fill_in(here, email=new, present=PASSWORD)
    press(here, "Mail the link")
    here.goto(link_mailed_to(here, new, "/address"))
    press(here, "Change the address")
    assert new in here.locator(".facts").inner_text()

    owner.goto(link_mailed_to(owner, former, "/address/undo"))
    assert former in owner.inner_text("main")
    press(owner, "Take the change back")
    assert "/recover/" in owner.url
    fill_in(owner, password=ANOTHER)
    press(owner, "Save and sign in")
    assert former in owner.locator(".facts").inner_text()
    here.goto("/account")
    assert "/login" in here.url
    sign_in(here, former)
    assert here.locator('[role="alert"]').count() == 1


def test_an_address_is_changed_by_keys_alone(opened):
    here = opened()
    sign_up(here)
    new, keys = somebody(), Keyboard(here)
    here.goto("/account")
    keys.goes_to(say("Change the address"))
    with here.expect_navigation():
        keys.press("Enter")
    keys.fills(email=new, present=PASSWORD)
    with here.expect_navigation():
        keys.press("Enter")
    here.goto(link_mailed_to(here, new, "/address"))
    keys.goes_to(say("Change the address"))
    with here.expect_navigation():
        keys.press("Enter")
    assert new in here.locator(".facts").inner_text()


def test_whoever_holds_the_address_takes_it_from_a_squatter(opened):
    squatter, owner = opened(), opened(java_script_enabled=False)
    email = sign_up(squatter)
    owner.goto("/login/link")
    fill_in(owner, email=email)
    press(owner, "Mail me a link")
    owner.goto(link_mailed_to(owner, email, "/login/link"))
    fill_in(owner, password=ANOTHER)
    press(owner, "Save and sign in")
    assert email in owner.locator(".facts").inner_text()
    squatter.goto("/account")
    assert "/login" in squatter.url
