import pytest
from sqlalchemy import event, func, select

from tests.factories.people import PASSWORD, token_in
from webapp.accounts import passwords
from webapp.accounts.login import signed_in_reader
from webapp.accounts.models import Device, Reader, Role
from webapp.accounts.passwords import DECOY_HASH, HASHER, hash_password, verify_password
from webapp.accounts.registration import disable_reader, get_reader
from webapp.kit.errors import NotFoundError


def sign_in(client, email, password, **more):
    token = token_in(client.get("/login"))
    return client.post("/login", data={"email": email, "password": password, "csrf_token": token, **more})


def test_who_signs_up_is_signed_in_and_goes_back_to_the_sentence(client):
    token = token_in(client.get("/signup?next=/d/a%23gate-1"))
    answer = client.post(
        "/signup",
        data={"email": "New@Example.com", "password": PASSWORD, "csrf_token": token, "next": "/d/a#gate-1"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/d/a#gate-1")
    assert "New@Example.com" in client.get("/account").get_data(as_text=True)


def test_an_address_signs_up_once_however_it_is_written(client, people):
    people.reader("reader@example.com")
    token = token_in(client.get("/signup"))
    answer = client.post("/signup", data={"email": " READER@example.com", "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 409


def test_a_bad_address_or_a_short_password_is_told_on_the_form(client):
    for email, password in [("no address", PASSWORD), ("a@example.com", "short"), ("", "")]:
        token = token_in(client.get("/signup"))
        answer = client.post("/signup", data={"email": email, "password": password, "csrf_token": token})
        assert answer.status_code == 400
        assert 'role="alert"' in answer.get_data(as_text=True)


def test_without_the_forms_token_nothing_is_done(client, people):
    people.reader()
    answer = client.post("/login", data={"email": "reader@example.com", "password": PASSWORD})
    assert answer.status_code == 400
    assert client.get("/account").status_code == 303


def test_a_known_and_an_unknown_address_get_the_same_answer(client, people):
    people.reader("known@example.com")
    answers = []
    for email in ("known@example.com", "other@example.com"):
        answer = sign_in(client, email, "not the password")
        body = answer.get_data(as_text=True).replace(email, "").replace(token_in(answer), "")
        answers.append((answer.status_code, sorted(answer.headers.keys()), body))
    assert answers[0] == answers[1]


class CountedHasher:
    """The real hasher, noting each time it works."""

    def __init__(self, done: list[str]) -> None:
        self.done = done

    def verify(self, stored, typed):
        self.done.append("hash")
        return HASHER.verify(stored, typed)


def work_of_signing_in(client, database, monkeypatch, email) -> list[str]:
    """Return every hash and every statement of one failed sign-in."""
    done: list[str] = []
    monkeypatch.setattr(passwords, "HASHER", CountedHasher(done))

    def note(_connection, _cursor, statement, *_more):
        done.append(statement)

    engines = (database.read_engine, database.write_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    sign_in(client, email, "not the password")
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    return done


@pytest.mark.parametrize("unknown", ["other@example.com", "not even an address"])
def test_a_known_and_an_unknown_address_cost_the_same_work(client, people, database, monkeypatch, unknown):
    people.reader("known@example.com")
    known = work_of_signing_in(client, database, monkeypatch, "known@example.com")
    assert known.count("hash") == 1
    assert work_of_signing_in(client, database, monkeypatch, unknown) == known


def test_the_decoy_costs_what_a_real_hash_costs():
    assert not HASHER.check_needs_rehash(DECOY_HASH)
    assert not verify_password(None, PASSWORD)


def test_passwords_are_kept_as_argon2id_after_owasp(monkeypatch):
    monkeypatch.setattr(passwords, "HASHER", HASHER)  # the one that the house has when no test is run
    assert hash_password(PASSWORD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_every_sign_in_has_a_session_of_its_own(app, people, database):
    people.reader()
    first, second = people.browser("reader@example.com"), people.browser("reader@example.com")
    assert first.get_cookie("paidspan").value != second.get_cookie("paidspan").value
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Device)) == 2


def test_a_form_that_is_not_filled_in_is_shown_again(people):
    client = people.signed_in()
    token = token_in(client.get("/account"))
    answer = client.post("/account/password", data={"csrf_token": token, "present": "", "password": ""})
    assert (answer.status_code, 'role="alert"' in answer.text) == (400, True)
    visitor = client.application.test_client()
    answer = sign_in(visitor, "", "")
    assert (answer.status_code, 'role="alert"' in answer.text) == (400, True)


def test_a_language_that_is_not_spoken_here_is_none(client):
    assert client.get("/language/la").status_code == 404


def test_an_address_without_an_account_is_said(database):
    with database.reading() as session, pytest.raises(NotFoundError):
        get_reader(session, "nobody@example.com")


def test_an_account_whose_address_another_one_has_is_found_by_none():
    assert not Reader(email="a@example.com", email_key="a@example.com 7").has_address
    assert Reader(email="a@example.com", email_key="a@example.com").has_address


def test_nothing_of_the_session_before_survives_signing_in(client, people):
    people.reader()
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    sign_in(client, "reader@example.com", PASSWORD)
    with client.session_transaction() as session:
        assert "planted" not in session


def test_a_copy_of_the_cookie_opens_nothing_after_signing_out(app, people):
    client = people.signed_in()
    stolen = client.get_cookie("paidspan").value
    token = token_in(client.get("/account"))
    answer = client.post("/logout", data={"csrf_token": token})
    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    thief = app.test_client()
    thief.set_cookie("paidspan", stolen)
    assert thief.get("/account").status_code == 303


def test_stay_signed_in_outlives_the_session_and_ends_at_sign_out(client, people):
    people.reader()
    sign_in(client, "reader@example.com", PASSWORD, remember="y")
    remembered = client.get_cookie("remember_token").value
    client.delete_cookie("paidspan")
    assert client.get("/account").status_code == 200
    client.post("/logout", data={"csrf_token": token_in(client.get("/account"))})
    assert client.get_cookie("remember_token") is None
    client.set_cookie("remember_token", remembered)
    assert client.get("/account").status_code == 303


def test_the_password_can_be_changed_and_signs_out_other_devices(app, people):
    people.reader()
    here, there = people.browser("reader@example.com"), people.browser("reader@example.com")
    token = token_in(here.get("/account"))
    answer = here.post(
        "/account/password", data={"present": PASSWORD, "password": "another long password", "csrf_token": token}
    )
    assert answer.status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303


def test_a_one_time_password_must_be_changed_first(people, database):
    from webapp.accounts.registration import register
    from webapp.kit import clock

    with database.writing() as session:
        register(session, "p@example.com", PASSWORD, role=Role.PUBLISHER, now=clock.now(), one_time=True)
    client = people.browser("p@example.com")
    assert client.get("/").headers["Location"] == "/account"
    token = token_in(client.get("/account"))
    client.post("/account/password", data={"present": PASSWORD, "password": "my own words now", "csrf_token": token})
    assert client.get("/").status_code == 200


def test_who_is_signed_in_can_be_asked_for_where_nobody_else_is_let_in(app, people, client):
    app.add_url_rule("/who", "who", lambda: signed_in_reader().email)
    assert people.signed_in("a@example.com").get("/who").text == "a@example.com"
    assert client.get("/who").status_code == 401


def test_a_disabled_account_is_signed_out_everywhere(people, database):
    from webapp.kit import clock

    client = people.signed_in()
    with database.writing() as session:
        disable_reader(session, session.scalars(select(Reader)).one(), clock.now())
    assert client.get("/account").status_code == 303


def test_too_many_tries_are_told_to_wait(client, people):
    people.reader()
    token = token_in(client.get("/login"))
    data = {"email": "reader@example.com", "password": "wrong password", "csrf_token": token}
    answers = [client.post("/login", data=data).status_code for _ in range(32)]
    assert answers[0] == 401
    assert answers[-1] == 429
