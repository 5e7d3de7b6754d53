"""A span that cuts a link, emphasis or code leaves no half of a mark in the preview."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.manuscript import SourceFormat, check, render_full

MARKDOWN = SourceFormat.MARKDOWN
BEGIN, END = "##paidbegin##", "##paidend##"
GATE = re.compile(r'<(span|div) class="paid-gate[^>]*></\1>')


def preview(source: str):
    """Return the preview of a source in which { and } stand for the markers."""
    checked = check(source.replace("{", BEGIN).replace("}", END), MARKDOWN)
    assert checked.preview, checked.findings
    return checked.preview


def shown(line: str) -> str:
    """Return the HTML of a line below a title, `G` for its gate."""
    html = GATE.sub("G", preview(f"# 题\n\n开头。\n\n{line}").html.removeprefix("<p>开头。</p>\n"))
    return html.removeprefix("<p>").removesuffix("</p>")


HALVES = {
    "x **bold {密** 密} tail": "x <strong>bold</strong> G tail",
    "x {**a} bold** tail": "x G <strong>bold</strong> tail",
    "x {**a}** tail": "x G tail",
    "x **{a** b} tail": "x G tail",
    "x _em {密_} tail": "x <em>em</em> G tail",
    "x ~~s {密~~} tail": "x <s>s</s> G tail",
    "x ***a {密***} tail": "x <em><strong>a</strong></em> G tail",
    "x *a **b {密** 密*} tail": "x <em>a <strong>b</strong></em> G tail",
    "x {*a **b} c** d* tail": "x G <em><strong>c</strong> d</em> tail",
    "前**注意：{密**}后": "前<strong>注意：</strong>G后",
    "前{**密}重点**后": "前G<strong>重点</strong>后",
    "x `code {密` 密} tail": "x <code>code</code> G tail",
    "x {`a} code` tail `b` c": "x G <code>code</code> tail <code>b</code> c",
    "x `` a ` b {c ``} d": "x <code> a ` b</code> G d",
    "x {`a}` tail": "x G tail",
    "x {`a}` tail `b` and `c` d": "x G tail <code>b</code> and <code>c</code> d",
    "x `a` b `{c`} d": "x <code>a</code> b G d",
    "x [lin{密](/u)}k": "x linGk",
    "x {[a} text](/u) tail": "x G text tail",
    "x {[a} text][ref] tail": "x G text tail",
    "x [[wiki {密]]} tail": "x wiki G tail",
    "x {[[a} b]] tail": "x G b tail",
    "x[^n{ote]} tail": "xG tail",
    "x^[note {密]} tail": "xnote G tail",
    "x ==m {密==} tail": "x <mark>m</mark> G tail",
    "x ![alt {密](u)} tail": "x  G tail",
    "x [a](http://ex{密.com) y} tail": "x aG tail",
    "x **[a {密](/u)**} tail": "x <strong>a</strong> G tail",
    "a **b `c {密` **} d": "a <strong>b <code>c</code></strong> G d",
    "x {![a](/a}b.png) tail": "x G tail",
    'x {![a](/a}b.png "Title") tail': "x G tail",
    "x {![a](/a}b_(1).png) tail": "x G tail",
    "x {![a](图}片.png) tail": "x G tail",
    "x {![a](/a\n\n![b](/}b.png) tail": "x</p>\nG\n<p>tail",
    "x [wo{rds](https://exa}mple.com/a?b) tail": "x woG tail",
    "x ![[pic{ture.png]]} tail": "x G tail",
    "x {![[pic}ture of it.png|words]] tail": "x G tail",
    "x ![[No{te]]} tail": "x G tail",
    "x^2{3^} tail": "x<sup>2</sup>G tail",
    "x^n{3^} tail": "x<sup>n</sup>G tail",
    "x^{23^} tail": "xG tail",
    "{x^2}3^ tail": "G<sup>3</sup> tail",
    "{x^2}^ tail": "G tail",
    "{x^a}b^，后": "Gb，后",
    "H~2{~O} tail": "H<sub>2</sub>G tail",
    "H~{2~O} tail": "HG tail",
    "{H~2}3~O tail": "G<sub>3</sub>O tail",
    "{H~2}~ tail": "G tail",
    "x^2{3^ and} H~2{~O} tail": "x<sup>2</sup>G H<sub>2</sub>G tail",
    "x `a ``{密} b": "x <code>a </code>G b",
    "x {密}`` a` b": "x G<code> a</code> b",
    "x {密} `a`` b": "x G <code>a</code> b",
    "x ``a` ``` {密} b": "x <code>a` </code> G b",
    "x {密}b ` c `` d ` e `` f": "x G<code>b ` c </code> d ` e `` f",  # no pairing of these says what was meant
    "x _~~{密} tail": "x G tail",
    "x {密}_== tail": "x G tail",
    "x **bold {密\n\n密**} tail": "x <strong>bold</strong></p>\nG\n<p>tail",
}
WHOLE = {
    "x **a{密}b** c": "x <strong>aGb</strong> c",
    "x `a{密}b` c": "x <code>aGb</code> c",
    "x **a**{密} **b** c": "x <strong>a</strong>G <strong>b</strong> c",
    "区间 [0, 5) 内{密}": "区间 [0, 5) 内G",
    "x 5 * 3 {密} *y*": "x 5 * 3 G <em>y</em>",
    "x \\**a\\` b {密} c": "x *<em>a` b</em> G c",
    "[注] a {密} [b] c": "[注] a G [b] c",
    "x^{密}^ and H~{密}~O": "x<sup>G</sup> and H<sub>G</sub>O",
    "x^2^{密} H~2~{密} x": "x<sup>2</sup>G H<sub>2</sub>G x",
    "a ~there~{密} b": "a ~there~G b",
    "https://example.com/c^2{密} b": (
        '<a href="https://example.com/c%5E2" rel="noopener nofollow">https://example.com/c^2</a>G b'
    ),
    "a ![[pic.png|alt]]{密} b": 'a <span class="image">alt</span>G b',
    "a ![[pic.png|alt]]: {密}": 'a <span class="image">alt</span>: G',
    "a `![[pic.png]]`{密}": "a <code>![[pic.png]]</code>G",
    "x [甲]{密} b": "x [甲]G b",
    "选项A~C{密}都对": "选项A~CG都对",
    "{密}3~5天，{约}~100元": "G3~5天，G~100元",
    "x `C:\\`{密} b": "x <code>C:\\</code>G b",
    "x \\`a {密} b`{密} c": "x `a G <code>b</code>G c",
    "`x^2`{密} a `b/c.d){密}`": "<code>x^2</code>G a <code>b/c.d)G</code>",
    "哈{密}^-^ b": "哈G^-^ b",
    "(see {密}example.com/a) b": "(see Gexample.com/a) b",
    "{(密 }art) b": "Gart) b",
    "{(密}3.2) b": "G3.2) b",
    "见{密}a.png b": "见Ga.png b",
    "snake_case {密} a_b": "snake_case G a_b",
}


@pytest.mark.parametrize(("line", "html"), HALVES.items())
def test_a_half_is_closed_as_it_was_meant_or_taken_away(line, html):
    assert shown(line) == html


@pytest.mark.parametrize(("line", "html"), WHOLE.items())
def test_what_is_whole_or_meant_as_it_is_stays(line, html):
    assert shown(line) == html


def test_a_half_in_a_heading_is_closed_where_a_gate_follows_it():
    edition = preview("# 题\n\n开头。\n\n## 甲 **乙 {密\n密**}\n\n## 丙 [丁 {密](/u)}\n\n后文。")
    assert [entry.text for entry in edition.toc] == ["甲 乙", "丙 丁 ……"]
    assert "甲 <strong>乙</strong>" in edition.html


def test_a_half_in_the_last_cell_before_a_gate_is_closed():
    table = "| a | b |\n|---|---|\n| c | **d {密** |\n密}\n\n后文。"
    assert "<td><strong>d</strong></td>" in preview(f"# 题\n\n开头。\n\n{table}").html


KINDS = {
    "strong": ("**", "**"),
    "emphasis": ("*", "*"),
    "emphasis, too": ("_", "_"),
    "strike": ("~~", "~~"),
    "code": ("`", "`"),
    "link": ("[", "](/address)"),
    "image": ("![", "](/address.png)"),
}
WORDS = st.sampled_from(["甲乙", "a word", "丙，丁", "x. y", "注意：", "12"])


@st.composite
def cut_lines(draw):
    """Return a line that holds marks in marks, and a span in it that begins or ends within them."""
    pieces = [draw(WORDS)]
    for opening, closing in (
        KINDS[kind] for kind in draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3))
    ):
        pieces += [" ", opening, draw(WORDS), closing, " ", draw(WORDS)]
    places = [
        at for at, piece in enumerate(pieces) if piece.strip() and piece not in {"**", "*", "_", "~~", "`", "[", "!["}
    ]
    begin, end = sorted((draw(st.sampled_from(places)), draw(st.sampled_from(places))))
    within = [
        f"{pieces[begin][:1]}{BEGIN}{pieces[begin][1:]}" if not pieces[begin].startswith("]") else BEGIN + pieces[begin]
    ]
    if begin == end:
        return "".join([*pieces[:begin], *within, END, *pieces[end + 1 :]])
    last = pieces[end] + END if pieces[end].startswith("]") else f"{pieces[end][:1]}{END}{pieces[end][1:]}"
    return "".join([*pieces[:begin], *within, *pieces[begin + 1 : end], last, *pieces[end + 1 :]])


@given(cut_lines())
def test_no_stray_mark_is_in_the_preview_its_summary_or_its_contents(line):
    checked = check(f"# 题\n\n## {line}\n\n开头，{line}", MARKDOWN)
    if checked.preview is None:
        assert {each.code for each in checked.findings} <= {"gate-lost", "near-marker"}
        return
    edition = checked.preview
    for text in (edition.text, edition.summary, *(entry.text for entry in edition.toc)):
        assert not re.search(r"[*`\[_~]|\]\(", text), line
    assert render_full(checked).title == edition.title


@pytest.mark.parametrize(
    ("source", "numbers"),
    [
        ("1. a\n2. b\n{\n3. c\n4. d\n}\n5. e\n6. f", [1, 5]),
        ("1. a\n2. b {c\n3. d} e\n4. f", [1, 4]),
        ("1. a\n2. b\n\n{\n3. c\n}\n\n5. e", [1, 5]),
        ("3. a\n{\n4. b\n}\n9. c\n{\nd\n}\n10. e", [3, 9]),
        ("1. a\n{\n密\n}\n2. b", [1]),
        ("1. a\n2. b\n7. c", [1]),
        ("1. a {密}\n2. b", [1]),
        ("- 1. a\n  {\n  2. b\n  }\n  3. c", [1, 3]),
    ],
)
def test_a_list_goes_on_behind_a_gate_with_the_number_that_is_written_there(source, numbers):
    html = preview(f"# 题\n\n开头。\n\n{source}\n").html
    assert [int(start or 1) for start in re.findall(r'<ol(?: start="(\d+)")?>', html)] == numbers
