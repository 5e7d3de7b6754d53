"""What all answers to programs have in common: problems instead of pages, and who may keep them."""

import pytest
import time_machine

from webapp.accounts.api_tokens import Scope
from webapp.kit import clock


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/", 404),
        ("GET", "/api/v1/nothing", 404),
        ("POST", "/api/v1/nothing", 404),
        ("POST", "/api/v1/documents", 405),
        ("GET", "/api/v1/checkout", 405),
        ("DELETE", "/api/v1/me", 405),
    ],
)
def test_what_goes_wrong_is_a_problem(client, method, path, status):
    answer = client.open(path, method=method, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert list(answer.json) == ["type", "title", "status", "detail", "hint"]
    assert answer.json["status"] == status
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("Allow" in answer.headers) == (status == 405)


def test_a_problem_speaks_the_language_asked_for(client):
    chinese = client.get("/api/v1/nothing", headers={"Accept-Language": "zh"})
    assert chinese.json["detail"] == "没有这个页面。"


def test_too_many_orders_in_a_minute_are_a_problem(people, cashier):
    program = people.program(people.reader())
    with time_machine.travel(clock.now(), tick=False):
        statuses = [program.post("/api/v1/checkout", json={"plan": "unknown"}).status_code for _ in range(61)]
    assert statuses == [404] * 60 + [429]


def test_a_mistake_of_ours_is_a_problem_that_tells_nothing(app, client, monkeypatch):
    app.testing = False
    monkeypatch.setattr("webapp.api.documents.catalogue_page", lambda *_args, **_more: 1 / 0)
    answer = client.get("/api/v1/documents")
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert "division" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["documents", "search?q=%E6%8A%A5", "plans", "openapi.json", "documents/{slug}"])
def test_a_visitors_answer_may_be_kept_and_is_asked_about_again(client, shelf, path):
    path = f"/api/v1/{path}".format(slug=shelf.put().slug)
    answer = client.get(path)
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert {"Authorization", "Cookie", "Accept-Language", "Accept-Encoding"} <= set(answer.headers["Vary"].split(", "))
    assert "Set-Cookie" not in answer.headers
    again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_answer_to_a_token_is_its_readers_alone(people, shelf):
    program = people.program(people.reader(), Scope.DOCUMENTS)
    for path in ("/api/v1/documents", f"/api/v1/documents/{shelf.put().slug}", "/api/v1/search?q=a"):
        answer = program.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-cache")
        assert "ETag" not in answer.headers


def test_what_is_about_an_account_is_kept_nowhere(people, cashier):
    program = people.program(people.reader())
    answers = [program.get("/api/v1/me"), program.get("/api/v1/grants")]
    answers.append(program.post("/api/v1/checkout", json={"plan": "year"}))
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * 3


def test_what_a_member_was_answered_is_never_answered_to_a_visitor(people, client, shelf):
    document = shelf.put()
    reader = people.reader()
    people.grant(reader)
    path = f"/api/v1/documents/{document.slug}"
    assert people.program(reader).get(path).json["access"] == "full"
    assert client.get(path).json["access"] == "preview"
    assert people.program(reader).get(path).json["access"] == "full"


ODD_BODIES = {
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "a number of 100,000 digits": b"9" * 100_000,
    "such a number as a member": b'{"plan":' + b"9" * 100_000 + b"}",
    "half a million members": b"{%s}" % b",".join(b'"k%d":1' % number for number in range(500_000)),
    "no text": b"\xff\xfe",
    "not a number": b'{"plan": NaN}',
    "more than there is": b'{"plan": 1e999}',
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
def test_an_odd_body_is_told_of_in_few_words(people, body):
    program = people.program(people.reader())
    answer = program.post("/api/v1/checkout", data=body, content_type="application/json")
    assert answer.status_code in {400, 413, 422}
    assert answer.content_type == "application/problem+json"
    assert len(answer.data) < 2000
