"""The sandbox's page of mails: there on this machine, and nowhere else, for it holds everybody's links."""

import pytest

from tests.factories.people import token_in
from webapp import create_app
from webapp.kit.http import database as database_of
from webapp.settings import load_settings

SECRET = "a secret that these tests alone know, 1 to 9"
PATHS = ("/sandbox/mail", "/sandbox/mail/1", "/sandbox/mail/1/html")


@pytest.fixture
def house(instance):
    """Return what makes an application of these settings in which one mail was written."""
    made = []

    def make(**given):
        app = create_app(load_settings(instance=instance, secret_key=SECRET, **given))
        app.testing = True
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            database_of().close()


@pytest.fixture
def mailed(client, people):
    people.reader("reader@example.com")
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    asked = (
        ("/recover", "reader@example.com"),
        ("/recover", "nobody@example.com"),
        ("/login/link", "reader@example.com"),
    )
    for path, email in asked:
        data = {"email": email, "csrf_token": token_in(client.get(path))}
        assert client.post(path, data=data).status_code == 303
    return client


def test_mails_are_listed_with_the_newest_first_and_none_to_nobody(mailed):
    page = mailed.get("/sandbox/mail").text
    assert page.count("reader@example.com") == 2
    assert page.index('href="/sandbox/mail/3"') < page.index('href="/sandbox/mail/1"')
    assert "/sandbox/mail/2" not in page
    assert "Only this machine" in page
    assert mailed.get("/sandbox/mail/2").status_code == 404


def test_a_mail_is_shown_as_text_and_as_a_mail_program_does(mailed):
    text, html = mailed.get("/sandbox/mail/1"), mailed.get("/sandbox/mail/1/html")
    assert '<a href="http://127.0.0.1:8000/recover/' in text.text
    assert "style-src 'unsafe-inline'" in html.headers["Content-Security-Policy"]
    assert 'class="button" href="http://127.0.0.1:8000/recover/' in html.text
    assert text.headers["Cache-Control"] == html.headers["Cache-Control"] == "no-store"


def test_an_empty_list_says_so(client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "Nothing has been mailed yet" in client.get("/sandbox/mail").text


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "asked",
    [
        {"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}},
        {"environ_overrides": {"REMOTE_ADDR": "not an address"}},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
        {"headers": {"Host": "rebinding.example.com"}},
    ],
    ids=str,
)
def test_another_machine_is_shown_nothing(mailed, path, asked):
    assert mailed.get(path, **asked).status_code == 404


@pytest.mark.parametrize("remote", ["127.0.0.1", "127.8.0.1", "::1"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000"])
def test_this_machine_is_known_by_all_its_names(mailed, remote, host):
    assert (
        mailed.get("/sandbox/mail", environ_overrides={"REMOTE_ADDR": remote}, headers={"Host": host}).status_code
        == 200
    )


def test_a_house_at_another_address_shows_nothing_unless_a_setting_says_so(house):
    public = {"base_url": "http://reports.example.com"}
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}, "headers": {"Accept-Language": "en"}}
    assert house(**public).test_client().get("/sandbox/mail").status_code == 404
    answer = house(**public, mail_page_for_all=True).test_client().get("/sandbox/mail", **elsewhere)
    assert answer.status_code == 200
    assert "Anybody can open this page" in answer.text


@pytest.mark.parametrize(
    "given",
    [
        {"stripe_secret_key": "sk_test_1"},
        {"mail_url": "smtp://mail.example.com"},
        {
            "env": "production",
            "stripe_secret_key": "sk_live_1",
            "stripe_webhook_secret": "whsec_1",
            "base_url": "https://reports.example.com",
            "trusted_proxies": 1,
        },
    ],
    ids=lambda given: next(iter(given)),
)
@pytest.mark.parametrize("path", PATHS)
def test_it_is_not_there_where_mails_are_sent_or_money_moves(house, given, path):
    client = house(**given, mail_page_for_all=True).test_client()
    assert client.get(path).status_code == 404
