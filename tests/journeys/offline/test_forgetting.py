"""A copy is forgotten when its reader signs out or may not read it any more."""

import pytest
from playwright.sync_api import expect

from tests.factories.people import PASSWORD
from tests.journeys.offline.conftest import KEEP, gives
from tests.journeys.readers import sign_in, sign_up


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
    """Return the button of a tab that was open when another one signed out."""
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
    other = sign_up(keeper.page)
    gives(keeper.server, other, 20)
    keeper.is_to_forget()
    assert not keeper.reads_offline()
