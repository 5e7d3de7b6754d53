"""The way back into an account by mail, on one machine: forget the password, recover, and the old browser is out."""

from tests.journeys.readers import open_mail, press, say, sign_up


def follow(page, sentence: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=say(sentence), exact=True).first.click()


def test_a_forgotten_password_and_the_browser_that_was_left_behind(page, chromium, server):
    elsewhere = chromium.new_context(base_url=server.address, locale="zh-CN").new_page()
    email = sign_up(elsewhere)

    page.goto("/login")
    follow(page, "Forgot your password?")
    page.fill('input[name="email"]', email)
    press(page, "Mail me a link")
    assert say("Please check your mail.") in page.inner_text("main")

    open_mail(page, email, "Choose a new password")
    follow(page, "As a mail program shows it")
    # Mails name the house by its setting, and this server has a port of its own.
    link = page.get_by_role("link", name=say("Choose a new password")).get_attribute("href")
    page.goto(f"/recover/{link.rpartition('/')[2]}")
    page.fill('input[name="password"]', "a new and longer password")
    press(page, "Save and sign in")
    assert email in page.inner_text("main")
    assert say("The password was changed. All other devices were signed out.") in page.inner_text("main")

    elsewhere.goto("/account")
    elsewhere.wait_for_url("**/login?**")
    elsewhere.context.close()
    open_mail(page, email, "Your password was changed")
    page.goto(f"/recover/{link.rpartition('/')[2]}")
    assert say("This link does not work (any more).").rstrip("。") in page.inner_text("main")
