"""What comes over the wire and is no proper HTTP/1.1: refused, never taken for something else, never a 500."""

import pytest

from tests.front.raw import RawClient, ask_raw
from tests.front.serving import running, start_module
from tests.front.standing.conftest import SETTINGS

POST = b"POST /login HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
NEXT = GET + b"\r\n"  # on the same connection: it is answered only where the server knows where the first one ends
CHUNKS = b"\r\n\r\n1\r\nZ\r\n0\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

# Each a request for a form without its token, which Flask refuses with 400, and is there in whole.
UNDERSTOOD = {
    "chunks": POST + b"Transfer-Encoding: chunked" + CHUNKS,
    "chunks, in other letters": POST + b"tRANSFER-eNCODING: ChunKed" + CHUNKS,
    "the same length twice": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "an extension of a chunk": CHUNKED + b"1;a=b\r\nZ\r\n0\r\n\r\n",
    "trailers that would change the request": CHUNKED + b"1\r\nZ\r\n0\r\nContent-Length: 7\r\nHost: evil\r\n\r\n",
    "two hosts": GET + b"Host: y\r\n\r\n",
}
# Proxies and servers do not agree where these end: the connection is closed.
REFUSED = {
    "a coding before a tab": POST + b"Transfer-Encoding: \x0bchunked" + CHUNKS,
    "a coding before a space of Latin-1": POST + b"Transfer-Encoding: chunked\xa0" + CHUNKS,
    "a name with a space of Latin-1": POST + b"Transfer-Encoding\xa0: chunked" + CHUNKS,
    "a space before the colon": POST + b"Transfer-Encoding : chunked" + CHUNKS,
    "an empty coding": POST + b"Transfer-Encoding: ,chunked" + CHUNKS,
    "a coding that nobody undoes": POST + b"Transfer-Encoding: gzip, chunked" + CHUNKS,
    "no coding": POST + b"Transfer-Encoding: identity, chunked" + CHUNKS,
    "chunks in chunks": POST + b"Transfer-Encoding: chunked, chunked" + CHUNKS,
    "chunks, then something": POST + b"Transfer-Encoding: chunked, identity" + CHUNKS,
    "two codings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity" + CHUNKS,
    "chunks in HTTP/1.0": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked" + CHUNKS,
    "chunks and a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3" + CHUNKS,
    "a length and chunks": POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked" + CHUNKS,
    "two lengths": POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "two lengths in one": POST + b"Content-Length: 3, 3\r\n\r\nabc",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +3\r\n\r\nabc",
    "a hexadecimal length": POST + b"Content-Length: 0x3\r\n\r\nabc",
    "an Arabic length": POST + "Content-Length: ٣\r\n\r\nabc".encode(),
    "a length beyond numbers": POST + b"Content-Length: 99999999999999999999\r\n\r\nabc",
    "no length": POST + b"Content-Length:\r\n\r\nabc",
    "a negative chunk": CHUNKED + b"-1\r\nZ\r\n0\r\n\r\n",
    "a hexadecimal chunk": CHUNKED + b"0x1\r\nZ\r\n0\r\n\r\n",
    "a chunk beyond numbers": CHUNKED + b"ffffffffffffffffff\r\nZ",
    "a chunk that is no number": CHUNKED + b"zz\r\n",
    "a long extension of a chunk": CHUNKED + b"1;" + b"a" * 100_000 + b"\r\nZ\r\n0\r\n\r\n",
    "many trailers": CHUNKED + b"1\r\nZ\r\n0\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    "a folded header": GET + b"X: a\r\n b\r\n\r\n",
    "a header without a colon": GET + b"abc\r\n\r\n",
    "a header without a name": GET + b": abc\r\n\r\n",
    "NUL": GET + b"X: a\0b\r\n\r\n",
    "a carriage return": GET + b"X: a\rb\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/1.2": b"GET /healthz HTTP/1.2\r\nHost: x\r\n\r\n",
    "HTTP/2": b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n",
    "spaces in a path": b"GET /healthz /x HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path in Latin-1": b"GET /d/\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "many headers": GET + b"X: y\r\n" * 200 + b"\r\n",
    "a long address": b"GET /" + b"a" * 66_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a greeting of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.fixture(scope="module")
def site(town):
    with running(start_module("tests.front.impatient", town.instance, HEADER_SECONDS="2", **SETTINGS)) as started:
        yield started
        assert "Traceback" not in started.log.read_text()


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_what_is_understood_ends_where_it_ends(site, name):
    with RawClient(site.port) as client:
        client.send(UNDERSTOOD[name] + NEXT)
        assert (client.answer().status, client.answer().status) == (400, 200)


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_be_understood_in_two_ways_is_refused(site, name):
    with RawClient(site.port) as client:
        client.send(REFUSED[name] + NEXT)
        assert client.answer().status in {400, 414, 431}
        assert client.rest() == b""


def test_a_body_is_asked_for_only_where_it_would_be_taken(site):
    expecting = POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    with RawClient(site.port) as client:
        client.send(expecting % 3)
        assert client.answer().status == 100
        client.send(b"abc")
        assert client.answer().status == 400
    assert ask_raw(site.port, expecting % 300_000).status == 413


@pytest.mark.parametrize("size", [300_000, 2_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_who_sends_too_much_is_told_so_before_the_connection_is_closed(site, size, chunked):
    body = b"%x\r\n" % size + b"a" * size + b"\r\n0\r\n\r\n" if chunked else b"a" * size
    header = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
    assert ask_raw(site.port, POST + header + b"\r\n\r\n" + body).status == 413


@pytest.mark.parametrize("target", ["evil.example", "evil.example:80", "http://evil.example", "//evil.example", "*"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "CONNECT"])
def test_a_target_that_is_no_path_sends_nobody_elsewhere(site, method, target):
    request = f"{method} {target} HTTP/1.1\r\nHost: evil.example\r\n\r\n".encode()
    answer = ask_raw(site.port, request, to_head=method == "HEAD")
    assert answer.status in {200, 400, 404, 405}
    assert "location" not in answer.headers


def test_a_client_that_leaves_is_no_error(site, town):
    requests = [
        f"GET {town.preview} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        POST + b"Content-Length: 99\r\n\r\nabc",
        GET,
    ]
    for request in requests * 30:
        with RawClient(site.port) as client:
            client.send(request)
    assert site.answers(town.preview)


def test_a_client_that_ends_its_side_in_the_midst_of_a_body_is_told_so(site):
    with RawClient(site.port) as client:
        client.send(POST + b"Content-Length: 99\r\n\r\nabc")
        client.end_sending()
        assert client.answer().status == 400
