"""An account that somebody made with the address of another: who holds the address gets it, and nobody else stays in.

What others had: formbricks/formbricks#8971, kentcdodds/kody#1977, phoenixframework/phoenix#6081.
"""

from dataclasses import replace

import pytest

from tests.factories.mailed_links import CHANGE, CONFIRM, NEW_PASSWORD, RECOVER, SIGN_IN, reader_at, sign_up, token_of
from tests.factories.people import PASSWORD, token_in
from webapp.accounts.authentication import authenticate
from webapp.accounts.mailed_tokens import Purpose
from webapp.billing.models import Grant

VICTIM = "victim@example.com"


@pytest.fixture
def squatter(post, app):
    """Return the browser of who signed up with somebody else's address."""
    client = app.test_client()
    assert sign_up(client, VICTIM).status_code == 303
    return client


@pytest.fixture
def owner(app):
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def opens(post, password):
    with post.database.reading() as session:
        return authenticate(session, VICTIM, password) is not None


def mailed(post, link):
    return token_of(post.mails()[0][1], link)


def test_recovery_shuts_a_squatter_out(post, squatter, owner):
    post.ask(VICTIM, RECOVER, owner)
    (_mail, rendered), *_before = post.mails()
    assert post.use(RECOVER, token_of(rendered, RECOVER), owner).status_code == 303
    assert VICTIM in owner.get("/account").text
    assert squatter.get("/account").status_code == 303
    (_, squatted) = _before[-1]
    assert post.use(CONFIRM, token_of(squatted, CONFIRM)).status_code == 410


def test_a_sign_in_link_asks_for_a_password_and_shuts_a_squatter_out(post, squatter, owner, people):
    with post.database.reading() as session:
        reader = reader_at(session, VICTIM)
    program, grant = people.program(reader), people.grant(reader)
    form = {"email": "thief@example.com", "present": PASSWORD, "csrf_token": token_in(squatter.get("/account/address"))}
    assert squatter.post("/account/address", data=form).status_code == 303
    pending = mailed(post, CHANGE)
    post.ask(VICTIM, SIGN_IN, owner)
    token = mailed(post, SIGN_IN)
    page = owner.get(f"/login/link/{token}").text
    assert "nobody has confirmed yet" in page
    assert 'autocomplete="new-password"' in page
    assert post.use(SIGN_IN, token, owner).headers["Location"] == "/account?changed=1"
    assert VICTIM in owner.get("/account").text
    assert "not confirmed yet" not in owner.get("/account").text
    assert squatter.get("/account").status_code == 303
    assert program.get("/api/v1/me").status_code == 401
    assert post.use(CHANGE, pending).status_code == 410
    assert not opens(post, PASSWORD)
    assert opens(post, NEW_PASSWORD)
    with post.database.reading() as session:
        assert session.get(Grant, grant.id) is not None


@pytest.mark.parametrize("password", ["", "short", "password123", VICTIM])
def test_without_a_password_that_will_do_the_link_waits(post, squatter, owner, password):
    post.ask(VICTIM, SIGN_IN, owner)
    token = mailed(post, SIGN_IN)
    refused = post.use(replace(SIGN_IN, form=(("password", password),)), token, owner)
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert squatter.get("/account").status_code == 200
    assert post.use(SIGN_IN, token, owner).status_code == 303


def test_the_password_that_the_owner_chose_at_sign_up_will_do_again(post, squatter, owner):
    post.ask(VICTIM, SIGN_IN, owner)
    assert post.use(replace(SIGN_IN, form=(("password", PASSWORD),)), mailed(post, SIGN_IN), owner).status_code == 303
    assert opens(post, PASSWORD)
    assert squatter.get("/account").status_code == 303


def test_who_is_signed_in_here_keeps_the_password_with_a_sign_in_link(post, squatter):
    token = post.make(Purpose.SIGN_IN, VICTIM)
    assert 'type="password"' not in squatter.get(f"/login/link/{token}").text
    assert post.use(replace(SIGN_IN, form=()), token, squatter).headers["Location"] == "/"
    assert opens(post, PASSWORD)


def test_confirming_in_the_browser_that_signed_up_takes_one_button(post, squatter):
    token = mailed(post, CONFIRM)
    assert 'type="password"' not in squatter.get(f"/confirm/{token}").text
    assert post.use(replace(CONFIRM, form=()), token, squatter).headers["Location"] == "/account?confirmed=1"
    assert opens(post, PASSWORD)


@pytest.mark.parametrize("form", [(), (("present", "not the password"),)])
def test_confirming_elsewhere_takes_the_password(post, squatter, owner, form):
    token = mailed(post, CONFIRM)
    page = owner.get(f"/confirm/{token}").text
    assert "Password of the account" in page
    assert 'href="/recover"' in page
    refused = post.use(replace(CONFIRM, form=form), token, owner)
    assert refused.status_code == 400
    assert "If it was not you who chose it" in refused.text
    with post.database.reading() as session:
        assert reader_at(session, VICTIM).email_confirmed_at is None
    assert post.use(CONFIRM, token, owner).headers["Location"] == "/login?confirmed=1"


def test_an_address_is_not_given_to_a_strangers_account_by_who_reads_its_mail(post, squatter, owner):
    form = {"email": "aunt@example.com", "present": PASSWORD, "csrf_token": token_in(squatter.get("/account/address"))}
    squatter.post("/account/address", data=form)
    assert post.use(replace(CHANGE, form=()), mailed(post, CHANGE), owner).status_code == 400
    assert not opens(post, NEW_PASSWORD)
