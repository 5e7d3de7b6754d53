"""Signing up: at once or after a mailed link, with what was accepted kept, and by people."""

import hashlib
from datetime import timedelta

import pytest

from tests.factories.html import parse
from tests.factories.mailed_links import (
    NEW_PASSWORD,
    OTHER,
    READER,
    SIGN_UP,
    Post,
    counted_work,
    reader_at,
    sign_up,
    token_of,
)
from tests.factories.people import PASSWORD, People, token_in
from webapp import create_app
from webapp.accounts.authentication import authenticate
from webapp.accounts.filled_in_by_people import read_shown_at, sign_moment
from webapp.accounts.registration import disable_reader, register
from webapp.kit import clock
from webapp.kit.http import database as database_of
from webapp.settings import load_settings
from webapp.site_pages.page_texts import SHIPPED

NEW = "new@example.org"


@pytest.fixture
def house(instance):
    """Return what makes an application of these settings."""
    made = []

    def make(**given):
        app = create_app(load_settings(instance=instance, secret_key="a secret" * 8, **given))
        app.testing = True
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            database_of().close()


@pytest.fixture
def careful(house):
    """Return the post of an installation in which links come first."""
    app = house(sign_up="confirm-first", sign_up_seconds=0)
    with app.app_context():
        database = database_of()
    people = People(app, database)
    people.reader(READER)
    people.reader(OTHER)
    return Post(app, database, people)


def browser_of(app):
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def ask(client, email, **more):
    return client.post("/signup", data={"email": email, "csrf_token": token_in(client.get("/signup")), **more})


def held(post, email):
    with post.database.reading() as session:
        return reader_at(session, email)


def fingerprint(language):
    texts = b"".join((SHIPPED / f"{name}.{language}.md").read_bytes() for name in ("terms", "privacy"))
    return f"{language} {hashlib.sha256(texts).hexdigest()[:16]}"


def test_what_was_accepted_is_kept_with_the_account(post, app):
    client = browser_of(app)
    page = parse(client.get("/signup"))
    links = [link.attributes["href"] for link in page.css(".accepting a")]
    assert links == ["/terms", "/privacy"]
    assert page.css("main input[type=checkbox]") == []
    sign_up(client, NEW)
    assert held(post, NEW).terms_version == fingerprint("en")
    assert abs(held(post, NEW).terms_accepted_at - clock.now()) < timedelta(minutes=1)
    assert held(post, READER).terms_version == ""


def test_another_text_is_another_version(post, app, instance):
    (instance / "pages").mkdir()
    (instance / "pages" / "terms.en.md").write_text("# Terms\n\nOf our own.")
    sign_up(browser_of(app), NEW)
    mine = held(post, NEW).terms_version
    (instance / "pages" / "terms.en.md").write_text("# Terms\n\n##paidbegin##Of no use.##paidend##")
    sign_up(browser_of(app), "later@example.org")
    assert mine != fingerprint("en")
    assert held(post, "later@example.org").terms_version == fingerprint("en")


def test_who_is_signed_in_needs_no_form(people):
    assert people.signed_in().get("/signup?next=/plans").headers["Location"] == "/plans"


def test_a_taken_address_is_told_at_once_where_that_is_the_setting(post, app):
    answer = sign_up(browser_of(app), READER)
    assert answer.status_code == 409
    assert "already has an account" in answer.text


def test_links_first_means_that_nobody_is_there_before_the_link_was_used(careful):
    client = browser_of(careful.app)
    page = client.get("/signup?next=/plans").text
    assert "password" not in parse(client.get("/signup")).css_first("main form").html
    assert "choose a password" in page
    answer = ask(client, "New@example.org", next="/plans", password="of a squatter")
    assert answer.headers["Location"] == "/signup?sent=1"
    assert "check your mail" in client.get("/signup?sent=1").text
    assert client.get("/account").status_code == 303
    ((mail, rendered),) = careful.mails()
    assert (mail.message, mail.recipient) == ("sign_up", "New@example.org")
    with careful.database.reading() as session:
        assert authenticate(session, NEW, "of a squatter") is None
    owner = browser_of(careful.app)
    token = token_of(rendered, SIGN_UP)
    assert f"/signup/{token}?next=/plans" in rendered.text
    path = f"/signup/{token}?next=/plans"
    assert [link.attributes["href"] for link in parse(owner.get(path)).css(".accepting a")] == ["/terms", "/privacy"]
    form = {"password": NEW_PASSWORD, "next": "/plans", "csrf_token": token_in(owner.get(path))}
    assert owner.post(path, data=form).headers["Location"] == "/plans"
    assert "New@example.org" in owner.get("/account").text
    assert "not confirmed yet" not in owner.get("/account").text
    assert held(careful, "New@example.org").terms_version == fingerprint("en")
    with careful.database.reading() as session:
        assert authenticate(session, NEW, NEW_PASSWORD) is not None


@pytest.mark.rules_once
@pytest.mark.parametrize("taken", [READER, "READER@example.com", "ｒｅａｄｅｒ＠example.com", "disabled@example.com"])
def test_links_first_tells_nobody_who_has_an_account(careful, monkeypatch, taken):
    with careful.database.writing() as session:
        disable_reader(session, register(session, "disabled@example.com", PASSWORD, now=clock.now()), clock.now())
    found = {}
    for email in (NEW, taken):
        client = browser_of(careful.app)
        client.get("/signup")
        with counted_work(careful.database, monkeypatch) as work:
            answer = ask(client, email)
        page = client.get(answer.headers["Location"])
        found[email] = (answer.status_code, answer.data, list(answer.headers), page.data, work.done, work.mails)
    assert found[taken] == found[NEW]
    assert found[taken][-1] == 1


def test_who_has_an_account_is_told_so_by_mail_alone(careful):
    ask(browser_of(careful.app), "READER@example.com")
    ((mail, rendered),) = careful.mails()
    assert (mail.message, mail.recipient) == ("address_in_use", READER)
    assert "wanted to sign up" in rendered.text
    assert "/signup/" not in rendered.text + rendered.html


@pytest.mark.parametrize("password", ["", "short", "password123", "new@example.org"])
def test_a_password_that_will_not_do_leaves_the_link_as_it_is(careful, password):
    ask(browser_of(careful.app), NEW)
    token, owner = token_of(careful.mails()[0][1], SIGN_UP), browser_of(careful.app)
    form = {"password": password, "csrf_token": token_in(owner.get(f"/signup/{token}"))}
    refused = owner.post(f"/signup/{token}", data=form)
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert careful.use(SIGN_UP, token).status_code == 303


def test_an_address_that_got_an_account_in_between_is_told_to_who_reads_its_mail(careful):
    ask(browser_of(careful.app), NEW)
    careful.people.reader(NEW)
    refused = careful.use(SIGN_UP, token_of(careful.mails()[0][1], SIGN_UP))
    assert refused.status_code == 409


def test_what_is_no_address_is_told_so_before_anything_is_mailed(careful):
    for email in ("", "no address"):
        assert ask(browser_of(careful.app), email).status_code == 400
    assert careful.mails() == []


def test_strangers_fill_no_mailbox_by_signing_up(careful):
    for taken in (READER, NEW):
        answers = [ask(browser_of(careful.app), taken) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [303] * 5 + [429]
        assert int(answers[-1].headers["Retry-After"]) > 0
        assert 'role="alert"' in answers[-1].text
    assert len(careful.mails()) == 10


def later(seconds):
    clock.set_clock_offset(lambda: timedelta(seconds=seconds))


def fields(page):
    found = parse(page).css("main form input[name]")
    return {field.attributes["name"]: field.attributes.get("value") or "" for field in found}


@pytest.mark.parametrize("setting", ["at-once", "confirm-first"])
def test_a_form_that_comes_back_at_once_can_be_sent_again(house, setting):
    client = browser_of(house(sign_up=setting))
    form = fields(client.get("/signup")) | {"email": NEW, "password": NEW_PASSWORD}
    refused = client.post("/signup", data=form)
    assert refused.status_code == 400
    assert "sooner than people type" in refused.text
    assert NEW_PASSWORD not in refused.text
    again = fields(refused) | {"password": NEW_PASSWORD}
    assert (again["email"], again["shown"]) == (NEW, form["shown"])
    later(3)
    assert client.post("/signup", data=again).status_code == 303


def test_slow_people_and_the_back_button_are_no_programs(house):
    client = browser_of(house())
    form = fields(client.get("/signup")) | {"email": NEW, "password": "short"}
    later(86_400)
    assert client.post("/signup", data=form).status_code == 400
    assert client.post("/signup", data=form | {"password": NEW_PASSWORD}).status_code == 303


@pytest.mark.parametrize("shown", ["", "2020-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00.forged", "é.é"])
def test_a_moment_that_we_did_not_sign_is_none(house, shown):
    client = browser_of(house())
    form = fields(client.get("/signup")) | {"email": NEW, "password": NEW_PASSWORD, "shown": shown}
    later(60)
    refused = client.post("/signup", data=form)
    assert refused.status_code == 400
    assert "sooner than people type" in refused.text
    later(120)
    assert client.post("/signup", data=fields(refused) | {"password": NEW_PASSWORD}).status_code == 303


def test_a_field_that_people_do_not_see_stays_empty(house):
    client = browser_of(house())
    page = client.get("/signup")
    hidden = parse(page).css_first(".left-empty")
    assert hidden.attributes["aria-hidden"] == "true"
    assert hidden.css_first("input").attributes["tabindex"] == "-1"
    form = fields(page) | {"email": NEW, "password": NEW_PASSWORD}
    later(60)
    refused = client.post("/signup", data=form | {"topic": "Cheap watches"})
    assert refused.status_code == 400
    assert "not shown" in refused.text
    assert "watches" not in refused.text
    assert client.post("/signup", data=fields(refused) | {"password": NEW_PASSWORD}).status_code == 303


def test_a_moment_is_signed_with_the_key_of_the_house():
    now = clock.now()
    assert read_shown_at(("a key",), sign_moment(("a key",), now)) == now
    assert read_shown_at(("another key", "a key"), sign_moment(("a key",), now)) == now
    assert read_shown_at(("another key",), sign_moment(("a key",), now)) is None
    assert read_shown_at(("a key",), sign_moment(("another key", "a key"), now)) is None
    assert read_shown_at(("a key",), "\udcff") is None
