"""The way back into an account: recovery, the link that signs in, and the one that confirms."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.factories.mailed_links import (
    CONFIRM,
    NEW_PASSWORD,
    OTHER,
    READER,
    RECOVER,
    SIGN_IN,
    Link,
    reader_at,
    sign_up,
    token_of,
)
from tests.factories.people import PASSWORD, token_in
from webapp.accounts.api_tokens import AccessToken
from webapp.accounts.authentication import authenticate
from webapp.accounts.mailed_tokens import Purpose
from webapp.accounts.registration import confirm_email
from webapp.kit import clock


def test_who_recovers_an_account_is_the_only_one_in_it(post, app, database):
    old = post.people.browser(READER)
    with database.reading() as session:
        reader = reader_at(session, READER)
    program = post.people.program(reader)
    assert program.get("/api/v1/me").status_code == 200
    client = app.test_client()
    answer = post.use(RECOVER, post.make(Purpose.RECOVER), client)
    assert answer.headers["Location"] == "/account?changed=1"
    assert READER in client.get("/account").text
    assert old.get("/account").status_code == 303
    assert program.get("/api/v1/me").status_code == 401
    with database.reading() as session:
        assert session.scalar(select(func.count(AccessToken.id))) == 0
        assert authenticate(session, READER, PASSWORD) is None
        assert authenticate(session, READER, NEW_PASSWORD) is not None


def test_the_owner_is_told_of_a_recovery(post):
    post.use(RECOVER, post.make(Purpose.RECOVER))
    ((mail, rendered),) = post.mails()
    assert (mail.message, mail.recipient) == ("recovered", READER)
    assert "http://127.0.0.1:8000/recover" in rendered.text


def test_recovering_confirms_an_address_that_was_not_and_keeps_the_day_of_one_that_was(post, database):
    post.use(RECOVER, post.make(Purpose.RECOVER))
    with database.writing() as session:
        assert reader_at(session, READER).email_confirmed_at is not None
        confirm_email(reader_at(session, OTHER), clock.now() - timedelta(days=3))
        since = reader_at(session, OTHER).email_confirmed_at
    post.use(RECOVER, post.make(Purpose.RECOVER, OTHER))
    with database.reading() as session:
        assert reader_at(session, OTHER).email_confirmed_at == since


@pytest.mark.parametrize("password", ["short", PASSWORD, ""])
def test_a_password_that_will_not_do_leaves_the_link_as_it_is(post, password):
    token, before = post.make(Purpose.RECOVER), post.state()
    refused = post.use(Link(Purpose.RECOVER, "/recover", "", (("password", password),)), token)
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert post.state() == before
    assert post.use(RECOVER, token).status_code == 303


def test_a_one_time_password_is_done_with_after_a_recovery(post, database, app):
    with database.writing() as session:
        reader_at(session, READER).must_change_password = True
    client = app.test_client()
    post.use(RECOVER, post.make(Purpose.RECOVER), client)
    assert client.get("/").status_code == 200


def test_with_a_one_time_password_the_account_offers_nothing_but_another_one(post, database):
    client = post.people.browser(READER)
    offers = ("/account/address", "/account/second-factor", "/account/passkeys", "/account/data", "/account/close")
    assert [path for path in offers if f'href="{path}"' not in client.get("/account").text] == []
    with database.writing() as session:
        reader_at(session, READER).must_change_password = True
    assert [path for path in offers if f'href="{path}"' in client.get("/account").text] == []


def test_the_sign_in_page_leads_to_the_way_back(client):
    for path in ("/recover", "/login/link"):
        assert f'href="{path}"' in client.get("/login").text
        assert client.get(f"{path}?sent=1").status_code == 200


def test_a_sign_in_link_signs_in_and_leaves_the_rest(post, app, database):
    with database.writing() as session:
        confirm_email(reader_at(session, READER), clock.now())
    browser, client = post.people.browser(READER), app.test_client()
    token = post.make(Purpose.SIGN_IN)
    assert 'type="password"' not in client.get(f"/login/link/{token}").text
    answer = post.use(replace(SIGN_IN, form=()), token, client)
    assert answer.headers["Location"] == "/"
    assert READER in client.get("/account").text
    assert browser.get("/account").status_code == 200
    with database.reading() as session:
        assert authenticate(session, READER, PASSWORD) is not None


def test_nothing_of_the_session_before_survives_a_sign_in_link(post, client):
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    post.use(SIGN_IN, post.make(Purpose.SIGN_IN), client)
    with client.session_transaction() as session:
        assert "planted" not in session


def test_signing_up_signs_in_at_once_and_mails_the_link_that_confirms(post, client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert sign_up(client).status_code == 303
    assert "This address is not confirmed yet" in client.get("/account").text
    ((mail, rendered),) = post.mails()
    assert (mail.message, mail.recipient, mail.locale) == ("confirm_address", "new@example.com", "en")
    answer = post.use(CONFIRM, token_of(rendered, CONFIRM), client)
    assert answer.headers["Location"] == "/account?confirmed=1"
    page = client.get("/account?confirmed=1").text
    assert "Your address is confirmed" in page
    assert "not confirmed yet" not in page


def test_a_sign_up_that_is_refused_mails_nothing(post, client):
    assert sign_up(client, READER).status_code == 409
    assert post.mails() == []


def test_confirming_in_another_browser_signs_nobody_in(post, app):
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    answer = post.use(CONFIRM, post.make(Purpose.CONFIRM), client)
    assert answer.headers["Location"] == "/login?confirmed=1"
    assert "Your address is confirmed" in client.get("/login?confirmed=1").text
    assert client.get("/account").status_code == 303


def test_the_account_page_mails_the_link_again_and_no_more_than_so_often(post, app):
    client = post.people.browser(READER)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    form = {"csrf_token": token_in(client.get("/account"))}
    answers = []
    for minutes in (0, 0.5, 1, 5.9, 6):
        clock.set_clock_offset(lambda minutes=minutes: timedelta(minutes=minutes))
        answers.append(client.post("/account/confirm", data=form))
    assert [answer.status_code for answer in answers] == [303, 429, 303, 429, 303]
    assert "still works" in answers[1].text
    assert 25 <= int(answers[1].headers["Retry-After"]) <= 30
    assert "on its way" in client.get(answers[0].headers["Location"]).text
    tokens = [token_of(rendered, CONFIRM) for _mail, rendered in post.mails()]
    assert post.use(CONFIRM, tokens[0], client).status_code == 303
    assert {post.use(CONFIRM, token, client).status_code for token in tokens[1:]} == {410}


def test_a_visitor_has_no_address_to_confirm(client):
    form = {"csrf_token": token_in(client.get("/login"))}
    assert client.post("/account/confirm", data=form).headers["Location"].startswith("/login")
