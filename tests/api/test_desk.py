"""The part of the API for the people of the house: their own programs list, make, change and publish documents."""

import pytest
from sqlalchemy import select

from tests.factories.shelf import PAID, REPORT
from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.api_tokens import Scope, make_token
from webapp.accounts.models import Reader, Role
from webapp.billing.plans import price_of
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError
from webapp.kit.money import Money

DESK = "/api/v1/desk/documents"


@pytest.fixture
def mei(people):
    return people.program(people.reader("mei@example.com", Role.EDITOR), Scope.DESK)


def test_a_program_makes_changes_and_publishes_a_document(mei, client, database):
    made = mei.post(DESK, json={"text": REPORT, "format": "text", "tags": ["仓储"], "price": "9.90"})
    assert (made.status_code, made.json["state"], made.json["version"]) == (201, "draft", 1)
    assert made.json["title"] == "关于仓储周转的年度报告"
    id_, slug = made.json["id"], made.json["slug"]
    changed = mei.post(f"{DESK}/{id_}", json={"text": made.json["text"] + "尾声。", "version": 1, "title": "新题"}).json
    assert (changed["version"], changed["title"], changed["changed"]) == (2, "新题", True)
    assert client.get(f"/d/{slug}").status_code == 404
    published = mei.post(f"{DESK}/{id_}/publish", json={"version": 2})
    assert (published.status_code, published.json["state"], published.json["changed"]) == (200, "published", False)
    page = client.get(f"/d/{published.json['slug']}").text
    assert "尾声" in page
    assert PAID not in page
    with database.reading() as session:
        assert price_of(session, id_) == Money(990, "cny")
        logged = session.scalars(select(LoggedActivity.action).order_by(LoggedActivity.id)).all()
    assert logged == ["created", "published"]
    listed = mei.get(f"{DESK}?q=新题&state=published").json
    assert [(one["id"], one["changed_by"]) for one in listed["documents"]] == [(id_, "mei@example.com")]


def test_a_text_on_an_outdated_version_is_kept_beside_and_told(mei, people):
    made = mei.post(DESK, json={"text": REPORT, "format": "text"}).json
    mei.post(f"{DESK}/{made['id']}", json={"text": "first", "version": 1})
    second = mei.post(f"{DESK}/{made['id']}", json={"text": "second", "version": 1})
    assert (second.status_code, second.mimetype) == (409, "application/problem+json")
    assert second.json["version"] == 2
    assert mei.get(f"{DESK}/{made['id']}").json["text"] == "first"
    browser = people.browser("mei@example.com")
    assert "second" in browser.get(f"/desk/documents/{made['id']}/conflicts/{second.json['conflict']}").text


def test_what_cannot_be_published_says_why(mei, shelf):
    shelf.put()
    text = "公开。\n##paidbegin##没有结束。\n"
    told = mei.post(f"{DESK}/1", json={"text": text, "version": 1}).json
    (found,) = told["findings"]
    assert (found["code"], found["line"], found["column"]) == ("unclosed-span", 2, 1)
    assert mei.post(f"{DESK}/1/publish", json={"version": 2}).status_code == 409
    mei.post(f"{DESK}/1", json={"text": REPORT.replace("##paidbegin##", "").replace("##paidend##", ""), "version": 2})
    assert mei.post(f"{DESK}/1/publish", json={"version": 3}).status_code == 409
    assert mei.post(f"{DESK}/1/publish", json={"version": 2, "confirmed": "opens-document"}).status_code == 409
    assert mei.post(f"{DESK}/1/publish", json={"version": 3, "confirmed": "opens-document"}).status_code == 200
    assert mei.get(f"{DESK}/99").status_code == 404


def test_it_reaches_as_far_as_the_role_does_at_that_moment(mei, people, database):
    assert mei.get(DESK).status_code == 200
    with database.writing() as session:
        session.scalars(select(Reader)).one().role = Role.READER
    for answer in (mei.get(DESK), mei.post(DESK, json={"text": "x"}), mei.get(f"{DESK}/1")):
        assert (answer.status_code, answer.json["scope"]) == (403, "desk")


def test_readers_can_have_no_such_token_and_others_do_nothing_there(people, database):
    reader = people.reader()
    with database.writing() as session, pytest.raises(InvalidInputError):
        make_token(session, reader.id, "Mine", frozenset({Scope.DESK}), clock.now())
    assert people.program(reader).get(DESK).status_code == 403
    assert 'value="desk"' not in people.browser(reader.email).get("/account/tokens").text


def test_a_long_text_is_taken_and_one_beyond_all_measure_is_not(mei, settings):
    assert mei.post(DESK, json={"text": "长" * 60_000, "format": "text"}).status_code == 201
    assert mei.post(DESK, json={"text": "x" * (settings.max_source_bytes + 1)}).status_code == 413
