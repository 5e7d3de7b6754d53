"""On how many devices an account may be signed in at once, where the house limits that."""

import pytest

from tests.factories.devices import devices_shown, sign_in_as
from tests.factories.html import parse
from tests.factories.mailed_links import READER
from webapp import create_app
from webapp.accounts.models import Role
from webapp.kit.http import database as database_of


@pytest.fixture
def limited(settings):
    app = create_app(settings.model_copy(update={"devices_at_once": 2}))
    app.testing = True
    yield app
    with app.app_context():
        database_of().close()


def devices_of(app, people, role=Role.READER, count=3):
    people.reader(role=role)
    return [sign_in_as(app.test_client(), READER) for _ in range(count)]


def test_the_oldest_of_too_many_devices_is_asked_to_sign_in_again_and_told_why_once(limited, people):
    oldest, second, third = devices_of(limited, people)
    assert second.get("/account").status_code == third.get("/account").status_code == 200
    asked = oldest.get("/account/plan")
    assert asked.headers["Location"] == "/login?next=/account/plan"
    page = oldest.get(asked.headers["Location"])
    assert "an account can be signed in on 2 at a time" in page.text
    assert "an account can be signed in on 2 at a time" not in oldest.get("/login").text
    assert len(devices_shown(third)) == 2
    sign_in_as(oldest, READER)
    assert oldest.get("/account").status_code == 200
    assert second.get("/account").status_code == 303
    assert third.get("/account").status_code == 200


def test_it_is_told_on_public_pages_too_where_there_is_a_way_back(limited, people):
    oldest, *_others = devices_of(limited, people)
    page = oldest.get("/plans")
    assert parse(page).css_first('.trouble a[href="/login?next=/plans"]') is not None
    assert "You were signed out on this device" not in oldest.get("/plans").text


def test_what_a_script_fetches_does_not_use_the_sentence_up(limited, people):
    oldest, *_others = devices_of(limited, people)
    assert "You were signed out" not in oldest.get("/login", headers={"Sec-Fetch-Mode": "cors"}).text
    assert "You were signed out" in oldest.get("/login", headers={"Sec-Fetch-Mode": "navigate"}).text


def test_who_stayed_signed_in_is_told_once_too(limited, people):
    people.reader()
    oldest = sign_in_as(limited.test_client(), READER, remember="y")
    for _ in range(2):
        sign_in_as(limited.test_client(), READER)
    assert "You were signed out" in oldest.get("/plans").text
    assert "You were signed out" not in oldest.get("/plans").text
    assert oldest.get_cookie("remember_token") is None


def test_who_works_for_the_house_has_as_many_as_they_like(limited, people):
    assert {client.get("/account").status_code for client in devices_of(limited, people, Role.EDITOR, 4)} == {200}


def test_without_the_setting_there_are_as_many_as_one_likes(browser):
    assert {client.get("/account").status_code for client in [browser() for _ in range(8)]} == {200}
