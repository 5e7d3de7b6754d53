"""What the publisher sells at the desk is what a visitor sees at the gate; what visitors see there, the desk counts."""

import sqlite3
from contextlib import closing

import pytest

from tests.factories.showroom import NEWCOMER, PUBLISHER, REPORT, Showroom, stock
from tests.front.serving import wait_until
from tests.journeys.readers import cookies_of, press, say
from tests.journeys.serving import serving

# What drives Chromium says so in its name, and is told from people by it.
IN_SOMEBODYS_HANDS = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server of its own, whose plans may change."""
    room: Showroom = stock(tmp_path_factory.mktemp("sold") / "instance")
    with serving(room.instance) as running:
        yield running


def counted(server):
    """Return how often each thing was counted, as it is stored."""
    with closing(sqlite3.connect(f"file:{server.instance}/paidspan.sqlite?mode=ro", uri=True)) as database:
        query = "SELECT kind, count FROM library_reading_counts WHERE site = '' AND length(period) = 4"
        return dict(database.execute(query).fetchall())


def test_a_plan_is_made_its_price_raised_and_a_visitor_sees_it_at_the_gate(house, chromium):
    desk = chromium.new_context(
        base_url=house.address, locale="zh-CN", storage_state=cookies_of(chromium, house.address, PUBLISHER)
    ).new_page()
    desk.goto("/desk/plans")
    desk.get_by_role("link", name=say("New plan")).click()
    desk.get_by_label(say("A pass for some days, paid once")).check()
    for field, text in {"days": "7", "amount": "12.50", "name": "一周通读"}.items():
        desk.fill(f"[name={field}]", text)
    press(desk, "Put on sale")
    desk.get_by_role("row", name="一周通读").get_by_role("link", name=say("Change the price")).click()
    desk.fill("[name=amount]", "15")
    press(desk, "See what it changes")
    assert "¥15" in desk.inner_text(".desk-form")
    press(desk, "Change the price")
    assert "¥15" in desk.get_by_role("row", name="一周通读").inner_text()

    visitor = chromium.new_context(
        base_url=house.address, locale="zh-CN", viewport={"width": 1280, "height": 700}, user_agent=IN_SOMEBODYS_HANDS
    )
    page = visitor.new_page()
    page.goto(f"/d/{REPORT}")
    assert "gate" not in counted(house)
    page.locator("#offers").scroll_into_view_if_needed()
    offer = page.locator(".offer", has_text="一周通读")
    assert "¥15" in offer.inner_text()
    wait_until(lambda: counted(house).get("gate") == 1)
    assert counted(house)["preview"] == 1
    assert not [cookie for cookie in visitor.cookies() if "reading" in cookie["name"]]

    begun = counted(house).get("checkout", 0)
    buyer = chromium.new_context(
        base_url=house.address, locale="zh-CN", storage_state=cookies_of(chromium, house.address, NEWCOMER)
    ).new_page()
    buyer.goto(f"/d/{REPORT}")
    buyer.locator(".offer", has_text="一周通读").click()
    press(buyer, "Unlock the full text")
    wait_until(lambda: counted(house).get("checkout") == begun + 1)

    desk.goto("/desk/reading")
    desk.get_by_role("table", name=say("From preview to payment")).wait_for()
    desk.locator("#documents + .desk-table").get_by_role("link", name=REPORT).click()
    desk.locator("#gates + .desk-table tbody tr").first.wait_for()
