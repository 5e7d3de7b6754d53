"""The editor's page, in a house that the test plays."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.journeys.editor.editor_page import ADDRESS, HOUSE, House

LOAD = """async (names) => {
  window.made = Object.assign({}, ...await Promise.all(names.map((name) => import(`/source/${name}.js`))));
}"""


@pytest.fixture
def house(app) -> House:
    return House(app)


@pytest.fixture
def browser_context(chromium, house) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en")
    house.serve(context)
    yield context
    context.close()


@pytest.fixture
def edit_page(browser_context, house) -> Iterator[Callable[[], Page]]:
    """Return what opens the editor's page, and insists that no script of it fails."""
    problems: list[str] = []

    def opened() -> Page:
        page = browser_context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if "Content Security" in said.text else None)
        page.goto(ADDRESS)
        page.wait_for_selector("[data-tools]:not([hidden])")
        return page

    yield opened
    assert not problems, problems


@pytest.fixture(scope="module")
def functions(chromium) -> Iterator[Page]:
    """A page that has what the buttons do as `made`."""
    context = chromium.new_context()
    House(None).serve(context)
    page = context.new_page()
    page.goto(f"{HOUSE}/nothing")
    page.evaluate(LOAD, ["markers", "locking", "formatting", "layer"])
    yield page
    context.close()
