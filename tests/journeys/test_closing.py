"""An account is closed in a real browser: the subscription ends at the sandbox first; where that is away, later."""

import json
import time

from tests.factories.people import PASSWORD
from tests.journeys.keyboard import Keyboard
from tests.journeys.readers import say, sign_in, sign_up, subscribe
from tests.journeys.serving import PATIENCE_SECONDS

FAULTS_SHOW_SECONDS = 1.5  # what another process switched shows within a second


def close(page):
    page.goto("/account")
    with page.expect_navigation():
        page.get_by_role("link", name=say("Close the account")).click()
    page.fill('input[name="password_again"]', PASSWORD)
    with page.expect_navigation():
        page.locator('form[action="/account/close"] button').click()


def state_of(server, email):
    """Return what the list of accounts says of an address: closing, or nothing any more."""
    rows = [line.split("\t") for line in server.run("user", "list").splitlines()]
    return next((row[3] for row in rows if row[0] == email), "")


def test_a_subscriber_closes_the_account_and_signs_up_anew(page, server):
    email = subscribe(page, "4242 4242 4242 4242")
    page.goto("/account/data")
    with page.expect_download() as download:
        page.get_by_role("link", name=say("Download for programs")).click()
    told = json.loads(download.value.path().read_text("utf-8"))
    assert told["account"][0]["email"] == email
    assert len(told["payments"]) == 1

    page.goto("/account/close")
    assert say("Your subscription ends at once.") in page.inner_text("main")
    close(page)
    assert say("The account is closed") in page.inner_text("main")
    assert "later" not in page.url
    assert state_of(server, email) == ""
    page.goto("/account")
    assert "/login" in page.url
    sign_in(page, email)
    assert page.locator('[role="alert"]').count() == 1
    sign_up(page, email)
    page.goto("/account/plan")
    assert page.locator(".holding").count() == 0


def test_while_stripe_is_away_nobody_gets_in_and_the_worker_goes_on(page, server):
    email = subscribe(page, "4242 4242 4242 4242")
    server.run("sandbox", "faults", "down=1")
    time.sleep(FAULTS_SHOW_SECONDS)
    try:
        close(page)
        assert page.url.endswith("later=1")
        assert state_of(server, email) == "closing"
        sign_in(page, email)
        assert page.locator('[role="alert"]').count() == 1
    finally:
        server.run("sandbox", "faults", "off")
    end = time.monotonic() + PATIENCE_SECONDS
    while state_of(server, email):
        assert time.monotonic() < end, "the worker did not go on with it"
        time.sleep(1)


def test_without_scripts_and_by_keys(chromium, server):
    context = chromium.new_context(base_url=server.address, locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    email = sign_up(page)
    close(page)
    assert state_of(server, email) == ""
    context.close()
    context = chromium.new_context(base_url=server.address, locale="zh-CN")
    page = context.new_page()
    email = sign_up(page)
    page.goto("/account/close")
    keys = Keyboard(page)
    keys.fills(password_again=PASSWORD)
    with page.expect_navigation():
        keys.press("Enter")
    assert state_of(server, email) == ""
    context.close()
