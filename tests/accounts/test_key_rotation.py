"""The secret key is changed while people are about: nobody is signed out, and no link or form dies."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.factories.authenticator import (
    Authenticator,
    set_up_second_factor,
    show_password,
    some_steps_later,
    type_code,
)
from tests.factories.html import parse
from tests.factories.mailed_links import LINKS, Post
from tests.factories.people import PASSWORD, People, is_signed_in, token_in
from tests.factories.security_key import SecurityKey, is_signed_in_here, make_passkey, sign_in_here, sign_in_with
from webapp import create_app
from webapp.accounts.mailed_tokens import Purpose
from webapp.accounts.sealed_factors import factor_box
from webapp.accounts.second_factor import SecondFactor
from webapp.front.reader_lookup import ReaderLookup
from webapp.kit import limits
from webapp.kit.allowances import Allowance
from webapp.kit.errors import TooManyTriesError
from webapp.kit.http import database as database_of
from webapp.operations.cli import cli
from webapp.settings import SettingsError, load_settings

OLD, NEW = "the former key of the tests " * 2, "the present key of the tests " * 2
PHONE, PASSKEY, REMEMBERED, AWAY = (f"{name}@example.com" for name in ("phone", "passkey", "remembered", "away"))


@pytest.fixture
def started(instance):
    """Start the application with these keys, one after the other, on one database."""
    made = []

    def start(secret_key, old_secret_key=""):
        keys = {"secret_key": secret_key, "old_secret_key": old_secret_key}
        app = create_app(load_settings(instance=instance, sign_up_seconds=0, **keys))
        app.testing = True
        made.append(app)
        return app

    yield start
    for app in made:
        with app.app_context():
            database_of().close()


class Town:
    """Browsers that were open before the key was changed, and go on with whichever application there is."""

    def __init__(self, app):
        self.app = app
        with app.app_context():
            self.database = database_of()
        self.people = People(app, self.database)
        self.phone, self.app_on_phone = self._with_app(PHONE)
        self.people.reader(PASSKEY)
        self.passkey, self.key = sign_in_here(app.test_client(), PASSKEY), SecurityKey()
        make_passkey(self.passkey, self.key)
        self.remembered = self._remembered(REMEMBERED)
        self.away = self._remembered(AWAY)
        self.form_token = token_in(self.remembered.get("/account"))
        self.visitor = app.test_client()
        self.sign_up_page = self.visitor.get("/signup")
        self.link = Post(app, self.database, self.people).make(Purpose.RECOVER, REMEMBERED)
        self.waiting = show_password(app, PHONE)

    def _with_app(self, email) -> tuple[object, Authenticator]:
        browser = self.people.signed_in(email)
        return browser, set_up_second_factor(browser)

    def _remembered(self, email):
        self.people.reader(email)
        client = self.app.test_client()
        form = {"email": email, "password": PASSWORD, "csrf_token": token_in(client.get("/login")), "remember": "y"}
        client.post("/login", data=form)
        return client

    @property
    def browsers(self):
        return [self.phone, self.passkey, self.remembered, self.visitor, self.waiting]

    def meet(self, app):
        """Have all browsers but the one that is away meet another application from now on."""
        self.app = app
        for browser in self.browsers:
            browser.application = app


def close_browser(client):
    """Have a browser forget what lasts only until it is closed."""
    client.delete_cookie("paidspan")


def cookies_of(client):
    return f"paidspan={client.get_cookie('paidspan').value}".encode()


def sealed_with(database, key):
    with database.reading() as session:
        sealed = session.scalars(select(SecondFactor.sealed_secret)).all()
    return [factor_box((key,)).open(one) is not None for one in sealed]


def reseal(instance, **keys):
    environment = {f"PAIDSPAN_{name.upper()}": key for name, key in keys.items()}
    return CliRunner().invoke(cli, ["instance", "reseal", "--instance", str(instance)], env=environment)


def test_the_whole_rotation(started, instance):
    town = Town(started(OLD))
    town.meet(started(NEW, OLD))
    assert is_signed_in(town.phone)
    assert is_signed_in_here(town.passkey, PASSKEY)
    close_browser(town.remembered)
    assert is_signed_in(town.remembered)
    kept = town.remembered.post("/account/language", data={"csrf_token": town.form_token, "language": "en"})
    assert kept.status_code != 400, kept.text
    form = parse(town.sign_up_page).css("main form")[-1]
    hidden = {one.attributes["name"]: one.attributes["value"] or "" for one in form.css('input[type="hidden"]')}
    joined = town.visitor.post("/signup", data=hidden | {"email": "new@example.com", "password": PASSWORD})
    assert joined.status_code == 303, joined.text
    post = Post(town.app, town.database, town.people)
    assert post.use(LINKS[Purpose.RECOVER], town.link).status_code == 303
    with some_steps_later(2):
        assert type_code(town.waiting, town.app_on_phone.code()).status_code == 303
        assert is_signed_in(town.waiting)
    assert sign_in_with(town.app.test_client(), town.key).status_code == 303

    done = reseal(instance, secret_key=NEW, old_secret_key=OLD)
    assert (done.exit_code, done.stdout) == (0, "1\tresealed\n0\tsealed with this key already\n0\tnot opened\n")
    again = reseal(instance, secret_key=NEW, old_secret_key=OLD)
    assert again.stdout.startswith("0\tresealed\n1\tsealed with this key already\n")
    assert sealed_with(town.database, NEW) == [True]

    town.meet(started(NEW))
    assert is_signed_in(town.phone)
    assert is_signed_in_here(town.passkey, PASSKEY)
    with some_steps_later(4):
        assert is_signed_in(town.waiting)
        late = show_password(town.app, PHONE)
        assert type_code(late, town.app_on_phone.code()).status_code == 303
    assert sign_in_with(town.app.test_client(), town.key).status_code == 303

    town.away.application = town.app  # whose browser was not opened meanwhile
    sent_on = town.away.get("/account")
    assert (sent_on.status_code, sent_on.headers["Location"]) == (303, "/login?next=/account")
    outdated = town.visitor.post("/signup", data=hidden | {"email": "late@example.com", "password": PASSWORD})
    assert outdated.status_code == 400
    assert "csrf_token" in outdated.text or "/signup" in outdated.text, "it says what to do"


def test_who_is_remembered_is_remembered_with_the_new_key(started):
    town = Town(started(OLD))
    town.meet(started(NEW, OLD))
    assert is_signed_in(town.remembered), "with a session that the former key signed"
    town.meet(started(NEW))
    close_browser(town.remembered)
    assert is_signed_in(town.remembered)


@pytest.mark.sqlite("on PostgreSQL the loop looks no reader up")
def test_the_loop_leaves_a_session_of_the_former_key_to_flask_which_signs_it_anew(started):
    town = Town(started(OLD))
    town.meet(started(NEW, OLD))
    lookup = ReaderLookup(town.app)
    assert lookup.find(cookies_of(town.phone)) is None
    assert is_signed_in(town.phone)
    found = lookup.find(cookies_of(town.phone))
    assert found is not None
    assert town.phone.post("/logout", data={"csrf_token": found.csrf_token}).status_code == 303
    lookup.close()


def test_a_key_that_opens_nothing_is_told(started, instance):
    town = Town(started(OLD))
    lost = reseal(instance, secret_key=NEW)
    assert lost.exit_code == 1
    assert "1\tnot opened\n" in lost.stdout
    town.app = started(NEW)
    browser = show_password(town.app, PHONE)
    with some_steps_later(2):
        wrong = type_code(browser, town.app_on_phone.code())
    assert wrong.status_code == 400
    assert "recovery code" in wrong.text or "恢复码" in wrong.text
    assert type_code(browser, town.app_on_phone.recovery_codes[0]).status_code == 303


def test_a_browser_keeps_its_copies_under_the_new_mark(started):
    town = Town(started(OLD))
    before = town.phone.get("/library/offline.json").json
    town.meet(started(NEW, OLD))
    after = town.phone.get("/library/offline.json").json
    assert before["former"] == []
    assert after["former"] == [before["reader"]]
    assert after["reader"] != before["reader"]


@pytest.mark.parametrize("step", [((OLD, ""), (OLD, NEW)), ((OLD, NEW), (NEW, OLD)), ((NEW, OLD), (NEW, ""))])
def test_hosts_before_and_after_each_step_count_tries_together(started, step):
    """As docs/operating.md has them: all learn the new key, then exchange both, then forget the former one."""
    limit, hosts = limits.Limit("what", "who", Allowance(2, 3600)), [started(*keys) for keys in step]
    for app in hosts:
        with app.test_request_context():
            limits.count_try([limit])
            limits.uncount_try()
            limits.count_try([limit])
    for app in hosts:
        with app.test_request_context(), pytest.raises(TooManyTriesError):
            limits.count_try([limit])


@pytest.mark.parametrize(("old", "said"), [("short", "shorter than 32"), ("x" * 40, "can be guessed")])
def test_production_refuses_a_former_key_that_can_be_guessed(instance, monkeypatch, old, said):
    with pytest.raises(SettingsError) as refused:
        load_settings(
            instance=instance, env="production", secret_key="Zp0vQm3Xk8sT5yBn2Lw7Rc1Jf6Hd9Ga4", old_secret_key=old
        )
    assert any(name == "PAIDSPAN_OLD_SECRET_KEY" and said in wrong for name, wrong in refused.value.wrong)


def test_a_remembering_cookie_that_no_key_of_ours_signed_or_with_no_letters_of_ours_signs_nobody_in(started):
    town = Town(started(OLD))
    signed = town.remembered.get_cookie("remember_token").value

    def is_remembered(app):
        browser = app.test_client()
        browser.set_cookie("remember_token", signed)
        return is_signed_in(browser)

    assert not is_remembered(started(NEW, "a key that has never signed anything " * 2))
    app = started(NEW, OLD)
    assert is_remembered(app)
    odd = app.test_client(use_cookies=False).get("/account", headers={"Cookie": "remember_token=é|x"})
    assert odd.headers["Location"] == "/login?next=/account"
