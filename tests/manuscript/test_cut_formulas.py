"""A span that cuts a formula takes the whole of it, and public text alone says which one."""

import re
from xml.etree import ElementTree as ET

import pytest

from tests.factories.formulas import FORMULAS
from webapp.manuscript import SourceFormat, check, render_full

B, E = "##paidbegin##", "##paidend##"
GATE = re.compile(r'<(span|div) class="paid-gate[^>]*></\1>')
HEAD, TAIL = "# Title\n\nBefore. ", "\n\nAfter.\n"
CUT = {
    "the end": f"Let $x + {B}secret$ and more{E} follow.",
    "the beginning": f"Let {B}and $secret{E} + x$ follow.",
    "the middle": f"Let $x + {B}secret{E} + y$ follow.",
    "two pieces": f"Let $x + {B}secret{E} + y + {B}secret{E} + z$ follow.",
    "two formulas": f"Let $x + {B}secret$ and $secret{E} + y$ follow.",
    "all but the dollars": f"Let ${B}secret^2{E}$ follow.",
    "round brackets": rf"Let \(x + {B}secret\) and{E} follow.",
    "the end of round brackets": rf"Let {B}so \(secret{E} + x\) follow.",
    "two dollars": f"Let $$x + {B}secret{E} + y$$ follow.",
    "lines": f"\n\n$$\nx + {B}secret{E}\n$$\n\nfollow.",
    "the first lines": f"\n\n{B}secret\n\n$$\nsecret{E} + x\n$$\n\nfollow.",
    "the last lines": f"\n\n$$\nx + {B}secret\n$$\n\nsecret{E} follow.",
    "square brackets": f"\n\n\\[\nx_1 + {B}secret{E}\n\\]\n\nfollow.",
    "a fence": f"\n\n```math\nx_1 + {B}secret{E}\n```\n\nfollow.",
    "a matrix": f"\n\n$$\n\\begin{{pmatrix}} x & {B}secret \\\\ c & d{E} \\end{{pmatrix}}\n$$\n\nfollow.",
    "an opened matrix": f"Let $\\begin{{pmatrix}} x & {B}secret \\\\ c & d \\end{{pmatrix}}$ and{E} follow.",
}


@pytest.mark.parametrize("place", CUT)
@pytest.mark.parametrize("breaks", ["\n", "\r\n"])
def test_a_cut_formula_is_wholly_behind_the_gate(place, breaks):
    source = (HEAD + CUT[place] + TAIL).replace("\n", breaks)
    checked = check(source, SourceFormat.MARKDOWN)
    assert {each.code.value for each in checked.findings} == {"cuts-formula"}
    preview = checked.preview
    assert "x" not in preview.text.removeprefix("Title")
    assert not set("$\\{}+") & set(preview.text), preview.text
    assert "secret" not in preview.html
    assert preview.html.count("data-gate=") == len(preview.gates) == 1
    full = render_full(checked)
    assert full.html.count("<math") == (2 if place == "two formulas" else 1)
    assert "$" not in full.text
    ET.fromstring(f"<div>{preview.html}</div>")
    ET.fromstring(f"<div>{full.html}</div>")
    assert checked.manuscript.as_written == source


UNCUT = {
    "a price before": f"It costs ${B}500{E} a month, or $6.",
    "a price behind": f"It costs {B}500{E}$ a month, or 6$.",
    "a price that ends": f"It costs $5{B}00{E} a month, or 6$.",
    "a price and prose": f"It costs $5 and {B}then it costs{E} $10 or so.",
    "a formula inside": f"Let {B}$secret^2${E} be.",
    "a formula beside": f"Let $x$ {B}secret{E} $y$ be.",
    "touching formulas": f"Let $x${B}$secret${E}$y$ be.",
    "code": f"Let `$x + {B}secret{E} + y$` be.",
    "an escaped dollar": f"It costs \\$x {B}secret{E} y\\$ now.",
    "brackets": rf"Some \(see {B}secret{E} note\) here.",
    "Chinese prices": f"价格为$100，{B}密{E}而$200。",
}


@pytest.mark.parametrize("place", UNCUT)
def test_what_is_no_cut_formula_stays_public(place):
    checked = check(HEAD + UNCUT[place] + TAIL, SourceFormat.MARKDOWN)
    assert [each.code.value for each in checked.findings] == []
    assert checked.manuscript.written is None
    before, after = (UNCUT[place].split(mark)[at] for mark, at in ((B, 0), (E, 1)))
    for piece in (before, after):  # of which Markdown takes the backquotes, and the dollars of whole formulas
        shown = piece.translate(str.maketrans("", "", "`\\")).replace("$x$", "x").replace("$y$", "y")
        assert shown.strip() in checked.preview.text


@pytest.mark.parametrize("tex", FORMULAS)
@pytest.mark.parametrize("form", ["Let ${}$ be so.", "\n\n$$\n{}\n$$\n\nSo it is.", "Let \\({}\\) be so."])
def test_a_span_anywhere_around_a_formula_leaves_the_preview_whole(tex, form):
    """The fourteen placements: its ends before, at, in the middle and behind of what is written, in any order."""
    if ("&=" in tex or "利润 =" in tex) and "$$" not in form:
        form = "\n\n$$\n{}\n$$\n\nSo it is."
    text = form.replace("{}", tex)
    start = text.index(tex)
    places = [0, start - 1, start, start + len(tex) // 3, start + 2 * len(tex) // 3, start + len(tex), len(text)]
    places = [place - 1 if text[max(0, place - 1)] == "\\" else place for place in places]  # else it is a literal
    tried = 0
    for index, begin in enumerate(places):
        for end in places[index + 1 :]:
            source = f"{HEAD}{text[:begin]}{B}{text[begin:end]}{E}{text[end:]}{TAIL}"
            checked = check(source, SourceFormat.MARKDOWN)
            assert checked.preview, (source, checked.findings)
            ET.fromstring(f"<div>{checked.preview.html}</div>")
            full = render_full(checked)
            ET.fromstring(f"<div>{full.html}</div>")
            assert checked.preview.html.count("data-gate=") == 1
            assert full.html.count("<math") == 1, (source, full.html)
            tried += 1
    assert tried >= 14


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        # Delimiters that close for the gate before them and open for the one behind: the first has them.
        (f"A {B}密{E} a^2$$b^2 {B}密{E} d", "A Gb^2 G d"),
        # No dollar opens that stands behind a letter of a word or before a space.
        (f"x $5 and $ {B}密{E} b", "x $5 and $ G b"),
        (f"x US$ a^2 {B}密{E}$ b", "x US$ a^2 G$ b"),
        # With the markers moved the text would hold another marker: it stays as it was written.
        (f"a $x^2 ##paid{B}begin## y{E}$ b", "a $x^2 ##paidG$ b"),
    ],
)
def test_where_no_formula_is_certain_the_text_stays(line, shown):
    checked = check(f"{HEAD}\n\n{line}", SourceFormat.MARKDOWN)
    assert GATE.sub("G", checked.preview.html).endswith(f"<p>{shown}</p>")


def test_a_formula_may_stand_at_the_very_beginning():
    checked = check(f"```math\nx_1\n```\n\n$b {B}a{E}$", SourceFormat.MARKDOWN)
    assert checked.preview.html.count("<math") == 1
    assert render_full(checked).html.count("<math") == 2


def test_nothing_paid_decides_how_much_of_a_formula_is_hidden():
    one = HEAD + CUT["the end"] + TAIL
    other = one.replace("secret$ and more", "100 or 200 even")
    previews = [check(text, SourceFormat.MARKDOWN).preview.html for text in (one, other)]
    assert previews[0] == previews[1]


def test_a_formula_that_cannot_be_shown_is_told_with_its_place():
    source = f"# T\n\nA $x$ and $\\foo{{x}}$.\n\n$$\n\\bar\n$$\n\n{B}Or $\\foo{{y}}$.{E} End.\n"
    found = check(source, SourceFormat.MARKDOWN).findings
    told = [(each.code.value, each.line, each.column, each.excerpt) for each in found]
    assert told == [
        ("formula-as-source", 3, 11, r"$\foo{x}$"),
        ("formula-as-source", 5, 1, "$$"),
        ("formula-as-source", 9, 17, "$"),
    ]
