"""Passkeys: made on the account's page, used on the page that signs in, each challenge once and by one browser."""

import json
import re

import pytest
from sqlalchemy import func, select

from tests.factories.authenticator import set_up_second_factor
from tests.factories.html import parse
from tests.factories.people import People
from tests.factories.security_key import SecurityKey, make_passkey, post, prove, sign_in_here, sign_in_with
from webapp import create_app
from webapp.accounts.models import Reader
from webapp.accounts.passkeys import CHALLENGE_FOR, MOST_PASSKEYS, Passkey, PasskeyChallenge, drop_factors
from webapp.accounts.registration import disable_reader
from webapp.kit import clock
from webapp.kit.email_queue import list_emails
from webapp.kit.limits import forget_tries
from webapp.settings import load_settings

READER, OTHER = "reader@example.com", "other@example.com"
HERE = "http://localhost"


@pytest.fixture
def browser(app, people):
    """A browser at `localhost` that is signed in and has just proved who it is."""
    people.reader(READER)
    return sign_in_here(app.test_client(), READER)


@pytest.fixture
def key(browser):
    made = SecurityKey()
    assert make_passkey(browser, made).headers["Location"] == "/account/passkeys?done=added"
    return made


def is_signed_in(client, email=READER):
    page = client.get("/account", base_url=HERE)
    return page.status_code == 200 and email in page.text


def passkeys(database):
    with database.reading() as session:
        return session.scalars(select(Passkey).order_by(Passkey.id)).all()


def changes(database):
    with database.reading() as session:
        return [mail.content["change"] for mail in list_emails(session, 100) if mail.message == "second_factor"]


def test_a_passkey_signs_in_without_a_password(app, database, key):
    client = app.test_client()
    answer = sign_in_with(client, key, next="/plans")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/plans")
    assert is_signed_in(client)
    (kept,) = passkeys(database)
    assert (kept.name, kept.sign_count, kept.synced, kept.backed_up) == ("My key", 2, False, False)
    assert kept.last_used_at is not None
    assert changes(database) == ["passkey-added"]


def test_it_counts_as_both_factors(app, browser, key):
    set_up_second_factor(browser)
    client = app.test_client()
    assert sign_in_with(client, key).headers["Location"] == "/"
    assert is_signed_in(client)


def test_one_that_is_removed_signs_nobody_in(app, database, browser, key):
    page = browser.get("/account/passkeys", base_url=HERE)
    (action,) = [form.attributes["action"] for form in parse(page).css("form") if "remove" in form.attributes["action"]]
    assert post(browser, action).headers["Location"] == "/account/passkeys?done=removed"
    refused = sign_in_with(app.test_client(), key)
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert changes(database) == ["passkey-removed", "passkey-added"]


def test_nobody_removes_that_of_another(app, people, database, key):
    people.reader(OTHER)
    other = sign_in_here(app.test_client(), OTHER)
    (kept,) = passkeys(database)
    assert post(other, f"/account/passkeys/{kept.id}/remove").status_code == 404
    assert len(passkeys(database)) == 1


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
    assert passkeys(database) == []


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
    assert not is_signed_in(client)


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
    assert not is_signed_in(client)


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
    assert not is_signed_in(client)


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


def test_a_counter_that_goes_back_tells_of_a_copy(app, database, key):
    assert sign_in_with(app.test_client(), key).status_code == 303
    key.counter = 1
    refused = sign_in_with(app.test_client(), key)
    assert refused.status_code == 400
    assert changes(database) == ["passkey-copied", "passkey-added"]


@pytest.mark.parametrize(("synced", "counters"), [(False, [0, 0, 0]), (True, [0, 0]), (True, [9, 4, 4, 0])])
def test_passkeys_that_do_not_count_or_are_on_several_devices_sign_in(app, browser, database, synced, counters):
    key = SecurityKey(synced=synced, counter=counters[0])
    make_passkey(browser, key)
    for counter in counters[1:]:
        key.counter = counter
        assert sign_in_with(app.test_client(), key).status_code == 303
    (kept,) = passkeys(database)
    assert (kept.synced, kept.backed_up) == (synced, synced)


def test_a_disabled_account_is_not_signed_in_to(app, database, key):
    with database.writing() as session:
        disable_reader(session, session.scalars(select(Reader)).one(), clock.now())
    assert sign_in_with(app.test_client(), key).status_code == 400


def test_several_have_names_and_one_handle_and_none_is_made_twice(browser, database, key):
    second = SecurityKey()
    asked = post(browser, "/account/passkeys/options").json
    assert len(asked["excludeCredentials"]) == 1
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert post(browser, "/account/passkeys", name=" Phone  two ", credential=second.make(asked)).status_code == 303
    assert make_passkey(browser, key).status_code == 409
    kept = passkeys(database)
    assert [one.name for one in kept] == ["My key", "Phone two"]
    assert len({one.user_handle for one in kept}) == 1
    assert READER.encode() not in kept[0].user_handle


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_passkey_needs_a_name(browser, database, name):
    assert make_passkey(browser, SecurityKey(), name).status_code == 400
    assert passkeys(database) == []


def test_there_is_a_most(app, browser, database):
    for number in range(MOST_PASSKEYS):
        forget_tries(app)
        assert make_passkey(browser, SecurityKey(), f"{number}").status_code == 303
    assert make_passkey(browser, SecurityKey()).status_code == 409


def test_making_or_removing_one_asks_for_the_password_again(app, people, database, key):
    client = app.test_client()
    sign_in_with(client, key)
    (kept,) = passkeys(database)
    for path in ("/account/passkeys", "/account/passkeys/options", f"/account/passkeys/{kept.id}/remove"):
        asked = post(client, path, name="x")
        assert asked.headers["Location"] == "/account/prove?next=/account/passkeys"
    assert len(passkeys(database)) == 1
    assert prove(client, next="/account/passkeys").headers["Location"] == "/account/passkeys"
    assert post(client, f"/account/passkeys/{kept.id}/remove").status_code == 303
    assert passkeys(database) == []


# Where they are.


@pytest.mark.parametrize(
    ("base_url", "asked_at", "host"),
    [
        ("http://127.0.0.1:8000", "http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", None),
        ("http://[::1]:8000", "http://localhost", "localhost"),
        ("http://localhost:8000", "http://localhost:8000", "localhost"),
        ("http://192.0.2.7", "http://192.0.2.7", None),
        ("http://192.0.2.7", "http://localhost", None),
        ("https://example.com", "https://example.com", "example.com"),
        ("https://example.com:8443", "https://example.com:8443", "example.com"),
        ("https://example.com", "https://evil.example", None),
        ("https://example.com", "http://localhost", None),
        ("https://bücher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_passkeys_are_for_named_hosts_that_are_ours(instance, database, base_url, asked_at, host):
    app = create_app(load_settings(instance=instance, secret_key="s" * 40, base_url=base_url))
    app.testing = True
    app.config["SESSION_COOKIE_SECURE"] = False
    people = People(app, database)
    people.reader(READER)
    client = app.test_client()
    page = client.get("/login", base_url=asked_at)
    assert ("/login/passkey/options" in page.text) is (host is not None)
    asked = post(client, "/login/passkey/options", asked_at)
    assert asked.status_code == (200 if host else 403)
    if host:
        assert asked.json["rpId"] == host
        key = SecurityKey(host=host, origin=asked_at)
        post(client, "/login", asked_at, email=READER, password="long enough a password")
        prove(client, asked_at)
        made = key.make(post(client, "/account/passkeys/options", asked_at).json)
        assert post(client, "/account/passkeys", asked_at, name="x", credential=made).status_code == 303


@pytest.mark.parametrize(
    ("base_url", "asked_at", "instead"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "http://localhost:8000"),
        ("http://127.0.0.1", "http://127.0.0.1", "http://localhost"),
        ("http://192.0.2.7", "http://192.0.2.7", ""),
    ],
)
def test_where_there_are_none_the_page_says_so_and_where_they_are(instance, database, base_url, asked_at, instead):
    app = create_app(load_settings(instance=instance, secret_key="s" * 40, base_url=base_url))
    app.testing = True
    People(app, database).reader(READER)
    client = app.test_client()
    post(client, "/login", asked_at, email=READER, password="long enough a password")
    page = client.get("/account/passkeys", base_url=asked_at, headers={"Accept-Language": "en"})
    assert "need an address with a name" in page.text
    assert [link.attributes["href"] for link in parse(page).css("main .panel a")] == (
        [f"{instead}/account/passkeys"] if instead else []
    )


def test_options_are_the_same_for_everybody(app, key):
    told = [re.sub('"challenge": "[^"]+"', "", post(app.test_client(), "/login/passkey/options").text) for _ in "ab"]
    assert told[0] == told[1]
    assert READER not in told[0]


def test_steps_that_cannot_be_looked_at_lead_back(browser, client):
    assert client.get("/login/passkey").headers["Location"] == "/login"
    assert browser.get("/account/prove/passkey", base_url=HERE).headers["Location"] == "/account/prove"


@pytest.mark.parametrize("since", [False, True])
def test_whoever_loses_an_account_loses_its_passkeys(database, key, since):
    (kept,) = passkeys(database)
    with database.writing() as session:
        drop_factors(session, kept.reader_id, since=kept.created_at if since else None)
    assert passkeys(database) == []
