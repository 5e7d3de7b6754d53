from datetime import UTC, datetime

import pytest
from sqlalchemy import event, update

from webapp.documents.catalogue import PAGE_SIZE, DocumentFilter, catalogue_page
from webapp.documents.models import Document
from webapp.kit import clock
from webapp.kit.paging import write_cursor


def test_the_catalogue_is_paged_by_key_and_shows_each_document_once(database, shelf):
    for number in range(PAGE_SIZE * 2 + 3):
        shelf.put(f"报告{number}\n内容{number}。\n", f"{number}.txt")
    seen, after = [], None
    while True:
        with database.reading() as session:
            page = catalogue_page(session, after=after)
        seen += [card.title for card in page.rows]
        after = page.after
        if after is None:
            break
    assert seen == [f"报告{number}" for number in reversed(range(PAGE_SIZE * 2 + 3))]


@pytest.mark.parametrize("oldest_first", [False, True])
def test_documents_of_one_moment_are_shown_once_and_those_of_none_never(database, shelf, oldest_first):
    documents = [shelf.put(f"报告{number}\n内容。\n", f"{number}.txt") for number in range(7)]
    with database.writing() as session:
        session.execute(update(Document).values(published_at=clock.now()))
        session.execute(update(Document).where(Document.id == documents[3].id).values(published_at=None))
    seen, after = [], None
    while after is not None or not seen:
        with database.reading() as session:
            page = catalogue_page(session, DocumentFilter(oldest_first=oldest_first), after=after, limit=2)
        seen += [card.title for card in page.rows]
        after = page.after
    assert seen == [f"报告{number}" for number in sorted({0, 1, 2, 4, 5, 6}, reverse=not oldest_first)]


def test_a_cursor_that_is_none_of_ours_begins_at_the_beginning(client, shelf):
    shelf.put()
    last = write_cursor(clock.now().replace(year=2020), 12)
    assert "关于仓储周转" not in client.get("/", query_string={"after": last}).get_data(as_text=True)
    for cursor in ("x", "%00", "MjAyNg", "a" * 5000, "MjAyNi0wMS0wMSAx", f"{last}!", f"{last}=", "１２"):
        assert "关于仓储周转" in client.get("/", query_string={"after": cursor}).get_data(as_text=True)
        documents = client.get("/api/v1/documents", query_string={"after": cursor}).json["documents"]
        assert len(documents) == 1, cursor


def test_a_tag_lists_its_documents_and_an_unknown_one_is_not_there(client, shelf):
    shelf.bring("甲报告\n内容。\n", "a.txt", tags=("年度报告",))
    shelf.put("乙报告\n内容。\n", "b.txt")
    page = client.get("/tags/年度报告").get_data(as_text=True)
    assert "甲报告" in page
    assert "乙报告" not in page
    assert client.get("/tags/没有").status_code == 404
    assert client.get("/?tag=年度报告").headers["Location"].startswith("/tags/")


@pytest.mark.sqlite("how it plans a query")
@pytest.mark.parametrize("after", [None, write_cursor(datetime(2999, 1, 1, tzinfo=UTC), 1)])
def test_the_catalogue_walks_its_index_and_never_the_table(database, shelf, after):
    shelf.put()
    statements = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *args: statements.append(args[2:4]))
    with database.reading() as session:
        assert catalogue_page(session, after=after).rows
        cards, _tags = statements  # one for the cards, one for their tags, and no more
        plan = session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + cards[0], cards[1])
        steps = " | ".join(row[-1] for row in plan)
    assert "ix_documents_catalogue" in steps
    assert "SCAN" not in steps
    assert "TEMP B-TREE" not in steps


def test_lists_never_name_the_table_of_full_texts(client, shelf, database):
    document = shelf.put()
    statements = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for path in ("/", f"/d/{document.slug}", "/plans"):
        client.get(path)
    assert statements
    assert not [
        one for one in statements if "full_editions" in one or "revisions." in one.replace("documents.revisions", "")
    ]
