"""Who a program is: its token says so, and nothing else does."""

import json
import sqlite3
from contextlib import closing

import pytest

from webapp.accounts.api_tokens import AccessToken, Scope, list_tokens, revoke_token
from webapp.accounts.models import Reader
from webapp.billing.models import GrantSource
from webapp.kit import clock
from webapp.kit.money import Money

EVERYBODYS = ["/api/v1/documents", "/api/v1/plans", "/api/v1/search?q=a"]
READERS = ["/api/v1/me", "/api/v1/grants"]


@pytest.fixture
def reader(people):
    return people.reader()


@pytest.mark.parametrize("path", [*EVERYBODYS, *READERS, "/api/v1/documents/unknown"])
@pytest.mark.parametrize("shown", ["Bearer unknown", "Bearer", "Basic cjpw", "", "Bearer " + "x" * 10_000])
def test_an_unknown_token_is_refused_also_where_a_visitor_is_not(client, path, shown):
    answer = client.get(path, headers={"Authorization": shown})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", READERS)
def test_what_belongs_to_a_reader_needs_a_token(client, path):
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json["detail"] == "This needs a token."


def test_a_revoked_token_opens_nothing_any_more(people, reader, database):
    program = people.program(reader)
    assert program.get("/api/v1/me").status_code == 200
    with database.writing() as session:
        revoke_token(session, reader.id, list_tokens(session, reader.id)[0].id)
    assert program.get("/api/v1/me").status_code == 401


def test_the_token_of_a_disabled_account_opens_nothing(people, reader, database):
    program = people.program(reader)
    with database.writing() as session:
        session.get_one(Reader, reader.id).disabled_at = clock.now()
    assert program.get("/api/v1/documents").status_code == 401


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/api/v1/me", Scope.ACCOUNT),
        ("/api/v1/grants", Scope.ACCOUNT),
        ("/api/v1/search?q=a", Scope.DOCUMENTS),
        ("/api/v1/documents/unknown", Scope.DOCUMENTS),
        ("/api/v1/documents/unknown/full", Scope.DOCUMENTS),
    ],
)
def test_a_missing_scope_is_named(people, reader, path, scope):
    answer = people.program(reader, *(set(Scope) - {scope})).get(path)
    assert (answer.status_code, answer.json["scope"]) == (403, scope)
    assert answer.headers["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{scope}"'


def test_a_session_counts_for_nothing(people, reader, shelf, cashier):
    document = shelf.put()
    people.grant(reader, source=GrantSource.SUBSCRIPTION)
    browser = people.browser(reader.email)
    assert browser.get("/api/v1/me").status_code == 401
    assert browser.get(f"/api/v1/documents/{document.slug}").json["access"] == "preview"
    order = browser.post("/api/v1/checkout", json={"plan": "year"})
    assert (order.status_code, cashier.purchases()) == (401, [])


def test_a_one_time_password_stands_in_no_programs_way(people, reader, database):
    with database.writing() as session:
        session.get_one(Reader, reader.id).must_change_password = True
    browser = people.browser(reader.email)
    assert browser.get("/plans").status_code == 303
    assert browser.get("/api/v1/plans").status_code == 200


def test_the_last_use_of_a_token_is_noted(people, reader, database):
    people.program(reader).get("/api/v1/me").close()
    with database.reading() as session:
        (token,) = session.query(AccessToken).all()
    assert token.last_used_at is not None


def test_who_only_reads_does_not_wait_until_the_use_of_a_token_can_be_noted(people, reader, database):
    program = people.program(reader)
    with closing(sqlite3.connect(str(database.url.database), isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        assert program.get("/api/v1/documents").status_code == 200


def test_who_the_token_belongs_to_is_told(people, reader):
    told = people.program(reader, Scope.ACCOUNT).get("/api/v1/me").json
    assert {name: told[name] for name in ("email", "role", "email_confirmed", "scopes")} == {
        "email": reader.email,
        "role": "reader",
        "email_confirmed": False,
        "scopes": ["account"],
    }


def test_what_a_reader_holds_is_told(people, reader, shelf):
    document = shelf.put()
    people.grant(reader, source=GrantSource.DOCUMENT, document_id=document.id, lasts=None)
    people.grant(reader, source=GrantSource.SUBSCRIPTION, revoked="paused")
    grants = {grant["source"]: grant for grant in people.program(reader).get("/api/v1/grants").json["grants"]}
    bought, subscribed = grants["document"], grants["subscription"]
    assert (bought["document"], bought["open"], bought["ends_at"]) == (document.slug, True, None)
    assert (subscribed["document"], subscribed["open"], subscribed["revoked"]) == (None, False, "paused")


def test_an_order_is_begun_and_taken_up_again(people, reader, cashier):
    program = people.program(reader, Scope.CHECKOUT)
    first = program.post("/api/v1/checkout", json={"plan": "year"})
    assert first.status_code == 200
    assert "/sandbox/checkout/cs_" in first.json["url"]
    assert program.post("/api/v1/checkout", json={"plan": "year"}).json == first.json
    assert len(cashier.purchases()) == 1


def test_paying_such_an_order_opens_the_document(people, reader, cashier, shelf):
    document = shelf.put(price=Money(990, "cny"))
    program = people.program(reader)
    path = f"/api/v1/documents/{document.slug}"
    session_id = (
        program.post("/api/v1/checkout", json={"plan": "document", "document": document.slug})
        .json["url"]
        .rpartition("/")[2]
    )
    browser = people.browser(reader.email)
    back = cashier.pay(browser, session_id)
    browser.get(back.headers["Location"].removeprefix("http://127.0.0.1:8000"))
    assert program.get(path).json["access"] == "full"


@pytest.mark.parametrize("plan", ["pass", "document"])
def test_what_a_subscription_opens_already_is_only_ordered_by_who_says_so(people, reader, cashier, shelf, plan):
    document = shelf.put(price=Money(990, "cny"))
    browser = people.browser(reader.email)
    browser.get(f"/checkout/return?session_id={cashier.buy(browser, 'month')}")
    program, order = people.program(reader), {"plan": plan, "document": document.slug}
    refused = program.post("/api/v1/checkout", json=order, headers={"Accept-Language": "en"})
    assert (refused.status_code, refused.json["detail"]) == (409, "Your subscription opens this already.")
    assert "“warned”: true" in refused.json["hint"]
    assert len(cashier.purchases()) == 1
    assert program.post("/api/v1/checkout", json=order | {"warned": True}).status_code == 200
    assert cashier.purchases()[-1].warned


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"plan": "year", "warned": "true"}, 422),
        ({"plan": "year", "warned": 1}, 422),
        ({"plan": "unknown"}, 404),
        ({"plan": "document"}, 404),
        ({"plan": "year", "document": "unknown"}, 404),
        ({}, 422),
        ({"plan": 1}, 422),
        ({"plan": ""}, 422),
        ({"plan": "\ud800"}, 422),
        ({"plan": "year", "document": "a\0b"}, 404),
        ({"plan": "year", "price": 1}, 422),
        ([], 422),
    ],
)
def test_an_order_that_cannot_be_is_a_problem(people, reader, cashier, order, status):
    body = json.dumps(order)  # in ASCII, so that half a character can be sent
    answer = people.program(reader).post("/api/v1/checkout", data=body, content_type="application/json")
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [("plan=year", "application/x-www-form-urlencoded", 415), ("{", "application/json", 400), ("", "", 415)],
)
def test_a_body_that_is_no_json_is_a_problem(people, reader, body, content_type, status):
    answer = people.program(reader).post("/api/v1/checkout", data=body, content_type=content_type)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
