"""Highlights show where their passage stands, to who may read it now; the notes to them are never lost."""

import re
from datetime import timedelta
from html import escape
from zoneinfo import ZoneInfo

import pytest
import time_machine
from markdown_it import MarkdownIt
from sqlalchemy import event

from tests.factories.html import attributes, parse, texts
from tests.factories.shelf import PAID, REPORT
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock
from webapp.kit.paging import write_cursor
from webapp.library import highlights
from webapp.library.models import Highlight
from webapp.library.notes_export import write_notes_markdown

WORDS = "出库略有增长"
NOTE = "待核实：与月报不符"
MARK = "mark.highlight"
NOT_THERE = "These words are not in the text that you can read"
DAY = timedelta(days=1)


@pytest.fixture
def document(shelf):
    return shelf.put()


@pytest.fixture
def payer(desk, people):
    people.grant(desk.reader, lasts=DAY)
    return desk


def marks(desk, document, exact=WORDS, note=NOTE, **more):
    return desk.post(f"/d/{document.slug}/notes", exact=exact, note=note, **more)


def shown(desk, document):
    return "".join(texts(desk.page(f"/d/{document.slug}"), MARK))


def notes(desk, document):
    return desk.page(f"/d/{document.slug}/notes")


def change_of(desk, document):
    """Return where the form of the one note is sent."""
    (path,) = attributes(notes(desk, document), ".notes__entry form", "action")
    return path


def test_a_passage_is_marked_and_its_note_kept(desk, document):
    answer = marks(desk, document)
    assert answer.status_code == 303
    name = answer.headers["Location"].partition("#")[2]
    page = desk.page(f"/d/{document.slug}")
    assert f'<mark class="highlight" id="{name}">{WORDS}</mark><a class="noted" href="' in page
    assert f'#note-1" aria-label="{NOTE}"' in page
    assert NOTE in notes(desk, document)
    assert "Notes <span>1</span>" in page


def test_nobody_else_sees_or_changes_it(desk, desk_of, document, client):
    marks(desk, document)
    other = desk_of("other@example.com")
    assert NOTE not in notes(other, document)
    assert not shown(other, document)
    assert NOTE not in client.get(f"/d/{document.slug}").get_data(as_text=True)
    change = change_of(desk, document)
    assert other.post(change, note="x").status_code == 404
    assert other.post(f"{change}/remove").status_code == 404
    assert NOTE in notes(desk, document)


def test_a_note_is_changed_and_a_highlight_removed(desk, document):
    marks(desk, document)
    change = change_of(desk, document)
    assert desk.post(change, note="已核实").status_code == 303
    assert "已核实" in notes(desk, document)
    assert NOTE not in notes(desk, document)
    assert desk.post(f"{change}/remove").status_code == 303
    assert not shown(desk, document)
    assert desk.post(change, note="x").status_code == 404


def test_marking_the_same_passage_again_changes_its_note_alone(desk, document):
    first, second = marks(desk, document), marks(desk, document, note="另有一说")
    third = marks(desk, document, note="")
    assert first.headers["Location"] == second.headers["Location"] == third.headers["Location"]
    assert "另有一说" in notes(desk, document)


@pytest.mark.parametrize(
    ("exact", "drawn"),
    [
        ("全年入库平稳， 出库略有\n增长", "全年入库平稳，出库略有增长"),
        ("略有增长。\n二、存在的问题\n（一）库存口径", "略有增长。二、存在的问题（一）库存口径"),
        (f"首要政策建议如下。{PAID[:4]}", f"首要政策建议如下。{PAID[:4]}"),
    ],
)
def test_a_passage_may_be_pasted_from_anywhere_and_cross_headings_and_gates(payer, document, exact, drawn):
    assert marks(payer, document, exact).status_code == 303
    assert shown(payer, document) == drawn


def test_a_passage_around_a_gate_is_marked_on_both_sides_of_it(desk, shelf):
    document = shelf.put("关于库存的说明\n公开的前半句##paidbegin##只给付费读者的中间##paidend##，以及公开的后半句。\n")
    assert marks(desk, document, "公开的前半句，以及公开的后半句").status_code == 303
    standing = parse(desk.page(f"/d/{document.slug}")).css(f"{MARK}, #gate-1")
    drawn = "".join("|" if element.id == "gate-1" else element.text() for element in standing)
    assert drawn == "公开的前半句|，以及公开的后半句"


def test_of_words_that_stand_twice_those_that_were_selected_are_marked(desk, shelf):
    document = shelf.put("关于口径的说明\n本节说口径，也说别的。\n下一节再说口径，到此为止。\n")
    marks(desk, document, "口径", prefix="下一节再说", suffix="，到此", position=20)
    assert '下一节再说<mark class="highlight"' in desk.page(f"/d/{document.slug}")


def test_what_is_behind_the_gate_is_answered_like_words_that_are_not_there(desk, document):
    with time_machine.travel(clock.now(), tick=False):  # a form's token tells the second
        answers = [marks(desk, document, exact) for exact in (PAID[:9], PAID[9:0:-1])]
    assert [answer.status_code for answer in answers] == [400, 400]
    one, other = (answer.get_data(as_text=True) for answer in answers)
    assert NOT_THERE in one
    assert one.replace(PAID[:9], "") == other.replace(PAID[9:0:-1], "")
    assert "You have marked nothing here yet" in notes(desk, document)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"exact": " \n"}, "between 1 and 2,000 characters"),
        ({"exact": "口" * 2001}, "between 1 and 2,000 characters"),
        ({"note": "注" * 10_001}, "up to 10,000 characters"),
        ({"exact": "——"}, NOT_THERE),
    ],
)
def test_what_cannot_be_marked_is_said_and_kept_in_the_form(desk, document, form, sentence):
    answer = marks(desk, document, **form)
    assert answer.status_code == 400
    assert sentence in answer.get_data(as_text=True)
    assert form.get("note", NOTE) in answer.get_data(as_text=True)


def test_a_note_has_as_many_characters_as_its_field_lets_one_type(desk, document):
    """A browser counts a line end as one, and sends it as two."""
    note = "注\n" * 4_999 + "注释"
    assert marks(desk, document, note=note.replace("\n", "\r\n")).status_code == 303
    assert escape(note) in notes(desk, document)


def test_there_is_an_end_to_the_highlights_in_one_report(desk, document, monkeypatch):
    monkeypatch.setattr(highlights, "MOST_HIGHLIGHTS", 1)
    marks(desk, document)
    assert marks(desk, document, "库存口径").status_code == 409
    assert marks(desk, document).status_code == 303


@pytest.mark.parametrize(
    ("change", "drawn"),
    [
        (lambda text: text.replace("一、总体", "新增一段说明。\n一、总体"), WORDS),
        (lambda text: text.replace("入库平稳，出库", "入库平稳；出库"), WORDS),
        (lambda text: text.replace(WORDS, "出库，略有增长"), "出库，略有增长"),
        (lambda text: text.replace(WORDS, "出库有所下降"), ""),
    ],
)
def test_a_highlight_survives_a_revision_that_leaves_its_passage_as_it_was(payer, shelf, document, change, drawn):
    marks(payer, document)
    shelf.put(change(REPORT))
    assert shown(payer, document) == drawn
    assert NOTE in notes(payer, document)
    assert ("The passage has changed since you marked it" in notes(payer, document)) == (not drawn)


def test_paid_words_are_shown_only_while_access_lasts_and_the_note_stays(payer, document):
    marks(payer, document, PAID[:9])
    for path in (f"/d/{document.slug}", f"/d/{document.slug}/notes", "/library/notes.md"):
        assert PAID[:9] in payer.page(path)
    clock.set_clock_offset(lambda: 2 * DAY)
    for path in (f"/d/{document.slug}", f"/d/{document.slug}/notes", "/library/notes.md", "/library", "/library/notes"):
        assert PAID[:4] not in payer.page(path), path
    assert NOTE in payer.page("/library/notes.md")
    assert "The passage is not open to you at present" in notes(payer, document)


def test_words_that_became_paid_or_are_gone_are_not_shown_to_who_reads_the_preview(desk, shelf, document):
    marks(desk, document)
    shelf.put(REPORT.replace(WORDS, f"##paidbegin##{WORDS}##paidend##"))
    assert WORDS not in notes(desk, document)
    assert WORDS not in desk.page("/library/notes.md")
    shelf.put(REPORT.replace(WORDS, "出库有所下降"))
    assert WORDS not in notes(desk, document)
    assert NOTE in notes(desk, document)


def test_paid_words_that_are_gone_from_a_report_now_open_to_all_are_not_shown_without_access(payer, shelf, document):
    marks(payer, document, PAID[:9])
    shelf.put("关于仓储周转的年度报告\n全文公开，另见附件。\n")
    assert PAID[:9] in notes(payer, document)
    clock.set_clock_offset(lambda: 2 * DAY)
    assert PAID[:4] not in notes(payer, document)


def test_of_a_withdrawn_report_the_notes_are_taken_along_without_its_name(payer, database, document):
    marks(payer, document)
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    payer.page(f"/d/{document.slug}/notes", 410)
    book = payer.page("/library/notes.md")
    assert NOTE in book
    assert "A report that was withdrawn" in book
    assert WORDS not in book
    assert document.title not in book
    assert document.title not in payer.page("/library/notes")


def test_who_bought_a_report_keeps_their_notes_when_it_is_withdrawn(desk, people, database, document):
    people.grant(desk.reader, document_id=document.id)
    marks(desk, document, PAID[:9])
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    assert shown(desk, document) == PAID[:9]
    assert PAID[:9] in notes(desk, document)
    assert PAID[:9] in desk.page("/library/notes.md")
    assert "Withdrawn by the publisher; you keep it" in desk.page("/library")


def test_notes_are_paged_in_the_order_of_the_text(desk, shelf, monkeypatch):
    monkeypatch.setattr(highlights, "NOTES_PER_PAGE", 2)
    document = shelf.put("五段\n" + "".join(f"第{number}段正文到此为止。\n" for number in "一二三四五"))
    for number in "三一五二四":
        marks(desk, document, f"第{number}段正文", note=f"注{number}")
    seen, following = [], [""]
    while following:
        page = desk.page(f"/d/{document.slug}/notes{following[0]}")
        seen += texts(page, ".notes__entry textarea")
        following = attributes(page, '[rel="next"]', "href")
    assert seen == [f"注{number}" for number in "一二三四五"]


@pytest.mark.parametrize("after", ["x", "1", "1-1", "٣-٣", "9" * 400, "OSAx!", "OSAx=", "KzkgMQ"])
def test_a_cursor_that_is_none_of_ours_begins_at_the_beginning(desk, document, after):
    marks(desk, document, WORDS, note="注")
    assert ">注</textarea>" in desk.page(f"/d/{document.slug}/notes?after={after}")
    assert ">注</textarea>" not in desk.page(f"/d/{document.slug}/notes?after={write_cursor(9999, 1)}")


def test_a_page_asks_once_for_who_is_signed_in_and_twice_however_much_they_marked(desk, document, database):
    asked = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def queries():
        asked.clear()
        desk.page(f"/d/{document.slug}")
        return [query for query in asked if "highlights" in query or "bookmarks" in query]

    assert len(queries()) == 1
    for words in (WORDS, "库存口径", "统计办法"):
        marks(desk, document, words)
    desk.post(f"/d/{document.slug}/bookmark")
    desk.post(f"/d/{document.slug}/bookmark", anchor="s-一-总体情况")
    assert len(queries()) == 2


def test_a_visitors_page_asks_nothing_of_the_shelf(client, document, database):
    asked = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    client.get(f"/d/{document.slug}")
    assert asked
    assert not [query for query in asked if "highlights" in query or "reading_positions" in query]


@pytest.mark.parametrize(
    "text",
    [
        "# 1. 不是标题",
        "- 不是列表\n+ 也不是\n1. 三\n23) 四",
        "**不粗** _不斜_ `不是代码` [不](是) <b>不</b> &amp; ~~不~~ | \\",
        "===\n---\n***\n> 引",
        "行一\n\n\n    行二",
    ],
)
def test_taken_along_a_text_shows_as_it_is(text):
    html = MarkdownIt("gfm-like", {"linkify": False}).render(
        f"> {write_notes_markdown(text, '> ')}\n\n{write_notes_markdown(text)}\n"
    )
    page = parse(html)
    said = [page.css_first("blockquote").text()]
    page.strip_tags(["blockquote"])
    said.append(page.body.text())
    wanted = [line.strip() for line in text.split("\n") if line.strip()]
    assert [[line for line in part.split("\n") if line] for part in said] == [wanted, wanted]


def test_what_is_no_markup_is_taken_along_without_backslashes():
    text = "Dues rose by 3.5 % (again), a well-known cost: 1) of waiting; 2) of #berths.\nThe end."
    assert write_notes_markdown(text) == text.replace("\n", "  \n")


def test_the_book_of_notes_says_what_was_noted_where(payer, document, shelf):
    other = shelf.put("另一篇报告\n正文只有一句。\n", "other.txt")
    marks(payer, document, f"首要政策建议如下。{PAID[:4]}", note="第一行\n第二行")
    marks(payer, other, "正文只有一句", note="")
    book = payer.client.get("/library/notes.md", headers={"Accept-Language": "en"})
    assert book.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert book.headers["Cache-Control"] == "no-store"
    assert "attachment" in book.headers["Content-Disposition"]
    day = clock.now().astimezone(ZoneInfo("Asia/Shanghai")).strftime("%-d %B %Y")
    text = re.sub("<http://127.0.0.1:8000/d/[^>]*>", "<address>", book.get_data(as_text=True))
    first = ["", f"> 首要政策建议如下。{PAID[:4]}", "", "第一行  ", "第二行", "", f"— {day}", ""]
    second = ["", "> 正文只有一句", "", f"— {day}"]
    heads = ["# My notes", "", f"## {document.title}", "", "<address>"], ["## 另一篇报告", "", "<address>"]
    assert text.splitlines() == [*heads[0], *first, *heads[1], *second]


def test_everything_goes_with_the_reader_and_with_the_document(desk, document, database):
    marks(desk, document)
    desk.post(f"/d/{document.slug}/bookmark")
    desk.post(f"/d/{document.slug}/position", view="a", turn=1)
    with database.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM documents")
    with database.reading() as session:
        for table in ("highlights", "bookmarks", "reading_positions"):
            assert session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0
    assert not Highlight.__shown__
