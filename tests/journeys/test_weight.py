"""What the first view of a preview costs: few requests, few bytes, nothing that moves, no script that is waited for."""

from dataclasses import dataclass, field

import pytest

from tests.factories.showroom import ANOTHER, REPORT, SUBSCRIBER
from tests.journeys.dripping import dripping
from tests.journeys.readers import cookies_of

MOST_REQUESTS, MOST_BYTES = 4, 60_000
DESK, PHONE = (1280, 900), (360, 740)
PREVIEW = f"/d/{REPORT}"
PATHS = (PREVIEW, "/", f"/d/{ANOTHER}")
PAINTED_WHOLE = b'<link rel="expect" href="#colophon" blocking="render">'
SHIFTS = """async () => {
  window.shifted = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.shifted += entry.value; }))
    .observe({ type: "layout-shift", buffered: true });
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
SCROLL = """async () => {
  for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight / 2) {
    scrollTo({ top, behavior: "instant" });
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
}"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length"


@dataclass
class Wire:
    """What went over the wire while a page was opened, headers included."""

    page: object
    addresses: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        session = self.page.context.new_cdp_session(self.page)
        session.on("Network.requestWillBeSent", lambda event: self.addresses.append(event["request"]["url"]))
        session.on("Network.loadingFinished", lambda event: self.sizes.append(int(event["encodedDataLength"])))
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})


@pytest.fixture
def visit(chromium, shown):
    """Return what opens a page as a visitor who was never here."""
    contexts = []

    def make(screen=DESK, theme="light", **more):
        context = chromium.new_context(
            base_url=shown.address,
            locale="zh-CN",
            color_scheme=theme,
            viewport={"width": screen[0], "height": screen[1]},
            **more,
        )
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.mark.parametrize("path", PATHS)
def test_a_first_view_is_light_and_asks_nobody_else(visit, shown, path, record_property):
    page = visit()
    wire = Wire(page)
    page.goto(path, wait_until="networkidle")
    record_property("weighed", f"{path} {len(wire.addresses)} requests, {sum(wire.sizes):,} bytes")
    assert len(wire.addresses) <= MOST_REQUESTS, wire.addresses
    assert len(wire.sizes) == len(wire.addresses)
    assert 1000 < sum(wire.sizes) <= MOST_BYTES
    assert all(address.startswith(shown.address) for address in wire.addresses)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_moves_by_itself(visit, screen, theme):
    page = visit(screen, theme)
    page.goto(PREVIEW, wait_until="networkidle")
    page.evaluate(SHIFTS)
    page.evaluate(SCROLL)
    assert page.evaluate("window.shifted") == 0


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_moves_for_a_subscriber_when_scripts_come_late(visit, chromium, shown, screen):
    page = visit(screen, storage_state=cookies_of(chromium, shown.address, SUBSCRIBER))
    held = []
    page.route("**/*.js*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright takes functions only
    page.goto(PREVIEW, wait_until="commit")
    page.wait_for_function(PAINTED)
    page.evaluate(SHIFTS)
    assert held
    page.unroute("**/*.js*")  # lets go what is held, and what a script that is let go asks for in turn
    page.wait_for_load_state("networkidle")
    page.locator("[data-offline-keep]:not([hidden])").wait_for(state="attached")
    page.evaluate(SCROLL)
    assert page.evaluate("window.shifted") == 0


@pytest.fixture(scope="module")
def slowly(shown):
    with dripping(shown.address) as address:
        yield address


def moved(page, address):
    page.goto(address, wait_until="networkidle")
    page.evaluate(SHIFTS)
    return page.evaluate("window.shifted")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_moves_while_a_page_arrives(visit, slowly, path, screen):
    assert moved(visit(screen), slowly + path) == 0


def test_a_page_that_is_painted_half_read_moves(visit, shown):
    with dripping(shown.address, without=PAINTED_WHOLE) as address:
        assert moved(visit(PHONE), address + PREVIEW) > 0


def test_the_measure_of_what_moves_is_not_blind(visit):
    page = visit()
    page.goto(PREVIEW, wait_until="networkidle")
    page.evaluate(SHIFTS)
    page.evaluate("() => document.querySelector('main').insertAdjacentHTML('afterbegin', '<p>late</p>'.repeat(9))")
    page.wait_for_function("() => window.shifted > 0")


def test_no_script_is_waited_for(visit):
    """The page is parsed and painted while every script still hangs."""
    page = visit()
    held = []
    page.route("**/*.js*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright takes functions only
    page.goto(PREVIEW, wait_until="commit")
    page.wait_for_function(PAINTED)
    page.locator("#offers").wait_for()
    assert page.locator("#offers").is_visible()
    assert held
    for route in held:
        route.continue_()


def test_scripts_do_not_block_what_is_read(visit):
    page = visit()
    page.goto(PREVIEW)
    scripts = page.locator("script:not([type='application/ld+json'])")
    assert scripts.count() > 0
    assert page.locator("script:not([type='application/ld+json'], [type='module'], [async], [defer])").count() == 0
