"""Password or passkey are asked for again before what could do much harm."""

import pytest
from sqlalchemy import select

from tests.factories.authenticator import set_up_second_factor, some_steps_later
from tests.factories.html import parse
from tests.factories.people import PASSWORD, token_in
from tests.factories.security_key import HERE, SecurityKey, make_passkey, post, sign_in_here, sign_in_with
from webapp.accounts.mailed_tokens import MailedToken
from webapp.accounts.models import Reader, Role
from webapp.accounts.permissions import signed_in
from webapp.accounts.proof import PROOF_FOR, recently_proved
from webapp.accounts.second_factor import WRONG_AT_ONCE
from webapp.kit import clock

READER, OTHER = "reader@example.com", "other@example.com"


@pytest.fixture
def guarded(app):
    ask = recently_proved("accounts.account")
    app.add_url_rule("/harm", "harm", signed_in(ask(lambda: "done")), methods=["GET", "POST"])
    of_staff = recently_proved("accounts.account", guarded_only=True)
    app.add_url_rule("/harm-of-staff", "harm_of_staff", signed_in(of_staff(lambda: "done")))
    return app


def type_again(client, **form):
    page = client.get("/account/prove")
    return client.post("/account/prove", data={"csrf_token": token_in(page), "present": PASSWORD, **form})


def test_what_does_harm_asks_again_and_leads_back(guarded, people):
    client = people.signed_in(READER)
    assert client.get("/harm?a=1").headers["Location"] == "/account/prove?next=/harm?a%3D1"
    sent = client.post("/harm", data={"csrf_token": token_in(client.get("/account"))})
    assert sent.headers["Location"] == "/account/prove?next=/account"
    assert type_again(client, next="/harm?a=1").headers["Location"] == "/harm?a=1"
    assert client.get("/harm").text == "done"
    assert people.browser(READER).get("/harm").status_code == 303  # another device has proved nothing


def test_a_visitor_signs_in_first(guarded, client):
    assert client.get("/harm").headers["Location"] == "/login?next=/harm"


def test_it_holds_for_some_minutes(guarded, people):
    client = people.signed_in(READER)
    type_again(client)
    clock.set_clock_offset(lambda: PROOF_FOR)
    assert client.get("/harm").status_code == 303


def test_readers_are_left_alone_where_it_is_about_staff(guarded, people):
    assert people.signed_in(READER).get("/harm-of-staff").text == "done"
    assert people.signed_in(OTHER, Role.EDITOR).get("/harm-of-staff").status_code == 303


@pytest.mark.parametrize("form", [{"present": "wrong"}, {"present": ""}])
def test_a_wrong_password_proves_nothing(guarded, people, form):
    client = people.signed_in(READER)
    refused = type_again(client, **form)
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert client.get("/harm").status_code == 303


def test_the_second_factor_is_asked_for_where_there_is_one(guarded, people):
    client = people.signed_in(READER)
    phone = set_up_second_factor(client)
    with some_steps_later(4):
        assert type_again(client).status_code == 400
        assert type_again(client, code="000000").status_code == 400
        assert client.get("/harm").status_code == 303
        assert type_again(client, code=phone.code()).status_code == 303
        assert client.get("/harm").text == "done"


def test_who_tries_codes_here_waits_as_when_signing_in(people):
    client = people.signed_in(READER)
    set_up_second_factor(client)
    answers = [type_again(client, code="000000").status_code for _ in range(WRONG_AT_ONCE + 1)]
    assert answers == [400] * WRONG_AT_ONCE + [429]


def test_a_passkey_of_the_account_will_do(guarded, people):
    people.reader(READER)
    people.reader(OTHER)
    owner, key = sign_in_here(guarded.test_client(), READER), SecurityKey()
    make_passkey(owner, key)
    client = guarded.test_client()
    sign_in_with(client, key)
    assert client.get("/harm", base_url=HERE).status_code == 303
    assert sign_in_with(client, key, "/account/prove/passkey", next="/harm").headers["Location"] == "/harm"
    assert client.get("/harm", base_url=HERE).text == "done"
    other = guarded.test_client()
    post(other, "/login", email=OTHER, password=PASSWORD)
    refused = sign_in_with(other, key, "/account/prove/passkey")
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert other.get("/harm", base_url=HERE).status_code == 303
    key.counter = 0
    assert sign_in_with(client, key, "/account/prove/passkey").status_code == 400


def test_the_page_offers_passkeys_where_there_are_any(people, app):
    people.reader(READER)
    client = sign_in_here(app.test_client(), READER)
    assert parse(client.get("/account/prove", base_url=HERE)).css_first("form[data-passkey]") is not None
    number = "http://127.0.0.1:8000"
    client = app.test_client()
    post(client, "/login", number, email=READER, password=PASSWORD)
    page = client.get("/account/prove", base_url=number)
    assert page.status_code == 200
    assert parse(page).css("[data-passkey]") == []


GUARDED = ["/account/tokens", "/account/data.json", "/account/data.md", "/account/address", "/account/close"]


@pytest.mark.parametrize("path", GUARDED)
def test_staff_are_asked_before_what_does_harm(people, path):
    editor = people.signed_in(OTHER, Role.EDITOR)
    assert editor.get(path).headers["Location"].startswith("/account/prove?next=")
    type_again(editor)
    assert editor.get(path).status_code == 200
    assert people.signed_in(READER).get(path).status_code == 200


@pytest.mark.parametrize("path", GUARDED)
def test_so_is_whoever_has_a_second_factor(people, path):
    client = people.signed_in(READER)
    phone = set_up_second_factor(client)
    assert client.get(path).headers["Location"].startswith("/account/prove?next=")
    with some_steps_later(4):
        assert type_again(client, code=phone.code()).status_code == 303
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "field"), [("/account/address", "present"), ("/account/close", "password_again")], ids=str
)
def test_a_password_alone_neither_moves_nor_closes_an_account_with_a_second_factor(people, database, path, field):
    client = people.signed_in(READER)
    set_up_second_factor(client)
    form = {"csrf_token": token_in(client.get("/account")), field: PASSWORD, "email": OTHER}
    assert client.post(path, data=form).headers["Location"] == f"/account/prove?next={path}"
    with database.reading() as session:
        assert session.get_one(Reader, 1).closing_at is None
        assert session.scalars(select(MailedToken)).all() == []
