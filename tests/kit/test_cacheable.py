"""Who may keep a page: visitors' pages anybody who asks each time, all others their reader alone."""

import gzip
import sqlite3
from contextlib import closing

import pytest
import time_machine
from sqlalchemy import event

from tests.factories.shelf import REPORT
from webapp import create_app
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock
from webapp.settings import load_settings

ZIPPED = {"Accept-Encoding": "gzip"}
VARY = {"Accept-Encoding", "Accept-Language", "Cookie"}


@pytest.fixture
def slug(shelf):
    return shelf.put().slug


@pytest.fixture
def pages(slug):
    return ["/", f"/d/{slug}"]


def test_a_visitors_page_may_be_kept_by_all_and_is_asked_about_each_time(client, pages):
    for path in pages:
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "public, no-cache"
        assert set(answer.headers["Vary"].split(", ")) == VARY
        etag, is_weak = answer.get_etag()
        assert etag
        assert not is_weak
        again = client.get(path, headers={"If-None-Match": f'"{etag}"'})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Cache-Control"] == "public, no-cache"
        assert set(again.headers["Vary"].split(", ")) == VARY


def test_encodings_and_languages_have_marks_of_their_own(client, pages):
    ways = [{**coded, "Accept-Language": language} for coded in ({}, ZIPPED) for language in ("zh-CN", "en")]
    for path in pages:
        assert len({client.get(path, headers=way).headers["ETag"] for way in ways}) == len(ways)


def test_a_packed_page_is_the_page(client, pages):
    for path in pages:
        packed = client.get(path, headers=ZIPPED)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == client.get(path).data
        assert int(packed.headers["Content-Length"]) == len(packed.data)


def test_who_refuses_gzip_gets_none(client, pages):
    assert "Content-Encoding" not in client.get(pages[0], headers={"Accept-Encoding": "gzip;q=0"}).headers


@pytest.mark.parametrize(
    "told",
    [
        {"Cookie": "paidspan=anything"},
        {"Cookie": "remember_token=anything"},
        {"Authorization": "Bearer anything"},
        {"Authorization": ""},
    ],
)
def test_who_might_be_somebody_gets_a_page_of_their_own(app, pages, told):
    for path in pages:
        answer = app.test_client(use_cookies=False).get(path, headers=told)
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "ETag" not in answer.headers


def test_a_shared_cache_may_keep_pages_for_the_seconds_that_are_set(instance, settings, slug):
    app = create_app(load_settings(instance=instance, secret_key=settings.secret_key, shared_cache_seconds=30))
    assert app.test_client().get("/").headers["Cache-Control"] == "public, max-age=0, s-maxage=30"


def test_a_kept_page_costs_one_question(client, pages, database):
    statements = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for path in pages:
        client.get(path)
        statements.clear()
        client.get(path)
        (only,) = statements
        assert "FROM freshness" in only


def test_unknown_arguments_change_nothing_on_a_page(client, pages):
    for path in pages:
        assert client.get(f"{path}?utm_source=x&token=1").data == client.get(path).data


def test_what_changes_shows_at_once_here_and_in_another_process(client, slug, shelf, instance, settings, database):
    """A second application over the same database stands for the other process: it shares nothing but the file."""
    other = create_app(load_settings(instance=instance, secret_key=settings.secret_key)).test_client()
    words = "统一口径的说明"
    shelf.put(REPORT.replace("三、下一步打算", f"{words}\n三、下一步打算").replace("##paidend##\n", "##paidend##"))
    shelf.put(f"口径\n{words}在这里是公开的。\n", "open.txt")
    for browser in (client, other):
        assert words in browser.get("/d/口径").get_data(as_text=True)
    shelf.put(f"口径\n开头。##paidbegin##{words}##paidend##在这里是公开的。\n", "open.txt")
    for browser in (client, other):
        assert words not in browser.get("/d/口径").get_data(as_text=True)
        assert words not in browser.get("/").get_data(as_text=True)
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, "口径"), clock.now())
    for browser in (client, other):
        assert browser.get("/d/口径").status_code == 410
        assert "口径</a>" not in browser.get("/").get_data(as_text=True)


@pytest.fixture
def stopped_clock():
    """A form's token says in which second it was made: two pages are the same only within one."""
    with time_machine.travel(clock.now(), tick=False):
        yield


@pytest.mark.usefixtures("stopped_clock")
def test_signing_in_and_out_never_shows_anothers_page(app, people, slug):
    reader = people.reader()
    people.grant(reader)
    visitor = app.test_client()
    preview = visitor.get(f"/d/{slug}")
    member = people.browser(reader.email)
    full = member.get(f"/d/{slug}")
    assert full.headers["Cache-Control"] == "no-store"
    assert full.data != preview.data
    assert visitor.get(f"/d/{slug}").data == preview.data
    assert app.test_client().get(f"/d/{slug}", headers={"If-None-Match": preview.headers["ETag"]}).status_code == 304
    assert member.get(f"/d/{slug}", headers={"If-None-Match": preview.headers["ETag"]}).data == full.data


@pytest.mark.sqlite("its file is put back")
@pytest.mark.parametrize("asked_in_between", [True, False])
def test_an_older_database_that_is_restored_never_shows_what_came_after_it(client, database, shelf, asked_in_between):
    """It counts the same versions once more, and somebody may ask only when it has come to the same number again."""
    shelf.put("甲报告\n内容。\n", "a.txt")
    with closing(sqlite3.connect(":memory:")) as kept, closing(sqlite3.connect(database.url.database)) as live:
        live.backup(kept)
        shelf.put("乙报告\n内容。\n", "b.txt")
        assert "乙报告" in client.get("/").get_data(as_text=True)
        kept.backup(live)
    if asked_in_between:
        assert "乙报告" not in client.get("/").get_data(as_text=True)
    shelf.put("丙报告\n内容。\n", "c.txt")
    page = client.get("/").get_data(as_text=True)
    assert ("乙报告" in page, "丙报告" in page) == (False, True)
