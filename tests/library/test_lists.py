"""The library lists what a reader may open, page by page, with a fixed number of questions."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, update

from tests.factories.html import attributes, texts
from webapp.accounts.models import Role
from webapp.billing.models import GrantSource, Revoked
from webapp.documents.models import Document, State
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock
from webapp.kit.paging import write_cursor
from webapp.library.lists import LIST_PAGE_SIZE

LISTS = {"history": "/library/history", "bookmarks": "/library/bookmarks", "noted": "/library/notes"}
COUNT = LIST_PAGE_SIZE + 3


def keep(desk, document):
    """Read half of a document, bookmark it and mark something in it."""
    desk.post(f"/d/{document.slug}/position", view="a", turn=1, permille=500)
    desk.post(f"/d/{document.slug}/bookmark")
    desk.post(f"/d/{document.slug}/notes", exact="正文", note="注")


def take_down(database, document):
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())


@pytest.fixture
def document(shelf):
    return shelf.put("甲报告\n正文只有一句。##paidbegin##此外另有下文##paidend##\n", "a.txt")


def titles(page):
    return texts(page, ".rows a")


@pytest.mark.parametrize("path", ["/library", *LISTS.values(), "/library/bought"])
def test_an_empty_list_says_what_is_and_what_to_do(desk, path):
    page = desk.page(path)
    said = [text for text in texts(page, "p.muted") if text.startswith("You have")]
    assert len(said) == (4 if path == "/library" else 1)


def test_the_library_shows_a_few_of_each(desk, document):
    keep(desk, document)
    page = desk.page("/library")
    assert titles(page) == ["甲报告"] * 3
    assert "50% read" in page
    assert "1 passage" in page
    assert page.count("/library/notes.md") == 1


def test_what_was_read_to_the_end_is_in_the_history_alone(desk, document):
    desk.post(f"/d/{document.slug}/position", view="a", turn=1, permille=1000)
    assert titles(desk.page("/library")) == []
    assert titles(desk.page("/library/history")) == ["甲报告"]


def test_lists_are_paged_by_key_the_latest_first(desk, shelf):
    for number in range(COUNT):
        document = shelf.put(f"报告{number}\n正文只有一句。\n", f"{number}.txt")
        clock.set_clock_offset(lambda number=number: timedelta(minutes=number))
        keep(desk, document)
    for path in LISTS.values():
        seen, following = [], [""]
        while following:
            page = desk.page(path + following[0])
            seen += titles(page)
            following = attributes(page, '[rel="next"]', "href")
        assert seen == [f"报告{number}" for number in reversed(range(COUNT))], path


@pytest.mark.parametrize("path", [*LISTS.values(), "/library/bought"])
def test_a_cursor_that_is_none_of_ours_begins_at_the_beginning(desk, people, document, path):
    people.grant(desk.reader, document_id=document.id)
    keep(desk, document)
    last = write_cursor(clock.now() - timedelta(days=1), 12)
    assert titles(desk.page(f"{path}?after={last}")) == []
    for after in ("x", "%00", "MjAyNg", "a" * 5000, f"{last}!", f"{last}=", "１２"):
        assert titles(desk.page(f"{path}?after={after}")) == ["甲报告"]


def test_what_was_given_before_it_came_out_is_bought_from_then_on(desk, people, shelf, database):
    """Nobody can open a draft; without a moment in its row no page could end at it."""
    documents = [shelf.put(f"报告{number}\n正文。\n", f"{number}.txt") for number in range(LIST_PAGE_SIZE + 1)]
    for document in documents:
        people.grant(desk.reader, document_id=document.id, source=GrantSource.COMPLIMENTARY)
    drafts = update(Document).where(Document.id.in_([document.id for document in documents[1:]]))
    with database.writing() as session:
        session.execute(drafts.values(state=State.DRAFT, published_at=None))
    assert titles(desk.page("/library/bought")) == ["报告0"]
    with database.writing() as session:
        session.execute(drafts.values(state=State.PUBLISHED, published_at=clock.now()))
    assert len(titles(desk.page("/library/bought"))) == LIST_PAGE_SIZE


def test_a_withdrawn_report_is_listed_only_for_who_bought_it(desk, people, database, document):
    keep(desk, document)
    take_down(database, document)
    for path in (*LISTS.values(), "/library", "/library/bought"):
        assert titles(desk.page(path)) == [], path
    people.grant(desk.reader, document_id=document.id, source=GrantSource.DOCUMENT, lasts=None)
    for path in (*LISTS.values(), "/library/bought"):
        assert titles(desk.page(path)) == ["甲报告"], path
    assert desk.post(f"/d/{document.slug}/position", view="b", turn=1, permille=600).status_code == 204


def test_a_subscription_does_not_list_what_was_withdrawn_and_the_house_sees_all(people, desk_of, database, document):
    subscriber, editor = desk_of("a@example.com"), desk_of("b@example.com")
    people.grant(subscriber.reader, source=GrantSource.SUBSCRIPTION)
    for desk in (subscriber, editor):
        keep(desk, document)
    with database.writing() as session:
        session.merge(editor.reader).role = Role.EDITOR
    take_down(database, document)
    assert titles(subscriber.page("/library/history")) == []
    assert titles(editor.page("/library/history")) == ["甲报告"]


@pytest.mark.parametrize(
    ("terms", "listed"),
    [
        ({"source": GrantSource.DOCUMENT, "lasts": None}, ["甲报告"]),
        ({"source": GrantSource.DOCUMENT, "revoked": Revoked.REFUNDED}, []),
        ({"source": GrantSource.COMPLIMENTARY, "lasts": timedelta(seconds=1)}, []),
    ],
)
def test_bought_is_what_is_open_by_itself(desk, people, document, terms, listed):
    people.grant(desk.reader, document_id=document.id, **terms)
    assert titles(desk.page("/library/bought")) == listed


def test_how_often_the_library_asks_does_not_grow_with_what_is_in_it(desk, people, shelf, database):
    asked = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def queries(path):
        asked.clear()
        desk.page(path)
        return len(asked)

    def fill(begins, ends):
        for number in range(begins, ends):
            document = shelf.put(f"报告{number}\n一、节\n正文只有一句。\n", f"{number}.txt")
            people.grant(desk.reader, document_id=document.id)
            keep(desk, document)
            desk.post(f"/d/{document.slug}/bookmark", anchor="s-一-节")

    fill(0, 1)
    paths = ["/library", *LISTS.values(), "/library/bought"]
    before = [queries(path) for path in paths]
    fill(1, 8)
    assert [queries(path) for path in paths] == before
    assert max(before) <= 9


@pytest.mark.sqlite("how it plans a query")
def test_lists_walk_their_indexes(desk, document, database):
    keep(desk, document)
    statements = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *args: statements.append(args[2:4]))
    for path in (*LISTS.values(), f"/d/{document.slug}", f"/d/{document.slug}/notes"):
        desk.page(path)
    ours = [one for one in statements if re.search("reading_positions|bookmarks|highlights", one[0])]
    assert len(ours) >= 5
    with database.read_engine.connect() as connection:
        for statement, parameters in ours:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            steps = [row[-1] for row in plan]
            assert not [
                step for step in steps if re.match("SCAN (documents|reading_positions|bookmarks|highlights)", step)
            ], steps
