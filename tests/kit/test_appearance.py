"""What a reader has chosen holds on every page: for visitors by a cookie, for readers by their account."""

import pytest

from tests.factories.html import parse
from tests.factories.people import token_in
from webapp.kit.appearance import DEFAULT, Appearance, Face, Size, Theme, Width, read_appearance, stored_appearance


def root(client, path="/plans"):
    return dict(parse(client.get(path)).root.attributes)


def test_who_has_chosen_nothing_gets_what_the_system_says(client):
    assert root(client) == {"lang": "zh-CN"}
    assert '<meta name="color-scheme" content="light dark">' in client.get("/plans").get_data(as_text=True)


def test_a_visitor_keeps_their_choice_in_this_browser(client):
    answer = client.get("/look?theme=sepia&size=large&width=wide&face=sans&next=/plans")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/plans"
    look = {"data-theme": "sepia", "data-size": "large", "data-width": "wide", "data-face": "sans"}
    assert root(client) == {"lang": "zh-CN", **look}


def test_one_visitors_choice_is_not_shown_to_another(app):
    first, second = app.test_client(), app.test_client()
    first.get("/look?theme=dark")
    assert root(first, "/")["data-theme"] == "dark"
    assert "data-theme" not in root(second, "/")
    assert root(first, "/")["data-theme"] == "dark"


@pytest.mark.parametrize(("theme", "scheme"), [("dark", "dark"), ("light", "light"), ("sepia", "light")])
def test_the_browser_paints_in_the_chosen_scheme_before_the_style_sheet_is_there(client, theme, scheme):
    client.get(f"/look?theme={theme}")
    assert f'<meta name="color-scheme" content="{scheme}">' in client.get("/").get_data(as_text=True)


def test_a_readers_choice_holds_on_all_their_devices(people):
    desk = people.signed_in()
    phone = people.browser("reader@example.com")
    token = token_in(desk.get("/account"))
    assert desk.post("/look", data={"theme": "dark", "csrf_token": token, "next": "/plans"}).location == "/plans"
    assert root(desk)["data-theme"] == "dark"
    assert root(phone)["data-theme"] == "dark"


def test_a_new_account_goes_on_with_what_its_browser_had(people):
    client = people.app.test_client()
    people.reader()
    client.get("/look?theme=dark")
    token = token_in(client.get("/login"))
    client.post(
        "/login", data={"email": "reader@example.com", "password": "long enough a password", "csrf_token": token}
    )
    assert root(client, "/account")["data-theme"] == "dark"


def test_another_site_cannot_change_a_readers_look(people):
    client = people.signed_in()
    assert client.post("/look", data={"theme": "dark"}).status_code == 400
    assert "data-theme" not in root(client)


@pytest.mark.parametrize(
    "text", ["", "dark", "dark.large", "x.y.z", '"><script>', "dark.large.medium.serif.more", "暗"]
)
def test_any_cookie_makes_a_look(client, text):
    assert isinstance(stored_appearance(text), Appearance)
    client.set_cookie("look", text)
    page = client.get("/plans")
    assert page.status_code == 200
    assert "<script>" not in page.text


def test_a_look_is_kept_as_it_is():
    look = Appearance(Theme.SEPIA, Size.LARGEST, Width.NARROW, Face.SANS)
    assert stored_appearance(str(look)) == look
    assert stored_appearance(str(DEFAULT)) == DEFAULT


def test_what_is_unknown_is_what_everybody_gets():
    assert read_appearance({"theme": "neon", "size": "large"}) == Appearance(size=Size.LARGE)
