"""Who has typed the password and not the code yet: a visitor everywhere else, for some minutes, in one browser."""

import re

import pytest

from tests.factories.authenticator import show_password, some_steps_later, type_code
from tests.factories.html import parse
from tests.factories.mailed_links import OTHER, READER, reader_at
from tests.factories.people import PASSWORD, is_signed_in, token_in
from tests.factories.stored import count_rows
from tests.surface.ways import FORM, WAYS
from webapp.accounts.pending_sign_ins import PENDING_FOR, PendingSignIn
from webapp.accounts.registration import disable_reader
from webapp.kit import clock
from webapp.kit.limits import forget_tries


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
    assert count_rows(database, PendingSignIn) > 0


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
                disable_reader(session, reader_at(session, READER), clock.now())
        elif case == "password changed":
            with database.writing() as session:
                reader_at(session, READER).password_hash = "another"
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
    assert count_rows(database, PendingSignIn) == 3
    clock.set_clock_offset(lambda: PENDING_FOR)
    show_password(app, READER)
    assert count_rows(database, PendingSignIn) == 1


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


def test_who_is_signed_in_is_not_asked_again(people):
    client = people.signed_in(READER)
    assert client.get("/login/second-factor?next=/plans").headers["Location"] == "/plans"


def test_a_browser_that_begins_to_sign_in_anew_is_signed_out(app, people, phone):
    people.reader(OTHER)
    client = people.browser(OTHER)
    form = {"email": READER, "password": PASSWORD, "csrf_token": token_in(client.get("/account"))}
    client.post("/login", data=form)
    assert not is_signed_in(client)
