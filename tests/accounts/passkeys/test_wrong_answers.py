"""What a browser answers with a passkey: wrong in any part it is refused, and each challenge is answered once."""

import json

import pytest
from sqlalchemy import func, select

from tests.factories.mailed_links import READER
from tests.factories.security_key import SecurityKey, is_signed_in_here, make_passkey, passkeys_kept, post, sign_in_with
from webapp.accounts.passkeys import CHALLENGE_FOR, PasskeyChallenge
from webapp.kit import clock


# What can be wrong with an answer, beside all being right.
def _other_host(key):
    key.host = "evil.example"


def _other_origin(key):
    key.origin = "http://evil.example"


def _not_verified(key):
    key.verifies = False


WRONG = [_other_host, _other_origin, _not_verified]


@pytest.mark.parametrize("spoil", WRONG, ids=lambda one: one.__name__)
def test_a_passkey_that_is_made_wrongly_is_not_kept(browser, database, spoil):
    made = SecurityKey()
    spoil(made)
    refused = make_passkey(browser, made)
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert passkeys_kept(database) == []


def _other_key(key):
    key.private = SecurityKey().private


def _unknown(key):
    key.credential_id = SecurityKey().credential_id


def _other_handle(key):
    key.handle = b"of somebody else"


def _now_synced(key):
    key.synced = True


@pytest.mark.parametrize(
    "spoil", [*WRONG, _other_key, _unknown, _other_handle, _now_synced], ids=lambda one: one.__name__
)
def test_an_answer_that_is_wrong_signs_nobody_in(app, key, spoil):
    spoil(key)
    client = app.test_client()
    assert sign_in_with(client, key).status_code == 400
    assert not is_signed_in_here(client, READER)


@pytest.mark.parametrize(
    "credential", ["", "x", "{}", "[]", "null", "1", '{"id": 1}', '{"id":"AA","rawId":"AA","type":"x","response":{}}']
)
def test_what_is_no_answer_is_refused(app, browser, credential):
    client = app.test_client()
    post(client, "/login/passkey/options")
    assert post(client, "/login/passkey", credential=credential).status_code == 400
    post(browser, "/account/passkeys/options")
    assert post(browser, "/account/passkeys", name="x", credential=credential).status_code == 400


@pytest.mark.parametrize("broken", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("value", ["", "AAAA", "?", None, 7])
def test_an_answer_with_a_broken_part_is_refused(app, key, broken, value):
    client = app.test_client()
    asked = post(client, "/login/passkey/options")
    sent = json.loads(key.sign(asked.json))
    sent["response"][broken] = value
    assert post(client, "/login/passkey", credential=json.dumps(sent)).status_code == 400
    assert not is_signed_in_here(client, READER)


@pytest.mark.parametrize("case", ["used", "late", "of another browser", "made up"])
def test_a_challenge_works_once_in_time_and_for_one_browser(app, key, case):
    client = app.test_client()
    asked = post(client, "/login/passkey/options").json
    sent = key.sign(asked)
    if case == "used":
        assert post(client, "/login/passkey", credential="{}").status_code == 400
    elif case == "late":
        clock.set_clock_offset(lambda: CHALLENGE_FOR)
    elif case == "of another browser":
        client = app.test_client()
        post(client, "/login/passkey/options")
    else:
        sent = key.sign({"challenge": "AAAA"})
    assert post(client, "/login/passkey", credential=sent).status_code == 400
    assert not is_signed_in_here(client, READER)


def test_a_copied_cookie_does_not_use_a_challenge_again(app, key):
    client, thief = app.test_client(), app.test_client()
    asked = post(client, "/login/passkey/options").json
    thief._cookies = dict(client._cookies)
    sent = key.sign(asked)
    assert post(client, "/login/passkey", credential=sent).status_code == 303
    assert post(thief, "/login/passkey", credential=sent).status_code == 400


def test_challenges_that_were_not_answered_are_deleted_when_the_next_is_made(app, database):
    for _ in range(3):
        post(app.test_client(), "/login/passkey/options")
    clock.set_clock_offset(lambda: CHALLENGE_FOR)
    post(app.test_client(), "/login/passkey/options")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(PasskeyChallenge)) == 1
