"""The main job in a real browser: read the preview, sign up, be refused a card, pay, read on from that sentence."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.factories.people import PASSWORD
from tests.journeys.conftest import slug_in
from tests.journeys.cuts import SAMPLE, cut_of
from tests.journeys.readers import pay, sign_up, somebody

REAL_REPORT = Path(__file__).parents[3] / "shared/documents/report-2023.txt"


@pytest.fixture
def real_report(server):
    if not REAL_REPORT.exists():
        pytest.skip("the real report is not beside this checkout (../shared/documents)")
    printed = server.run("import", str(REAL_REPORT), "--publish", "--price", "9.90")
    return slug_in(printed), cut_of(REAL_REPORT)


@pytest.fixture
def sample(server):
    return slug_in(server.run("import", str(SAMPLE), "--publish", "--price", "9.90")), cut_of(SAMPLE)


@pytest.fixture(params=["real_report", "sample"])
def report(request):
    return request.getfixturevalue(request.param)


def sees_preview(page, cut):
    text = page.inner_text("article")
    assert cut.before in text
    assert cut.after not in text
    assert page.locator(".paid-gate").first.is_visible()
    html = page.content()
    assert not [run for run in cut.slices if run in html]


def test_the_whole_way(page, report):
    slug, cut = report
    email = somebody()

    page.goto(f"/d/{slug}")
    sees_preview(page, cut)

    page.get_by_role("button", name="解锁全文").click()
    page.fill('input[name="email"]', email)
    page.fill('input[name="password"]', PASSWORD)
    page.get_by_role("button", name="注册").click()
    page.get_by_role("button", name="去付款").click()
    page.wait_for_url("**/sandbox/checkout/**")

    pay(page, "4000 0000 0000 0002")
    page.wait_for_selector('[role="alert"]')
    assert "/sandbox/checkout/" in page.url
    pay(page, "4242 4242 4242 4242")

    page.wait_for_url("**/d/**#gate-1")
    passage = page.locator("#gate-1")
    assert passage.inner_text().startswith(cut.after[:3])
    expect(passage, "the reader lands on the sentence where the preview stopped").to_be_in_viewport()
    text = page.inner_text("article")
    assert (cut.before + cut.after) in text.replace("\n", "")
    assert cut.last in text
    assert page.locator(".paid-gate").count() == 0

    with page.expect_navigation():
        page.get_by_role("button", name="退出").click()
    page.goto(f"/d/{slug}")
    sees_preview(page, cut)


@pytest.mark.parametrize(
    ("plan", "method"),
    [("month", "card"), ("year", "card"), ("pass", "alipay"), ("pass", "wechat_pay"), ("document", "card")],
)
def test_all_four_kinds_can_be_bought(page, sample, plan, method):
    slug, cut = sample
    sign_up(page)
    page.goto(f"/d/{slug}")
    page.check(f'input[name="plan"][value="{plan}"]')
    page.get_by_role("button", name="解锁全文").click()
    page.wait_for_url("**/sandbox/checkout/**")
    if method == "card":
        pay(page, "4242424242424242")
    else:
        page.check(f'input[name="method"][value="{method}"]')
        page.click("main form button")
    page.wait_for_url("**#gate-1")
    assert cut.last in page.inner_text("article")
    page.goto("/account/plan")
    assert "您可以阅读" in page.inner_text("main")


def test_it_works_on_a_phone_without_scrolling_sideways(page, sample):
    slug, _cut = sample
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/", f"/d/{slug}", "/plans", "/login", "/signup", "/nothing"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{path} is {wide} px wide"


def test_the_gate_works_with_the_keyboard_alone(page, sample):
    slug, _cut = sample
    page.goto(f"/d/{slug}")
    page.locator('.offers input[name="plan"]').first.focus()
    page.keyboard.press("ArrowRight")
    chosen = page.locator('.offers input[name="plan"]:checked').get_attribute("value")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/signup**")
    assert f"plan%3D{chosen}" in page.url or f"plan={chosen}" in page.url
