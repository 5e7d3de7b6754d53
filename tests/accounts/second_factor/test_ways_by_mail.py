"""Mailed links do not go past a second factor; they end one that somebody else has set."""

from datetime import timedelta

import pytest

from tests.factories.authenticator import show_password, some_steps_later, type_code
from tests.factories.mailed_links import NEW_PASSWORD, READER, reader_at
from tests.factories.people import is_signed_in, token_in
from tests.factories.stored import count_rows
from webapp.accounts.address_change import undo_change
from webapp.accounts.authentication import authenticate
from webapp.accounts.email_addresses import EmailAddress
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.recovery_codes import RecoveryCode
from webapp.accounts.registration import confirm_email
from webapp.accounts.second_factor import SecondFactor
from webapp.kit import clock


def mailed(database, purpose):
    with database.writing() as session:
        return make_mailed_token(session, reader_at(session, READER), purpose, clock.now())


def open_link(client, path, **form):
    return client.post(path, data={"csrf_token": token_in(client.get("/login")), **form})


def test_recovery_does_not_go_past_the_second_factor_of_a_confirmed_account(app, database, phone):
    with database.writing() as session:
        confirm_email(reader_at(session, READER), clock.now())
    client = app.test_client()
    answer = open_link(client, f"/recover/{mailed(database, Purpose.RECOVER)}", password=NEW_PASSWORD)
    assert answer.headers["Location"].startswith("/login/second-factor")
    assert not is_signed_in(client)
    with database.reading() as session:
        assert authenticate(session, READER, NEW_PASSWORD) is not None
    with some_steps_later(4):
        assert type_code(client, phone.code(), next="/account?changed=1").headers["Location"] == "/account?changed=1"
        assert is_signed_in(client)


def test_recovering_an_unconfirmed_account_drops_what_a_squatter_has_set(app, people, database, phone):
    squatter = show_password(app, READER)
    owner = app.test_client()
    answer = open_link(owner, f"/recover/{mailed(database, Purpose.RECOVER)}", password=NEW_PASSWORD)
    assert answer.headers["Location"] == "/account?changed=1"
    assert is_signed_in(owner)
    assert (count_rows(database, SecondFactor), count_rows(database, RecoveryCode)) == (0, 0)
    with some_steps_later(4):
        type_code(squatter, phone.code())
    assert not is_signed_in(squatter)


def test_a_sign_in_link_of_a_confirmed_account_asks_for_the_code(app, database, phone):
    with database.writing() as session:
        confirm_email(reader_at(session, READER), clock.now())
    client = app.test_client()
    answer = open_link(client, f"/login/link/{mailed(database, Purpose.SIGN_IN)}")
    assert answer.headers["Location"] == "/login/second-factor?next=/"
    assert not is_signed_in(client)
    assert type_code(client, phone.recovery_codes[0]).status_code == 303
    assert is_signed_in(client)


def test_a_sign_in_link_of_an_unconfirmed_account_drops_what_a_squatter_has_set(app, database, phone):
    client = app.test_client()
    open_link(client, f"/login/link/{mailed(database, Purpose.SIGN_IN)}", password=NEW_PASSWORD)
    assert is_signed_in(client)
    assert (count_rows(database, SecondFactor), count_rows(database, RecoveryCode)) == (0, 0)


@pytest.mark.parametrize(("set_after", "stays"), [(timedelta(minutes=-1), True), (timedelta(0), False)])
def test_who_takes_an_address_back_is_rid_of_a_second_factor_that_was_set_since(app, database, phone, set_after, stays):
    with database.writing() as session:
        reader = reader_at(session, READER)
        about = EmailAddress(READER, reader.email_key)
        token = make_mailed_token(session, reader, Purpose.UNDO_CHANGE, clock.now(), about)
        session.get_one(SecondFactor, reader.id).created_at = clock.now() + set_after
    with database.writing() as session:
        undo_change(session, token, None, clock.now())
    assert count_rows(database, SecondFactor) == int(stays)
