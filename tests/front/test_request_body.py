"""Bodies are read before any thread is taken: neither too large nor too slow, and all of them bounded."""

import asyncio

import pytest

from tests.front.asgi import receiving
from webapp.front import request_body
from webapp.front.request_body import BodyReader, announced_length
from webapp.kit.errors import BodyBrokenError, BodyTooLargeError, BodyTooSlowError, TooBusyError

NEVER = 3600.0


def read(reader, *given, announced=0, most=1000):
    return asyncio.run(reader.read(receiving(*given), announced, most))


@pytest.mark.parametrize("given", [[b"a" * 1000], [b"a" * 400, b"", b"a" * 600], [b"a"] * 1000])
def test_a_body_is_read_whole_and_counted_until_it_is_dealt_with(given):
    reader = BodyReader()
    assert read(reader, *given) == b"a" * 1000
    assert reader.held == 1000
    reader.release(1000)
    assert reader.held == 0


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ({}, None),
        ({b"content-length": b"7"}, 7),
        ({b"content-length": b"0"}, 0),
        ({b"transfer-encoding": b"chunked"}, 0),
        ({b"transfer-encoding": b"Chunked", b"content-length": b"7"}, 0),
    ],
)
def test_a_request_says_whether_it_has_a_body(headers, length):
    assert announced_length(headers) == length


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"chunked, chunked", b"identity", b",chunked", b""])
def test_a_body_that_is_coded_besides_is_refused(coding):
    with pytest.raises(BodyBrokenError):
        announced_length({b"transfer-encoding": coding})


def test_an_empty_body_is_one():
    assert read(BodyReader()) == b""


def test_a_body_that_announces_too_much_is_refused_before_it_is_read():
    async def receive():
        raise AssertionError("it was read")

    with pytest.raises(BodyTooLargeError):
        asyncio.run(BodyReader().read(receive, 1001, 1000))


def test_a_body_that_grows_too_large_is_refused_and_let_go():
    reader = BodyReader()
    with pytest.raises(BodyTooLargeError):
        read(reader, b"a" * 600, b"a" * 401, NEVER)
    assert reader.held == 0


def test_a_body_that_does_not_come_is_given_up_after_the_grace(monkeypatch):
    monkeypatch.setattr(request_body, "GRACE_SECONDS", 0.02)
    reader = BodyReader()
    with pytest.raises(BodyTooSlowError):
        read(reader, b"abc", NEVER, b"d")
    assert reader.held == 0


def test_a_body_that_comes_slower_than_the_least_rate_is_given_up(monkeypatch):
    monkeypatch.setattr(request_body, "GRACE_SECONDS", 0.02)
    with pytest.raises(BodyTooSlowError):
        read(BodyReader(), *[b"a", 0.01] * 500)


def test_a_body_that_comes_at_the_least_rate_may_take_longer_than_the_grace(monkeypatch):
    monkeypatch.setattr(request_body, "GRACE_SECONDS", 0.02)
    monkeypatch.setattr(request_body, "LEAST_RATE", 1)
    assert read(BodyReader(), b"a" * 100, 0.1, b"b") == b"a" * 100 + b"b"


def test_who_was_fast_before_may_not_rest_for_long(monkeypatch):
    """It was: 200 kB sent at once gave 200 seconds, in which they were held."""
    monkeypatch.setattr(request_body, "GRACE_SECONDS", 0.02)
    monkeypatch.setattr(request_body, "MOST_CREDIT", 0.04)
    with pytest.raises(BodyTooSlowError):
        read(BodyReader(), b"a" * 900, *[0.01, b"a"] * 90, NEVER)


def test_who_holds_bodies_back_gives_way_to_those_that_come_at_once():
    async def main():
        reader = BodyReader(most_at_once=100)
        slow = [asyncio.create_task(reader.read(receiving(b"a" * 40, NEVER), 0, 1000)) for _ in range(2)]
        await asyncio.sleep(0.01)
        assert reader.held == 80
        for _ in range(3):
            assert len(await reader.read(receiving(b"b" * 15, b"b" * 15), 0, 1000)) == 30
            reader.release(30)
        with pytest.raises(BodyTooSlowError):
            await slow[0]
        assert reader.held == 40
        slow[1].cancel()
        await asyncio.wait(slow)
        return reader.held

    assert asyncio.run(main()) == 0


def test_all_bodies_together_are_bounded():
    reader = BodyReader(most_at_once=100)
    assert read(reader, b"a" * 80)
    with pytest.raises(TooBusyError):
        read(reader, b"a" * 15, b"a" * 15)
    assert reader.held == 80
    reader.release(80)
    assert read(reader, b"a" * 15, b"a" * 15)


@pytest.mark.parametrize("given", [[None], [b"abc", None]])
def test_a_client_that_leaves_holds_nothing(given):
    reader = BodyReader()
    with pytest.raises(BodyBrokenError):
        read(reader, *given)
    assert reader.held == 0


def test_what_a_cancelled_request_held_is_let_go():
    async def cancelled(reader):
        reading = asyncio.create_task(reader.read(receiving(b"abc", NEVER), 0, 1000))
        await asyncio.sleep(0.01)
        assert reader.held == 3
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        return reader.held

    assert asyncio.run(cancelled(BodyReader())) == 0
