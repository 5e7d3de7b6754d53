"""Limits: what counts as one try, what each is told, and that no stranger keeps anybody out."""

import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.accounts.limited_house import ELSEWHERE, NOBODY, OWNER, STRANGER, WRONG, LimitedHouse
from tests.factories.people import PASSWORD, token_in
from tests.factories.redis_server import redis_server
from webapp import create_app
from webapp.accounts.email_addresses import email_key, parse_email
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Reader
from webapp.accounts.password_limits import LINK_REQUESTS, NEW_ADDRESS_MAILS, SIGN_UPS, WRONG_PASSWORDS, WRONG_SIGN_INS
from webapp.accounts.registration import confirm_email
from webapp.kit import clock, limits
from webapp.kit.http import database as database_of
from webapp.kit.limits import Limit, count_try, set_limits
from webapp.settings import load_settings

FREE = WRONG_PASSWORDS.seconds.count(0) + 1  # wrong passwords until there is a wait


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


FORMS = {
    "sign-in": ("/login", {"email": OWNER, "password": WRONG}, FREE),
    "sign-in at many": ("/login", {"email": "{}@example.com", "password": WRONG}, WRONG_SIGN_INS.at_once),
    "sign-up": ("/signup", {"email": OWNER, "password": PASSWORD}, SIGN_UPS.at_once),
    "recovery": ("/recover", {"email": OWNER}, LINK_REQUESTS.at_once),
    "sign-in link": ("/login/link", {"email": OWNER}, LINK_REQUESTS.at_once),
}


@pytest.mark.parametrize(("path", "form", "often"), FORMS.values(), ids=FORMS)
def test_the_wait_that_is_told_is_the_wait_there_is(limited_house, path, form, often):
    """alisaifee/flask-limiter#62: who waited as long as was told was told to wait again."""
    client = limited_house.browser()

    def sent(number):
        return limited_house.send(client, path, **{name: value.format(number) for name, value in form.items()})

    assert 429 not in {sent(number).status_code for number in range(often)}
    limited_house.time.shift(timedelta(milliseconds=300))  # a wait need not be whole seconds
    refused = sent(often)
    assert refused.status_code == 429
    seconds = int(refused.headers["Retry-After"])
    minutes, rest = divmod(seconds, 60)
    told = f"{seconds} seconds" if seconds < 120 else f"{minutes} min {rest} s" if rest else f"{minutes} minutes"
    assert f"Please wait {told}, then try again." in refused.text
    limited_house.time.shift(timedelta(seconds=seconds - 1))
    assert sent(often).status_code == 429
    limited_house.time.shift(timedelta(seconds=1))
    assert sent(often).status_code != 429


@pytest.mark.parametrize("seconds", [1, 119, 120, 121, 3600])
def test_a_page_tells_the_wait_to_the_second(limited_house, seconds):
    from webapp.kit.errors import TooManyTriesError

    told = {1: "a second", 119: "119 seconds", 120: "2 minutes", 121: "2 min 1 s", 3600: "60 minutes"}[seconds]
    limited_house.app.add_url_rule("/early", "early", lambda: (_ for _ in ()).throw(TooManyTriesError(seconds)))
    answer = limited_house.browser().get("/early")
    assert f"Please wait {told}, then try again." in answer.text
    assert answer.headers["Retry-After"] == str(seconds)


@pytest.mark.parametrize("path", ["/login", "/recover", "/login/link"])
def test_known_and_unknown_addresses_are_told_the_same_when_it_is_too_often(limited_house, path):
    answers = []
    for place, email in ((STRANGER, OWNER), (ELSEWHERE, NOBODY)):
        client = limited_house.browser(place)
        for _ in range(20):
            answer = limited_house.send(client, path, email=email, password=WRONG)
        body = answer.text.replace(email, "").replace(token_in(answer), "")
        answers.append((answer.status_code, sorted(answer.headers.keys()), answer.headers["Retry-After"], body))
    assert answers[0] == answers[1]
    assert answers[0][0] == 429


def test_a_form_that_is_refused_keeps_the_address_and_shows_the_other_ways(limited_house):
    limited_house.guess(FREE)
    page = limited_house.sign_in(limited_house.browser(), WRONG)
    assert f'value="{OWNER}"' in page.text
    assert "/login/link" in page.text


def test_sign_up_tells_taken_addresses_under_a_limit_by_source(limited_house):
    client = limited_house.browser()
    forms = [{"email": f"{OWNER if number % 2 else f'no{number}'}", "password": PASSWORD} for number in range(20)]
    assert {limited_house.send(client, "/signup", **form).status_code for form in forms} == {400, 409}
    for email in (OWNER, "free@example.com"):
        assert limited_house.send(client, "/signup", email=email, password=PASSWORD).status_code == 429
    other = limited_house.browser(ELSEWHERE)
    assert limited_house.send(other, "/signup", email="free@example.com", password=PASSWORD).status_code == 303


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


def test_workers_count_together(limited_house, settings):
    other = LimitedHouse(create_app(settings), limited_house.time)
    houses = (limited_house, other)
    assert [houses[number % 2].guess(1)[0] for number in range(FREE + 1)] == [401] * FREE + [429]
    with other.app.app_context():
        database_of().close()


WORKER = """
import sys, time_machine
from tests.accounts.limited_house import LimitedHouse
from webapp import create_app
from webapp.settings import load_settings
app = create_app(load_settings(instance=sys.argv[1], secret_key="k" * 40))
with time_machine.travel(float(sys.argv[2]), tick=False):
    print(*LimitedHouse(app, None).guess(5))
"""


def test_processes_count_together(instance):
    run = [sys.executable, "-c", WORKER, str(instance), str(clock.now().timestamp())]
    both = [subprocess.Popen(run, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [status for process in both for status in process.communicate(timeout=120)[0].split()]
    assert sorted(map(int, answers)) == [401] * FREE + [429] * (10 - FREE)


@pytest.fixture
def redis_house(instance):
    """Return what makes a house on a Redis."""
    apps = []

    def make(url: str, time: object = None) -> LimitedHouse:
        apps.append(create_app(load_settings(instance=instance, secret_key="k" * 40, redis_url=url)))
        return LimitedHouse(apps[-1], time)

    yield make
    for app in apps:
        with app.app_context():
            database_of().close()


def test_machines_count_together_in_redis(redis_house, tmp_path):
    with redis_server(tmp_path) as (url, _process):
        houses = [redis_house(url), redis_house(url)]
        assert [houses[number % 2].guess(1)[0] for number in range(FREE + 1)] == [401] * FREE + [429]


def test_a_redis_that_is_not_there_neither_shuts_out_nor_opens(redis_house, caplog):
    house = redis_house("redis://:a-password-of-ours@127.0.0.1:1/0")
    assert house.guess(FREE + 1) == [401] * FREE + [429]
    assert "this process alone" in caplog.text
    assert "a-password-of-ours" not in caplog.text


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_forwarded_for_is_believed_as_far_as_it_is_set(instance, proxies, caplog, monkeypatch):
    """AtalayaLabs/OxiCloud#323: who made up the header was another source with each try."""
    monkeypatch.setattr(limits._Switch, "warned", False)
    app = create_app(load_settings(instance=instance, secret_key="k" * 40, trusted_proxies=proxies))
    house = LimitedHouse(app, None)

    def tried(forwarded):
        client = house.browser()
        client.environ_base["HTTP_X_FORWARDED_FOR"] = forwarded
        return house.guess(1, client)[0]

    made_up = [tried(", ".join([f"198.51.100.{number}", *["192.0.2.9"] * proxies])) for number in range(FREE + 1)]
    assert made_up == [401] * FREE + [429]
    behind = tried(", ".join(["192.0.2.10", *["10.0.0.1"] * (proxies - 1)]) if proxies else "192.0.2.10")
    assert behind == (401 if proxies else 429)
    assert caplog.text.count("X-Forwarded-For is not believed") == (not proxies), "once, and not for each request"
    with app.app_context():
        database_of().close()


def test_the_file_names_nobody(limited_house, instance):
    limited_house.guess(2)
    kept = b"".join(path.read_bytes() for path in instance.glob("tries.sqlite*"))
    assert kept
    for word in (OWNER, "xn--fa-hia", STRANGER, "password", "sign"):
        assert word.encode() not in kept.replace(b"CREATE", b"")


def test_limits_can_be_set_aside_for_a_process(limited_house):
    set_limits(on=False)
    try:
        assert limited_house.guess(FREE + 5) == [401] * (FREE + 5)
    finally:
        set_limits(on=True)


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
