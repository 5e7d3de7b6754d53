"""The page of an account's passkeys: how many there are, under which names, and how they go."""

import pytest

from tests.factories.html import parse
from tests.factories.mailed_links import OTHER, READER, changes_told
from tests.factories.security_key import (
    HERE,
    SecurityKey,
    make_passkey,
    passkeys_kept,
    post,
    prove,
    sign_in_here,
    sign_in_with,
)
from webapp.accounts.passkeys import MOST_PASSKEYS, drop_factors
from webapp.kit.limits import forget_tries


def test_one_that_is_removed_signs_nobody_in(app, database, browser, key):
    page = browser.get("/account/passkeys", base_url=HERE)
    (action,) = [form.attributes["action"] for form in parse(page).css("form") if "remove" in form.attributes["action"]]
    assert post(browser, action).headers["Location"] == "/account/passkeys?done=removed"
    refused = sign_in_with(app.test_client(), key)
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert changes_told(database) == ["passkey-removed", "passkey-added"]


def test_nobody_removes_that_of_another(app, people, database, key):
    people.reader(OTHER)
    other = sign_in_here(app.test_client(), OTHER)
    (kept,) = passkeys_kept(database)
    assert post(other, f"/account/passkeys/{kept.id}/remove").status_code == 404
    assert len(passkeys_kept(database)) == 1


def test_several_have_names_and_one_handle_and_none_is_made_twice(browser, database, key):
    second = SecurityKey()
    asked = post(browser, "/account/passkeys/options").json
    assert len(asked["excludeCredentials"]) == 1
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert post(browser, "/account/passkeys", name=" Phone  two ", credential=second.make(asked)).status_code == 303
    assert make_passkey(browser, key).status_code == 409
    kept = passkeys_kept(database)
    assert [one.name for one in kept] == ["My key", "Phone two"]
    assert len({one.user_handle for one in kept}) == 1
    assert READER.encode() not in kept[0].user_handle


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_passkey_needs_a_name(browser, database, name):
    assert make_passkey(browser, SecurityKey(), name).status_code == 400
    assert passkeys_kept(database) == []


def test_there_is_a_most(app, browser, database):
    for number in range(MOST_PASSKEYS):
        forget_tries(app)
        assert make_passkey(browser, SecurityKey(), f"{number}").status_code == 303
    assert make_passkey(browser, SecurityKey()).status_code == 409


def test_making_or_removing_one_asks_for_the_password_again(app, people, database, key):
    client = app.test_client()
    sign_in_with(client, key)
    (kept,) = passkeys_kept(database)
    for path in ("/account/passkeys", "/account/passkeys/options", f"/account/passkeys/{kept.id}/remove"):
        asked = post(client, path, name="x")
        assert asked.headers["Location"] == "/account/prove?next=/account/passkeys"
    assert len(passkeys_kept(database)) == 1
    assert prove(client, next="/account/passkeys").headers["Location"] == "/account/passkeys"
    assert post(client, f"/account/passkeys/{kept.id}/remove").status_code == 303
    assert passkeys_kept(database) == []


@pytest.mark.parametrize("since", [False, True])
def test_whoever_loses_an_account_loses_its_passkeys(database, key, since):
    (kept,) = passkeys_kept(database)
    with database.writing() as session:
        drop_factors(session, kept.reader_id, since=kept.created_at if since else None)
    assert passkeys_kept(database) == []
