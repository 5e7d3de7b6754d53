"""The whole way with the keyboard alone: sign up, pay, read, bookmark, sign out; and no page keeps a stop from it."""

from urllib.parse import urlsplit

import pytest

from tests.factories.people import PASSWORD
from tests.factories.showroom import NEWCOMER, REPORT, SUBSCRIBER
from tests.journeys.cuts import SAMPLE, cut_of
from tests.journeys.keyboard import Keyboard
from tests.journeys.readers import cookies_of, say, somebody

PREVIEW = f"/d/{REPORT}"


@pytest.fixture
def keys(page):
    return Keyboard(page)


def test_the_whole_way(page, keys):
    page.goto(PREVIEW)
    keys.goes_to(name="plan")
    keys.press("ArrowRight", "ArrowLeft")
    keys.goes_to(say("Unlock the full text"))
    keys.press("Enter")

    page.wait_for_url("**/signup**")
    keys.fills(email=somebody(), password=PASSWORD)
    keys.press("Enter")

    page.wait_for_url(lambda address: urlsplit(address).path == "/checkout")
    keys.goes_to(say("Go to payment"))
    keys.press("Enter")
    page.wait_for_url("**/sandbox/checkout/**")
    keys.fills(card_number="4242424242424242", expiry="1234", cvc="123")
    keys.press("Enter")

    page.wait_for_url("**#gate-1")
    assert cut_of(SAMPLE).last in page.inner_text("article")
    before = page.evaluate("scrollY")
    keys.press("Space")
    page.wait_for_function("before => scrollY > before", arg=before)
    page.goto(PREVIEW)
    keys.goes_to(say("Bookmark"))
    keys.press("Enter")
    page.get_by_role("button", name=say("Bookmark"), pressed=True).wait_for()

    page.goto(PREVIEW)
    keys.goes_to(say("Library"))
    keys.press("Enter")
    page.wait_for_url("**/library")
    assert page.locator("#bookmarks").locator("..").get_by_text(REPORT).count() == 1
    keys.goes_to(say("Sign out"))
    keys.press("Enter")
    page.wait_for_url("**/")
    page.goto(PREVIEW)
    assert cut_of(SAMPLE).last not in page.inner_text("article")


def test_the_first_stop_leads_past_everything_to_the_text(page, keys):
    for path in ("/", PREVIEW, "/plans", "/login"):
        page.goto(path)
        assert keys.stop()["called"] == say("Skip to the text")
        keys.press("Enter")
        page.wait_for_function("document.activeElement.id === 'main'")
        page.wait_for_function("document.activeElement.getBoundingClientRect().top < innerHeight / 2")


def test_reading_settings_open_choose_and_close(page, keys):
    page.goto(PREVIEW)
    keys.goes_to("Aa")
    keys.press("Enter", "Tab")
    with page.expect_response("**/look**"):
        keys.press("ArrowDown")
    assert page.locator("html").get_attribute("data-theme") == "light"
    keys.press("Escape")
    assert page.evaluate("document.activeElement.localName") == "summary"


def walk(chromium, shown, path, reader=None, screen=(1280, 900)):
    context = chromium.new_context(
        base_url=shown.address,
        locale="zh-CN",
        viewport={"width": screen[0], "height": screen[1]},
        storage_state=cookies_of(chromium, shown.address, reader) if reader else None,
    )
    page = context.new_page()
    page.goto(path)
    unreached = Keyboard(page).walks_through()
    context.close()
    return unreached


@pytest.mark.parametrize("screen", [(1280, 900), (360, 740)], ids=["desk", "phone"])
@pytest.mark.parametrize("path", ["/", PREVIEW, "/search?q=图书馆", "/plans", "/login", "/signup", "/d/not-there"])
def test_every_control_is_a_stop_for_a_visitor(chromium, shown, path, screen):
    assert walk(chromium, shown, path, screen=screen) == []


OWN_PAGES = [
    "/account/plan",
    "/account",
    "/account/address",
    "/account/devices",
    "/account/data",
    "/account/close",
    "/account/tokens",
]


@pytest.mark.parametrize("path", [PREVIEW, "/library", f"{PREVIEW}/notes", *OWN_PAGES])
def test_every_control_is_a_stop_for_a_subscriber(chromium, shown, path):
    assert walk(chromium, shown, path, SUBSCRIBER) == []


def test_every_control_is_a_stop_where_one_pays(chromium, shown):
    assert walk(chromium, shown, f"/checkout?plan=year&document={REPORT}", NEWCOMER) == []


def test_a_stop_without_a_ring_with_half_of_it_and_one_that_is_left_out_are_noticed(page, keys):
    page.set_content("<style>:focus{outline:none}</style><a href='/'>one</a>")
    with pytest.raises(AssertionError, match="no visible focus"):
        keys.stop()
    page.set_content("<div style='overflow: hidden'><a style='outline: solid 3px' href='/'>one</a></div>")
    with pytest.raises(AssertionError, match="cut off"):
        keys.stop()
    page.set_content("<a href='/'>one</a><a href='/two' id='two'>two</a>")
    page.evaluate("two.addEventListener('focus', () => two.blur())")
    assert len(keys.walks_through()) == 1
