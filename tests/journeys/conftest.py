"""A real server and a real browser, for every journey."""

import re
from collections.abc import Iterator

import pytest

from tests.factories.showroom import Showroom, stock
from tests.journeys.serving import CHROMIUM, FLAGS, Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("served") / "instance") as running:
        yield running


@pytest.fixture(autouse=True)
def each_comes_from_elsewhere(request: pytest.FixtureRequest) -> None:
    """All who sign up in the journeys have one address, from which there is a limit."""
    if "server" in request.fixturenames:
        request.getfixturevalue("server").forget_tries()


@pytest.fixture(scope="session")
def showroom(tmp_path_factory: pytest.TempPathFactory) -> Showroom:
    return stock(tmp_path_factory.mktemp("showroom") / "instance")


@pytest.fixture(scope="session")
def shown(showroom: Showroom) -> Iterator[Server]:
    """A server of a house that is stocked, for tests that look at it and change nothing."""
    with serving(showroom.instance) as running:
        yield running


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (Debian's package; see make tools)")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # as long as Playwright waits for everything else
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, server):
    context = chromium.new_context(base_url=server.address, locale="zh-CN", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    foreign: list[str] = []
    page.on(
        "request", lambda request: foreign.append(request.url) if not request.url.startswith(server.address) else None
    )
    yield page
    context.close()
    assert not errors, errors
    assert not foreign, foreign


@pytest.fixture
def opened(chromium, server):
    """Return what opens browsers that know nothing of each other."""
    contexts = []

    def browser(**how):
        contexts.append(chromium.new_context(base_url=server.address, locale="zh-CN", **how))
        return contexts[-1].new_page()

    yield browser
    for context in contexts:
        context.close()


@pytest.fixture
def plain(opened):
    """A page in a browser without scripts."""
    return opened(java_script_enabled=False)


def slug_in(printed: str) -> str:
    found = re.match(r"(\S+)\t", printed)
    assert found, printed
    return found.group(1)
