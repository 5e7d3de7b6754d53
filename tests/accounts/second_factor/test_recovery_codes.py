"""Ten recovery codes, for when the app is lost: each signs in once, and nobody waits for them."""

import re

from sqlalchemy import text

from tests.factories.authenticator import (
    recovery_codes_on,
    send_both_factors,
    show_password,
    some_steps_later,
    type_code,
)
from tests.factories.html import parse
from tests.factories.mailed_links import READER, changes_told, list_mails, reader_at
from tests.factories.people import is_signed_in
from tests.factories.stored import count_rows
from webapp.accounts.models import Device
from webapp.accounts.recovery_codes import RecoveryCode, make_recovery_codes
from webapp.accounts.second_factor import WRONG_AT_ONCE, SecondFactor
from webapp.accounts.totp import bare_code
from webapp.kit.limits import forget_tries
from webapp.kit.secret_box import SecretBox


def test_there_are_ten_recovery_codes_and_hashes_alone_are_kept(database, phone):
    assert len(set(phone.recovery_codes)) == 10
    assert all(re.fullmatch("([a-km-np-z2-9]{4}-){3}[a-km-np-z2-9]{4}", code) for code in phone.recovery_codes)
    with database.reading() as session:
        kept = str(session.execute(text("SELECT * FROM recovery_codes")).all())
    assert not [code for code in phone.recovery_codes if code in kept or bare_code(code) in kept]


def test_each_recovery_code_signs_in_once(app, database, phone):
    for left, code in enumerate(reversed(phone.recovery_codes)):
        forget_tries(app)
        typed = code.upper() if left % 2 else f" {code.replace('-', ' ')} "
        assert type_code(show_password(app, READER), typed).status_code == 303
        assert type_code(show_password(app, READER), code).status_code == 400
    assert count_rows(database, RecoveryCode) == 10
    mails = [mail for mail, _rendered in list_mails(app, database)]
    told = [mail.content["left"] for mail in mails if mail.content.get("change") == "recovery-code"]
    assert told == list(range(10))


def test_new_recovery_codes_end_those_of_before(app, people, database, phone):
    with some_steps_later(4):
        client = show_password(app, READER)
        type_code(client, phone.code())
    with some_steps_later(6):
        done = send_both_factors(client, "/account/second-factor/codes", phone.code())
        assert done.status_code == 201
        codes = recovery_codes_on(done)
        assert not set(codes) & set(phone.recovery_codes)
        assert type_code(show_password(app, READER), phone.recovery_codes[0]).status_code == 400
        assert type_code(show_password(app, READER), codes[0]).status_code == 303
    assert changes_told(database) == ["recovery-code", "renewed", "set"]


def test_the_page_asks_for_a_recovery_code_where_the_app_is_not_at_hand(app, phone):
    client = show_password(app, READER)
    page = client.get("/login/second-factor?recovery=1")
    assert parse(page).css_first('input[name="code"]').attributes.get("inputmode") is None
    wrong = type_code(client, "wrong", recovery="1")
    assert parse(wrong).css_first('input[name="recovery"]') is not None
    assert type_code(client, "x" * 61, recovery="1").status_code == 400
    assert type_code(client, phone.recovery_codes[0], recovery="1").status_code == 303


def test_wrong_recovery_codes_keep_nobody_out(app, phone):
    with some_steps_later(4):
        client = show_password(app, READER)
        for _ in range(WRONG_AT_ONCE + 1):
            assert type_code(client, "aaaa-aaaa-aaaa-aaaa").status_code == 400
        assert type_code(client, phone.code()).status_code == 303


def test_another_secret_key_leaves_the_recovery_codes(app, database, phone):
    """Secrets of apps are sealed with it; who loses it sets the second factor up anew."""
    with some_steps_later(4):
        with database.writing() as session:
            factor = session.get_one(SecondFactor, reader_at(session, READER).id)
            factor.sealed_secret = SecretBox(("other",), "totp").seal("x")
        client = show_password(app, READER)
        assert type_code(client, phone.code()).status_code == 400
        assert type_code(client, phone.recovery_codes[0]).status_code == 303


def test_codes_that_were_made_without_an_app_are_none(database, people):
    """The rule alone: whoever has no app is never asked for a code."""
    people.reader(READER)
    with database.writing() as session:
        make_recovery_codes(session, reader_at(session, READER).id)
    assert is_signed_in(people.browser(READER))
    assert count_rows(database, Device) == 1
