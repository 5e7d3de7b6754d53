"""Headers and paths as no browser sends them: none is an error of ours, none leads anybody elsewhere."""

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

NO_HOSTS = [
    "..",
    ".",
    "x..y",
    f"{'a' * 64}.com",
    "a" * 300,
    "xn--",
    "xn--a",
    "-a.com",
    "a b",
    "a:b",
    "a/b",
    "a@b",
    "é",
    "loc'alhost",
    "localhost:5'0",
]
HOSTS = [
    "localhost",
    "LOCALHOST:8000",
    "example.com",
    "example.com.",
    "my_host",
    "127.0.0.1:80",
    "[::1]:8000",
    "xn--fiqs8s",
]
HOSTS += [f"{'a' * 63}:5000", f"{'a' * 60}.namespace.svc.cluster.local:5000"]  # pallets/werkzeug#2700
ODD_DATES = [
    "Fri, 31 Dec 99999 23:59:59 GMT", "Fri, 31 Dec 0000 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 +2359",
    "Sun, 99999999999999999999 Jan 2020 00:00:00 GMT", "x" * 10_000,
]  # fmt: skip
PAGES = ["/", "/login", "/feed.atom", "/static/site.css", "/api/v1/documents", "/no-such-page"]


@pytest.mark.parametrize("host", NO_HOSTS)
def test_a_host_that_is_none_is_refused(app, host):
    """Asked without the test client, which reads some of these itself."""
    environ = EnvironBuilder().get_environ() | {"HTTP_HOST": host}
    answer = Response.from_app(app.wsgi_app, environ)
    assert answer.status_code == 400
    assert answer.mimetype == "text/plain"


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_of_any_other_kind_is_served(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("header", ["If-Modified-Since", "If-Unmodified-Since", "If-Range", "Date"])
@pytest.mark.parametrize("date", ODD_DATES, ids=lambda date: date[:30])
def test_a_date_that_no_clock_shows_is_none(client, header, date):
    for page in PAGES:
        assert client.get(page, headers={header: date}).status_code == client.get(page).status_code, page


@pytest.mark.parametrize("path", ["", "//", "//evil.example", "//login", "///d", "/d//x", "/tags//x", "/tags//x//"])
def test_a_path_with_two_slashes_or_none_sends_nobody_elsewhere(client, path):
    """`PATH_INFO` as a server writes it: the test client itself would take `//evil.example` for a host."""
    answer = client.get("/", environ_overrides={"PATH_INFO": path}, headers={"Host": "evil.example"})
    assert answer.status_code in {200, 404}
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "cookie", ["remember_token=x|é", "remember_token=é", "paidspan=é.é.é", "look=é; language=é", "\xff\xfe", "=;=;é"]
)
def test_a_cookie_with_letters_that_none_of_ours_has_signs_nobody_in(client, cookie):
    sent = cookie.encode().decode("latin-1")
    for page in [*PAGES, "/account"]:
        answer = client.get(page, environ_overrides={"HTTP_COOKIE": sent})
        assert answer.status_code in {200, 303, 404}, page
