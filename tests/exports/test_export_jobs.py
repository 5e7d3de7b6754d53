"""Long files are made by the worker, while a page says how far they are."""

import pytest
import time_machine

from tests.exports.reading import text_of
from tests.factories.file_stores import kept_files
from tests.factories.shelf import PAID, REPORT
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.exports import export_jobs, render, views
from webapp.exports.export_jobs import MOST_TRIES, ExportJob, render_waiting
from webapp.exports.file_formats import FileFormat
from webapp.kit import clock
from webapp.operations.worker import make_files


@pytest.fixture(autouse=True)
def everything_is_long(monkeypatch):
    monkeypatch.setattr(views, "LONG", 10)


@pytest.fixture
def slug(shelf):
    return shelf.put().slug


@pytest.fixture
def work(app, database):
    return lambda: render_waiting(app, database)


def rows(database):
    with database.reading() as session:
        return session.query(ExportJob).order_by(ExportJob.id).all()


@pytest.mark.parametrize("kind", FileFormat)
def test_a_long_file_is_waited_for_and_then_there(client, slug, work, kind):
    waiting = client.get(f"/d/{slug}.{kind}", headers={"Accept-Language": "en"})
    assert waiting.status_code == 202
    assert waiting.headers["Cache-Control"] == "no-store"
    assert waiting.headers["Refresh"] == "2; url=?waited=1"
    assert "It is waiting for its turn." in waiting.get_data(as_text=True)
    assert work() == 1
    assert "此处为付费内容" in text_of(kind, client.get(f"/d/{slug}.{kind}").data)
    assert work() == 0


def test_who_has_waited_is_told_that_it_is_there(client, slug, work):
    client.get(f"/d/{slug}.txt")
    assert client.get(f"/d/{slug}.txt?waited=1").headers["Refresh"] == "2; url=?waited=1"
    work()
    ready = client.get(f"/d/{slug}.txt?waited=1", headers={"Accept-Language": "en"})
    assert "The file is ready" in ready.get_data(as_text=True)
    assert ready.headers["Cache-Control"] == "no-store"
    seconds, address = ready.headers["Refresh"].split("; url=")
    assert seconds == "1"
    assert "此处为付费内容" in client.get(address).get_data(as_text=True)


def test_it_is_asked_for_once_by_however_many(client, people, slug, database):
    for browser in (client, people.signed_in(), client):
        assert browser.get(f"/d/{slug}.docx").status_code == 202
    assert len(rows(database)) == 1


def test_a_visitors_and_a_payers_are_two(client, people, slug, work):
    people.grant(people.reader())
    payer = people.browser("reader@example.com")
    for browser in (client, payer):
        browser.get(f"/d/{slug}.txt")
    assert work() == 2
    assert PAID in payer.get(f"/d/{slug}.txt").get_data(as_text=True)
    assert PAID not in client.get(f"/d/{slug}.txt").get_data(as_text=True)


def test_the_page_says_how_far_it_is(client, slug, database, work, monkeypatch):
    told = []

    def looks(matter):
        told.append(client.get(f"/d/{slug}.md").get_data(as_text=True))
        return b"made"

    monkeypatch.setitem(render.WRITERS, FileFormat.MARKDOWN, looks)
    client.get(f"/d/{slug}.md")
    work()
    assert "正在排版。" in told[0]
    assert 'value="30"' in told[0]
    assert client.get(f"/d/{slug}.md").data == b"made"


def test_what_was_interrupted_is_taken_up_again(client, slug, work, monkeypatch):
    def dies(*_):
        raise KeyboardInterrupt

    client.get(f"/d/{slug}.docx")
    with monkeypatch.context() as killed:
        killed.setattr(export_jobs, "render_file", dies)
        with pytest.raises(KeyboardInterrupt):
            work()
    assert client.get(f"/d/{slug}.docx").status_code == 202
    assert work() == 1
    assert client.get(f"/d/{slug}.docx").status_code == 200


def test_one_that_ends_the_worker_each_time_is_given_up(client, slug, work, monkeypatch):
    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(export_jobs, "render_file", dies)
    client.get(f"/d/{slug}.docx")
    for _ in range(MOST_TRIES):
        with pytest.raises(KeyboardInterrupt):
            work()
    assert work() == 1
    assert client.get(f"/d/{slug}.docx").status_code == 503


def test_one_that_fails_says_so_rests_and_may_be_asked_for_again(client, slug, work, monkeypatch, caplog):
    def stumbles(*_):
        raise ValueError("no such letter")

    client.get(f"/d/{slug}.docx")
    with monkeypatch.context() as broken:
        broken.setattr(export_jobs, "render_file", stumbles)
        assert work() == 1
    assert "no such letter" in caplog.text
    failed = client.get(f"/d/{slug}.docx", headers={"Accept-Language": "en"})
    assert failed.status_code == 503
    assert "This file could not be made." in failed.get_data(as_text=True)
    assert "Refresh" not in failed.headers
    assert work() == 0
    with time_machine.travel(clock.now() + export_jobs.AGAIN, tick=False):
        assert client.get(f"/d/{slug}.docx").status_code == 202
        assert work() == 1
    assert client.get(f"/d/{slug}.docx").status_code == 200


def test_a_report_that_failed_while_it_was_long_is_made_at_once_when_it_is_short(
    client, shelf, slug, work, monkeypatch
):
    def stumbles(*_):
        raise ValueError

    client.get(f"/d/{slug}.docx")
    with monkeypatch.context() as broken:
        broken.setattr(export_jobs, "render_file", stumbles)
        work()
    shelf.put(REPORT.replace("订阅读者", "各位读者"))
    monkeypatch.setattr(views, "LONG", 10_000)
    assert client.get(f"/d/{slug}.docx").status_code == 200


def test_a_file_of_an_edition_that_is_gone_meanwhile_is_not_made(client, slug, work, database, instance):
    client.get(f"/d/{slug}.docx")
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, slug), clock.now())
    assert work() == 1
    assert rows(database) == []
    assert not kept_files(instance, "exports")


def test_one_that_waits_for_long_says_whom_to_tell(client, slug):
    client.get(f"/d/{slug}.docx")
    with time_machine.travel(clock.now() + views._USUAL * 2, tick=False):
        page = client.get(f"/d/{slug}.docx", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "longer than usual" in page


def test_a_long_report_revised_meanwhile_is_made_anew(client, shelf, slug, work):
    client.get(f"/d/{slug}.txt")
    work()
    shelf.put(REPORT.replace("订阅读者", "各位读者"))
    assert client.get(f"/d/{slug}.txt").status_code == 202
    work()
    assert "各位读者" in client.get(f"/d/{slug}.txt").get_data(as_text=True)


def test_the_worker_makes_them_in_a_process_of_its_own(client, slug, settings, database):
    client.get(f"/d/{slug}.docx")
    make_files(settings, database)
    assert client.get(f"/d/{slug}.docx").status_code == 200
