"""Where one is signed in, in real browsers: one is signed out from another, with a mouse, by keys, without scripts."""

import pytest

from tests.journeys.keyboard import Keyboard
from tests.journeys.readers import open_mail, say, sign_in, sign_up


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_one_browser_signs_the_other_out(opened, scripts):
    here, there = opened(java_script_enabled=scripts), opened(user_agent="Mozilla/5.0 (iPhone) Version/18 Safari/604")
    email = sign_up(here)
    sign_in(there, email)
    there.goto("/account")
    here.goto("/account")
    with here.expect_navigation():
        here.locator(".tabs").get_by_role("link", name=say("Devices")).click()
    assert here.locator(".rows li").count() == 2
    with here.expect_navigation():
        here.locator(".rows button").click()
    assert say("The device was signed out.") in here.inner_text("main")
    assert here.locator(".rows li").count() == 1
    there.reload()
    assert there.url.endswith("/login?next=/account")
    open_mail(here, email, "Signed in on a new device")
    letter = here.inner_text("main")
    assert say("%(browser)s on %(system)s").replace("%(browser)s", "Safari").replace("%(system)s", "iPhone") in letter
    assert "/recover" in letter


def test_all_others_are_signed_out_by_keys_alone(opened):
    here, others = opened(), [opened(), opened()]
    email = sign_up(here)
    for other in others:
        sign_in(other, email)
    here.goto("/account/devices")
    keys = Keyboard(here)
    keys.goes_to(say("Sign out all other devices"))
    with here.expect_navigation():
        keys.press("Enter")
    assert here.locator(".rows li").count() == 1
    for other in others:
        other.goto("/account")
        assert "/login" in other.url
