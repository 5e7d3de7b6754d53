"""Codes of the app at signing in: which are right, each once, and how long one waits after many wrong ones."""

import threading
from datetime import timedelta

import pytest

from tests.factories.authenticator import set_up_second_factor, show_password, some_steps_later, type_code
from tests.factories.mailed_links import OTHER, READER, changes_told, reader_at
from tests.factories.people import is_signed_in, token_in
from webapp.accounts.second_factor import WRONG_AT_ONCE, SecondFactor
from webapp.kit import clock
from webapp.kit.limits import forget_tries


# What is typed at which moment, beside the present code at its first use: (steps from now, whether it signs in).
@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)], ids=str)
def test_a_clock_may_be_one_step_off(app, people, phone, steps, right):
    with some_steps_later(4):
        client = show_password(app, READER)
        answer = type_code(client, phone.code(steps))
        assert (answer.status_code, is_signed_in(client)) == ((303, True) if right else (400, False))


@pytest.mark.parametrize("typed", ["", "000000", "12345", "1234567", "abcdef", "0" * 60, "０" * 6, "-", "\U0001d7d8"])
def test_what_is_no_code_signs_nobody_in(app, phone, typed):
    with some_steps_later(4):
        client = show_password(app, READER)
        assert phone.code() != typed
        assert type_code(client, typed).status_code == 400
        assert not is_signed_in(client)


def test_a_code_of_another_account_signs_nobody_in(app, people, phone):
    other = set_up_second_factor(people.signed_in(OTHER))
    with some_steps_later(4):
        client = show_password(app, READER)
        assert type_code(client, other.code()).status_code == 400
        assert type_code(client, other.recovery_codes[0]).status_code == 400
        assert type_code(client, phone.code()).status_code == 303


@pytest.mark.parametrize(("first", "then", "right"), [(0, 0, False), (1, 0, False), (1, 1, False), (0, 1, True)])
def test_a_code_works_once_and_none_before_it_any_more(app, phone, first, then, right):
    with some_steps_later(4):
        assert type_code(show_password(app, READER), phone.code(first)).status_code == 303
        again = show_password(app, READER)
        assert (type_code(again, phone.code(then)).status_code == 303) is right
        assert is_signed_in(again) is right


def test_the_code_that_set_it_up_does_not_sign_in(app, phone):
    client = show_password(app, READER)
    assert type_code(client, phone.code()).status_code == 400


@pytest.mark.parametrize("way", ["{} ", "  {}", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}", "full width"])
def test_a_code_is_read_as_people_type_it(app, phone, way):
    with some_steps_later(4):
        code = phone.code()
        typed = way.format(code) if "{" in way else code.translate({ord("0") + n: ord("０") + n for n in range(10)})
        assert type_code(show_password(app, READER), typed).status_code == 303


def test_codes_go_by_the_machines_time_whatever_the_clock_of_the_sandbox_says(app, phone):
    clock.set_clock_offset(lambda: timedelta(days=40))
    with some_steps_later(4):
        assert type_code(show_password(app, READER), phone.code()).status_code == 303


def use_in_two_requests(app, phone, code):
    """Return how many of two requests with one code, sent at once by two browsers, sign in."""
    clients = [show_password(app, READER) for _ in range(2)]
    tokens = [token_in(client.get("/login/second-factor")) for client in clients]
    start, statuses = threading.Barrier(2), []

    def send(client, token):
        start.wait()
        statuses.append(client.post("/login/second-factor", data={"code": code, "csrf_token": token}).status_code)

    threads = [threading.Thread(target=send, args=pair) for pair in zip(clients, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(is_signed_in(client) for client in clients) == statuses.count(303)
    return statuses.count(303)


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_two_requests_at_once_with_one_code_one_signs_in(app, phone, kind):
    with some_steps_later(4):
        code = phone.code() if kind == "app" else phone.recovery_codes[0]
        assert use_in_two_requests(app, phone, code) == 1


def test_many_wrong_codes_wait_and_recovery_codes_do_not(app, database, phone):
    with some_steps_later(4):
        client = show_password(app, READER)
        for _ in range(WRONG_AT_ONCE):
            assert type_code(client, "000000").status_code == 400
        late = type_code(client, phone.code())
        assert late.status_code == 429
        assert 890 <= int(late.headers["Retry-After"]) <= 900
        assert "15" in late.text
        assert type_code(app.test_client(), phone.code()).headers["Location"].startswith("/login")
        assert type_code(client, phone.recovery_codes[0]).status_code == 303
        assert type_code(show_password(app, READER), phone.code()).status_code == 303
    assert changes_told(database) == ["recovery-code", "many-wrong", "set"]


def test_the_wait_grows_and_its_end_is_told_truly(app, database, phone):
    waited, limits, days = timedelta(), [], set()
    with some_steps_later(4):
        for _round in range(6):
            clock.set_clock_offset(lambda: waited)  # noqa: B023 - it is asked in this round alone
            for _ in range(WRONG_AT_ONCE):
                forget_tries(app)
                client = show_password(app, READER)
                assert type_code(client, "000000").status_code == 400
            days.add(clock.now().date())
            limits.append(int(type_code(client, phone.code()).headers["Retry-After"]))
            waited += timedelta(seconds=limits[-1] + 1)
        clock.set_clock_offset(lambda: waited)
        client = show_password(app, READER)
        assert type_code(client, phone.code()).status_code == 303
    assert [round(seconds / 60) for seconds in limits] == [15, 30, 60, 120, 240, 240]
    assert changes_told(database).count("many-wrong") == len(days)  # once a day, of which the waits may touch two
    with database.reading() as session:
        assert session.get_one(SecondFactor, reader_at(session, READER).id).wrong_codes == 0
