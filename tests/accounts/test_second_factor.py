"""Two-step sign-in: a code of an app after the password, and ten recovery codes for when the app is lost."""

import re
import threading
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from tests.factories.authenticator import (
    begin_set_up,
    confirm_set_up,
    key_on,
    recovery_codes_on,
    set_up_second_factor,
    show_password,
    some_steps_later,
    type_code,
)
from tests.factories.html import parse
from tests.factories.people import PASSWORD, token_in
from tests.factories.security_key import SecurityKey, make_passkey, sign_in_here, sign_in_with
from tests.surface.ways import FORM, WAYS
from webapp.accounts.address_change import undo_change
from webapp.accounts.authentication import authenticate
from webapp.accounts.email_addresses import EmailAddress
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Device, Reader, Role
from webapp.accounts.passkeys import Passkey
from webapp.accounts.pending_sign_ins import PENDING_FOR, PendingSignIn
from webapp.accounts.recovery_codes import RecoveryCode, make_recovery_codes
from webapp.accounts.registration import confirm_email, disable_reader
from webapp.accounts.second_factor import WRONG_AT_ONCE, SecondFactor, drop_second_factor
from webapp.accounts.second_factor_views import SET_UP_WITHIN
from webapp.accounts.totp import bare_code
from webapp.kit import clock
from webapp.kit.email_queue import list_emails, read_email
from webapp.kit.limits import forget_tries
from webapp.kit.secret_box import SecretBox
from webapp.kit.templating import email_renderer
from webapp.operations.cli import cli

READER, OTHER, NEW_PASSWORD = "reader@example.com", "other@example.com", "quite another password"


@pytest.fixture
def phone(people):
    """The authenticator app of a reader."""
    return set_up_second_factor(people.signed_in(READER))


def reader_of(session, email=READER):
    return session.scalars(select(Reader).where(Reader.email == email)).one()


def mails(app, database):
    with database.reading() as session:
        return [(mail, email_renderer(app)(read_email(mail))) for mail in list_emails(session, 100)]


def changes(app, database):
    return [mail.content["change"] for mail, _rendered in mails(app, database) if mail.message == "second_factor"]


def is_signed_in(client):
    return client.get("/account").status_code == 200


def count(database, table):
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


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


# Recovery codes.


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
    assert count(database, RecoveryCode) == 10
    told = [mail.content["left"] for mail, _ in mails(app, database) if mail.content.get("change") == "recovery-code"]
    assert told == list(range(10))


def both(client, path, code, password=PASSWORD):
    form = {"csrf_token": token_in(client.get("/account/second-factor")), "present": password, "code": code}
    return client.post(path, data=form)


def test_new_recovery_codes_end_those_of_before(app, people, database, phone):
    with some_steps_later(4):
        client = show_password(app, READER)
        type_code(client, phone.code())
    with some_steps_later(6):
        done = both(client, "/account/second-factor/codes", phone.code())
        assert done.status_code == 201
        codes = recovery_codes_on(done)
        assert not set(codes) & set(phone.recovery_codes)
        assert type_code(show_password(app, READER), phone.recovery_codes[0]).status_code == 400
        assert type_code(show_password(app, READER), codes[0]).status_code == 303
    assert changes(app, database) == ["recovery-code", "renewed", "set"]


# Setting it up.


def test_it_does_not_count_before_its_first_code(app, people, database):
    client = people.signed_in(READER)
    page = begin_set_up(client)
    assert page.status_code == 200
    assert key_on(page) in parse(page).css_first('a[href^="otpauth:"]').attributes["href"]
    assert parse(page).css_first(".qr svg") is not None
    assert count(database, SecondFactor) == 0
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
    assert count(database, SecondFactor) == 0


def test_setting_it_up_signs_out_all_other_devices_and_tells_the_owner(app, people, database):
    people.reader(READER)
    here, there = people.browser(READER), people.browser(READER)
    phone = set_up_second_factor(here)
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert changes(app, database) == ["set"]
    assert f"{len(phone.recovery_codes)}" in here.get("/account/second-factor").text


@pytest.mark.parametrize("case", ["late", "another browser", "another account", "made up", "another purpose"])
def test_it_is_set_up_where_it_was_begun_and_in_time(app, people, database, case):
    client = people.signed_in(READER)
    page = begin_set_up(client)
    secret = key_on(page)
    sender = {"another browser": lambda: people.browser(READER), "another account": lambda: people.signed_in(OTHER)}
    using = sender.get(case, lambda: client)()
    token = token_in(using.get("/account"))
    sealed = {"made up": "gAAAAA", "another purpose": SecretBox(app.config["SECRET_KEY"], "x").seal(f"x {secret}")}
    kept = sealed.get(case) or parse(page).css_first('input[name="sealed"]').attributes["value"]
    with some_steps_later(SET_UP_WITHIN.total_seconds() // 30 + 1 if case == "late" else 0):
        code = set_up_code(secret)
        form = {"csrf_token": token, "sealed": kept, "code": code}
        assert using.post("/account/second-factor/confirm", data=form).status_code == 400
    assert count(database, SecondFactor) == 0


def set_up_code(secret):
    from tests.factories.authenticator import Authenticator

    return Authenticator(secret).code()


def test_a_second_app_is_refused(app, people, database):
    client = people.signed_in(READER)
    first, second = begin_set_up(client), begin_set_up(client)
    assert confirm_set_up(client, first, set_up_code(key_on(first))).status_code == 201
    assert confirm_set_up(client, second, set_up_code(key_on(second))).status_code == 409
    assert count(database, SecondFactor) == 1


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


# Removing it.


@pytest.mark.parametrize(
    ("password", "code", "status"),
    [(PASSWORD, "right", 303), (PASSWORD, "recovery", 303), ("wrong", "right", 400), (PASSWORD, "000", 400)],
)
def test_it_is_removed_with_password_and_code(app, people, database, password, code, status):
    client = people.signed_in(READER)
    phone = set_up_second_factor(client)
    with some_steps_later(4):
        typed = {"right": phone.code(), "recovery": phone.recovery_codes[0]}.get(code, code)
        assert both(client, "/account/second-factor/remove", typed, password).status_code == status
    gone = status == 303
    assert (count(database, SecondFactor), count(database, RecoveryCode)) == ((0, 0) if gone else (1, 10))
    assert ("removed" in changes(app, database)) is gone
    if gone:
        assert is_signed_in(people.browser(READER))
        assert 'role="status"' in client.get("/account/second-factor?removed=1").text


def test_what_is_not_there_is_neither_removed_nor_renewed(people):
    client = people.signed_in(READER)
    for path in ("remove", "codes"):
        assert both(client, f"/account/second-factor/{path}", "000000").status_code == 404


def test_after_its_removal_no_code_is_asked_for_and_none_that_waits_goes_on(app, people, database, phone):
    waiting = show_password(app, READER)
    with database.writing() as session:
        assert drop_second_factor(session, reader_of(session).id)
        assert not drop_second_factor(session, reader_of(session).id)
    with some_steps_later(4):
        assert type_code(waiting, phone.code()).headers["Location"].startswith("/login?")
    assert not is_signed_in(waiting)
    assert is_signed_in(people.browser(READER))


# The state between password and code.


def test_a_browser_that_waits_is_a_visitor_to_every_route(app, people, database, phone, document):
    waiting, visitor = show_password(app, READER), app.test_client()
    places = dict.fromkeys(["tag", "paid", "public", "after", "token", "public_image", "paid_image"], "x")
    places |= {"slug": document.slug, "year": "2026"}
    walked = 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("factor_sign_in."):
            continue
        for way in WAYS[rule.endpoint]:
            for method in (rule.methods or set()) & {"GET", "POST"}:
                forget_tries(app)
                answers = [ask(client, method, way.format(**places), places) for client in (waiting, visitor)]
                assert answers[0] == answers[1], (method, way)
                walked += 1
                if not waits(waiting):  # it was signed out, as every route of that kind does
                    show_password(app, READER, waiting)
    assert walked > 100
    assert count(database, PendingSignIn) > 0


def waits(client):
    return client.get("/login/second-factor").status_code == 200


def ask(client, method, path, places):
    """Return what a route answers, without what differs from one time to the next."""
    form = {name: value.format(**places) for name, value in FORM.items()}
    if method == "POST":
        form["csrf_token"] = token_in(client.get("/login"))
        form["email"] = "nobody@example.com" if path != "/signup" else "no address"
    answer = client.open(path, method=method, data=form if method == "POST" else None)
    body = re.sub(r'(<input [^>]*type="hidden"[^>]* value=)"[^"]*"', "", answer.get_data().decode(errors="replace"))
    answer.close()
    body = re.sub(r'"challenge": "[^"]+"', "", body)
    body = re.sub(r"\b(purchase=|session_id=)?[0-9a-f]{20,}\b|\d\d:\d\d:\d\d[\d.]*", "", body)
    return answer.status_code, answer.headers.get("Location"), body


@pytest.mark.parametrize("case", ["late", "disabled", "password changed", "another browser", "used", "no such token"])
def test_a_sign_in_that_waits_ends(app, database, phone, case):
    client = show_password(app, READER)
    with some_steps_later(4):
        if case == "late":
            clock.set_clock_offset(lambda: PENDING_FOR)
        elif case == "disabled":
            with database.writing() as session:
                disable_reader(session, reader_of(session), clock.now())
        elif case == "password changed":
            with database.writing() as session:
                reader_of(session).password_hash = "another"
        elif case == "another browser":
            client = app.test_client()
        elif case == "used":
            kept = client.get_cookie("paidspan").value
            assert type_code(client, phone.recovery_codes[0]).status_code == 303
            client = app.test_client()
            client.set_cookie("paidspan", kept)
        else:
            with client.session_transaction() as session:
                session["second_factor"] = "0" * 64
        assert client.get("/login/second-factor").headers["Location"].startswith("/login?")
        answer = type_code(client, phone.code())
    assert answer.headers["Location"] == "/login?next=/&late=1"
    assert not is_signed_in(client)
    assert 'role="alert"' in client.get(answer.headers["Location"]).text


def test_those_that_are_too_late_are_deleted_when_the_next_begins(app, database, phone):
    for _ in range(3):
        show_password(app, READER)
    assert count(database, PendingSignIn) == 3
    clock.set_clock_offset(lambda: PENDING_FOR)
    show_password(app, READER)
    assert count(database, PendingSignIn) == 1


def test_who_signs_in_comes_back_to_where_they_were_and_stays_signed_in_where_asked(app, phone):
    with some_steps_later(4):
        client = show_password(app, READER, next="/plans", remember="y")
        assert client.get_cookie("remember_token") is None
        assert parse(client.get("/login/second-factor?next=/plans")).css_first('input[name="next"]') is not None
        assert type_code(client, phone.code(), next="/plans").headers["Location"] == "/plans"
        assert client.get_cookie("remember_token") is not None


def test_nobody_is_sent_to_a_foreign_host(app, phone):
    with some_steps_later(4):
        assert type_code(show_password(app, READER), phone.code(), next="//evil.example").headers["Location"] == "/"


def test_the_page_asks_for_a_recovery_code_where_the_app_is_not_at_hand(app, phone):
    client = show_password(app, READER)
    page = client.get("/login/second-factor?recovery=1")
    assert parse(page).css_first('input[name="code"]').attributes.get("inputmode") is None
    wrong = type_code(client, "wrong", recovery="1")
    assert parse(wrong).css_first('input[name="recovery"]') is not None
    assert type_code(client, "x" * 61, recovery="1").status_code == 400
    assert type_code(client, phone.recovery_codes[0], recovery="1").status_code == 303


def test_who_is_signed_in_is_not_asked_again(people):
    client = people.signed_in(READER)
    assert client.get("/login/second-factor?next=/plans").headers["Location"] == "/plans"


def test_a_browser_that_begins_to_sign_in_anew_is_signed_out(app, people, phone):
    people.reader(OTHER)
    client = people.browser(OTHER)
    form = {"email": READER, "password": PASSWORD, "csrf_token": token_in(client.get("/account"))}
    client.post("/login", data=form)
    assert not is_signed_in(client)


# Tries.


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
    assert changes(app, database) == ["recovery-code", "many-wrong", "set"]


def test_the_wait_grows_and_its_end_is_told_truly(app, database, phone):
    waited, limits = timedelta(), []
    with some_steps_later(4):
        for _round in range(6):
            clock.set_clock_offset(lambda: waited)  # noqa: B023 - it is asked in this round alone
            for _ in range(WRONG_AT_ONCE):
                forget_tries(app)
                client = show_password(app, READER)
                assert type_code(client, "000000").status_code == 400
            limits.append(int(type_code(client, phone.code()).headers["Retry-After"]))
            waited += timedelta(seconds=limits[-1] + 1)
        clock.set_clock_offset(lambda: waited)
        client = show_password(app, READER)
        assert type_code(client, phone.code()).status_code == 303
    assert [round(seconds / 60) for seconds in limits] == [15, 30, 60, 120, 240, 240]
    assert changes(app, database).count("many-wrong") == 1  # a day
    with database.reading() as session:
        assert session.get_one(SecondFactor, reader_of(session).id).wrong_codes == 0


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
            session.get_one(SecondFactor, reader_of(session).id).sealed_secret = SecretBox("other", "totp").seal("x")
        client = show_password(app, READER)
        assert type_code(client, phone.code()).status_code == 400
        assert type_code(client, phone.recovery_codes[0]).status_code == 303


# Mailed links.


def mailed(database, purpose):
    with database.writing() as session:
        return make_mailed_token(session, reader_of(session), purpose, clock.now())


def open_link(client, path, **form):
    return client.post(path, data={"csrf_token": token_in(client.get("/login")), **form})


def test_recovery_does_not_go_past_the_second_factor_of_a_confirmed_account(app, database, phone):
    with database.writing() as session:
        confirm_email(reader_of(session), clock.now())
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
    assert (count(database, SecondFactor), count(database, RecoveryCode)) == (0, 0)
    with some_steps_later(4):
        type_code(squatter, phone.code())
    assert not is_signed_in(squatter)


def test_a_sign_in_link_of_a_confirmed_account_asks_for_the_code(app, database, phone):
    with database.writing() as session:
        confirm_email(reader_of(session), clock.now())
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
    assert (count(database, SecondFactor), count(database, RecoveryCode)) == (0, 0)


# Staff.


@pytest.fixture
def strict(instance):
    from webapp import create_app
    from webapp.settings import load_settings

    app = create_app(load_settings(instance=instance, secret_key="s" * 40, staff_second_factor=True))
    app.testing = True
    return app


@pytest.mark.parametrize("role", [Role.EDITOR, Role.PUBLISHER])
def test_staff_without_one_are_led_to_set_it_up_and_reach_nothing_else(strict, database, role):
    from tests.factories.people import People

    people = People(strict, database)
    client = people.signed_in(READER, role)
    for path in ("/", "/account/tokens", "/account/plan", "/library", "/search?q=a"):
        assert client.get(path).headers["Location"] == "/account/second-factor?required=1", path
    assert 'role="status"' in client.get("/account/second-factor?required=1").text
    assert client.get("/terms").status_code == 200
    with database.reading() as session:
        program = people.program(reader_of(session))
    assert program.get("/api/v1/me").status_code == 401
    set_up_second_factor(client)
    assert client.get("/").status_code == 200
    assert program.get("/api/v1/me").status_code == 200


def test_readers_need_none_and_nobody_does_where_it_is_not_set(strict, database, people):
    from tests.factories.people import People

    assert People(strict, database).signed_in(READER).get("/").status_code == 200
    assert people.signed_in(OTHER, Role.PUBLISHER).get("/").status_code == 200


# Mails.


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_mail_says_what_changed_in_the_language_of_the_page(app, people, database, language):
    from webapp.accounts.second_factor import FactorChange, tell_change

    people.reader(READER)
    with database.writing() as session:
        for change in FactorChange:
            tell_change(session, reader_of(session), change, language, clock.now(), left=1)
    found = mails(app, database)
    assert len({rendered.subject for _mail, rendered in found}) == len({r.text for _m, r in found}) == len(FactorChange)
    for mail, rendered in found:
        assert bool(re.search("[\u4e00-\u9fff]", rendered.subject)) == (language == "zh-CN")
        assert mail.recipient == READER
        assert "/recover" in rendered.html


def test_codes_that_were_made_without_an_app_are_none(database, people):
    """The rule alone: whoever has no app is never asked for a code."""
    people.reader(READER)
    with database.writing() as session:
        make_recovery_codes(session, reader_of(session).id)
    assert is_signed_in(people.browser(READER))
    assert count(database, Device) == 1


def reset(instance):
    return CliRunner().invoke(cli, ["user", "reset-2fa", READER, "--instance", str(instance)])


def test_an_operator_resets_it_and_the_owner_is_told(app, people, database, instance, phone):
    done = reset(instance)
    assert (done.exit_code, done.stdout) == (0, f"{READER}\treset\n")
    assert changes(app, database) == ["reset", "set"]
    assert is_signed_in(people.browser(READER))
    assert reset(instance).exit_code == 1


def test_a_reset_ends_passkeys_too(app, people, database, instance):
    people.reader(READER)
    owner, key = sign_in_here(app.test_client(), READER), SecurityKey()
    make_passkey(owner, key)
    assert reset(instance).exit_code == 0
    assert count(database, Passkey) == 0
    assert sign_in_with(app.test_client(), key).status_code == 400


@pytest.mark.parametrize(("set_after", "stays"), [(timedelta(minutes=-1), True), (timedelta(0), False)])
def test_who_takes_an_address_back_is_rid_of_a_second_factor_that_was_set_since(app, database, phone, set_after, stays):
    with database.writing() as session:
        reader = reader_of(session)
        about = EmailAddress(READER, reader.email_key)
        token = make_mailed_token(session, reader, Purpose.UNDO_CHANGE, clock.now(), about)
        session.get_one(SecondFactor, reader.id).created_at = clock.now() + set_after
    with database.writing() as session:
        undo_change(session, token, None, clock.now())
    assert count(database, SecondFactor) == int(stays)
