"""Who looks at pages in a browser: what they type and press, and how they come by an account."""

from playwright.sync_api import Browser, Page, StorageState

from tests.factories.people import PASSWORD
from webapp.kit import randomness
from webapp.kit.languages import translations


def say(sentence: str) -> str:
    """Return what a Chinese page says for a sentence of the source; raise AssertionError when no page says it."""
    words = str(translations("zh-CN").ugettext(sentence))
    assert words != sentence, f"no page says: {sentence}"
    return words


def press(page: Page, button: str) -> None:
    """Press the button that says this, and wait for the page that answers."""
    with page.expect_navigation():
        page.get_by_role("button", name=say(button), exact=True).click()


def fill_in(page: Page, **fields: str) -> None:
    """Fill in fields of a form by their names."""
    for name, text in fields.items():
        page.fill(f'main input[name="{name}"]', text)


def somebody() -> str:
    """Return an address that has no account."""
    return f"{randomness.token(6)}@example.com"


def sign_up(page: Page, email: str = "") -> str:
    """Make an account, for somebody unless an address is given, and return its address."""
    email = email or somebody()
    page.goto("/signup")
    fill_in(page, email=email, password=PASSWORD)
    press(page, "Create an account")
    return email


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Show address and password; what comes next is the page's to say."""
    page.goto("/login")
    fill_in(page, email=email, password=password)
    press(page, "Sign in")


def cookies_of(browser: Browser, address: str, email: str) -> StorageState:
    """Sign somebody in and return the cookies by which the house knows them."""
    context = browser.new_context(base_url=address, locale="zh-CN")
    page = context.new_page()
    sign_in(page, email)
    page.wait_for_url("**/")
    state = context.storage_state()
    context.close()
    return state


def open_mail(page: Page, email: str, subject: str) -> None:
    """Open the latest mail to somebody that says this as its subject."""
    page.goto("/sandbox/mail")
    with page.expect_navigation():
        page.locator("li", has_text=email).get_by_role("link", name=say(subject)).first.click()


def pay(page: Page, card_number: str) -> None:
    """Fill in a card on the sandbox's page, and send it."""
    page.check('input[name="method"][value="card"]')
    fill_in(page, card_number=card_number, expiry="12/34", cvc="123")
    page.click("main form button")


def subscribe(page: Page, card_number: str) -> str:
    """Choose a plan, sign up and pay for it; return the address of who did."""
    email = somebody()
    page.goto("/plans")
    page.get_by_role("link", name="选择").nth(1).click()
    fill_in(page, email=email, password=PASSWORD)
    page.get_by_role("button", name="注册").click()
    page.get_by_role("button", name="去付款").click()
    page.wait_for_url("**/sandbox/checkout/**")
    pay(page, card_number)
    page.wait_for_url("**/account/plan")
    return email
