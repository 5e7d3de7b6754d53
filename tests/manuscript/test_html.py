import pytest
from hypothesis import given

from tests.factories.html import parse
from tests.manuscript.strategies import ANYTHING
from webapp.manuscript import GateSlot, SourceFormat, TocEntry, check, split_gates
from webapp.manuscript import blocks as b
from webapp.manuscript.html import write_html, write_html_parts
from webapp.manuscript.redact import Literal

TEXT, MARKDOWN = SourceFormat.TEXT, SourceFormat.MARKDOWN


def preview(source: str, fmt: SourceFormat = MARKDOWN):
    checked = check(source, fmt)
    assert not checked.has_errors, checked.findings
    return checked.preview


@pytest.mark.parametrize("mark", ["，", "。", "；", "”。", "），", "）", "》", ".", ",", "?", "!"])
def test_punctuation_stays_on_the_line_of_the_gate_before_it(mark):
    html = preview(f"题\n正文##paidbegin##密##paidend##{mark}后", TEXT).html
    slot = GateSlot(1, inline=True).html
    assert html == f'<p>正文<span class="nowrap">{slot}{mark}</span>后</p>'


def test_a_gate_before_a_word_is_not_kept_with_it():
    assert "nowrap" not in preview("题\n正文##paidbegin##密##paidend##后", TEXT).html


def test_headings_are_numbered_below_the_pages_own():
    page = parse(preview("题\n一、甲\n（一）乙\n1. 丙\n（1）丁\n", TEXT).html)
    assert [len(page.css(f"h{level}")) for level in range(1, 7)] == [0, 1, 1, 1, 1, 0]


def told_levels(html: str) -> list[int]:
    """Return the levels of the headings as a screen reader tells them."""
    headings = parse(html).css("h1, h2, h3, h4, h5, h6, [role=heading]")
    return [int(heading.attributes.get("aria-level") or heading.tag[1]) for heading in headings]


@pytest.mark.parametrize(
    ("source", "levels"),
    [
        ("题\n一、甲\n（一）乙\n1. 丙\n（1）丁\n", [2, 3, 4, 5]),
        ("题\n一、甲\n1. 丙\n2. 戊\n（1）丁\n二、己\n（一）乙\n1. 庚\n", [2, 3, 3, 4, 2, 3, 4]),
        ("题\n1. 甲\n（1）乙\n一、丙\n", [2, 3, 2]),
        ("题\n一、甲\n（一）抓好落实。后文。\n1. 丙\n", [2, 3, 4]),
        ("题\n一、甲\n（一）乙\n##paidbegin##\n付费\n付费\n##paidend##\n1. 丙\n", [2, 3, 3]),
    ],
    ids=["each level", "one left out", "the first left out", "one inside a paragraph", "below a gate's own heading"],
)
def test_headings_are_told_without_a_gap_between_their_levels(source, levels):
    assert told_levels(preview(source, TEXT).html) == levels


def test_headings_below_a_markdown_title_begin_at_the_second_level():
    assert [entry.level for entry in preview("# 题\n\n## 甲\n\n### 乙\n").toc] == [1, 2]
    assert [entry.level for entry in preview("# 题\n\n# 甲\n\n## 乙\n").toc] == [1, 2]
    assert [entry.level for entry in preview("题\n\n## 甲\n\n### 乙\n").toc] == [1, 2]


def test_anchors_are_readable_and_unlike():
    toc = preview(
        "# 题\n\n## 一、总体 情况！\n\n## Data, 2026\n\n## 一、总体 情况\n\n## ！\n\n## ？\n\n## 一、总体 情况 2\n"
    ).toc
    assert [entry.anchor for entry in toc] == [
        "s-一-总体-情况",
        "s-data-2026",
        "s-一-总体-情况-2",
        "s",
        "s-2",
        "s-一-总体-情况-2-2",
    ]


def test_a_tree_that_is_no_editions_yet_shows_the_same():
    run = (b.Text("甲<"), b.SoftBreak(" "), Literal("##"), b.BreakingGate(1))
    assert write_html((b.Paragraph(run),)) == ("<p>甲&lt; ##……</p>", ())


def test_parts_of_a_text_share_their_anchors():
    heading = b.Heading(1, (b.Text("甲"),))
    parts = list(write_html_parts([(heading,), (heading, heading), ()]))
    assert [html.count("<h2") for html, _ in parts] == [1, 2, 0]
    assert [[entry.anchor for entry in toc] for _, toc in parts] == [["s-甲"], ["s-甲-2", "s-甲-3"], []]


def test_run_in_headings_of_the_first_two_levels_are_listed():
    toc = preview("题\n（一）抓好落实。后文。\n1. 抓好整改。后文。\n", TEXT).toc
    assert toc == (TocEntry(2, "（一）抓好落实", "s-一-抓好落实"),)


def test_the_contents_show_a_gate_as_an_ellipsis():
    toc = preview("题\n一、关于##paidbegin##密##paidend##的情况\n正文\n", TEXT).toc
    assert toc == (TocEntry(1, "一、关于……的情况", "s-一-关于-的情况"),)


@pytest.mark.parametrize("fmt", [TEXT, MARKDOWN])
def test_text_is_escaped(fmt):
    html = preview('题\n\n<script>"\'&</script> <div class="paid-gate" id="gate-1" data-gate="1"></div>', fmt).html
    assert html.startswith("<p>&lt;script&gt;&quot;&#x27;&amp;&lt;/script&gt; ")
    assert split_gates(html) == (html,)


def test_a_preview_comes_apart_at_its_gates():
    html = preview("题\n\n甲##paidbegin##密##paidend##。\n\n##paidbegin##密\n密##paidend##\n\n乙", MARKDOWN).html
    pieces = split_gates(html)
    assert pieces[1::2] == (GateSlot(1, inline=True), GateSlot(2, inline=False))
    assert "".join(each.html if isinstance(each, GateSlot) else each for each in pieces) == html


@given(ANYTHING)
def test_slots_are_the_gates_of_the_preview_whatever_the_text(source):
    for fmt in SourceFormat:
        found = check(source, fmt).preview
        if found:
            slots = [(each.number, each.inline) for each in split_gates(found.html) if isinstance(each, GateSlot)]
            assert slots == [(gate.number, gate.inline) for gate in found.gates]


@pytest.mark.parametrize("first", [b.Math("E = mc^2"), b.CodeSpan((b.Text("inline()"),))], ids=["formula", "code"])
@pytest.mark.parametrize(("words", "way"), [(" معادلة", ""), (" is code", ' dir="ltr"')])
def test_a_formula_or_code_says_nothing_of_the_direction_of_its_sentence(first, words, way):
    html, _ = write_html((b.Paragraph((first, b.Text(words))),), "ar")
    assert html.startswith(f"<p{way}>")


def cells(*texts: str, language: str = "zh") -> str:
    """Return the HTML of a table's one row."""
    row = tuple((b.Text(text),) for text in texts)
    html, _ = write_html((b.Table(row, (row,), ("", "right")),), language)
    return html.partition("<tbody>\n<tr>")[2].partition("</tr>")[0]


def test_a_long_cell_is_told_from_one_that_is_kept_whole():
    assert cells("云泽市", "三月停航十天") == '<td>云泽市</td>\n<td class="align-right">三月停航十天</td>'
    assert cells("三月停航十天。", "Thirteen here") == (
        '<td class="long">三月停航十天。</td>\n<td class="align-right long">Thirteen here</td>'
    )


def test_a_figure_keeps_its_sign_before_it_in_a_table_from_right_to_left():
    figure = '<td class="align-right"><bdi dir="ltr">+3.2%</bdi></td>'
    assert cells("بيروت", "+3.2%", language="ar") == f"<td>بيروت</td>\n{figure}"
    assert "bdi" not in cells("云泽", "+3.2%")
