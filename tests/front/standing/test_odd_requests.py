"""No request gives a 500, a traceback or a way to a foreign host, however odd it is; tests/front/fuzz.py has more."""

import json
import sys

import pytest

from tests.factories.people import People
from tests.front.fuzz import Fuzzer
from tests.front.odd_values import DATES, DEEP, HOSTS, JSON_BODIES, NUMBERS
from tests.front.raw import ask_raw
from tests.front.serving import running, start_module
from tests.front.standing.conftest import SETTINGS

REQUESTS, SEED = 1500, 7


@pytest.fixture(scope="module")
def site(town):
    with running(start_module("tests.front.impatient", town.instance, **SETTINGS)) as started:
        yield started
        assert "Traceback" not in started.log.read_text()


@pytest.fixture(scope="module")
def bearer(town):
    people = People(town.house.app, town.house.database)
    return f"Authorization: Bearer {people.token(people.kept(1))}"


def ask(site, line, *headers, body=b""):
    """Ask for what a line says; return the status."""
    lines = [f"{line} HTTP/1.1", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ask_raw(site.port, "\r\n".join([*lines, "", ""]).encode() + body).status


def test_a_thousand_odd_requests(site, town):
    outcome = Fuzzer(site, town.house, SEED).run(REQUESTS)
    sys.stdout.write(f"{dict(sorted(outcome.statuses.items()))}\n")
    assert not outcome.failures, "\n\n".join(outcome.failures)
    assert outcome.statuses[200] > REQUESTS / 20, "too odd to reach anything"
    assert outcome.statuses[303] > REQUESTS / 20


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_is_one_or_refused(site, town, host):
    for path in ("/", town.preview, "/account", "/api/v1/documents", "/static/site.css"):
        for cookie in ("", town.cookie):
            assert ask(site, f"GET {path}", f"Host: {host}", f"Cookie: {cookie}") in {200, 303, 400}


@pytest.mark.parametrize("date", DATES)
def test_a_date_that_no_clock_shows_is_none(site, town, date):
    for name in ("If-Modified-Since", "If-Unmodified-Since", "If-Range"):
        for path in (town.preview, "/static/site.css"):
            assert ask(site, f"GET {path}", "Host: localhost", f"{name}: {date}", "Range: bytes=0-9") in {200, 206, 412}


@pytest.mark.parametrize("body", [*DEEP, *JSON_BODIES], ids=lambda body: body[:20])
def test_any_json_is_answered(site, bearer, body):
    for path in ("/api/v1/checkout", "/webhooks/stripe", "/account/passkeys", "/login/passkey"):
        headers = ("Host: localhost", "Content-Type: application/json", bearer)
        assert 200 <= ask(site, f"POST {path}", *headers, body=body.encode(errors="replace") or b" ") < 500


def test_half_a_million_members_are_too_many(site, bearer):
    body = json.dumps(dict.fromkeys(map(str, range(500_000)), 0)).encode()
    headers = ("Host: localhost", "Content-Type: application/json", bearer)
    assert ask(site, "POST /api/v1/checkout", *headers, body=body) == 413


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:25])
def test_a_number_is_one_or_refused(site, town, bearer, number):
    written = number.encode().hex("%")
    written = f"%{written}" if written else ""
    paths = [f"/archive/{written}", f"/sandbox/mail/{written}", f"/sitemaps/{written}.xml", f"/?after={written}"]
    paths += [f"/api/v1/documents?limit={written}", f"/api/v1/documents?year={written}"]
    for path in paths:
        assert ask(site, f"GET {path}", "Host: localhost", bearer) in {200, 404, 422}
    form = f"csrf_token={town.house.token}&position={written}&permille={written}&anchor={written}".encode()
    headers = ("Host: localhost", f"Cookie: {town.cookie}", "Content-Type: application/x-www-form-urlencoded")
    assert ask(site, f"POST {town.preview}/position", *headers, body=form) in {204, 303, 400}
