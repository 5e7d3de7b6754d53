"""Links that are mailed: each works once, for what it was made for, for whom it was made, in its time."""

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.factories.html import parse
from tests.factories.mailed_links import (
    LINKS,
    OTHER,
    READER,
    RECOVER,
    SIGN_IN,
    SIGN_UP,
    UNDO,
    Link,
    Post,
    every_link,
    reader_at,
)
from tests.factories.people import PASSWORD, token_in
from webapp.accounts.mailed_tokens import MailedToken, Purpose
from webapp.accounts.registration import confirm_email, disable_reader
from webapp.kit import clock, http


@every_link
def test_a_link_acts_when_its_button_is_pressed(post, link):
    token, before = post.make(link.purpose), post.state()
    page = post.app.test_client().get(f"{link.path}/{token}")
    assert page.status_code == 200
    assert (link.about or READER) in page.text
    assert post.use(link, token).status_code == 303
    assert post.state() != before


# What is done with a link, beside opening it as it is meant: nothing of it acts.
def _twice(post: Post, link: Link) -> TestResponse:
    token = post.make(link.purpose)
    assert post.use(link, token).status_code == 303
    before = post.state()
    answer = post.use(replace(link, form=(*link.form, ("password", "a third password"))), token)
    assert post.state() == before
    return answer


def _late(post: Post, link: Link) -> TestResponse:
    token = post.make(link.purpose)
    clock.set_clock_offset(lambda: link.valid_for + timedelta(seconds=1))
    return post.use(link, token)


def _for_another_purpose(post: Post, link: Link) -> list[TestResponse]:
    others = [post.make(purpose) for purpose in Purpose if purpose is not link.purpose]
    return [post.use(link, token) for token in others]


def _signed_in_as_somebody_else(post: Post, link: Link) -> TestResponse:
    browser = post.people.browser(OTHER)
    token = post.make(link.purpose)
    assert browser.get(f"{link.path}/{token}").status_code == 403
    return _unchanged(post, lambda: post.use(link, token, browser))


def _guessed(post: Post, link: Link) -> list[TestResponse]:
    token = post.make(link.purpose)
    guesses = ["unknown", token[:-1], token.upper(), "0" * 64, "\ud800"[:0] + "é" * 10, token + "0"]
    return [post.use(link, guess) for guess in guesses]


def _after_a_password_change(post: Post, link: Link) -> TestResponse:
    token, browser = post.make(link.purpose), post.people.browser(READER)
    data = {"present": PASSWORD, "password": "changed in between", "csrf_token": token_in(browser.get("/account"))}
    assert browser.post("/account/password", data=data).status_code == 303
    if link is UNDO:  # who took an account over can change its password, and its owner must get it back
        assert post.use(link, token).status_code == 303
    return _unchanged(post, lambda: post.use(link, token))


def _after_disabling(post: Post, link: Link) -> TestResponse:
    token = post.make(link.purpose)
    with post.database.writing() as session:
        disable_reader(session, reader_at(session, READER), clock.now())
    return post.use(link, token)


def _made_for_a_disabled_account(post: Post, link: Link) -> TestResponse:
    with post.database.writing() as session:
        disable_reader(session, reader_at(session, READER), clock.now())
    return post.use(link, post.make(link.purpose))


def _after_another_was_used(post: Post, link: Link) -> TestResponse:
    first, second = post.make(link.purpose), post.make(link.purpose)
    # Each change leads back by a link of its own: the link of an earlier one must outlive that of a later one.
    used, void = (first, second) if link is UNDO else (second, first)
    assert post.use(link, used).status_code == 303
    return _unchanged(post, lambda: post.use(link, void))


def _unchanged(post: Post, act: Callable[[], TestResponse]) -> TestResponse:
    before = post.state()
    answer = act()
    assert post.state() == before
    return answer


REFUSED = {
    _late: 410,
    _for_another_purpose: 410,
    _guessed: 410,
    _after_disabling: 410,
    _made_for_a_disabled_account: 410,
}
CHANGED_BEFORE = {
    _twice: 410,
    _signed_in_as_somebody_else: 403,
    _after_a_password_change: 410,
    _after_another_was_used: 410,
}


OF_AN_ACCOUNT = {_after_disabling, _made_for_a_disabled_account, _after_a_password_change}
MISUSED = [
    pytest.param(misuse, link, id=f"{misuse.__name__.strip('_')}-{link.purpose}")
    for misuse in [*REFUSED, *CHANGED_BEFORE]
    for link in LINKS.values()
    if link is not SIGN_UP or misuse not in OF_AN_ACCOUNT
]


@pytest.mark.parametrize(("misuse", "link"), MISUSED)
def test_a_link_that_is_misused_does_not_act(post, link, misuse):
    before = post.state()
    answers = misuse(post, link)
    for answer in answers if isinstance(answers, list) else [answers]:
        assert answer.status_code == (REFUSED | CHANGED_BEFORE)[misuse]
    if misuse in REFUSED:
        assert _passwords(post.state()) == _passwords(before)
        assert post.state()[1:] == (0, []) or misuse is _for_another_purpose


def _passwords(state):
    return state[0]


def test_who_is_signed_in_as_somebody_else_signs_out_where_that_is_said(post):
    browser, path = post.people.browser(OTHER), f"{RECOVER.path}/{post.make(RECOVER.purpose)}"
    button = parse(browser.get(path)).css_first("main form")
    assert button.attributes["action"] == "/logout"
    browser.post("/logout", data={"csrf_token": button.css_first("input").attributes["value"]})
    assert browser.get(path).status_code == 200


@every_link
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_a_link_does_nothing_however_often(post, link, method):
    token, before = post.make(link.purpose), post.state()
    for _ in range(3):
        answer = post.app.test_client().open(f"{link.path}/{token}", method=method)
        assert answer.status_code == 200
    assert post.state() == before
    assert post.use(link, token).status_code == 303


@every_link
def test_a_button_that_another_site_presses_does_nothing(post, link):
    token, before = post.make(link.purpose), post.state()
    assert post.app.test_client().post(f"{link.path}/{token}", data=dict(link.form)).status_code == 400
    assert post.state() == before


@every_link
def test_a_button_works_over_https_for_a_browser_that_sends_no_referrer(post, link):
    client, here = post.app.test_client(), "https://reports.example.com"
    token = post.make(link.purpose)
    form = {**dict(link.form), "csrf_token": token_in(client.get(f"{link.path}/{token}", base_url=here))}
    assert client.post(f"{link.path}/{token}", data=form, base_url=here).status_code == 303


@every_link
def test_who_is_told_to_sign_out_can_do_so_over_https(post, link):
    here = "https://reports.example.com"
    client = post.app.test_client()
    form = {"email": OTHER, "password": PASSWORD, "csrf_token": token_in(client.get("/login", base_url=here))}
    assert client.post("/login", data=form, base_url=here).status_code == 303
    refused = client.get(f"{link.path}/{post.make(link.purpose)}", base_url=here)
    assert refused.status_code == 403
    signed_out = client.post("/logout", data={"csrf_token": token_in(refused)}, base_url=here)
    assert signed_out.status_code == 303


@every_link
def test_a_token_is_kept_as_a_hash_of_256_bits(post, link):
    token = post.make(link.purpose)
    assert re.fullmatch(r"[0-9a-f]{64}", token)
    with post.database.reading() as session:
        kept = session.scalars(select(MailedToken)).one()
    assert token not in str(vars(kept))
    assert kept.expires_at - kept.created_at == link.valid_for


@every_link
def test_the_pages_of_a_token_are_kept_nowhere_and_do_not_say_it(post, link):
    token = post.make(link.purpose)
    client = post.app.test_client()
    answers = [
        client.get(f"{link.path}/{token}"),
        client.post(f"{link.path}/{token}"),  # without the form's own token: an error page
        client.get(f"{link.path}/{token[:-1]}"),
        post.use(link, token, client),
    ]
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert token[:-1] not in answer.text
        assert token[:-1] not in str(answer.headers)


@every_link
def test_a_token_is_in_no_log_whatever_goes_wrong(post, link, monkeypatch, caplog):
    token = post.make(link.purpose)
    post.app.testing = False
    monkeypatch.setattr(http, "render_template", lambda *_given, **_more: 1 / 0)
    with caplog.at_level(logging.DEBUG):
        answer = post.app.test_client().get(f"{link.path}/{token}")
    assert answer.status_code == 500
    assert token not in answer.text
    assert f"Exception on {link.path}/<token> [GET]" in caplog.text
    assert token not in caplog.text


def test_tokens_that_expired_a_day_ago_are_deleted_when_the_next_is_made(post):
    for _ in range(3):
        post.make(Purpose.RECOVER)
    for later, left in ((timedelta(minutes=31), 4), (timedelta(days=1, minutes=31), 2)):
        clock.set_clock_offset(lambda later=later: later)
        post.make(Purpose.RECOVER)
        with post.database.reading() as session:
            assert session.scalar(select(func.count(MailedToken.id))) == left


def test_a_link_of_one_kind_leaves_those_of_another_alone(post):
    with post.database.writing() as session:
        confirm_email(reader_at(session, READER), clock.now())
    recovery = post.make(Purpose.RECOVER)
    post.use(SIGN_IN, post.make(Purpose.SIGN_IN))
    assert post.use(RECOVER, recovery).status_code == 303
