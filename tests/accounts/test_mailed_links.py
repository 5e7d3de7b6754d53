"""Links that are mailed: each works once, for what it was made for, for whom it was made, in its half hour."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from tests.factories.people import PASSWORD, People, token_in
from webapp.accounts import link_views, passwords
from webapp.accounts.api_tokens import AccessToken
from webapp.accounts.authentication import authenticate
from webapp.accounts.mailed_tokens import VALID_FOR, MailedToken, Purpose, make_mailed_token
from webapp.accounts.models import Device, Reader
from webapp.accounts.passwords import HASHER
from webapp.accounts.registration import confirm_email, disable_reader
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.email_queue import QueuedEmail, RenderedEmail, list_emails, read_email, send_queued_emails
from webapp.kit.templating import email_renderer

READER, OTHER, NEW_PASSWORD = "reader@example.com", "other@example.com", "quite another password"


@dataclass(frozen=True)
class Link:
    """A kind of link: where it is opened, where it is asked for, and with which form."""

    purpose: Purpose
    path: str
    asked_at: str
    form: tuple[tuple[str, str], ...] = ()


RECOVER = Link(Purpose.RECOVER, "/recover", "/recover", (("password", NEW_PASSWORD),))
SIGN_IN = Link(Purpose.SIGN_IN, "/login/link", "/login/link")
CONFIRM = Link(Purpose.CONFIRM, "/confirm", "")
LINKS = {link.purpose: link for link in (RECOVER, SIGN_IN, CONFIRM)}
every_request = pytest.mark.parametrize("link", [RECOVER, SIGN_IN], ids=lambda link: link.purpose.value)
every_link = pytest.mark.parametrize("link", LINKS.values(), ids=lambda link: link.purpose.value)


@dataclass
class Post:
    """What is mailed in one house, and how its links are opened."""

    app: Flask
    database: Database
    people: People

    def make(self, purpose: Purpose, email: str = READER) -> str:
        """Return a token of an account."""
        with self.database.writing() as session:
            return make_mailed_token(session, _reader(session, email), purpose, clock.now())

    def mails(self) -> list[tuple[QueuedEmail, RenderedEmail]]:
        with self.database.reading() as session:
            kept = list_emails(session, 100)
        return [(mail, email_renderer(self.app)(read_email(mail))) for mail in kept]

    def state(self) -> tuple[object, ...]:
        """Return all that a link could change."""
        with self.database.reading() as session:
            columns = (Reader.email, Reader.password_hash, Reader.email_confirmed_at)
            readers = session.execute(select(*columns).order_by(Reader.id)).all()
            used = session.scalar(select(func.count()).where(MailedToken.used_at.is_not(None)))
            devices = session.scalars(select(Device.reader_id).order_by(Device.id)).all()
            return [tuple(row) for row in readers], used, devices

    def use(self, link: Link, token: str, client: FlaskClient | None = None) -> TestResponse:
        """Press the button of a link, whatever its page says."""
        client = client or self.app.test_client()
        csrf = token_in(client.get("/account" if client.get("/account").status_code == 200 else "/login"))
        return client.post(f"{link.path}/{token}", data={**dict(link.form), "csrf_token": csrf})

    def ask(self, email: str, link: Link, client: FlaskClient | None = None) -> TestResponse:
        client = client or self.app.test_client()
        csrf = token_in(client.get(link.asked_at))
        return client.post(link.asked_at, data={"email": email, "csrf_token": csrf})


def _reader(session, email: str) -> Reader:
    return session.scalars(select(Reader).where(Reader.email == email)).one()


def _later() -> None:
    clock.set_clock_offset(lambda: VALID_FOR + timedelta(seconds=1))


@pytest.fixture
def post(app, database, people):
    people.reader(READER)
    people.reader(OTHER)
    return Post(app, database, people)


@every_link
def test_a_link_acts_when_its_button_is_pressed(post, link):
    token, before = post.make(link.purpose), post.state()
    page = post.app.test_client().get(f"{link.path}/{token}")
    assert page.status_code == 200
    assert READER in page.text
    assert post.use(link, token).status_code == 303
    assert post.state() != before


# What is done with a link, beside opening it as it is meant: nothing of it acts.
def _twice(post: Post, link: Link) -> TestResponse:
    token = post.make(link.purpose)
    assert post.use(link, token).status_code == 303
    before = post.state()
    answer = post.use(Link(link.purpose, link.path, "", (("password", "a third password"),)), token)
    assert post.state() == before
    return answer


def _late(post: Post, link: Link) -> TestResponse:
    token = post.make(link.purpose)
    _later()
    return post.use(link, token)


def _for_another_purpose(post: Post, link: Link) -> list[TestResponse]:
    others = [post.make(purpose) for purpose in Purpose if purpose is not link.purpose]
    return [post.use(link, token) for token in others]


def _signed_in_as_somebody_else(post: Post, link: Link) -> TestResponse:
    browser = post.people.browser(OTHER)
    token = post.make(link.purpose)
    assert browser.get(f"{link.path}/{token}").status_code == 403
    return _unchanged(post, lambda: post.use(link, token, browser))


def _guessed(post: Post, link: Link) -> list[TestResponse]:
    token = post.make(link.purpose)
    guesses = ["unknown", token[:-1], token.upper(), "0" * 64, "\ud800"[:0] + "é" * 10, token + "0"]
    return [post.use(link, guess) for guess in guesses]


def _after_a_password_change(post: Post, link: Link) -> TestResponse:
    token, browser = post.make(link.purpose), post.people.browser(READER)
    data = {"present": PASSWORD, "password": "changed in between", "csrf_token": token_in(browser.get("/account"))}
    assert browser.post("/account/password", data=data).status_code == 303
    return _unchanged(post, lambda: post.use(link, token))


def _after_disabling(post: Post, link: Link) -> TestResponse:
    token = post.make(link.purpose)
    with post.database.writing() as session:
        disable_reader(session, _reader(session, READER), clock.now())
    return post.use(link, token)


def _made_for_a_disabled_account(post: Post, link: Link) -> TestResponse:
    with post.database.writing() as session:
        disable_reader(session, _reader(session, READER), clock.now())
    return post.use(link, post.make(link.purpose))


def _after_another_was_used(post: Post, link: Link) -> TestResponse:
    first, second = post.make(link.purpose), post.make(link.purpose)
    assert post.use(link, second).status_code == 303
    return _unchanged(post, lambda: post.use(link, first))


def _unchanged(post: Post, act: Callable[[], TestResponse]) -> TestResponse:
    before = post.state()
    answer = act()
    assert post.state() == before
    return answer


REFUSED = {
    _late: 410,
    _for_another_purpose: 410,
    _guessed: 410,
    _after_disabling: 410,
    _made_for_a_disabled_account: 410,
}
CHANGED_BEFORE = {
    _twice: 410,
    _signed_in_as_somebody_else: 403,
    _after_a_password_change: 410,
    _after_another_was_used: 410,
}


@every_link
@pytest.mark.parametrize("misuse", [*REFUSED, *CHANGED_BEFORE], ids=lambda misuse: misuse.__name__.strip("_"))
def test_a_link_that_is_misused_does_not_act(post, link, misuse):
    before = post.state()
    answers = misuse(post, link)
    for answer in answers if isinstance(answers, list) else [answers]:
        assert answer.status_code == (REFUSED | CHANGED_BEFORE)[misuse]
    if misuse in REFUSED:
        assert _passwords(post.state()) == _passwords(before)
        assert post.state()[1:] == (0, []) or misuse is _for_another_purpose


def _passwords(state):
    return state[0]


@every_link
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_a_link_does_nothing_however_often(post, link, method):
    token, before = post.make(link.purpose), post.state()
    for _ in range(3):
        answer = post.app.test_client().open(f"{link.path}/{token}", method=method)
        assert answer.status_code == 200
    assert post.state() == before
    assert post.use(link, token).status_code == 303


@every_link
def test_a_button_that_another_site_presses_does_nothing(post, link):
    token, before = post.make(link.purpose), post.state()
    assert post.app.test_client().post(f"{link.path}/{token}", data=dict(link.form)).status_code == 400
    assert post.state() == before


@every_link
def test_a_button_works_over_https_for_a_browser_that_sends_no_referrer(post, link):
    client, here = post.app.test_client(), "https://reports.example.com"
    token = post.make(link.purpose)
    form = {**dict(link.form), "csrf_token": token_in(client.get(f"{link.path}/{token}", base_url=here))}
    assert client.post(f"{link.path}/{token}", data=form, base_url=here).status_code == 303


@every_link
def test_who_is_told_to_sign_out_can_do_so_over_https(post, link):
    here = "https://reports.example.com"
    client = post.app.test_client()
    form = {"email": OTHER, "password": PASSWORD, "csrf_token": token_in(client.get("/login", base_url=here))}
    assert client.post("/login", data=form, base_url=here).status_code == 303
    refused = client.get(f"{link.path}/{post.make(link.purpose)}", base_url=here)
    assert refused.status_code == 403
    signed_out = client.post("/logout", data={"csrf_token": token_in(refused)}, base_url=here)
    assert signed_out.status_code == 303


@every_link
def test_a_token_is_kept_as_a_hash_of_256_bits(post, link):
    token = post.make(link.purpose)
    assert re.fullmatch(r"[0-9a-f]{64}", token)
    with post.database.reading() as session:
        kept = session.scalars(select(MailedToken)).one()
    assert token not in str(vars(kept))
    assert kept.expires_at - kept.created_at == timedelta(minutes=30)


@every_link
def test_the_pages_of_a_token_are_kept_nowhere_and_do_not_say_it(post, link):
    token = post.make(link.purpose)
    client = post.app.test_client()
    answers = [
        client.get(f"{link.path}/{token}"),
        client.post(f"{link.path}/{token}"),  # without the form's own token: an error page
        client.get(f"{link.path}/{token[:-1]}"),
        post.use(link, token, client),
    ]
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert token[:-1] not in answer.text
        assert token[:-1] not in str(answer.headers)


@every_link
def test_a_token_is_in_no_log_whatever_goes_wrong(post, link, monkeypatch, caplog):
    token = post.make(link.purpose)
    post.app.testing = False
    monkeypatch.setattr(link_views, "render_template", lambda *_given, **_more: 1 / 0)
    with caplog.at_level(logging.DEBUG):
        answer = post.app.test_client().get(f"{link.path}/{token}")
    assert answer.status_code == 500
    assert token not in answer.text
    assert f"Exception on {link.path}/<token> [GET]" in caplog.text
    assert token not in caplog.text


@every_request
def test_one_account_is_not_asked_for_without_end(post, link):
    answers = [post.ask(READER, link) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [303] * 30 + [429]
    seconds = int(answers[-1].headers["Retry-After"])
    assert 850 < seconds <= 901
    assert f"{-(-seconds // 60)}" in answers[-1].text


class CountedHasher:
    """The real hasher, noting each time it works."""

    def __init__(self, done: list[str]) -> None:
        self.done = done

    def __getattr__(self, name: str) -> object:
        self.done.append(name)
        return getattr(HASHER, name)


@dataclass
class Asked:
    """An answer, and all the work that it took."""

    answer: TestResponse
    work: list[str]
    mails: int


def _asked(post: Post, link: Link, email: str, monkeypatch) -> Asked:
    client, work = post.app.test_client(), []
    client.get(link.asked_at)
    monkeypatch.setattr(passwords, "HASHER", CountedHasher(work))

    def note(_connection, _cursor, statement, *_more):
        work.append(statement)

    engines = (post.database.read_engine, post.database.write_engine)
    before = _kept_mails(post)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    answer = post.ask(email, link, client)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    return Asked(answer, work, _kept_mails(post) - before)


def _kept_mails(post: Post) -> int:
    with post.database.reading() as session:
        return session.scalar(select(func.count(QueuedEmail.id)))


@every_request
@pytest.mark.parametrize("email", ["nobody@example.com", "disabled@example.com"])
def test_an_address_without_an_account_is_answered_as_one_with_it(post, link, email, monkeypatch):
    disabled = post.people.reader("disabled@example.com")
    with post.database.writing() as session:
        disable_reader(session, session.get_one(Reader, disabled.id), clock.now())
    known, unknown = (_asked(post, link, asked, monkeypatch) for asked in (READER, email))
    assert known.answer.status_code == 303
    assert (unknown.answer.status_code, unknown.answer.data) == (known.answer.status_code, known.answer.data)
    assert list(unknown.answer.headers) == list(known.answer.headers)
    assert unknown.work == known.work
    assert any("INSERT INTO mails" in one for one in known.work)
    assert (unknown.mails, known.mails) == (1, 1)
    assert {mail.recipient for mail, _rendered in post.mails()} == {READER}


@every_request
def test_a_decoy_is_dropped_by_whoever_sends_mails_and_opens_nothing(post, link):
    post.ask("nobody@example.com", link)
    with post.database.reading() as session:
        token = session.scalars(select(QueuedEmail.content)).one()["token"]
    assert post.use(link, token).status_code == 410
    sent = send_queued_emails(post.database, email_renderer(post.app), None, "h@example.com", clock.now())
    assert (sent, _kept_mails(post)) == (0, 0)


@every_request
def test_what_is_no_address_is_told_so(post, link):
    for email in ("", "no address"):
        answer = post.ask(email, link)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text


@every_request
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_mail_speaks_the_language_of_who_asks_and_its_link_works(post, link, language):
    client = post.app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    post.ask(" READER@example.com ", link, client)
    ((mail, rendered),) = post.mails()
    assert (mail.recipient, mail.locale) == (READER, language)
    assert bool(re.search("[\u4e00-\u9fff]", rendered.subject)) == (language == "zh-CN")
    address = f"http://127.0.0.1:8000{link.path}/"
    tokens = {re.search(f"{address}([0-9a-f]{{64}})", part)[1] for part in (rendered.text, rendered.html)}
    assert post.use(link, tokens.pop()).status_code == 303
    assert not tokens


def test_tokens_that_have_expired_are_deleted_when_the_next_is_made(post):
    for _ in range(3):
        post.make(Purpose.RECOVER)
    _later()
    post.make(Purpose.RECOVER)
    with post.database.reading() as session:
        assert session.scalar(select(func.count(MailedToken.id))) == 1


def test_who_recovers_an_account_is_the_only_one_in_it(post, app, database):
    old = post.people.browser(READER)
    with database.reading() as session:
        reader = _reader(session, READER)
    program = post.people.program(reader)
    assert program.get("/api/v1/me").status_code == 200
    client = app.test_client()
    answer = post.use(RECOVER, post.make(Purpose.RECOVER), client)
    assert answer.headers["Location"] == "/account?changed=1"
    assert READER in client.get("/account").text
    assert old.get("/account").status_code == 303
    assert program.get("/api/v1/me").status_code == 401
    with database.reading() as session:
        assert session.scalar(select(func.count(AccessToken.id))) == 0
        assert authenticate(session, READER, PASSWORD) is None
        assert authenticate(session, READER, NEW_PASSWORD) is not None


def test_the_owner_is_told_of_a_recovery(post):
    post.use(RECOVER, post.make(Purpose.RECOVER))
    ((mail, rendered),) = post.mails()
    assert (mail.message, mail.recipient) == ("recovered", READER)
    assert "http://127.0.0.1:8000/recover" in rendered.text


def test_recovering_confirms_an_address_that_was_not_and_keeps_the_day_of_one_that_was(post, database):
    post.use(RECOVER, post.make(Purpose.RECOVER))
    with database.writing() as session:
        assert _reader(session, READER).email_confirmed_at is not None
        confirm_email(_reader(session, OTHER), clock.now() - timedelta(days=3))
        since = _reader(session, OTHER).email_confirmed_at
    post.use(RECOVER, post.make(Purpose.RECOVER, OTHER))
    with database.reading() as session:
        assert _reader(session, OTHER).email_confirmed_at == since


@pytest.mark.parametrize("password", ["short", PASSWORD, ""])
def test_a_password_that_will_not_do_leaves_the_link_as_it_is(post, password):
    token, before = post.make(Purpose.RECOVER), post.state()
    refused = post.use(Link(Purpose.RECOVER, "/recover", "", (("password", password),)), token)
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert post.state() == before
    assert post.use(RECOVER, token).status_code == 303


def test_a_one_time_password_is_done_with_after_a_recovery(post, database, app):
    with database.writing() as session:
        _reader(session, READER).must_change_password = True
    client = app.test_client()
    post.use(RECOVER, post.make(Purpose.RECOVER), client)
    assert client.get("/").status_code == 200


def test_the_sign_in_page_leads_to_the_way_back(client):
    for path in ("/recover", "/login/link"):
        assert f'href="{path}"' in client.get("/login").text
        assert client.get(f"{path}?sent=1").status_code == 200


def test_a_sign_in_link_signs_in_confirms_the_address_and_leaves_the_rest(post, app, database):
    browser, client = post.people.browser(READER), app.test_client()
    answer = post.use(SIGN_IN, post.make(Purpose.SIGN_IN), client)
    assert answer.headers["Location"] == "/"
    assert READER in client.get("/account").text
    assert browser.get("/account").status_code == 200
    with database.reading() as session:
        assert _reader(session, READER).email_confirmed_at is not None
        assert authenticate(session, READER, PASSWORD) is not None


def test_nothing_of_the_session_before_survives_a_sign_in_link(post, client):
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    post.use(SIGN_IN, post.make(Purpose.SIGN_IN), client)
    with client.session_transaction() as session:
        assert "planted" not in session


def test_a_link_of_one_kind_leaves_those_of_another_alone(post):
    recovery = post.make(Purpose.RECOVER)
    post.use(SIGN_IN, post.make(Purpose.SIGN_IN))
    assert post.use(RECOVER, recovery).status_code == 303


def sign_up(client: FlaskClient, email: str = "new@example.com") -> TestResponse:
    form = {"email": email, "password": PASSWORD, "csrf_token": token_in(client.get("/signup"))}
    return client.post("/signup", data=form)


def token_of(rendered: RenderedEmail, link: Link) -> str:
    return re.search(f"{link.path}/([0-9a-f]{{64}})", rendered.text)[1]


def test_signing_up_signs_in_at_once_and_mails_the_link_that_confirms(post, client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert sign_up(client).status_code == 303
    assert "This address is not confirmed yet" in client.get("/account").text
    ((mail, rendered),) = post.mails()
    assert (mail.message, mail.recipient, mail.locale) == ("confirm_address", "new@example.com", "en")
    answer = post.use(CONFIRM, token_of(rendered, CONFIRM), client)
    assert answer.headers["Location"] == "/account?confirmed=1"
    page = client.get("/account?confirmed=1").text
    assert "Your address is confirmed" in page
    assert "not confirmed yet" not in page


def test_a_sign_up_that_is_refused_mails_nothing(post, client):
    assert sign_up(client, READER).status_code == 409
    assert post.mails() == []


def test_confirming_in_another_browser_signs_nobody_in(post, app):
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    answer = post.use(CONFIRM, post.make(Purpose.CONFIRM), client)
    assert answer.headers["Location"] == "/login?confirmed=1"
    assert "Your address is confirmed" in client.get("/login?confirmed=1").text
    assert client.get("/account").status_code == 303


def test_the_account_page_mails_the_link_again_and_no_more_than_so_often(post, app):
    client = post.people.browser(READER)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    form = {"csrf_token": token_in(client.get("/account"))}
    answers = [client.post("/account/confirm", data=form) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [303] * 30 + [429]
    assert "on its way" in client.get(answers[0].headers["Location"]).text
    tokens = [token_of(rendered, CONFIRM) for _mail, rendered in post.mails()]
    assert post.use(CONFIRM, tokens[0], client).status_code == 303
    assert {post.use(CONFIRM, token, client).status_code for token in tokens[1:]} == {410}


def test_a_visitor_has_no_address_to_confirm(client):
    form = {"csrf_token": token_in(client.get("/login"))}
    assert client.post("/account/confirm", data=form).headers["Location"].startswith("/login")


def test_who_signed_up_with_the_address_of_somebody_else_is_shut_out_by_recovery(post, app, client):
    sign_up(client, "victim@example.com")
    owner = app.test_client()
    post.ask("victim@example.com", RECOVER, owner)
    (_mail, rendered), *_before = post.mails()
    assert post.use(RECOVER, token_of(rendered, RECOVER), owner).status_code == 303
    assert "victim@example.com" in owner.get("/account").text
    assert client.get("/account").status_code == 303
    (_, squatted) = _before[-1]
    assert post.use(CONFIRM, token_of(squatted, CONFIRM)).status_code == 410
