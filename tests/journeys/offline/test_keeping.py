"""A document is kept where its reader asked for it, read without a network, and kept as it is now."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.cuts import SAMPLE, cut_of
from tests.journeys.offline.conftest import KEEP


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
