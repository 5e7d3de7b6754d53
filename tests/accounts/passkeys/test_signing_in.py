"""Signing in with a passkey, without a password: the same for everybody, and watchful of copies."""

import re

import pytest
from sqlalchemy import select

from tests.factories.authenticator import set_up_second_factor
from tests.factories.mailed_links import READER, Post, changes_told
from tests.factories.security_key import (
    HERE,
    SecurityKey,
    is_signed_in_here,
    make_passkey,
    passkeys_kept,
    post,
    sign_in_with,
)
from webapp.accounts.models import Reader
from webapp.accounts.registration import disable_reader
from webapp.kit import clock


def test_a_passkey_signs_in_without_a_password(app, database, key):
    client = app.test_client()
    answer = sign_in_with(client, key, next="/plans")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/plans")
    assert is_signed_in_here(client, READER)
    (kept,) = passkeys_kept(database)
    assert (kept.name, kept.sign_count, kept.synced, kept.backed_up) == ("My key", 2, False, False)
    assert kept.last_used_at is not None
    assert changes_told(database) == ["passkey-added"]


def test_it_counts_as_both_factors(app, browser, key):
    set_up_second_factor(browser)
    client = app.test_client()
    assert sign_in_with(client, key).headers["Location"] == "/"
    assert is_signed_in_here(client, READER)


def test_a_counter_that_goes_back_tells_of_a_copy(app, database, key):
    assert sign_in_with(app.test_client(), key).status_code == 303
    key.counter = 1
    refused = sign_in_with(app.test_client(), key)
    assert refused.status_code == 400
    assert changes_told(database) == ["passkey-copied", "passkey-added"]


def test_the_mail_about_a_copy_leads_to_the_passkeys_and_not_to_a_new_password(app, database, people, key):
    key.counter = 0
    sign_in_with(app.test_client(), key)
    (mail, rendered), *_before = Post(app, database, people).mails()
    assert mail.content["change"] == "passkey-copied"
    for text in (rendered.text, rendered.html):
        assert "/account/passkeys" in text
        assert "/recover" not in text


@pytest.mark.parametrize(("synced", "counters"), [(False, [0, 0, 0]), (True, [0, 0]), (True, [9, 4, 4, 0])])
def test_passkeys_that_do_not_count_or_are_on_several_devices_sign_in(app, browser, database, synced, counters):
    key = SecurityKey(synced=synced, counter=counters[0])
    make_passkey(browser, key)
    for counter in counters[1:]:
        key.counter = counter
        assert sign_in_with(app.test_client(), key).status_code == 303
    (kept,) = passkeys_kept(database)
    assert (kept.synced, kept.backed_up) == (synced, synced)


def test_a_disabled_account_is_not_signed_in_to(app, database, key):
    with database.writing() as session:
        disable_reader(session, session.scalars(select(Reader)).one(), clock.now())
    assert sign_in_with(app.test_client(), key).status_code == 400


def test_options_are_the_same_for_everybody(app, key):
    told = [re.sub('"challenge": "[^"]+"', "", post(app.test_client(), "/login/passkey/options").text) for _ in "ab"]
    assert told[0] == told[1]
    assert READER not in told[0]


def test_steps_that_cannot_be_looked_at_lead_back(browser, client):
    assert client.get("/login/passkey").headers["Location"] == "/login"
    assert browser.get("/account/prove/passkey", base_url=HERE).headers["Location"] == "/account/prove"
