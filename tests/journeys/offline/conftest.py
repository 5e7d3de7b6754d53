"""A subscriber who keeps a document in their browser for reading offline."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Error as PageError
from playwright.sync_api import Page, expect

from tests.journeys.conftest import slug_in
from tests.journeys.cuts import SAMPLE, cut_of
from tests.journeys.readers import sign_up
from tests.journeys.serving import PATIENCE_SECONDS, Server
from webapp.accounts.registration import get_reader
from webapp.billing.grants import grant_complimentary
from webapp.kit import clock
from webapp.kit.database import Database

KEEP = "离线保存"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("kept") / "report.txt"
    path.write_text(SAMPLE.read_text("utf-8"), "utf-8")
    return path


@pytest.fixture(scope="module")
def slug(server, report):
    return slug_in(server.run("import", str(report), "--publish", "--price", "9.90", "--duplicates"))


@dataclass(frozen=True)
class Subscriber:
    """A reader who may read a document, and the browser in which they do."""

    page: Page
    server: Server
    email: str
    slug: str

    @property
    def context(self):
        return self.page.context

    def opens(self) -> None:
        self.page.goto(f"/d/{self.slug}")

    def keeps(self) -> None:
        self.opens()
        button = self.page.get_by_role("button", name=KEEP)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")

    def signs_out(self) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="退出").click()

    def kept(self) -> list[str]:
        return self.page.evaluate("async () => (await caches.keys()).filter(name => name.startsWith('kept '))")

    def about(self) -> dict:
        """Return what the browser knows of its copy."""
        return self.page.evaluate("async () => (await caches.match('/kept')).json()")

    def comes_to(self, state: Callable[[], bool]) -> None:
        """Wait for what the worker does after a page was opened; raise AssertionError when it does not."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not state():
            assert time.monotonic() < end, "the worker does not do it"
            self.page.wait_for_timeout(50)

    def comes_to_rest(self) -> None:
        """Wait until the worker has done all that it was about to do with its copies."""
        (worker,) = self.context.service_workers
        worker.evaluate("() => last")

    def is_to_forget(self) -> None:
        """Go to another page online, and wait for what that sets off."""
        self.page.goto("/plans")
        self.comes_to(lambda: self.kept() == [])

    def reads_offline(self) -> bool:
        """Whether the text is there without a network."""
        self.context.set_offline(True)
        try:
            self.opens()
        except PageError as error:
            if not re.search("ERR_INTERNET_DISCONNECTED|ERR_FAILED", str(error)):
                raise
            return False
        else:
            assert cut_of(SAMPLE).last in self.page.inner_text("body")
            return True
        finally:
            self.context.set_offline(False)


def gives(server: Server, email: str, days: int) -> None:
    """Give access to everything, as `paidspan grant` does, without starting a program for it."""
    database = Database(f"sqlite:///{server.instance / 'paidspan.sqlite'}")
    with database.writing() as session:
        grant_complimentary(session, get_reader(session, email).id, None, days, "", clock.now())
    database.close()


@pytest.fixture
def subscriber(page, server, slug):
    email = sign_up(page)
    gives(server, email, 20)
    return Subscriber(page, server, email, slug)


@pytest.fixture
def keeper(subscriber):
    subscriber.keeps()
    return subscriber
