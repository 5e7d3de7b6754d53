"""Files of what an older version published: its edition is rendered anew first, and then they are made of it."""

import pytest
from sqlalchemy import update

from tests.exports.reading import text_of
from tests.factories.old_editions import make_old
from tests.factories.shelf import PAID
from webapp.documents.full_editions import Revision
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.exports.export_jobs import render_waiting
from webapp.exports.file_formats import FileFormat
from webapp.kit import clock


@pytest.fixture
def slug(shelf):
    return shelf.put().slug


@pytest.fixture
def work(app, database):
    return lambda: render_waiting(app, database)


@pytest.mark.parametrize("kind", FileFormat)
def test_it_is_waited_for_and_then_there(client, subscriber, slug, database, work, kind):
    make_old(database)
    waiting = client.get(f"/d/{slug}.{kind}", headers={"Accept-Language": "en"})
    assert waiting.status_code == subscriber.get(f"/d/{slug}.{kind}").status_code == 202
    assert "This can take a while." in waiting.get_data(as_text=True)
    assert work() == 2
    preview, full = (text_of(kind, browser.get(f"/d/{slug}.{kind}").data) for browser in (client, subscriber))
    assert "此处为付费内容：" in preview
    assert PAID not in preview
    assert PAID in full


def test_what_was_made_before_is_handed_out_at_once(client, slug, database):
    before = client.get(f"/d/{slug}.docx")
    make_old(database)
    again = client.get(f"/d/{slug}.docx")
    assert (again.status_code, again.data, again.headers["ETag"]) == (200, before.data, before.headers["ETag"])


def test_who_bought_a_withdrawn_document_gets_its_files(people, shelf, database, work):
    document, reader = shelf.put(), people.reader()
    people.grant(reader, document_id=document.id)
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    make_old(database)
    browser = people.browser(reader.email)
    assert browser.get(f"/d/{document.slug}.txt").status_code == 202
    work()
    assert PAID in browser.get(f"/d/{document.slug}.txt").get_data(as_text=True)


def test_where_this_version_cannot_render_it_the_reader_is_told_so(client, slug, database, work):
    make_old(database)
    with database.writing_plainly() as connection:
        connection.execute(update(Revision.__table__).values(source="题目\n##paidbegn##甲##paidend##\n"))
    client.get(f"/d/{slug}.docx")
    assert work() == 1
    failed = client.get(f"/d/{slug}.docx", headers={"Accept-Language": "en"})
    assert failed.status_code == 503
    assert "No file can be made of this document as an earlier version kept it." in failed.get_data(as_text=True)
    assert client.get(f"/d/{slug}").status_code == 200
