"""A reader is found, granted, refunded, which is said before, and loses access: by mouse, and without JavaScript."""

import sqlite3
from contextlib import closing

import pytest

from tests.factories.people import PASSWORD
from tests.factories.showroom import REPORT
from tests.journeys.cuts import SAMPLE, cut_of
from tests.journeys.readers import press, say, sign_up, subscribe


def become_owner(server, email):
    with closing(sqlite3.connect(server.instance / "paidspan.sqlite", timeout=30, isolation_level=None)) as database:
        database.execute("UPDATE readers SET role = 'owner' WHERE email = ?", [email])


def reads(page):
    page.goto(f"/d/{REPORT}")
    return cut_of(SAMPLE).last in page.inner_text("article")


@pytest.mark.parametrize("scripts", [True, False], ids=["by mouse", "without scripts"])
def test_from_the_list_to_the_end_of_access(opened, server, scripts):
    reader, house = opened(), opened(java_script_enabled=scripts)
    email = subscribe(reader, "4242 4242 4242 4242")
    become_owner(server, sign_up(house))
    assert reads(reader)

    house.goto("/desk/readers")
    house.fill('input[name="q"]', email[:6])
    press(house, "Show")
    house.get_by_role("link", name=email).click()
    house.get_by_text(say("Give access"), exact=True).first.click()
    house.fill('input[name="reason"] >> nth=-1', "赠阅")
    house.locator('form[action$="/give"] button').click()
    house.get_by_text(say("Access was given.")).wait_for()

    house.get_by_role("link", name=say("Give back …")).click()
    house.fill('input[type="password"]', PASSWORD)
    house.locator("main form button").first.click()
    house.get_by_role("heading", name=say("What this does")).wait_for()
    said = house.inner_text(".desk-body")
    assert say("Reading everything ends at once. The subscription is cancelled and not charged again.") in said
    assert "赠阅" in said  # what is left
    house.locator('form[action$="/refund"] button').click()
    house.get_by_role("status").wait_for()
    assert reads(reader), "what was given by hand is still open"

    house.fill('form[action*="/take/"] input[name="reason"]', "已退款")
    press(house, "Take back")
    assert say("Reads previews only: nothing that was bought or given opens anything now.") in house.inner_text("main")
    assert not reads(reader)
