"""Reading offline: kept where the reader asked for it, and forgotten when they may not read it any more."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Error as PageError
from playwright.sync_api import Page, expect

from tests.journeys.conftest import slug_in
from tests.journeys.serving import CHROMIUM, PATIENCE_SECONDS, Server
from tests.journeys.test_from_preview_to_full_text import PASSWORD, SAMPLE, cut_of
from tests.journeys.test_subscription_life import sign_in
from webapp.accounts.registration import reader_named
from webapp.billing.grants import give
from webapp.kit import chance, clock
from webapp.kit.database import Database

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian's package)")
KEEP = "离线保存"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("kept") / "report.txt"
    path.write_text(SAMPLE.read_text("utf-8"), "utf-8")
    return path


@pytest.fixture(scope="module")
def slug(server, report):
    return slug_in(server.run("import", str(report), "--publish", "--price", "9.90"))


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
        """Answers what the browser knows of its copy."""
        return self.page.evaluate("async () => (await caches.match('/kept')).json()")

    def comes_to(self, state: Callable[[], bool]) -> None:
        """Waits for what the worker does after a page was opened; raises AssertionError when it does not."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not state():
            assert time.monotonic() < end, "the worker does not do it"
            self.page.wait_for_timeout(50)

    def comes_to_rest(self) -> None:
        """Waits until the worker has done all that it was about to do with its copies."""
        (worker,) = self.context.service_workers
        worker.evaluate("() => last")

    def is_to_forget(self) -> None:
        """Goes to another page online, and waits for what that sets off."""
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
    """Gives access to everything, as `paidspan grant` does, without starting a program for it."""
    database = Database(f"sqlite:///{server.instance / 'paidspan.sqlite'}")
    with database.writing() as session:
        give(session, reader_named(session, email).id, None, days, "", clock.now())
    database.close()


def signs_up(page) -> str:
    email = f"{chance.token(6)}@example.com"
    page.goto("/signup")
    page.fill('input[name="email"]', email)
    page.fill('input[name="password"]', PASSWORD)
    page.get_by_role("button", name="注册").click()
    page.wait_for_url(re.compile("/$"))
    return email


@pytest.fixture
def subscriber(page, server, slug):
    email = signs_up(page)
    gives(server, email, 20)
    return Subscriber(page, server, email, slug)


@pytest.fixture
def keeper(subscriber):
    subscriber.keeps()
    return subscriber


def test_a_kept_document_is_read_offline_with_its_looks_and_says_that_it_is_a_copy(keeper):
    assert keeper.reads_offline()
    assert "离线副本，保存于" in keeper.page.inner_text("main")
    assert keeper.page.evaluate("document.styleSheets.length") >= 1
    assert keeper.page.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight") == "700"


def test_another_document_and_what_was_not_kept_are_not_read_offline(subscriber):
    assert not subscriber.reads_offline()


def test_online_a_page_is_no_copy(keeper):
    keeper.opens()
    assert "离线副本" not in keeper.page.inner_text("main")


def test_offline_the_front_page_lists_what_is_kept(keeper):
    keeper.context.set_offline(True)
    keeper.page.goto("/")
    link = keeper.page.get_by_role("link", name=re.compile("2025年度工作报告"))
    expect(link).to_have_count(1)
    link.click()
    assert cut_of(SAMPLE).last in keeper.page.inner_text("article")
    keeper.context.set_offline(False)


def test_what_is_kept_is_listed_and_can_be_forgotten(keeper):
    keeper.page.goto("/library/offline")
    keeper.page.get_by_role("button", name="移除").click()
    expect(keeper.page.get_by_text("这里还没有保存任何报告")).to_be_visible()
    assert keeper.kept() == []


def test_the_button_forgets_what_it_kept(keeper):
    button = keeper.page.get_by_role("button", name=KEEP)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert keeper.kept() == []
    assert not keeper.reads_offline()


def test_signing_out_forgets_everything(keeper):
    keeper.signs_out()
    keeper.comes_to(lambda: keeper.kept() == [])
    assert not keeper.reads_offline()


def test_the_house_has_the_browser_forget_even_without_the_worker(keeper):
    keeper.page.evaluate("async () => (await navigator.serviceWorker.getRegistration('/')).unregister()")
    assert len(keeper.kept()) == 1
    keeper.signs_out()
    keeper.comes_to(lambda: keeper.kept() == [])


def test_signing_out_offline_forgets_everything_too(keeper):
    keeper.context.set_offline(True)
    keeper.page.get_by_role("button", name="退出").click()
    keeper.page.wait_for_url("chrome-error://**")
    keeper.context.set_offline(False)
    keeper.is_to_forget()


def open_while_signed_out(keeper):
    """Answers the button of a tab that was open when another one signed out."""
    other = keeper.context.new_page()
    other.goto(f"/d/{keeper.slug}")
    button = other.get_by_role("button", name=KEEP)
    expect(button).to_have_attribute("aria-pressed", "true")
    keeper.signs_out()
    keeper.comes_to(lambda: keeper.kept() == [])
    return button


def test_a_tab_that_was_open_when_another_signed_out_says_what_became_of_its_copy(keeper):
    button = open_while_signed_out(keeper)
    button.click()
    expect(button.page.get_by_text("已从本浏览器删除。")).to_be_visible()
    button.click()
    expect(button.page.get_by_text("未能保存，请联网后重试。")).to_be_visible()
    assert keeper.kept() == []


def test_a_document_is_kept_again_from_a_tab_that_was_open_when_the_last_copy_went(keeper):
    button = open_while_signed_out(keeper)
    sign_in(keeper.page, keeper.email)
    for pressed in ("false", "true"):
        button.click()
        expect(button).to_have_attribute("aria-pressed", pressed)
    assert len(keeper.kept()) == 1
    assert keeper.reads_offline()


def test_a_password_changed_on_another_device_forgets_everything_at_the_next_visit(keeper, chromium):
    elsewhere = chromium.new_context(base_url=keeper.server.address, locale="zh-CN").new_page()
    sign_in(elsewhere, keeper.email)
    elsewhere.goto("/account")
    elsewhere.fill('input[name="present"]', PASSWORD)
    elsewhere.fill('input[name="password"]', "another password for this journey")
    elsewhere.get_by_role("button", name="更改密码").click()
    elsewhere.wait_for_url("**changed=1")
    elsewhere.context.close()
    assert keeper.reads_offline()  # nobody told this browser yet
    keeper.is_to_forget()
    assert not keeper.reads_offline()


def test_a_right_that_is_taken_away_forgets_at_the_next_visit(keeper):
    keeper.server.run("revoke", keeper.email)
    keeper.is_to_forget()
    assert not keeper.reads_offline()


def test_the_page_itself_is_forgotten_when_it_is_only_a_preview_again(keeper):
    keeper.server.run("revoke", keeper.email)
    keeper.opens()
    assert keeper.page.locator(".paid-gate").first.is_visible()
    keeper.comes_to(lambda: keeper.kept() == [])


@pytest.mark.parametrize("days", [10, 60])
def test_a_copy_ends_with_the_access_or_after_thirty_days(subscriber, days):
    """Ten days of access end first; of sixty, thirty may pass without going online. Nobody needs a network for that."""
    subscriber.server.run("revoke", subscriber.email)
    gives(subscriber.server, subscriber.email, days)
    subscriber.keeps()
    lasts = min(days, 30) * 24 * 3600
    about = subscriber.about()
    assert 0 <= lasts - (about["until"] - about["saved"]) / 1000 < 60
    subscriber.page.evaluate(
        """async () => {
            const cache = await caches.open((await caches.keys())[0]);
            const about = await (await cache.match('/kept')).json();
            const past = about.until - about.saved;
            const older = {...about, saved: about.saved - past, until: about.until - past};
            await cache.put('/kept', new Response(JSON.stringify(older)));
        }"""
    )
    assert not subscriber.reads_offline()
    subscriber.page.goto("/plans")
    assert subscriber.kept() == []


def test_another_reader_in_the_same_browser_finds_nothing(keeper):
    """Even one who did not sign out before: here the session ends as it does when its cookie is lost."""
    keeper.context.clear_cookies()
    other = signs_up(keeper.page)
    gives(keeper.server, other, 20)
    keeper.is_to_forget()
    assert not keeper.reads_offline()


def test_a_new_text_replaces_the_copy_at_the_next_visit_of_any_page(keeper, report):
    report.write_text(report.read_text("utf-8").replace("不超过10%", "不超过11%"), "utf-8")
    keeper.server.run("import", str(report), "--publish")
    keeper.page.goto("/plans")
    keeper.comes_to(lambda: keeper.about()["revision"] == 2)
    assert keeper.reads_offline()
    assert "不超过11%" in keeper.page.inner_text("article")


def test_a_copy_has_the_look_and_the_language_that_were_chosen_since(keeper):
    keeper.page.goto("/plans")
    keeper.page.locator("[data-look] summary").click()
    with keeper.page.expect_response("**/look"):
        keeper.page.get_by_text("深色").click()
    keeper.page.get_by_role("link", name="English").click()
    keeper.page.wait_for_url("**/plans")
    keeper.comes_to(lambda: keeper.about()["look"].startswith("en dark"))
    assert keeper.reads_offline()
    assert keeper.page.locator("html[lang=en][data-theme=dark]").count() == 1


def test_a_copy_offers_nothing_that_needs_the_house(keeper):
    buttons = [keeper.page.get_by_role("button", name=name, exact=True) for name in ("书签", "划线")]
    assert all(button.is_visible() for button in buttons)
    assert keeper.reads_offline()
    assert not any(button.is_visible() for button in buttons)
    keeper.page.locator(".prose p:not(.offline-note)").first.select_text()
    keeper.page.locator(".marker:not([hidden])").wait_for(state="attached")
    assert not keeper.page.locator(".marker").is_visible()


def test_a_copy_stays_when_the_network_goes_in_the_middle_of_replacing_it(keeper):
    before = keeper.about()
    (worker,) = keeper.context.service_workers
    worker.evaluate(
        """() => {
            Cache.prototype.addAll = async () => {
                globalThis.tried = true;
                throw new TypeError('gone');
            };
        }"""
    )
    keeper.opens()
    keeper.comes_to(lambda: worker.evaluate("() => globalThis.tried === true"))
    keeper.comes_to_rest()
    assert keeper.about()["saved"] == before["saved"]
    assert keeper.reads_offline()


def test_however_many_are_kept_each_is_asked_about(subscriber):
    subscriber.opens()
    subscriber.page.evaluate(
        """async () => {
            for (let number = 0; number < 120; number++) {
                const path = `/d/${encodeURIComponent("离线报告".repeat(20))}-${number}`;
                const about = JSON.stringify({path, reader: "", revision: 1, saved: 0, until: 0});
                await (await caches.open(`kept ${path}`)).put("/kept", new Response(about));
            }
        }"""
    )
    subscriber.keeps()
    subscriber.page.goto("/plans")
    subscriber.comes_to(lambda: len(subscriber.kept()) <= 1)
    assert subscriber.reads_offline()


@pytest.mark.parametrize("status", [400, 404, 414, 429, 431, 503])
def test_an_answer_that_says_nothing_of_who_reads_forgets_nothing(keeper, status):
    (worker,) = keeper.context.service_workers
    worker.evaluate(
        """status => {
            globalThis.fetch = async () => {
                globalThis.asked = true;
                return new Response("", { status });
            };
        }""",
        status,
    )
    keeper.page.goto("/plans")
    keeper.comes_to(lambda: worker.evaluate("() => globalThis.asked === true"))
    keeper.comes_to_rest()
    assert len(keeper.kept()) == 1


def test_a_browser_without_room_says_so(subscriber):
    subscriber.opens()
    session = subscriber.context.new_cdp_session(subscriber.page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": subscriber.server.address, "quotaSize": 1000})
    subscriber.page.get_by_role("button", name=KEEP).click()
    expect(subscriber.page.get_by_text("本浏览器的存储空间不足，无法保存。")).to_be_visible()
    assert subscriber.kept() == []


def test_a_visitor_and_a_reader_who_keeps_nothing_get_no_worker(subscriber):
    count = "async () => (await navigator.serviceWorker.getRegistrations()).length"
    subscriber.opens()
    assert subscriber.page.evaluate(count) == 0
    subscriber.signs_out()
    subscriber.opens()
    assert subscriber.page.evaluate(count) == 0
    assert subscriber.page.get_by_role("button", name=KEEP).count() == 0


def test_without_javascript_nothing_of_it_shows(subscriber, chromium):
    state = subscriber.context.storage_state()
    context = chromium.new_context(
        base_url=subscriber.server.address, locale="zh-CN", java_script_enabled=False, storage_state=state
    )
    page = context.new_page()
    page.goto(f"/d/{subscriber.slug}")
    assert cut_of(SAMPLE).last in page.inner_text("article")
    assert page.get_by_role("button", name=KEEP).count() == 0
    page.goto("/library/offline")
    assert "离线保存需要启用 JavaScript" in page.inner_text("main")
    context.close()
