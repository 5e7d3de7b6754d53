"""Another address: asked for with the password, given by a link to it, taken back by the one there was."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.factories.mailed_links import (
    CHANGE,
    CONFIRM,
    ELSEWHERE,
    NEW_PASSWORD,
    OTHER,
    READER,
    RECOVER,
    SIGN_IN,
    UNDO,
    counted_work,
    reader_at,
    sign_up,
    token_of,
)
from tests.factories.people import PASSWORD, token_in
from webapp.accounts.address_change import rename_reader
from webapp.accounts.authentication import authenticate
from webapp.accounts.email_addresses import parse_email
from webapp.accounts.mailed_tokens import Purpose
from webapp.accounts.registration import confirm_email, disable_reader, register
from webapp.kit import clock
from webapp.kit.errors import ConflictError

NEXT = "third@example.net"


@pytest.fixture
def browser(post):
    """Return a browser of the reader, whose address is confirmed."""
    with post.database.writing() as session:
        confirm_email(reader_at(session, READER), clock.now())
    client = post.people.browser(READER)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def ask_for(client, email, password=PASSWORD):
    form = {"email": email, "present": password, "csrf_token": token_in(client.get("/account/address"))}
    return client.post("/account/address", data=form)


def change(post, client, email):
    """Ask for another address, use the link, and return the one that the former address can take it back with."""
    assert ask_for(client, email).status_code == 303
    assert post.use(CHANGE, token_of(post.mails()[0][1], CHANGE), client).headers["Location"] == "/account?moved=1"
    return token_of(post.mails()[0][1], UNDO)


def opens(post, email, password):
    with post.database.reading() as session:
        return authenticate(session, email, password) is not None


def test_an_address_is_changed_by_the_link_that_was_mailed_to_it_alone(post, browser):
    answer = ask_for(browser, ELSEWHERE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account?asked=1")
    ((mail, rendered),) = post.mails()
    assert (mail.message, mail.recipient) == ("change_address", ELSEWHERE)
    assert READER not in rendered.text
    page = browser.get("/account").text
    assert f"A link was mailed to {ELSEWHERE}" in page
    assert opens(post, READER, PASSWORD)
    assert not opens(post, ELSEWHERE, PASSWORD)
    assert post.use(CHANGE, token_of(rendered, CHANGE), browser).headers["Location"] == "/account?moved=1"
    page = browser.get("/account?moved=1").text
    assert "new address" in page
    assert READER not in page
    assert "A link was mailed" not in page
    assert "not confirmed yet" not in page
    assert opens(post, ELSEWHERE, PASSWORD)


def test_the_former_address_is_told_at_once_and_not_which_the_new_one_is(post, browser):
    change(post, browser, ELSEWHERE)
    mail, rendered = post.mails()[0]
    assert (mail.message, mail.recipient, mail.locale) == ("address_changed", READER, "en")
    assert "for 7 days" in rendered.text
    assert ELSEWHERE not in rendered.text + rendered.html


def test_an_address_that_was_never_confirmed_is_told_but_cannot_take_the_account(post, app):
    client = app.test_client()
    sign_up(client, "mistyped@example.com")
    assert ask_for(client, ELSEWHERE).status_code == 303
    assert post.use(CHANGE, token_of(post.mails()[0][1], CHANGE), client).status_code == 303
    mail, rendered = post.mails()[0]
    assert (mail.message, mail.recipient) == ("address_changed", "mistyped@example.com")
    assert "/address/undo/" not in rendered.text + rendered.html
    assert register_again(post, "mistyped@example.com")


def register_again(post, email):
    with post.database.writing() as session:
        return register(session, email, PASSWORD, now=clock.now())


@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        (ELSEWHERE, "not the password", "The current password is not right"),
        ("no address", PASSWORD, "This is not an e-mail address"),
        (READER, PASSWORD, "This is the address that your account has"),
        ("", PASSWORD, "Something is missing"),
        (ELSEWHERE, "", "Something is missing"),
    ],
)
def test_what_cannot_be_asked_for_is_said_and_mails_nothing(post, browser, email, password, said):
    answer = ask_for(browser, email, password)
    assert answer.status_code == 400
    assert said in answer.text
    assert post.mails() == []


def test_an_address_may_be_written_another_way(post, browser):
    change(post, browser, "Reader@example.com")
    assert "Reader@example.com" in browser.get("/account").text


def test_a_link_that_is_opened_where_nobody_is_signed_in_asks_for_the_password(post, browser, app):
    ask_for(browser, ELSEWHERE)
    token = token_of(post.mails()[0][1], CHANGE)
    phone = app.test_client()
    phone.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "Password of the account" in phone.get(f"/address/{token}").text
    assert "Password of the account" not in browser.get(f"/address/{token}").text
    for form in ((), (("present", "not the password"),)):
        refused = post.use(replace(CHANGE, form=form), token, phone)
        assert refused.status_code == 400
        assert 'role="alert"' in refused.text
    assert opens(post, READER, PASSWORD)
    assert post.use(CHANGE, token, phone).headers["Location"] == "/login?moved=1"
    assert "new address" in phone.get("/login?moved=1").text
    assert opens(post, ELSEWHERE, PASSWORD)


@pytest.mark.rules_once
@pytest.mark.parametrize(
    "taken", [OTHER, "OTHER@Example.com", "ｏｔｈｅｒ＠example.com", "left@example.com", "disabled@example.com"]
)
def test_nobody_learns_by_asking_whose_an_address_is(post, browser, app, monkeypatch, taken):
    leaving = post.people.signed_in("left@example.com")
    with post.database.writing() as session:
        confirm_email(reader_at(session, "left@example.com"), clock.now())
        disable_reader(session, register(session, "disabled@example.com", PASSWORD, now=clock.now()), clock.now())
    change(post, leaving, "gone@example.com")
    found = {}
    for email in (ELSEWHERE, taken):
        assert browser.get("/account/address").status_code == 200
        with counted_work(post.database, monkeypatch) as work:
            answer = ask_for(browser, email)
        page = browser.get("/account")
        assert f"A link was mailed to {parse_email(email).written}" in page.text
        found[email] = (answer.status_code, answer.data, list(answer.headers), work.done, work.mails)
    assert found[taken] == found[ELSEWHERE]
    assert found[taken][-1] == 1


def test_who_has_the_address_is_told_and_nobody_gets_it(post, browser):
    ask_for(browser, "Other@example.com")
    ((mail, rendered),) = post.mails()
    assert (mail.message, mail.recipient) == ("address_in_use", OTHER)
    assert "/address/" not in rendered.text + rendered.html
    assert READER not in rendered.text + rendered.html


def test_an_address_that_somebody_took_in_between_is_theirs(post, browser):
    ask_for(browser, ELSEWHERE)
    token = token_of(post.mails()[0][1], CHANGE)
    register_again(post, ELSEWHERE)
    refused = post.use(CHANGE, token, browser)
    assert refused.status_code == 409
    assert "has an account of its own by now" in refused.text
    assert READER in browser.get("/account").text


def test_a_change_that_waits_can_be_dropped(post, browser):
    ask_for(browser, ELSEWHERE)
    token = token_of(post.mails()[0][1], CHANGE)
    answer = browser.post("/account/address/drop", data={"csrf_token": token_in(browser.get("/account"))})
    assert "Your address stays as it is" in browser.get(answer.headers["Location"]).text
    assert post.use(CHANGE, token, browser).status_code == 410


def test_asking_for_another_address_ends_the_first_link(post, browser):
    ask_for(browser, ELSEWHERE)
    first = token_of(post.mails()[0][1], CHANGE)
    ask_for(browser, NEXT)
    assert ELSEWHERE not in browser.get("/account").text
    assert post.use(CHANGE, first, browser).status_code == 410


def test_a_change_that_waits_ends_with_a_new_password(post, browser, app):
    ask_for(browser, ELSEWHERE)
    token = token_of(post.mails()[0][1], CHANGE)
    post.use(RECOVER, post.make(Purpose.RECOVER), app.test_client())
    assert post.use(CHANGE, token).status_code == 410


@pytest.mark.parametrize("link", [RECOVER, SIGN_IN, CONFIRM], ids=lambda link: link.purpose.value)
def test_links_that_went_to_the_former_address_act_no_more(post, browser, app, link):
    """What others had: decred/dcrstakepool#320, nextcloud/appstore#532."""
    token = post.make(link.purpose)
    change(post, browser, ELSEWHERE)
    assert post.use(link, token, app.test_client()).status_code == 410


def test_the_former_address_takes_the_change_back_and_is_alone_in_the_account(post, browser, app):
    program = post.people.program(held(post, READER))
    undo = change(post, browser, ELSEWHERE)
    waiting = post.make(Purpose.RECOVER, ELSEWHERE)
    owner = app.test_client()
    owner.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "gets reader@example.com back" not in owner.get("/").text
    page = owner.get(f"/address/undo/{undo}").text
    assert READER in page
    assert ELSEWHERE not in page
    answer = post.use(UNDO, undo, owner)
    assert browser.get("/account").status_code == 303
    assert program.get("/api/v1/me").status_code == 401
    assert not opens(post, READER, PASSWORD)
    assert post.use(RECOVER, waiting).status_code == 410
    chosen = answer.headers["Location"]
    assert chosen.startswith("/recover/")
    page = owner.get(chosen)
    assert "The account has this address again" in page.text
    form = {"password": NEW_PASSWORD, "csrf_token": token_in(page)}
    assert owner.post(chosen.partition("?")[0], data=form).status_code == 303
    assert READER in owner.get("/account").text
    assert opens(post, READER, NEW_PASSWORD)
    assert held(post, READER).email_confirmed_at is not None


def held(post, email):
    with post.database.reading() as session:
        return reader_at(session, email)


def test_a_change_is_taken_back_although_the_password_was_changed_and_recovered(post, browser, app):
    undo = change(post, browser, ELSEWHERE)
    post.use(RECOVER, post.make(Purpose.RECOVER, ELSEWHERE), app.test_client())
    assert post.use(UNDO, undo).status_code == 303
    assert not opens(post, READER, NEW_PASSWORD)


def test_of_two_changes_the_first_leads_back_to_the_first_address(post, browser, app):
    first, second = change(post, browser, ELSEWHERE), change(post, browser, NEXT)
    assert post.use(UNDO, first).status_code == 303
    assert held(post, READER)
    assert post.use(UNDO, second).status_code == 410


def test_taking_back_the_second_change_leaves_the_way_back_of_the_first(post, browser):
    first, second = change(post, browser, ELSEWHERE), change(post, browser, NEXT)
    assert post.use(UNDO, second).status_code == 303
    assert held(post, ELSEWHERE)
    assert post.use(UNDO, first).status_code == 303
    assert held(post, READER)


def test_for_a_week_nobody_else_gets_the_former_address(post, browser, app):
    change(post, browser, ELSEWHERE)
    assert sign_up(app.test_client(), "READER@example.com").status_code == 409
    with post.database.writing() as session, pytest.raises(ConflictError):
        rename_reader(session, reader_at(session, OTHER), READER, clock.now())
    clock.set_clock_offset(lambda: timedelta(days=7, seconds=1))
    assert sign_up(app.test_client(), "READER@example.com").status_code == 303


def test_who_left_an_address_can_go_back_to_it(post, browser):
    change(post, browser, ELSEWHERE)
    change(post, browser, READER)
    assert READER in browser.get("/account").text


def test_a_link_that_takes_back_nothing_any_more_says_whom_to_ask(post, app):
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = client.get("/address/undo/unknown")
    assert page.status_code == 410
    assert "once, and for 7 days" in page.text
    assert 'href="/contact"' in page.text
    assert 'href="/account/address"' in client.get("/address/unknown").text


def test_an_operator_gives_an_account_an_address_that_is_not_confirmed(post, browser):
    with post.database.writing() as session:
        rename_reader(session, reader_at(session, READER), "Third@example.net", clock.now())
    assert held(post, "Third@example.net").email_confirmed_at is None
    ((mail, rendered),) = post.mails()
    assert (mail.message, mail.recipient) == ("address_changed", READER)
    assert "/undo/" not in rendered.text
    assert browser.get("/account").status_code == 200
