"""Which pages a browser may keep, for whom and how long, and what it may still keep later."""

import json
from datetime import timedelta

import pytest

from tests.factories.shelf import PAID
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock

THIRTY_DAYS = 30 * 24 * 3600
HEADER = "Paidspan-Keep"


@pytest.fixture
def reader(people):
    return people.reader()


@pytest.fixture
def browser(people, reader):
    return people.browser(reader.email)


def told(browser, *slugs):
    answer = browser.get("/library/offline.json", query_string=[("d", slug) for slug in slugs])
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json


@pytest.mark.parametrize(("days", "seconds"), [(10, 10 * 24 * 3600), (60, THIRTY_DAYS), (None, THIRTY_DAYS)])
def test_a_page_may_be_kept_until_the_access_ends_and_thirty_days_at_most(
    people, reader, browser, document, days, seconds
):
    people.grant(reader, lasts=timedelta(days=days) if days else None, starts_at=clock.now())
    keeping = json.loads(browser.get(f"/d/{document.slug}").headers[HEADER])
    assert seconds - 60 <= keeping["seconds"] <= seconds
    assert keeping["title"] == document.title
    assert keeping["revision"] == 1


def test_another_language_is_another_page(people, reader, browser, document):
    people.grant(reader)
    looks = []
    for language in ("zh-CN", "en"):
        page = browser.get(f"/d/{document.slug}", headers={"Accept-Language": language})
        asked = browser.get(f"/library/offline.json?d={document.slug}", headers={"Accept-Language": language})
        looks.append(json.loads(page.headers[HEADER])["look"])
        assert asked.json["documents"][document.slug]["look"] == looks[-1]
    assert looks[0] != looks[1]


def test_the_longest_of_several_rights_counts(people, reader, browser, document):
    people.grant(reader, lasts=timedelta(days=2))
    people.grant(reader, document_id=document.id, lasts=timedelta(days=9))
    keeping = json.loads(browser.get(f"/d/{document.slug}").headers[HEADER])
    assert timedelta(seconds=keeping["seconds"]) > timedelta(days=8)


def test_a_preview_and_a_visitors_page_may_not_be_kept(client, browser, shelf, document):
    assert HEADER not in client.get(f"/d/{document.slug}").headers
    assert HEADER not in browser.get(f"/d/{document.slug}").headers
    free = shelf.put("公开的报告\n人人可读。\n", "open.txt")
    assert HEADER not in client.get(f"/d/{free.slug}").headers
    assert HEADER in browser.get(f"/d/{free.slug}").headers


def test_a_browser_is_told_what_it_may_still_keep(people, reader, browser, shelf, document):
    other = shelf.put("再论仓储\n公开。##paidbegin##" + PAID + "##paidend##\n", "other.txt")
    people.grant(reader, document_id=document.id)
    answer = told(browser, document.slug, other.slug, "no-such-document")
    assert list(answer["documents"]) == [document.slug]
    page = json.loads(browser.get(f"/d/{document.slug}").headers[HEADER])
    assert page == {"reader": answer["reader"], **answer["documents"][document.slug]}


def test_a_withdrawn_document_may_no_longer_be_kept_but_by_who_bought_it(people, reader, browser, shelf, document):
    people.grant(reader)
    with shelf.database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    assert told(browser, document.slug)["documents"] == {}
    people.grant(reader, document_id=document.id, lasts=None)
    assert list(told(browser, document.slug)["documents"]) == [document.slug]


def test_two_readers_have_two_marks_that_say_nothing_of_them(people, reader, browser):
    other = people.signed_in("other@example.com")
    marks = {told(browser)["reader"], told(other)["reader"]}
    assert len(marks) == 2
    assert told(people.browser(reader.email))["reader"] in marks


def test_who_is_not_signed_in_is_told_so_in_so_many_words(client):
    assert client.get("/library/offline.json", headers={"Accept": "application/json"}).status_code == 401


def test_the_worker_is_the_same_for_everybody_and_asked_for_anew_each_time(client, browser, document):
    script = client.get("/sw.js", buffered=True)
    assert script.data == browser.get("/sw.js", buffered=True).data
    assert script.mimetype == "text/javascript"
    assert script.headers["Cache-Control"] == "no-cache"
    assert PAID[:8] not in script.get_data(as_text=True)
    assert document.title not in script.get_data(as_text=True)
