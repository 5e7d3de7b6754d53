"""The product behind nginx and behind Caddy, as deploy/ ships them, in the eyes of readers."""

import gzip
import re
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass

import pytest

from tests.deploy.proxies import SITE, WRITERS, fronted
from tests.factories.house import SECRET, House, build_house
from tests.factories.people import PASSWORD
from tests.factories.ports import free_port
from tests.front.serving import Site, end, start_product, wait_until
from webapp.kit.limits import forget_tries

FREE_TRIES = 5  # of a password, wrong, from one source (WRONG_PASSWORDS)
SLOW_CLIENTS = 1000


@dataclass
class Served:
    """The product at a port of its own, whose readers come by another."""

    house: House
    front_port: int
    site: Site

    def start_again(self) -> None:
        self.site = start_product(self.house.folder, port=self.site.port, **settings(self.front_port))


def settings(front_port):
    return {
        "PAIDSPAN_SECRET_KEY": SECRET,
        "PAIDSPAN_BASE_URL": f"https://{SITE}:{front_port}",
        "PAIDSPAN_TRUSTED_PROXIES": "1",
        "PAIDSPAN_LOG_FORMAT": "json",  # with which requests have names
    }


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    house = build_house(tmp_path_factory.mktemp("product") / "instance")
    house.let_go()
    port = free_port()
    served = Served(house, port, start_product(house.folder, **settings(port)))
    try:
        served.site.wait()
        yield served
    finally:
        end(served.site)


@pytest.fixture(scope="module", params=WRITERS)
def front(request, product, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param) / "front"
    with fronted(request.param, folder, product.front_port, product.site.port) as started:
        forget_tries(product.house.app)
        yield started


def token(page):
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[1]


def sign_in(front, password, *options, source="127.0.0.1"):
    page = front.ask("/login", source=source)
    form = {"csrf_token": token(page), "email": "reader@example.com", "password": password}
    return front.post("/login", form, *options, source=source, cookie=page.cookie)


def test_a_reader_signs_in_over_https_and_reads_their_account(front):
    answer = sign_in(front, PASSWORD)
    assert answer.status == 303, answer.text
    signed = [cookie for cookie in answer.cookies if cookie.startswith("__Host-")]
    assert signed
    assert all("; Secure" in cookie and "; HttpOnly" in cookie for cookie in answer.cookies)
    account = front.ask("/account", cookie=answer.cookie)
    assert account.status == 200
    assert "reader@example.com" in account.text


def test_tries_count_for_each_reader_whatever_they_say_of_themselves(front):
    answers = [sign_in(front, "wrong password", source="127.0.0.2").status for _ in range(FREE_TRIES + 1)]
    assert answers[-1] == 429
    assert sign_in(front, "wrong password", source="127.0.0.3").status != 429
    forged = ["--header", "X-Forwarded-For: 127.0.0.9", "--header", "Forwarded: for=127.0.0.9"]
    assert sign_in(front, "wrong password", *forged, source="127.0.0.2").status == 429


def test_nobody_chooses_the_host_or_scheme_that_pages_speak_of(front):
    forged = ["X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http"]
    answer = front.ask("/account", *(part for line in forged for part in ("--header", line)))
    assert "evil.example" not in answer.headers["location"]
    assert not answer.headers["location"].startswith("http:")


def test_the_proxy_names_requests_and_no_client_does(front):
    answer = front.ask("/", "--header", "X-Request-ID: named-by-a-client")
    assert answer.headers["x-request-id"] != "named-by-a-client"
    assert len(answer.headers["x-request-id"]) >= 32


def test_http_2_is_spoken_and_http_1_too(front):
    assert front.ask("/", "--http2").version == "HTTP/2"
    assert front.ask("/", "--http1.1").version == "HTTP/1.1"


def test_what_a_browser_has_is_not_sent_again(front, product):
    path = f"/d/{product.house.document.slug}"
    first = front.ask(path)
    assert first.status == 200
    again = front.ask(path, "--header", f"If-None-Match: {first.headers['etag']}")
    assert (again.status, again.body) == (304, b"")
    assert {"Cookie", "Accept-Encoding"} <= set(re.split(r",\s*", again.headers["vary"]))


def test_pages_are_packed_once_and_by_the_product_alone(front, product):
    path = f"/d/{product.house.document.slug}"
    packed = front.ask(path, "--header", "Accept-Encoding: gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body).decode() == front.ask(path).text
    assert "etag" in packed.headers
    assert not packed.headers["etag"].startswith("W/"), "the proxy packed it"
    # A page with a token, and with words that a stranger chose.
    form = front.ask("/login?next=/account", "--header", "Accept-Encoding: gzip")
    assert "content-encoding" not in form.headers


def test_a_body_of_a_megabyte_arrives_and_a_larger_form_is_refused_in_the_readers_language(front, tmp_path):
    large = tmp_path / "large"
    large.write_bytes(b"a" * 900_000)
    event = front.ask("/webhooks/stripe", "--data-binary", f"@{large}")
    assert event.status in {400, 404}, "it was read, and is no event"
    large.write_bytes(b"a" * 300_000)
    form = front.ask("/login", "--data-binary", f"@{large}")
    assert form.status == 413
    assert "paidspan" in form.text
    if front.kind == "nginx":  # Caddy hands on what it reads, and may be cut off before the answer is there
        large.write_bytes(b"a" * 3_000_000)
        assert front.ask("/login", "--data-binary", f"@{large}").status == 413


def test_who_reads_is_answered_while_a_thousand_send_slowly(front, product):
    trusting = ssl.create_default_context(cafile=str(front.certificate))
    half = b"POST /login HTTP/1.1\r\nHost: reports.example.com\r\nContent-Length: 1000\r\n\r\na"
    held = []
    try:
        for number in range(SLOW_CLIENTS):
            plain = socket.create_connection(("127.0.0.1", front.port), timeout=60)
            if number % 20 == 0:  # a handshake takes longer than all the rest
                plain = trusting.wrap_socket(plain, server_hostname=SITE)
                plain.sendall(half)
            held.append(plain)
        assert front.ask("/").status == 200
    finally:
        for connection in held:
            with suppress(OSError):
                connection.close()


def test_while_the_product_starts_again_nginx_says_so_and_caddy_waits(front, product):
    product.site.stop()
    if front.kind == "nginx":
        away = front.ask("/")
        assert (away.status, away.headers["retry-after"]) == (503, "5")
        assert "正在启动" in away.text
        product.start_again()
    else:
        product.start_again()
        assert front.ask("/").status == 200
    wait_until(lambda: front.ask("/").status == 200)
