"""Limits: what counts as one try, for whom, and that no stranger keeps anybody out."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.accounts.limited_house import ELSEWHERE, FREE, NOBODY, OWNER, WRONG
from tests.factories.people import PASSWORD
from webapp.accounts.email_addresses import email_key
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Reader
from webapp.accounts.password_limits import NEW_ADDRESS_MAILS, WRONG_PASSWORDS, WRONG_SIGN_INS
from webapp.accounts.registration import confirm_email
from webapp.kit import clock
from webapp.kit.limits import Limit, count_try


def test_ninety_tries_in_many_writings_of_one_address_are_those_of_one(limited_house):
    client = limited_house.browser()
    writings = ("WANG@FAẞ.DE", "ｗａｎｇ＠faß。de", "wang@xn--fa-hia.de", " Wang@faß.de ")
    answers = [limited_house.sign_in(client, WRONG, writings[number % 4]).status_code for number in range(90)]
    assert answers == [401] * FREE + [429] * (90 - FREE)
    assert limited_house.guess(1, client, "wang@fass.de") == [401]


def test_what_is_no_address_counts_for_where_it_comes_from(limited_house):
    answers = [limited_house.guess(1, email=f"no address {number}")[0] for number in range(FREE + 1)]
    assert answers == [401] * FREE + [429]
    assert limited_house.guess(1, limited_house.browser(ELSEWHERE), "no address") == [401]


@pytest.mark.parametrize(
    ("same", "other"),
    [
        (("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), "2001:db8:1:3::1"),
        (("203.0.113.1", "::ffff:203.0.113.1"), "203.0.113.2"),
    ],
)
def test_a_source_is_one_and_its_neighbour_another(limited_house, same, other):
    answers = [limited_house.guess(1, limited_house.browser(same[number % 2]))[0] for number in range(FREE + 1)]
    assert answers == [401] * FREE + [429]
    assert limited_house.guess(1, limited_house.browser(other)) == [401]


def test_one_source_tries_only_so_many_accounts(limited_house):
    answers = [limited_house.guess(1, email=f"{number}@example.com")[0] for number in range(31)]
    assert answers == [401] * WRONG_SIGN_INS.at_once + [429]
    assert limited_house.guess(1, limited_house.browser(ELSEWHERE), "31@example.com") == [401]


def test_right_passwords_do_not_count(limited_house):
    assert {limited_house.sign_in(limited_house.browser()).status_code for _ in range(40)} == {303}
    assert limited_house.guess(FREE + 1) == [401] * FREE + [429]


def test_a_right_password_ends_the_wait_of_a_pair(limited_house):
    assert limited_house.guess(FREE) == [401] * FREE
    limited_house.time.shift(timedelta(seconds=15))
    assert limited_house.sign_in(limited_house.browser()).status_code == 303
    assert limited_house.guess(FREE + 1) == [401] * FREE + [429]


def test_waits_grow_with_each_wrong_password(limited_house):
    client, told = limited_house.browser(), []
    limited_house.guess(FREE, client)
    for _ in range(10):
        refused = limited_house.sign_in(client, WRONG)
        told.append(int(refused.headers["Retry-After"]))
        limited_house.time.shift(timedelta(seconds=told[-1]))
        assert limited_house.sign_in(client, WRONG).status_code == 401
    assert told == [15, 30, 60, 120, 240, 480, 900, 1800, 3600, 3600]


def test_sign_up_tells_taken_addresses_under_a_limit_by_source(limited_house):
    client = limited_house.browser()
    forms = [{"email": f"{OWNER if number % 2 else f'no{number}'}", "password": PASSWORD} for number in range(20)]
    assert {limited_house.send(client, "/signup", **form).status_code for form in forms} == {400, 409}
    for email in (OWNER, "free@example.com"):
        assert limited_house.send(client, "/signup", email=email, password=PASSWORD).status_code == 429
    other = limited_house.browser(ELSEWHERE)
    assert limited_house.send(other, "/signup", email="free@example.com", password=PASSWORD).status_code == 303


def test_an_address_that_accounts_ask_for_is_mailed_to_a_few_times_an_hour(limited_house):
    """As many accounts as a stranger makes: what fills a mailbox is counted for the mailbox."""
    answers = []
    for number in range(6):
        client = limited_house.browser(f"192.0.2.{number}")
        limited_house.send(client, "/signup", email=f"{number}@example.com", password=PASSWORD)
        page = limited_house.send(client, "/account/address", email="victim@example.com", present=PASSWORD)
        answers.append(page.status_code)
    assert answers == [303] * NEW_ADDRESS_MAILS.at_once + [429]
    assert page.headers["Retry-After"] == "1200"
    assert limited_house.send(client, "/account/address", email="no address", present=PASSWORD).status_code == 400


def test_ten_thousand_sources_keep_no_owner_out(limited_house, database):
    """Mailu/Mailu#2880: the owner of a mailbox was locked out for a day by whoever tried their password."""
    known = limited_house.known_browser()
    with limited_house.app.test_request_context():
        for number in range(10_000):
            place = f"10.{number >> 8}.{number & 255}.1"
            pair = Limit("password", f"{place} {email_key(OWNER)}", WRONG_PASSWORDS)
            count_try([Limit("sign-in", place, WRONG_SIGN_INS), pair])
    neighbour = limited_house.browser(ELSEWHERE)  # at the owner's own source
    assert limited_house.guess(FREE + 1, neighbour)[-1] == 429
    for number in range(WRONG_SIGN_INS.at_once):
        limited_house.guess(1, neighbour, f"{number}@example.com")
    assert limited_house.guess(1, neighbour, NOBODY) == [429]
    assert limited_house.sign_in(known).status_code == 303
    assert limited_house.sign_in(limited_house.browser("198.51.100.99")).status_code == 303
    anywhere = limited_house.browser("192.0.2.1")
    assert limited_house.send(anywhere, "/login/link", email=OWNER).headers["Location"].endswith("sent=1")
    with database.writing() as session:
        owner = session.scalars(select(Reader)).one()
        confirm_email(owner, clock.now())
        token = make_mailed_token(session, owner, Purpose.SIGN_IN, clock.now())
    assert limited_house.send(anywhere, f"/login/link/{token}").status_code == 303
    assert OWNER in anywhere.get("/account").text
