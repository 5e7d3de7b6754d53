"""The whole way with JavaScript off: sign up, pay, read, bookmark, note, take along, sign out."""

import sqlite3

from tests.factories.people import PASSWORD
from tests.factories.showroom import REPORT
from tests.journeys.cuts import SAMPLE, cut_of
from tests.journeys.readers import pay, press, say, somebody

PREVIEW = f"/d/{REPORT}"


def held(server, table: str, email: str) -> int:
    """Return how many rows of a table a reader has, as the house keeps them."""
    with sqlite3.connect(f"file:{server.instance}/paidspan.sqlite?mode=ro", uri=True) as database:
        count = f"SELECT count(*) FROM {table} JOIN readers ON readers.id = reader_id WHERE email = ?"
        return database.execute(count, [email]).fetchone()[0]


def test_the_whole_way(plain, server):
    email, cut = somebody(), cut_of(SAMPLE)
    plain.goto(PREVIEW)
    assert cut.last not in plain.inner_text("article")
    plain.get_by_role("button", name=say("Unlock the full text")).click()
    plain.fill('input[name="email"]', email)
    plain.fill('input[name="password"]', PASSWORD)
    with plain.expect_navigation():
        plain.locator("main form button").click()
    assert held(server, "devices", email) == 1

    plain.get_by_role("button", name=say("Go to payment")).click()
    pay(plain, "4000 0000 0000 0002")
    plain.locator('[role="alert"]').wait_for()
    assert held(server, "grants", email) == 0
    pay(plain, "4242 4242 4242 4242")
    plain.wait_for_url("**#gate-1")
    assert cut.last in plain.inner_text("article")
    assert held(server, "grants", email) == 1

    press(plain, "Bookmark")
    assert held(server, "bookmarks", email) == 1
    plain.locator(".tools").get_by_role("link", name=say("Notes")).click()
    plain.fill('main [name="exact"]', "全年新购纸质图书11.4万册")
    plain.fill('main [name="note"]', "核对")
    press(plain, "Highlight")
    assert held(server, "highlights", email) == 1

    plain.goto("/library")
    assert plain.get_by_role("link", name=REPORT).count() >= 2
    press(plain, "Sign out")
    assert held(server, "devices", email) == 0
    plain.goto(PREVIEW)
    assert cut.last not in plain.inner_text("article")


def test_looking_for_something_needs_no_script(plain):
    plain.goto("/search")
    plain.fill('input[name="q"]', "图书馆")
    plain.locator('main [role="search"] button').click()
    plain.get_by_role("link", name=REPORT).first.wait_for()


def test_language_and_look_need_no_script(plain):
    plain.goto(PREVIEW)
    plain.locator('a[hreflang="en"]').click()
    plain.get_by_role("button", name="Unlock the full text").wait_for()
    assert plain.locator("html").get_attribute("lang") == "en"
