"""What this layer says itself looks as if Flask had said it."""

import asyncio
import json

import pytest

from tests.front.asgi import Sent, asked
from webapp.front import own_answers
from webapp.front.own_answers import OwnAnswers
from webapp.kit.errors import (
    BodyBrokenError,
    BodyTooLargeError,
    BodyTooSlowError,
    ConflictError,
    PaidspanError,
    TooBusyError,
)

ERRORS = [BodyBrokenError(), BodyTooLargeError(), BodyTooSlowError(), TooBusyError()]


@pytest.fixture
def said(app):
    answers = OwnAnswers(app)

    def say(error=None, path="/login", method="POST", **headers):
        sent = Sent()
        given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        more = () if error is None else (error,)
        asyncio.run(answers.send(asked(path, method, given), sent, *more))
        return sent

    return say


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_person_gets_a_page_in_their_language(said, error):
    english, chinese = said(error, accept_language="en"), said(error, accept_language="zh-CN,en;q=0.5")
    assert (english.status, chinese.status) == (error.status, error.status)
    assert str(error).rstrip(".") in english.body.decode()
    assert str(error).rstrip(".") not in chinese.body.decode()
    assert '<html lang="zh-CN"' in chinese.body.decode()
    assert english.header("content-type") == "text/html; charset=utf-8"


def test_a_language_that_was_chosen_counts_more_than_the_browsers(said):
    page = said(TooBusyError(), accept_language="zh", cookie="a=b; language=en")
    assert '<html lang="en"' in page.body.decode()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_program_gets_a_problem(said, error):
    sent = said(error, path="/api/v1/checkout", accept_language="en")
    assert sent.header("content-type") == "application/problem+json"
    problem = json.loads(sent.body)
    assert (problem["status"], problem["detail"]) == (error.status, str(error))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_every_answer_ends_its_connection_and_is_kept_nowhere(said, error):
    sent = said(error)
    assert (sent.header("connection"), sent.header("cache-control")) == ("close", "no-store")
    assert "default-src 'none'" in sent.header("content-security-policy")
    assert int(sent.header("content-length")) == len(sent.body)


def test_who_comes_at_a_busy_time_is_told_when_to_come_again(said):
    assert int(said(TooBusyError()).header("retry-after")) > 0


def test_an_answer_to_head_has_no_body(said):
    sent = said(TooBusyError(), method="HEAD")
    assert (sent.status, sent.body) == (503, b"")
    assert int(sent.header("content-length")) > 0


@pytest.mark.parametrize("error", [None, ConflictError("two of them"), PaidspanError("of ours")])
def test_anything_else_is_said_to_be_our_mistake(said, error):
    sent = said(error, accept_language="en")
    assert sent.status == 500
    assert "Something went wrong on our side" in sent.body.decode()


@pytest.mark.parametrize("odd", [b"\xff\xfe", b"language=\xe4\xb8\xad", b"=;=;", b"a" * 60_000])
def test_headers_that_nobody_can_read_are_no_reason_to_say_nothing(app, odd):
    sent = Sent()
    scope = asked("/", "POST", [(b"cookie", odd), (b"accept-language", odd)])
    asyncio.run(OwnAnswers(app).send(scope, sent, TooBusyError()))
    assert sent.status == 503


def test_an_answer_is_written_once_for_all_who_wait_for_it_and_anew_where_that_failed(app, monkeypatch):
    written = []
    write = own_answers._write

    def failing_once(*given):
        written.append(given)
        if len(written) == 1:
            raise OSError
        return write(*given)

    monkeypatch.setattr(own_answers, "_write", failing_once)
    answers, scope = OwnAnswers(app), asked("/", "POST", [])

    async def several():
        waiting = (answers.send(scope, Sent(), TooBusyError()) for _number in range(3))
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert {type(failed) for failed in asyncio.run(several())} == {OSError}
    assert asyncio.run(several()) == [None, None, None]
    assert len(written) == 2
