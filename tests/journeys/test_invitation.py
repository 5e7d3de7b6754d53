"""Somebody is invited to the house, works there, and loses the right: an owner and a new editor, in two browsers."""

from tests.factories.people import PASSWORD
from tests.journeys.readers import fill_in, press, say, sign_up, somebody


def test_a_person_is_invited_becomes_an_editor_and_loses_the_right(page, chromium, server):
    owner, invited = sign_up(page), somebody()
    server.run("user", "role", owner, "owner")
    page.goto("/desk/people")
    page.fill('input[name="present"]', PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/desk/people")
    page.fill("#email", invited)
    press(page, "Send the invitation")
    assert invited in page.inner_text("main")

    elsewhere = chromium.new_context(base_url=server.address, locale="zh-CN").new_page()
    elsewhere.goto("/sandbox/mail")
    with elsewhere.expect_navigation():
        elsewhere.locator("li", has_text=invited).get_by_role("link").first.click()
    with elsewhere.expect_navigation():
        elsewhere.get_by_role("link", name=say("As a mail program shows it"), exact=True).first.click()
    link = elsewhere.get_by_role("link", name=say("Accept the invitation")).get_attribute("href")
    elsewhere.goto(f"/invitation/{link.rpartition('/')[2]}")
    fill_in(elsewhere, password=PASSWORD)
    press(elsewhere, "Accept and create an account")
    elsewhere.wait_for_url("**/desk")
    elsewhere.goto("/desk/pages/about/zh-CN")
    elsewhere.fill("#source", "# 关于我们\n\n我们是一家书店。\n")
    press(elsewhere, "Save")
    assert say("Saved. Readers see it now.") in elsewhere.inner_text("main")
    assert elsewhere.goto("/desk/people").status == 403

    page.goto("/desk/people")
    row = page.locator("tr", has_text=invited)
    row.locator("select").select_option("reader")
    with page.expect_navigation():
        row.locator("button").click()
    assert say("The right is taken back, from now on, on all devices.") in page.inner_text("main")
    assert elsewhere.goto("/desk/pages/about/zh-CN").status == 404
    elsewhere.context.close()
