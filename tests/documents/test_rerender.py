"""What an older renderer made is rendered anew: from its own revision, and nothing else changes by it."""

from contextlib import contextmanager

import pytest
from sqlalchemy import update

from tests.factories.old_editions import make_old, stored_rows
from tests.factories.shelf import REPORT
from webapp.documents import rerender
from webapp.documents.full_editions import FullEdition
from webapp.documents.importing import Importer, ImportOrder
from webapp.documents.listeners import set_listeners
from webapp.documents.models import Document, PublicEdition
from webapp.documents.preparation import Options
from webapp.documents.publishing import get_document_by_slug, publish, withdraw
from webapp.documents.rerender import OUTDATED, has_outdated_editions, rerender_all, rerender_document
from webapp.documents.sources import SourceKind, find_sources
from webapp.factory import join_rooms
from webapp.kit import clock
from webapp.kit.content_version import current_version
from webapp.manuscript import RENDERER_VERSION
from webapp.search.index import rebuild_index

OPEN = "公开的{}\n人人可读的第{}份。\n"


@pytest.fixture
def document(shelf):
    return shelf.put()


def edition(database, kind=PublicEdition):
    (row,) = stored_rows(database, kind.__table__)
    return row


def version(database):
    with database.reading() as session:
        return current_version(session)


@contextmanager
def heard():
    """Collect the documents that listeners are told of."""
    told = []
    set_listeners(lambda _session, document_ids: told.extend(document_ids))
    try:
        yield told
    finally:
        join_rooms()


@pytest.mark.parametrize("name", ["report.txt", "report.md"])
def test_an_old_edition_becomes_what_publishing_makes_today(database, shelf, name):
    shelf.put(REPORT, name)
    today = stored_rows(database)
    make_old(database, html="<p>old</p>", text="old", title="old", toc=[["old"]], characters=1)
    assert stored_rows(database) != today
    assert list(rerender_all(database)) == [1]
    assert stored_rows(database) == today


def test_neither_revision_nor_times_nor_address_change(database, document):
    kept = ("slug", "published_at", "updated_at", "revision", "revisions", "created_at", "source_hash", "state")
    before = [{name: row[name] for name in kept if name in row} for row in stored_rows(database)]
    make_old(database, html="<p>old</p>")
    list(rerender_all(database))
    assert [{name: row[name] for name in kept if name in row} for row in stored_rows(database)] == before


def test_a_second_run_changes_nothing(database, document):
    make_old(database)
    assert has_outdated_editions(database)
    list(rerender_all(database))
    before = stored_rows(database), version(database)
    assert not has_outdated_editions(database)
    assert list(rerender_all(database)) == []
    rerender_document(database, document.id)
    assert (stored_rows(database), version(database)) == before


def test_what_is_published_is_rendered_and_not_a_draft_that_came_later(database, shelf):
    shelf.put(REPORT)
    today = stored_rows(database, PublicEdition.__table__, FullEdition.__table__)
    shelf.put(REPORT.replace("年度报告", "草稿"), publish=False)
    make_old(database, text="old")
    list(rerender_all(database))
    assert stored_rows(database, PublicEdition.__table__, FullEdition.__table__) == today
    assert edition(database)["revision"] == 1


def test_it_is_read_in_the_format_of_its_own_revision(database, shelf, tmp_path):
    shelf.put("# 题目\n\n**要点**\n", "report.md")
    (tmp_path / "report.md").write_text("# 草稿\n\n**要点**\n")
    order = ImportOrder(Options(format=SourceKind.TEXT))
    list(Importer(database, order).run(find_sources([str(tmp_path / "report.md")], 1_000_000, None)))
    make_old(database)
    list(rerender_all(database))
    assert edition(database)["html"] == "<p><strong>要点</strong></p>"


def test_a_title_that_came_from_the_name_of_a_file_stays(database, shelf):
    shelf.put("##paidbegin##\n全部付费。\n##paidend##\n", "季度观察.txt")
    make_old(database)
    list(rerender_all(database))
    assert [row["title"] for row in stored_rows(database)] == ["季度观察"] * 3


def test_a_new_title_is_the_documents_too(database, document):
    make_old(database, title="old")
    with database.writing_plainly() as connection:
        connection.execute(update(Document.__table__).values(title="old"))
    list(rerender_all(database))
    assert [row["title"] for row in stored_rows(database)] == [document.title] * 3


def test_a_withdrawn_document_gets_no_public_edition_and_who_bought_it_gets_the_new_full_one(database, document):
    full = edition(database, FullEdition)
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    make_old(database, html="<p>old</p>")
    before = version(database)
    list(rerender_all(database))
    assert stored_rows(database, PublicEdition.__table__) == []
    assert edition(database, FullEdition) == full
    assert version(database) == before  # no page for everybody shows any of it


def test_what_was_withdrawn_meanwhile_stays_so(database, document, monkeypatch):
    def and_withdraws(session):
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())

    make_old(database)
    meanwhile(monkeypatch, database, and_withdraws)
    list(rerender_all(database))
    assert stored_rows(database, PublicEdition.__table__) == []
    assert edition(database, FullEdition)["renderer_version"] == RENDERER_VERSION


def meanwhile(monkeypatch, database, happens):
    """Have something happen after a text was rendered and before that is written."""
    right = rerender.render_full

    def render_full(checked):
        rendered = right(checked)
        with database.writing() as session:
            happens(session)
        return rendered

    monkeypatch.setattr(rerender, "render_full", render_full)


def test_who_publishes_meanwhile_has_the_last_word(database, shelf, document, monkeypatch):
    shelf.put(REPORT.replace("年度报告", "季度报告"), publish=False)

    def and_publishes(session):
        publish(session, get_document_by_slug(session, document.slug), clock.now())

    make_old(database)
    meanwhile(monkeypatch, database, and_publishes)
    list(rerender_all(database))
    assert [row["title"] for row in stored_rows(database)] == ["关于仓储周转的季度报告"] * 3
    assert {edition(database, kind)["revision"] for kind in (PublicEdition, FullEdition)} == {2}


def test_what_is_deleted_meanwhile_stays_so(database, document, monkeypatch):
    make_old(database)
    meanwhile(monkeypatch, database, lambda session: session.delete(session.get_one(Document, document.id)))
    assert list(rerender_all(database)) == [0]
    assert stored_rows(database) == []
    rerender_document(database, document.id)


@pytest.mark.rules_once
def test_others_hear_of_it_only_where_something_changes_for_them(database, shelf):
    for number in range(2):
        shelf.put(OPEN.format(number, number), f"{number}.txt")
    make_old(database)
    with heard() as told:
        list(rerender_all(database))
    assert told == []
    make_old(database)
    with database.writing_plainly() as connection:
        connection.execute(update(FullEdition.__table__).where(FullEdition.document_id == 1).values(text="old"))
        connection.execute(update(PublicEdition.__table__).where(PublicEdition.document_id == 2).values(summary="old"))
    with heard() as told:
        list(rerender_all(database))
    assert told == [1, 2]


def test_search_finds_by_what_is_shown_now(database, client, document):
    def found():
        return "<mark>入库</mark>" in client.get("/search?q=入库").get_data(as_text=True)

    make_old(database, text="old")
    list(rebuild_index(database))
    assert not found()
    list(rerender_all(database))
    assert found()


def test_pages_that_are_kept_for_visitors_are_made_anew(database, client, document):
    make_old(database, html="<p>old</p>")
    before = version(database)
    assert "<p>old</p>" in client.get(f"/d/{document.slug}").get_data(as_text=True)
    list(rerender_all(database))
    assert version(database)[0] == before[0] + 1
    assert "<p>old</p>" not in client.get(f"/d/{document.slug}").get_data(as_text=True)


def test_many_are_dealt_with_in_batches_and_long_ones_in_smaller_ones(database, shelf, monkeypatch):
    for number in range(5):
        shelf.put(OPEN.format(number, number), f"{number}.txt")
    monkeypatch.setattr(rerender, "RERENDER_BATCH", 2)
    make_old(database)
    assert list(rerender_all(database)) == [2, 2, 1]
    monkeypatch.setattr(rerender, "_BATCH_CHARACTERS", 10)
    make_old(database)
    assert list(rerender_all(database)) == [1] * 5


def test_what_was_done_before_a_kill_is_not_done_again(database, shelf, monkeypatch):
    for number in range(3):
        shelf.put(OPEN.format(number, number), f"{number}.txt")
    monkeypatch.setattr(rerender, "RERENDER_BATCH", 2)
    make_old(database)
    assert next(rerender_all(database)) == 2
    assert list(rerender_all(database)) == [1]


@pytest.mark.sqlite("how it plans a query")
def test_to_see_that_nothing_is_to_be_done_takes_one_look_at_an_index(database, document):
    with database.reading() as session:
        query = str(OUTDATED.compile(session.connection(), compile_kwargs={"literal_binds": True}))
        plan = [row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
    assert len(plan) == 2
    assert plan[0].startswith("SEARCH full_editions USING INDEX ix_full_editions_renderer_version (renderer_version<?)")
    assert plan[1].startswith("SEARCH revisions USING INDEX sqlite_autoindex_revisions_1 (document_id=? AND number=?)")
