"""Slow bodies, half headers and idle connections by the hundred: others are answered, and they are shown out."""

import json
import socket
import time
from pathlib import Path

import pytest

from tests.front.attack import attackers, resident_kilobytes
from tests.front.attackers import SLOW as SLOW_BODY
from tests.front.raw import RawClient
from tests.front.serving import PATIENCE_SECONDS, running, start_module, wait_until
from tests.front.standing.conftest import SETTINGS
from webapp.front.request_body import MOST_AT_ONCE

SLOW, HALF, IDLE = 300, 300, 1000
SECONDS, PAUSE = 6, 0.3
LARGE, ROOM = 20_000_000, 200_000  # bytes of an answer, and of what is kept for who does not read
MOST_MEMORY = 100_000  # kilobytes that the worker may grow by; what it takes is about 12 a connection


@pytest.fixture(scope="module")
def site(town):
    with running(start_module("tests.front.impatient", town.instance, HEADER_SECONDS="2", **SETTINGS)) as started:
        yield started


def test_who_reads_is_answered_while_hundreds_hold_connections(site, town):
    pages = [("/healthz", ""), (town.preview, ""), (town.preview, town.cookie)]
    assert {site.ask("GET", page, cookie).status for page, cookie in pages} == {200}
    (worker,) = site.children()
    before = resident_kilobytes(worker)
    attack = attackers(site.port, SLOW, HALF, IDLE, SECONDS, PAUSE)
    answered = 0
    while attack.poll() is None:
        for page, cookie in pages:
            assert site.ask("GET", page, cookie).status == 200
            answered += 1
    got = json.loads(attack.communicate(timeout=PATIENCE_SECONDS)[0])
    assert answered > 20, "they had to wait"
    assert got["most held at once"] > (SLOW + HALF + IDLE) * 0.9
    assert got["slow bodies"]["408"] >= SLOW
    assert got["half headers"]["closed"] >= HALF
    assert got["idle connections"]["closed"] >= IDLE
    outcomes = {outcome for kind in ("slow bodies", "half headers", "idle connections") for outcome in got[kind]}
    assert outcomes == {"408", "closed", "still held"}
    assert resident_kilobytes(worker) - before < MOST_MEMORY


def test_who_holds_large_bodies_back_leaves_room_for_forms_of_others(site):
    """Together they hold more than there is room for."""
    begun = SLOW_BODY.begins.replace(b"1000", b"250000") + b"a" * 200_000
    holders = [RawClient(site.port) for _ in range(MOST_AT_ONCE // 200_000 + 80)]
    for holder in holders:
        holder.send(begun)
    assert site.ask("POST", "/login", form={}).status == 400  # by Flask: a form without a token
    assert {holder.answer().status for holder in holders} == {408}
    for holder in holders:
        holder.close()


def test_a_body_that_comes_at_the_least_rate_is_taken_however_long_it_is(site, town):
    """500 bytes in each tenth of a second, for two seconds; the grace of this server is one."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE_SECONDS) as client:
        client.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n\r\n")
        for _ in range(20):
            client.sendall(b"a" * 500)
            time.sleep(0.1)
        assert client.recv(12) == b"HTTP/1.1 400"  # by Flask: a form without a token


def open_files(process):
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def test_who_does_not_read_is_shown_out_and_who_reads_slowly_is_not(town):
    settings = {**SETTINGS, "UNREAD_SECONDS": "2", "LARGE": str(LARGE)}
    with running(start_module("tests.front.spacious", town.instance, **settings)) as site:
        (worker,) = site.children()
        slow = RawClient(site.port)
        slow.get("/llms.txt")
        read = slow.read(ROOM)
        before = open_files(worker)
        readers = [RawClient(site.port, room=ROOM) for _ in range(20)]
        for reader in readers:
            reader.get("/llms.txt")
        wait_until(lambda: open_files(worker) >= before + 20)
        while open_files(worker) > before:
            read += slow.read(ROOM)
            time.sleep(0.1)
        assert len(slow.read(LARGE - len(read))) == LARGE - len(read)
        for reader in [*readers, slow]:
            reader.close()
