"""Who looks at pages in a browser: signed in once, and recognised in every other context."""

from playwright.sync_api import Browser, StorageState

from tests.factories.people import PASSWORD
from webapp.kit.languages import translations


def cookies_of(browser: Browser, address: str, email: str) -> StorageState:
    """Sign somebody in and return the cookies by which the house knows them."""
    context = browser.new_context(base_url=address, locale="zh-CN")
    page = context.new_page()
    page.goto("/login")
    page.fill('input[name="email"]', email)
    page.fill('input[name="password"]', PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/")
    state = context.storage_state()
    context.close()
    return state


def say(sentence: str) -> str:
    """Return what a Chinese page says for a sentence of the source; raise AssertionError when no page says it."""
    words = str(translations("zh-CN").ugettext(sentence))
    assert words != sentence, f"no page says: {sentence}"
    return words
