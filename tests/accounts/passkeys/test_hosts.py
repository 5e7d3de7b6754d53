"""Passkeys are for hosts that have a name and are ours; elsewhere the page says where they are."""

import pytest

from tests.factories.html import parse
from tests.factories.mailed_links import READER
from tests.factories.people import People
from tests.factories.security_key import SecurityKey, post, prove
from webapp import create_app
from webapp.settings import load_settings


@pytest.mark.parametrize(
    ("base_url", "asked_at", "host"),
    [
        ("http://127.0.0.1:8000", "http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", None),
        ("http://[::1]:8000", "http://localhost", "localhost"),
        ("http://localhost:8000", "http://localhost:8000", "localhost"),
        ("http://192.0.2.7", "http://192.0.2.7", None),
        ("http://192.0.2.7", "http://localhost", None),
        ("https://example.com", "https://example.com", "example.com"),
        ("https://example.com:8443", "https://example.com:8443", "example.com"),
        ("https://example.com", "https://evil.example", None),
        ("https://example.com", "http://localhost", None),
        ("https://bücher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_passkeys_are_for_named_hosts_that_are_ours(instance, database, base_url, asked_at, host):
    app = create_app(load_settings(instance=instance, secret_key="s" * 40, base_url=base_url))
    app.testing = True
    app.config["SESSION_COOKIE_SECURE"] = False
    people = People(app, database)
    people.reader(READER)
    client = app.test_client()
    page = client.get("/login", base_url=asked_at)
    assert ("/login/passkey/options" in page.text) is (host is not None)
    asked = post(client, "/login/passkey/options", asked_at)
    assert asked.status_code == (200 if host else 403)
    if host:
        assert asked.json["rpId"] == host
        key = SecurityKey(host=host, origin=asked_at)
        post(client, "/login", asked_at, email=READER, password="long enough a password")
        prove(client, asked_at)
        made = key.make(post(client, "/account/passkeys/options", asked_at).json)
        assert post(client, "/account/passkeys", asked_at, name="x", credential=made).status_code == 303


@pytest.mark.parametrize(
    ("base_url", "asked_at", "instead"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "http://localhost:8000"),
        ("http://127.0.0.1", "http://127.0.0.1", "http://localhost"),
        ("http://192.0.2.7", "http://192.0.2.7", ""),
    ],
)
def test_where_there_are_none_the_page_says_so_and_where_they_are(instance, database, base_url, asked_at, instead):
    app = create_app(load_settings(instance=instance, secret_key="s" * 40, base_url=base_url))
    app.testing = True
    People(app, database).reader(READER)
    client = app.test_client()
    post(client, "/login", asked_at, email=READER, password="long enough a password")
    page = client.get("/account/passkeys", base_url=asked_at, headers={"Accept-Language": "en"})
    assert "only at an address with a name" in page.text
    assert [link.attributes["href"] for link in parse(page).css("main .panel a")] == (
        [f"{instead}/account/passkeys"] if instead else []
    )
