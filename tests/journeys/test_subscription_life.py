"""A subscription's life in a real browser, with real webhooks: a card that fails, another card, a cancellation."""

import re
import time

import pytest

from tests.journeys.readers import sign_in, subscribe
from tests.journeys.serving import PATIENCE_SECONDS, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A house of its own: two months pass there, and other tests' readers would lose what they hold."""
    with serving(tmp_path_factory.mktemp("months") / "instance") as running:
        yield running


def wait_for_news(page, words, path="/account/plan"):
    """Look at a page until it says so: webhooks, and the time that another process moved, come in their own time."""
    end = time.monotonic() + PATIENCE_SECONDS
    page.goto(path)
    while words not in page.inner_text("main"):
        assert time.monotonic() < end, page.inner_text("main")
        page.wait_for_timeout(250)
        page.goto(path)


def test_a_card_that_fails_is_replaced_and_the_subscription_then_cancelled(page, server):
    email = subscribe(page, "4000 0000 0000 0341")
    assert "自动续订" in page.inner_text("main")

    server.run("sandbox", "advance", "32d")
    wait_for_news(page, "本期订阅扣款未成功")
    page.get_by_role("button", name="去付清").click()
    page.wait_for_url("**/sandbox/portal/**")
    page.get_by_text("换一张卡").click() if page.get_by_text("换一张卡").count() else page.locator("summary").click()
    page.fill('input[name="card_number"]', "4242 4242 4242 4242")
    page.fill('input[name="expiry"]', "12/34")
    page.fill('input[name="cvc"]', "123")
    with page.expect_navigation():
        page.locator("details form button").click()
    page.locator('a[href$="/checkout/return"]').click()
    page.wait_for_url("**/account/plan")
    text = page.inner_text("main")
    assert "扣款未成功" not in text
    assert "自动续订" in text
    assert len(re.findall(r"00\d{4}", text)) == 2, "a receipt for each month"

    page.get_by_role("button", name="更换银行卡").click()
    page.wait_for_url("**/sandbox/portal/**")
    with page.expect_navigation():
        page.locator('button[value="cancel"]').click()
    page.locator('a[href$="/checkout/return"]').click()
    page.wait_for_url("**/account/plan")
    assert "不再续订" in page.inner_text("main")

    server.run("sandbox", "advance", "32d")
    wait_for_news(page, "密码", "/login")  # after sixty days a device is forgotten
    sign_in(page, email)
    wait_for_news(page, "已到期")
    page.locator('a[href*="/account/receipts/"]').first.click()
    assert "¥25" in page.inner_text("main")
