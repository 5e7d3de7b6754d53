"""A request is the same for Flask, whichever server it came through; an answer is whole before it is sent."""

from io import BytesIO

import pytest
from werkzeug.wrappers import Request
from werkzeug.wsgi import wrap_file

from tests.front.asgi import asked
from webapp.front.wsgi_bridge import MOST_IN_MEMORY, PIECE_BYTES, OpenFile, environ_of, run_wsgi


def environ(*headers, path="/", body=b"", **more):
    return environ_of(asked(path, headers=headers, **more), body)


def told(*headers):
    return {name: value for name, value in environ(*headers).items() if name != "wsgi.input"}


def test_a_cookie_keeps_its_bytes():
    sent = "name=書; x=é".encode() + b"\xff"
    assert environ((b"cookie", sent))["HTTP_COOKIE"].encode("latin-1") == sent


def test_two_cookie_headers_are_one():
    given = environ((b"cookie", b"a=1"), (b"cookie", b"b=2"))
    assert given["HTTP_COOKIE"] == "a=1; b=2"
    assert dict(Request(given).cookies) == {"a": "1", "b": "2"}


def test_two_headers_of_another_name_are_joined_by_a_comma():
    assert environ((b"accept", b"a/b"), (b"accept", b"c/d"))["HTTP_ACCEPT"] == "a/b,c/d"


@pytest.mark.parametrize("name", [b"x_forwarded_for", b"content_length", b"host_", b"proxy"])
def test_a_header_that_could_pass_for_another_is_left_out(name):
    assert told((name, b"192.0.2.1")) == told()


@pytest.mark.parametrize("name", [b"transfer-encoding", b"connection", b"expect"])
def test_what_is_said_to_the_server_is_not_passed_on(name):
    assert told((name, b"chunked")) == told()


def test_a_chunked_body_has_the_length_of_what_was_read():
    given = environ((b"transfer-encoding", b"chunked"), (b"content-type", b"text/plain"), body=b"abcde", method="POST")
    assert (given["CONTENT_LENGTH"], given["CONTENT_TYPE"]) == ("5", "text/plain")
    assert Request(given).get_data() == b"abcde"


def test_a_length_that_was_announced_counts_for_nothing():
    assert environ((b"content-length", b"99"), body=b"abc")["CONTENT_LENGTH"] == "3"
    assert "HTTP_CONTENT_LENGTH" not in environ((b"content-length", b"99"))


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/d/%e4%b8%ad", "/d/中"),
        (b"/d/%ff", "/d/\ufffd"),
        (b"/a%2Fb", "/a/b"),
        (b"/a%zz%", "/a%zz%"),
        (b"/a%00b", "/a\0b"),
        (b"//evil.example", "//evil.example"),
        (b"*", "*"),
        (b"", ""),
    ],
)
def test_a_path_is_read_from_its_bytes(raw, path):
    assert environ(raw_path=raw)["PATH_INFO"].encode("latin-1").decode(errors="replace") == path


def test_arguments_keep_their_bytes():
    assert Request(environ(path="/?q=%E4%B8%AD&q=%ff&a+b=c%2Bd")).args.to_dict(flat=False) == {
        "q": ["中", "%FF"],
        "a b": ["c+d"],
    }


def test_who_asks_over_ipv6_has_an_address():
    given = environ(client=("2001:db8::7", "4711"), server=("::1", "8000"))
    assert Request(given).remote_addr == "2001:db8::7"
    assert (given["SERVER_NAME"], given["SERVER_PORT"]) == ("::1", "8000")


def test_a_server_that_says_neither_who_asks_nor_where_is_borne():
    given = environ(client=None, server=None)
    assert (given["REMOTE_ADDR"], given["SERVER_NAME"]) == ("", "")


class Body:
    """An answer's body that tells whether it was closed."""

    def __init__(self, *chunks, fails=False):
        self.chunks, self.fails, self.closed = chunks, fails, 0

    def __iter__(self):
        yield from self.chunks
        if self.fails:
            raise RuntimeError("half way")

    def close(self):
        self.closed += 1


def answer(body, status="200 OK", headers=()):
    def application(_environ, start_response):
        start_response(status, [("Content-Type", "text/plain"), *headers])
        return body

    return run_wsgi(application, environ())


def test_an_answer_is_joined_and_its_headers_are_bytes():
    given = answer(Body(b"a", b"", b"b"), "404 Not Found", [("X-Odd", "é")])
    assert (given.status, given.body) == (404, b"ab")
    assert given.headers == [(b"content-type", b"text/plain"), (b"x-odd", b"\xe9")]


def test_a_body_is_closed_when_its_answer_is_dealt_with_and_not_before():
    body = Body(b"a")
    given = answer(body)
    assert body.closed == 0
    given.close()
    assert body.closed == 1


def test_an_answer_without_a_close_needs_none():
    answer([b"a"]).close()


def test_a_long_answer_goes_through_a_file():
    body = Body(*[b"x" * PIECE_BYTES] * (MOST_IN_MEMORY // PIECE_BYTES + 3))
    given = answer(body)
    with given.body as file:
        assert file.read() == b"".join(body.chunks)
    given.close()
    assert body.closed == 1


@pytest.mark.parametrize("size", [1, MOST_IN_MEMORY + 1])
def test_a_body_that_fails_half_way_is_closed(size):
    body = Body(b"x" * size, b"y", fails=True)
    with pytest.raises(RuntimeError):
        answer(body)
    assert body.closed == 1


def test_a_file_is_handed_on_and_not_read():
    file = BytesIO(b"abc")
    given = answer(wrap_file(environ(), file))
    assert given.body is file
    given.close()
    assert file.closed


def test_a_file_can_be_read_by_whoever_wraps_it():
    assert b"".join(OpenFile(BytesIO(b"a" * (PIECE_BYTES + 1)))) == b"a" * (PIECE_BYTES + 1)


def test_an_answer_to_head_has_no_body(app):
    given = run_wsgi(app, environ(method="HEAD", path="/healthz"))
    assert (given.status, given.body) == (200, b"")


def test_an_application_that_was_told_to_write_itself_is_refused():
    def application(_environ, start_response):
        start_response("200 OK", [])(b"written")
        return []

    with pytest.raises(NotImplementedError):
        run_wsgi(application, environ())
