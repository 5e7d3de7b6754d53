"""Marks change how a text looks and never what it says."""

from html.parser import HTMLParser

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.manuscript.strategies import ANYTHING
from webapp.library.highlight_html import HighlightMark, mark_passages, visible_text
from webapp.library.text_quote import TextRange
from webapp.manuscript import SourceFormat, check, render_full

HTML = "<p>甲&amp;乙<strong>丙丁</strong>戊</p>\n<ul>\n<li>己</li>\n<li>庚</li>\n</ul>"
NOTES = "/notes#"
VOID = {"input", "img", "br", "hr"}


class Page(HTMLParser):
    """What a browser makes of HTML: its text, and a complaint about each element that is not closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.open, self.wrong, self.marked, self.ids = "", [], [], "", []
        self.formulas = set()  # the places of text in a formula, in which nothing may be drawn
        self.is_highlight = []  # of each open <mark>: a reader's, or the document's own?
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag == "mark" and self.open and self.open[-1] in {"ul", "ol", "table", "thead", "tbody", "tr"}:
            self.wrong.append(f"mark in {self.open[-1]}")
        if "math" in self.open and tag in {"mark", "span", "a"}:
            self.wrong.append(f"{tag} in a formula")
        if tag == "mark":
            self.is_highlight.append(("class", "highlight") in attrs)
        if tag == "a" and "a" in self.open:
            self.wrong.append("link in a link")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)
        if tag == "mark":
            self.is_highlight.pop()

    def handle_data(self, data):
        if "math" in self.open:
            self.formulas.update(range(len(self.text), len(self.text) + len(data)))
        self.text += data
        if any(self.is_highlight):
            self.marked += data


def mark(start: int, end: int, number: int = 1, note: str = "") -> HighlightMark:
    return HighlightMark(number, TextRange(start, end), note)


@pytest.mark.parametrize(
    ("marks", "drawn"),
    [
        ([mark(0, 1)], '<p><mark class="highlight" id="highlight-1">甲</mark>&amp;乙<strong>'),
        ([mark(1, 2)], '<p>甲<mark class="highlight" id="highlight-1">&amp;</mark>乙<strong>'),
        (
            [mark(2, 4)],
            '<mark class="highlight" id="highlight-1">乙</mark><strong><mark class="highlight">丙</mark>丁</strong>',
        ),
        (
            [mark(0, 1, note='看"')],
            '甲</mark><a class="noted" href="/notes#1" aria-label="看&quot;" title="看&quot;"></a>&amp;',
        ),
        (
            [mark(0, 3), mark(2, 5, 2)],
            '<mark class="highlight" id="highlight-2">乙</mark><strong><mark class="highlight">丙丁</mark></strong>',
        ),
        (
            [mark(0, 1), mark(0, 2, 2)],
            '<span id="highlight-1"></span><mark class="highlight" id="highlight-2">甲</mark>',
        ),
    ],
)
def test_a_mark_is_drawn_in_every_element_it_touches(marks, drawn):
    assert drawn in mark_passages(HTML, marks, NOTES)


def test_between_the_items_of_a_list_nothing_is_drawn():
    html = mark_passages(HTML, [mark(6, len(visible_text(HTML)))], NOTES)
    assert html.endswith(
        '</p>\n<ul>\n<li><mark class="highlight">己</mark></li>\n<li><mark class="highlight">庚</mark></li>\n</ul>'
    )


@pytest.mark.parametrize(("place", "drawn"), [(0, "<p>{}甲"), (2, "&amp;{}乙<strong>"), (3, "<strong>{}丙丁")])
def test_a_place_is_an_empty_element_before_its_character(place, drawn):
    slot = '<span id="place" class="place"></span>'
    assert drawn.format(slot) in mark_passages(HTML, [], NOTES, place)


def test_a_note_on_words_of_a_link_is_reached_after_the_link():
    html = mark_passages('<p><a href="/x">甲<em>乙</em>丙</a>丁</p>', [mark(0, 2, note="注")], NOTES)
    assert '丙</a><a class="noted" href="/notes#1"' in html


def test_without_marks_nothing_is_written_anew():
    assert mark_passages(HTML, [], NOTES) == HTML


@given(ANYTHING, st.sampled_from(SourceFormat), st.booleans(), st.data())
def test_no_mark_changes_the_text_or_tears_an_element(source, fmt, in_full, data):
    checked = check(source, fmt, title_hint="x")
    assume(checked.preview)
    html = render_full(checked).html if in_full else checked.preview.html
    text = visible_text(html)
    assert text == Page(html).text
    places = st.integers(0, len(text))
    spans = data.draw(st.lists(st.tuples(places, places).map(sorted), max_size=6))
    marks = [mark(start, end, number, "note") for number, (start, end) in enumerate(spans) if start < end]
    page = Page(mark_passages(html, marks, NOTES, data.draw(st.none() | places)))
    assert page.text == text
    assert not page.wrong
    assert not page.open
    assert len(page.ids) == len(set(page.ids)) or len(Page(html).ids) != len(set(Page(html).ids))
    covered = {at for one in marks for at in range(one.span.start, one.span.end)} - Page(html).formulas
    assert "".join(page.marked.split()) == "".join("".join(text[at] for at in sorted(covered)).split())


def test_cells_of_a_table_are_kept_apart_in_its_text():
    html = render_full(check("# 题\n\n| 甲 | 乙 |\n|---|---|\n| 11 | 4,100 |", SourceFormat.MARKDOWN)).html
    assert visible_text(html).split() == ["甲", "乙", "11", "4,100"]


FORMULA = check("# T\n\nLet $x^2 = \\frac{a}{b}$ be.\n\n$$\ny + z\n$$\n\nEnd.", SourceFormat.MARKDOWN).preview.html


@given(st.data())
def test_a_formula_is_never_marked_inside_and_loses_no_mark(data):
    length = len(visible_text(FORMULA))
    start = data.draw(st.integers(0, length - 1))
    end = data.draw(st.integers(start + 1, length))
    assume(visible_text(FORMULA)[start].strip())  # as the words of a highlight begin
    page = Page(mark_passages(FORMULA, [mark(start, end, note="so")], NOTES, place=start))
    assert (page.wrong, page.text) == ([], visible_text(FORMULA))
    assert {"place", "highlight-1"} <= set(page.ids)
