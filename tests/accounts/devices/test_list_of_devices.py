"""Where an account is signed in: seen by its reader, and ended there or by signing in anew."""

import pytest
from sqlalchemy import select

from tests.factories.devices import PHONE, devices_kept, devices_shown, sign_in_as
from tests.factories.mailed_links import READER
from tests.factories.people import token_in
from webapp.accounts import login
from webapp.accounts.models import Device
from webapp.kit.errors import NotSignedInError


def test_each_device_is_listed_this_one_first(browser):
    first, second = browser(), browser(user_agent=PHONE)
    assert [line.split(" signed")[0] for line in devices_shown(first)] == ["Firefox on Linux", "Safari on iPhone"]
    assert [line.split(" signed")[0] for line in devices_shown(second)] == ["Safari on iPhone", "Firefox on Linux"]


def end(client, which):
    return client.post(f"/account/devices/{which}", data={"csrf_token": token_in(client.get("/account/devices"))})


def test_one_device_is_signed_out_and_is_out_on_its_next_page(browser, database):
    here, there, third = browser(), browser(user_agent=PHONE), browser()
    answer = end(here, f"{devices_kept(database)[1].id}/end")
    assert answer.status_code == 303
    assert "The device was signed out." in here.get(answer.headers["Location"]).text
    assert there.get("/account").status_code == 303
    assert here.get("/account").status_code == third.get("/account").status_code == 200


def test_all_others_are_signed_out_at_once(browser):
    here, *others = browser(), browser(), browser(user_agent=PHONE)
    answer = end(here, "end-others")
    assert "All other devices were signed out." in here.get(answer.headers["Location"]).text
    assert {other.get("/account").status_code for other in others} == {303}
    assert len(devices_shown(here)) == 1
    assert "Sign out all other devices" not in here.get("/account/devices").text


def test_the_device_of_somebody_else_is_not_there(browser, app, people, database):
    here = browser()
    other = people.signed_in("other@example.com")
    assert end(here, f"{devices_kept(database)[1].id}/end").status_code == 404
    assert other.get("/account").status_code == 200
    end(here, "end-others")
    assert other.get("/account").status_code == 200


def test_an_address_of_no_device_is_not_there(browser):
    assert end(browser(), "99/end").status_code == 404


def test_looking_and_forms_of_other_sites_end_nothing(browser, app, database):
    here, there = browser(), browser()
    number = devices_kept(database)[1].id
    assert here.get(f"/account/devices/{number}/end").status_code == 405
    assert here.post(f"/account/devices/{number}/end").status_code == 400
    assert app.test_client().get("/account/devices").status_code == 303
    assert there.get("/account").status_code == 200


def test_a_visitor_can_end_no_device(browser, app, database):
    there, client = browser(), app.test_client()
    form = {"csrf_token": token_in(client.get("/login"))}
    for way in (f"{devices_kept(database)[0].id}/end", "end-others"):
        assert client.post(f"/account/devices/{way}", data=form).headers["Location"].startswith("/login")
    assert there.get("/account").status_code == 200


def test_signing_in_anew_ends_the_session_before(browser, database, app):
    client = browser()
    stolen = client.get_cookie("paidspan").value
    before = devices_kept(database)
    sign_in_as(client, READER)
    assert len(devices_kept(database)) == 1
    assert devices_kept(database)[0].id != before[0].id
    thief = app.test_client()
    thief.set_cookie("paidspan", stolen)
    assert thief.get("/account").status_code == 303
    assert client.get("/account").status_code == 200


def test_signing_in_as_somebody_else_ends_it_too(browser, people, database):
    client = browser()
    people.reader("other@example.com")
    sign_in_as(client, "other@example.com")
    with database.reading() as session:
        assert session.scalars(select(Device.reader_id)).all() == [2]


def test_who_is_signed_in_by_no_device_has_none(app):
    with app.test_request_context(), pytest.raises(NotSignedInError):
        login.current_device_id()
