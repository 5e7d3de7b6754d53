"""Passwords that are asked for on other pages than that of signing in are guessed as slowly."""

from datetime import timedelta

from sqlalchemy import select

from tests.accounts.limited_house import FREE, OWNER, WRONG
from tests.factories.people import PASSWORD
from webapp.accounts.email_addresses import parse_email
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Reader
from webapp.kit import clock


def test_the_password_of_a_session_is_guessed_as_slowly(limited_house):
    """As tries to sign in are, from the same place: the cookie of a known device was not stolen along."""
    client = limited_house.browser()
    limited_house.sign_in(client)
    client.delete_cookie("known_device")
    guesses = {"present": WRONG, "password": "another long password"}
    answers = [limited_house.send(client, "/account/password", "/account", **guesses) for _ in range(FREE + 1)]
    assert [answer.status_code for answer in answers] == [400] * FREE + [429]
    assert answers[-1].headers["Retry-After"] == "15"
    assert limited_house.guess(1) == [429]


def test_a_new_password_that_will_not_do_is_no_guess(limited_house):
    client = limited_house.browser()
    limited_house.sign_in(client)
    for _ in range(FREE + 3):
        answer = limited_house.send(client, "/account/password", "/account", present=PASSWORD, password="short")
        assert answer.status_code == 400
        assert "8 characters" in answer.text


def test_the_password_that_a_link_asks_for_is_guessed_as_slowly(limited_house, database):
    with database.writing() as session:
        token = make_mailed_token(session, session.scalars(select(Reader)).one(), Purpose.CONFIRM, clock.now())
    client, path = limited_house.browser(), f"/confirm/{token}"
    answers = [limited_house.send(client, path, present=WRONG).status_code for _ in range(FREE + 1)]
    assert answers == [400] * FREE + [429]
    limited_house.time.shift(timedelta(seconds=15))
    assert limited_house.send(client, path, present=PASSWORD).status_code == 303
    assert [limited_house.send(client, path, "/login", present=PASSWORD).status_code for _ in range(9)] == [410] * 9


def test_the_password_of_a_change_of_address_is_guessed_as_slowly(limited_house):
    client = limited_house.browser()
    limited_house.sign_in(client)

    def ask(email, password):
        return limited_house.send(client, "/account/address", email=email, present=password).status_code

    assert [ask(f"{number}@example.com", WRONG) for number in range(FREE + 1)] == [400] * FREE + [429]
    limited_house.time.shift(timedelta(hours=6))
    assert [ask(OWNER, PASSWORD) for _ in range(4)] == [400] * 4
    assert ask("new@example.com", PASSWORD) == 303


def test_the_password_that_a_new_address_asks_for_is_guessed_as_slowly(limited_house, database):
    with database.writing() as session:
        reader, about = session.scalars(select(Reader)).one(), parse_email("new@example.com")
        token = make_mailed_token(session, reader, Purpose.CHANGE_ADDRESS, clock.now(), about)
    client, path = limited_house.browser(), f"/address/{token}"
    assert {limited_house.send(client, path, present="").status_code for _ in range(FREE)} == {400}
    answers = [limited_house.send(client, path, present=WRONG).status_code for _ in range(FREE + 1)]
    assert answers == [400] * FREE + [429]
    limited_house.time.shift(timedelta(seconds=15))
    assert limited_house.send(client, path, present=PASSWORD).status_code == 303
    assert limited_house.send(client, path, "/login", present=PASSWORD).status_code == 410


def test_the_password_that_closing_asks_for_is_guessed_as_slowly(limited_house):
    client = limited_house.browser()
    limited_house.sign_in(client)
    client.delete_cookie("known_device")
    answers = [limited_house.send(client, "/account/close", password_again=WRONG) for _ in range(FREE + 1)]
    assert [answer.status_code for answer in answers] == [400] * FREE + [429]
    assert answers[-1].headers["Retry-After"] == "15"
    limited_house.time.shift(timedelta(seconds=15))
    assert limited_house.send(client, "/account/close", password_again=PASSWORD).status_code == 303
