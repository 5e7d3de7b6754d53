"""A second factor is set up and removed by its owner, or reset by an operator; each change is told by mail."""

import re

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from tests.factories.authenticator import (
    Authenticator,
    begin_set_up,
    confirm_set_up,
    key_on,
    send_both_factors,
    set_up_second_factor,
    show_password,
    some_steps_later,
    type_code,
)
from tests.factories.html import parse
from tests.factories.mailed_links import OTHER, READER, changes_told, list_mails, reader_at
from tests.factories.people import PASSWORD, is_signed_in, token_in
from tests.factories.security_key import SecurityKey, make_passkey, sign_in_here, sign_in_with
from tests.factories.stored import count_rows
from webapp.accounts.passkeys import Passkey
from webapp.accounts.recovery_codes import RecoveryCode
from webapp.accounts.second_factor import FactorChange, SecondFactor, drop_second_factor, tell_change
from webapp.accounts.second_factor_views import SET_UP_WITHIN
from webapp.kit import clock
from webapp.kit.secret_box import SecretBox
from webapp.operations.cli import cli


def test_it_does_not_count_before_its_first_code(app, people, database):
    client = people.signed_in(READER)
    page = begin_set_up(client)
    assert page.status_code == 200
    assert key_on(page) in parse(page).css_first('a[href^="otpauth:"]').attributes["href"]
    assert parse(page).css_first(".qr svg") is not None
    assert count_rows(database, SecondFactor) == 0
    assert is_signed_in(people.browser(READER))


@pytest.mark.parametrize("password", ["not the password", ""])
def test_it_is_not_begun_without_the_password(people, password):
    answer = begin_set_up(people.signed_in(READER), password)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "otpauth" not in answer.text


def test_a_wrong_first_code_is_told_and_the_same_key_is_shown_again(people, database):
    client = people.signed_in(READER)
    page = begin_set_up(client)
    wrong = confirm_set_up(client, page, "nonsense")
    assert (wrong.status_code, key_on(wrong)) == (400, key_on(page))
    assert 'role="alert"' in wrong.text
    assert count_rows(database, SecondFactor) == 0


def test_setting_it_up_signs_out_all_other_devices_and_tells_the_owner(app, people, database):
    people.reader(READER)
    here, there = people.browser(READER), people.browser(READER)
    phone = set_up_second_factor(here)
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert changes_told(database) == ["set"]
    assert f"{len(phone.recovery_codes)}" in here.get("/account/second-factor").text


@pytest.mark.parametrize("case", ["late", "another browser", "another account", "made up", "another purpose"])
def test_it_is_set_up_where_it_was_begun_and_in_time(app, people, database, case):
    client = people.signed_in(READER)
    page = begin_set_up(client)
    secret = key_on(page)
    sender = {"another browser": lambda: people.browser(READER), "another account": lambda: people.signed_in(OTHER)}
    using = sender.get(case, lambda: client)()
    token = token_in(using.get("/account"))
    sealed = {"made up": "gAAAAA", "another purpose": SecretBox((app.config["SECRET_KEY"],), "x").seal(f"x {secret}")}
    kept = sealed.get(case) or parse(page).css_first('input[name="sealed"]').attributes["value"]
    with some_steps_later(SET_UP_WITHIN.total_seconds() // 30 + 1 if case == "late" else 0):
        code = Authenticator(secret).code()
        form = {"csrf_token": token, "sealed": kept, "code": code}
        assert using.post("/account/second-factor/confirm", data=form).status_code == 400
    assert count_rows(database, SecondFactor) == 0


def test_a_second_app_is_refused(app, people, database):
    client = people.signed_in(READER)
    first, second = begin_set_up(client), begin_set_up(client)
    assert confirm_set_up(client, first, Authenticator(key_on(first)).code()).status_code == 201
    assert confirm_set_up(client, second, Authenticator(key_on(second)).code()).status_code == 409
    assert count_rows(database, SecondFactor) == 1


def test_the_secret_is_in_no_row_and_no_log(app, people, database, caplog):
    with caplog.at_level("DEBUG"):
        phone = set_up_second_factor(people.signed_in(READER))
    with database.reading() as session:
        rows = [str(session.execute(text(f"SELECT * FROM {table}")).all()) for table in ("second_factors", "mails")]
    assert not [row for row in rows if phone.secret in row]
    assert phone.secret not in caplog.text
    assert not [code for code in phone.recovery_codes if code in caplog.text]


def test_steps_that_cannot_be_looked_at_lead_back(people):
    client = people.signed_in(READER)
    for step in ("confirm", "codes", "remove"):
        assert client.get(f"/account/second-factor/{step}").headers["Location"] == "/account/second-factor"


@pytest.mark.parametrize(
    ("password", "code", "status"),
    [(PASSWORD, "right", 303), (PASSWORD, "recovery", 303), ("wrong", "right", 400), (PASSWORD, "000", 400)],
)
def test_it_is_removed_with_password_and_code(app, people, database, password, code, status):
    client = people.signed_in(READER)
    phone = set_up_second_factor(client)
    with some_steps_later(4):
        typed = {"right": phone.code(), "recovery": phone.recovery_codes[0]}.get(code, code)
        assert send_both_factors(client, "/account/second-factor/remove", typed, password).status_code == status
    gone = status == 303
    assert (count_rows(database, SecondFactor), count_rows(database, RecoveryCode)) == ((0, 0) if gone else (1, 10))
    assert ("removed" in changes_told(database)) is gone
    if gone:
        assert is_signed_in(people.browser(READER))
        assert 'role="status"' in client.get("/account/second-factor?removed=1").text


def test_what_is_not_there_is_neither_removed_nor_renewed(people):
    client = people.signed_in(READER)
    for path in ("remove", "codes"):
        assert send_both_factors(client, f"/account/second-factor/{path}", "000000").status_code == 404


def test_after_its_removal_no_code_is_asked_for_and_none_that_waits_goes_on(app, people, database, phone):
    waiting = show_password(app, READER)
    with database.writing() as session:
        assert drop_second_factor(session, reader_at(session, READER).id)
        assert not drop_second_factor(session, reader_at(session, READER).id)
    with some_steps_later(4):
        assert type_code(waiting, phone.code()).headers["Location"].startswith("/login?")
    assert not is_signed_in(waiting)
    assert is_signed_in(people.browser(READER))


def reset(instance):
    return CliRunner().invoke(cli, ["user", "reset-2fa", READER, "--instance", str(instance)])


def test_an_operator_resets_it_and_the_owner_is_told(app, people, database, instance, phone):
    done = reset(instance)
    assert (done.exit_code, done.stdout) == (0, f"{READER}\treset\n")
    assert changes_told(database) == ["reset", "set"]
    assert is_signed_in(people.browser(READER))
    assert reset(instance).exit_code == 1


def test_a_reset_ends_passkeys_and_sessions_too(app, people, database, instance):
    """rubygems/rubygems.org#6125: a passkey on the lost phone still signed in; whoever set a factor up stayed in."""
    people.reader(READER)
    owner, key = sign_in_here(app.test_client(), READER), SecurityKey()
    make_passkey(owner, key)
    assert reset(instance).exit_code == 0
    assert count_rows(database, Passkey) == 0
    assert sign_in_with(app.test_client(), key).status_code == 400
    assert not is_signed_in(owner)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_mail_says_what_changed_in_the_language_of_the_page(app, people, database, language):
    people.reader(READER)
    with database.writing() as session:
        for change in FactorChange:
            tell_change(session, reader_at(session, READER), change, language, clock.now(), left=1)
    found = list_mails(app, database)
    assert len({rendered.subject for _mail, rendered in found}) == len({r.text for _m, r in found}) == len(FactorChange)
    for mail, rendered in found:
        assert bool(re.search("[\u4e00-\u9fff]", rendered.subject)) == (language == "zh-CN")
        assert mail.recipient == READER
        copied = mail.content["change"] == FactorChange.PASSKEY_COPIED
        assert ("/account/passkeys" if copied else "/recover") in rendered.html
