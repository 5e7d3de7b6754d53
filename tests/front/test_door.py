"""A request takes a thread when all of it is there; whatever goes wrong, something is answered and nothing is kept."""

import asyncio
import logging
from threading import current_thread

import pytest
from flask import Response, send_file

from tests.front.asgi import Sent, asked, receiving
from webapp.front import request_body
from webapp.front.answer_memory import AnswerMemory
from webapp.front.door import FrontDoor
from webapp.front.wsgi_bridge import PIECE_BYTES
from webapp.kit.database import Database
from webapp.kit.http import write_when_sent

BODY = [(b"content-length", b"10")]


@pytest.fixture
def door(app):
    app.testing = False
    made = FrontDoor(app)
    yield made
    asyncio.run(made.close())


def ask(door, path="/healthz", method="GET", headers=(), given=(b"",)):
    sent = Sent()
    asyncio.run(door(asked(path, method, headers), receiving(*given), sent))
    assert door._bodies.held == 0
    return sent


def test_the_server_is_told_when_it_may_begin_and_when_all_has_ended(app):
    door = FrontDoor(app)
    told = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    said = []

    async def receive():
        return next(told)

    async def send(message):
        said.append(message["type"])

    asyncio.run(door({"type": "lifespan"}, receive, send))
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    with pytest.raises(RuntimeError):
        next(iter(door._pools.values()))._executor.submit(print)


def test_flask_is_asked_and_answers(door):
    sent = ask(door)
    assert (sent.status, sent.body) == (200, b"ok\n")
    assert ask(door, method="HEAD").body == b""
    assert ask(door, "/login", "POST", BODY, [b"a=b", b"&c=d", b"&e"]).status == 400
    assert ask(door, "/login", "POST", [(b"transfer-encoding", b"chunked")], [b"a=b"]).status == 400


@pytest.mark.parametrize(
    ("headers", "given", "status"),
    [
        ([(b"content-length", b"9999999")], [b""], 413),
        ([(b"transfer-encoding", b"chunked")], [b"a" * 200_000] * 2, 413),
        (BODY, [b"a", None], 400),
        ([(b"transfer-encoding", b"gzip, chunked")], [b"a"], 400),
        (BODY, [b"a", 3600.0, b"b"], 408),
    ],
)
def test_what_flask_never_sees_is_answered_here(door, monkeypatch, headers, given, status):
    monkeypatch.setattr(request_body, "GRACE_SECONDS", 0.02)
    sent = ask(door, "/login", "POST", headers, given)
    assert (sent.status, sent.header("connection")) == (status, "close")


def test_a_mistake_of_ours_is_a_page_and_is_logged_without_the_address(door, monkeypatch, caplog):
    def fails(_environ, _start_response):
        raise RuntimeError("of ours")

    monkeypatch.setattr(door, "_application", fails)
    with caplog.at_level(logging.ERROR):
        sent = ask(door, "/recover/a-token")
    assert sent.status == 500
    assert "<html" in sent.body.decode()
    assert "RuntimeError: of ours" in caplog.text
    assert "a-token" not in caplog.text


@pytest.mark.parametrize("failing", ["_find_public", "_keep"])
def test_nobody_goes_without_an_answer_since_nothing_can_be_remembered(door, monkeypatch, caplog, failing):
    monkeypatch.setattr(AnswerMemory, failing, lambda *_given: 1 / 0)
    for _again in range(2):
        assert ask(door, "/").status == 200
    assert "ZeroDivisionError" in caplog.text


def test_a_file_is_sent_piece_by_piece_and_closed(app, door, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * (PIECE_BYTES // 100))
    opened = []

    def view():
        opened.append(path.open("rb"))
        return send_file(opened[-1], mimetype="text/plain")

    app.view_functions["feeds.robots"] = view
    sent = ask(door, "/robots.txt")
    assert sent.body == path.read_bytes()
    assert opened[0].closed


def test_a_long_answer_of_many_pieces_is_sent_whole(app, door):
    app.view_functions["feeds.robots"] = lambda: Response(b"%d\n" % number for number in range(300_000))
    assert ask(door, "/robots.txt").body.splitlines()[-1] == b"299999"


@pytest.mark.parametrize("leaves", [False, True])
def test_what_is_left_for_afterwards_is_done_when_the_answer_has_been_sent(app, door, leaves, monkeypatch):
    order = []
    monkeypatch.setattr(Database, "write", lambda _self, _rule: order.append(current_thread().name))

    def view():
        return write_when_sent(Response("hello"), lambda _session: None)

    async def send(message):
        order.append(message["type"])
        if leaves:
            raise OSError("gone")

    app.view_functions["feeds.robots"] = view
    answering = door(asked("/robots.txt"), receiving(b""), send)
    if leaves:
        with pytest.raises(OSError, match="gone"):
            asyncio.run(answering)
    else:
        asyncio.run(answering)
    assert order[0] == "http.response.start"
    assert order[-1].startswith("writing"), "the loop does not wait for it"
