"""The cookies that sign somebody in: over https no other host of the domain can set or read them."""

from contextlib import closing

import pytest

from tests.factories.people import PASSWORD, People, token_in
from webapp import create_app
from webapp.kit.http import database as database_of
from webapp.settings import load_settings


@pytest.fixture
def signed_in_over(instance):
    """Return what an installation at an address sets when somebody signs in and wants to stay so."""

    def cookies(base_url: str) -> list[str]:
        app = create_app(load_settings(instance=instance, secret_key="a secret" * 8, base_url=base_url))
        with app.app_context(), closing(database_of()) as database:
            People(app, database).reader()
            client = app.test_client()
            page = client.get("/login", base_url=base_url)
            form = {"email": "reader@example.com", "password": PASSWORD, "csrf_token": token_in(page), "remember": "y"}
            answer = client.post("/login", data=form, base_url=base_url)
            assert answer.status_code == 303
            return sorted(answer.headers.getlist("Set-Cookie"))

    return cookies


def test_over_https_they_belong_to_this_host_alone(signed_in_over):
    """RFC 6265bis, 4.1.3.2: Secure, Path=/ and no Domain, or the browser refuses them."""
    cookies = signed_in_over("https://reports.example.com")
    assert [cookie.partition("=")[0] for cookie in cookies] == [
        *("__Host-known_device", "__Host-paidspan", "__Host-remember_token")
    ]
    for cookie in cookies:
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "path=/", "httponly", "samesite=lax"} <= attributes
        assert not any(part.startswith("domain") for part in attributes)


def test_without_https_they_have_names_that_a_browser_takes(signed_in_over):
    cookies = signed_in_over("http://127.0.0.1:8000")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["known_device", "paidspan", "remember_token"]
    assert not any("secure" in cookie.lower() for cookie in cookies)
