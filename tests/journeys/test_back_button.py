"""Pages of somebody's own are not brought back from a browser's memory once they are not theirs any more."""

import pytest

from tests.factories.people import PASSWORD
from tests.factories.showroom import REPORT
from tests.journeys.cuts import SAMPLE, cut_of
from tests.journeys.readers import sign_in, sign_up
from tests.journeys.serving import CHROMIUM, FLAGS

PREVIEW = f"/d/{REPORT}"
NOTES = (
    """addEventListener("pageshow", ({ persisted }) => persisted && sessionStorage.setItem("brought back", "yes"));"""
)


@pytest.fixture(scope="module", params=[True, False], ids=["pages are remembered", "pages are not remembered"])
def browser(request, chromium):
    """Return a browser that keeps pages as they are when one leaves them, as people's do and Playwright's does not."""
    left_out = ["--disable-back-forward-cache"] if request.param else []
    launched = chromium.browser_type.launch(executable_path=CHROMIUM, args=FLAGS, ignore_default_args=left_out)
    launched.remembers = request.param
    yield launched
    launched.close()


@pytest.fixture
def reader(browser, server):
    """Return a page of somebody who reads everything, and their address."""
    context = browser.new_context(base_url=server.address, locale="zh-CN")
    page = context.new_page()
    page.add_init_script(NOTES)
    email = sign_up(page)
    server.run("grant", email)
    yield page, email
    context.close()


def left(page, path, says):
    """Open a page of the reader's, and go on to another."""
    page.goto(path)
    assert says in page.inner_text("main")
    with page.expect_navigation():
        page.locator("footer a, .masthead a").filter(visible=True).first.click()


def comes_back(page, says):
    """Press the back button, and see that the page that was left says it, or says it no more."""
    page.go_back()
    page.wait_for_timeout(300)
    page.wait_for_load_state()
    page.wait_for_function("getComputedStyle(document.documentElement).visibility === 'visible'")
    return says in page.inner_text("main")


def elsewhere(browser, server, email):
    page = browser.new_context(base_url=server.address, locale="zh-CN").new_page()
    sign_in(page, email)
    return page


def is_signed_out_elsewhere(browser, server, email):
    page = elsewhere(browser, server, email)
    page.goto("/account/devices")
    with page.expect_navigation():
        page.locator("main > section > form button").click()
    page.context.close()


def has_another_password(browser, server, email):
    page = elsewhere(browser, server, email)
    page.goto("/account")
    page.fill('input[name="present"]', PASSWORD)
    page.fill('input[name="password"]', "another password for this journey")
    with page.expect_navigation():
        page.locator('form[action="/account/password"] button').click()
    page.context.close()


def is_refunded(_browser, server, email):
    server.run("revoke", email)


@pytest.mark.parametrize("happens", [is_signed_out_elsewhere, has_another_password, is_refunded])
def test_paid_text_that_is_closed_by_now_does_not_come_back(browser, server, reader, happens):
    page, email = reader
    left(page, PREVIEW, cut_of(SAMPLE).last)
    happens(browser, server, email)
    assert not comes_back(page, cut_of(SAMPLE).last)


@pytest.mark.parametrize("happens", [is_signed_out_elsewhere, has_another_password])
@pytest.mark.parametrize("path", ["/account", "/library"])
def test_pages_of_the_account_do_not_come_back_either(browser, server, reader, happens, path):
    page, email = reader
    left(page, path, email if path == "/account" else "")
    happens(browser, server, email)
    page.go_back()
    page.wait_for_url("**/login?**")


def test_a_preview_is_kept_and_asked_for_again_by_who_is_signed_in(browser, server, reader):
    """Here the page itself is brought back, where the browser does so: no header keeps a preview out of its memory."""
    page, email = reader
    server.run("revoke", email)
    left(page, PREVIEW, cut_of(SAMPLE).before)
    is_signed_out_elsewhere(browser, server, email)
    assert comes_back(page, cut_of(SAMPLE).before)
    if browser.remembers:
        assert page.evaluate("sessionStorage.getItem('brought back')") == "yes", "this browser kept no page"
        assert page.locator("html[data-personal]").count() == 0


def test_what_is_still_open_comes_back_where_it_was_left(browser, reader):
    page, _email = reader
    page.goto(PREVIEW)
    page.evaluate("scrollTo(0, 900)")
    page.wait_for_timeout(200)
    left_at = page.evaluate("scrollY")
    with page.expect_navigation():
        page.evaluate("location.href = '/plans'")
    assert comes_back(page, cut_of(SAMPLE).last)
    page.wait_for_function("at => Math.abs(scrollY - at) < 50", arg=left_at)
