"""Every kind of Markdown with a paid span at every place about it."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.manuscript.markdown_kinds import KINDS, PLACEMENTS, document_with
from tests.manuscript.strategies import BEGIN, END, MARKUP
from webapp.manuscript import Severity, SourceFormat, check, render_full
from webapp.manuscript.block_json import read_blocks
from webapp.manuscript.block_walk import gate_numbers

MARKDOWN = SourceFormat.MARKDOWN
CUT_IN_TWO = {"fence", "table"}  # what a span that holds only one end of them would change altogether
RUNNING_ON = {"colons", "details", *CUT_IN_TWO}  # to the end of the text, where their own end is paid
CASES = [(kind, placement) for kind in KINDS for placement in PLACEMENTS]


class Balance(HTMLParser):
    """Raises AssertionError where a tag closes what another opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in {"br", "hr", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def is_balanced(html: str) -> bool:
    reader = Balance()
    reader.feed(html)
    reader.close()
    return not reader.open


def hidden_words(source: str) -> set[str]:
    """Return the words, and parts of them, that stand between markers and nowhere else."""
    pieces = [re.sub(r"</?\w+>", " ", piece.partition(END)[0]) for piece in source.split(BEGIN)[1:]]
    public = re.sub(f"{BEGIN}.*?{END}", "", source, flags=re.DOTALL)
    return {word for piece in pieces for word in re.findall(r"\w{3,}", piece) if word not in public}


@pytest.mark.parametrize(("kind", "placement"), CASES, ids=lambda told: told)
def test_a_span_anywhere_about_a_kind_hides_what_it_holds_and_nothing_else(kind, placement):
    source = document_with([kind], placement)
    checked = check(source, MARKDOWN)
    if checked.has_errors:
        assert kind in CUT_IN_TWO
        assert [each.code for each in checked.findings if each.severity is Severity.ERROR] == ["cuts-structure"]
        return
    preview, full = checked.preview, render_full(checked)
    assert is_balanced(preview.html)
    assert is_balanced(full.html)
    assert not [word for word in hidden_words(source) if word in repr((preview, preview.summary))]
    assert sorted(gate_numbers(read_blocks(preview.tree))) == list(range(1, source.count(BEGIN) + 1))
    whole = check(source.replace(BEGIN, "").replace(END, ""), MARKDOWN).preview
    unmarked = re.sub(r'<span class="paid-passage" id="gate-\d+">(.*?)</span>', r"\1", full.html, flags=re.DOTALL)
    assert (unmarked, full.text, full.toc) == (whole.html, whole.text, whole.toc)
    assert sum(gate.characters for gate in preview.gates) == full.characters - preview.characters


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_the_kinds_together_are_the_kinds_one_by_one(placement):
    kinds = [kind for kind in KINDS if kind not in RUNNING_ON]
    together = check(document_with(kinds, placement), MARKDOWN)
    assert not together.has_errors, together.findings
    characters = sum(check(document_with([kind], placement), MARKDOWN).preview.characters for kind in kinds)
    assert together.preview.characters == characters


@given(MARKUP, st.lists(MARKUP, min_size=1, max_size=3))
def test_the_gates_together_count_what_payers_see_more(opening, pieces):
    source = opening + "".join(f" {BEGIN}{piece}{END} 后文。" for piece in pieces)
    checked = check(source, MARKDOWN)
    if checked.preview:
        preview, full = checked.preview, render_full(checked)
        more = full.characters - preview.characters
        assert sum(gate.characters for gate in preview.gates) == max(0, more)
        # Only signs of markup may be shown to visitors alone: the brackets of a reference whose address is paid.
        assert more >= 0 or len(re.findall(r"\w", full.text)) >= len(re.findall(r"\w", preview.text))


@pytest.mark.parametrize(
    ("source", "preview", "full"),
    [
        ("##paidbegin#### Riv##paidend##ers {#named}", "……ers", "Rivers"),
        (
            "Open ##paidbegin##words.\n\n## Riv##paidend##ers {#named .x}\nOn.",
            "Open\n\n……\n\ners On.",
            "Open words.\n\nRivers\n\nOn.",
        ),
        ("## Riv##paidbegin##ers##paidend## {#named}", "Riv……", "Rivers"),
        ("One {#named}\ntwo ##paidbegin##three##paidend##.", "One {#named} two …….", "One {#named} two three."),
        ("See [[Other page|wat##paidbegin##er]] now##paidend##.", "See wat…….", "See water now."),
        ("See [[wat##paidbegin##er]] now##paidend##.", "See wat…….", "See water now."),
    ],
)
def test_what_names_and_leads_is_not_shown_where_its_other_half_is_paid(source, preview, full):
    checked = check(f"# T\n\n{source}\n", MARKDOWN)
    assert (checked.preview.text, render_full(checked).text) == (preview, full)


def test_a_span_that_takes_public_text_into_a_note_that_nobody_cites_is_an_error():
    checked = check("# T\n\nOpen.\n\n##paidbegin##\n[^1]: A note.\n##paidend## And on.\n", MARKDOWN)
    assert [(each.code, each.line) for each in checked.findings if each.severity is Severity.ERROR] == [
        ("cuts-structure", 5)
    ]


NOTED = "# 题\n\n甲。[^a] {0}乙[^b]{1}\n\n{2}[^b]: 密注一{3}\n\n[^b]: 密注二\n\n[^a]: 公开注\n[^c]: 无人引用\n"


@pytest.mark.parametrize("words", ["密注一", "密注二", "乙"])
def test_twins_whose_notes_differ_behind_a_gate_are_the_same_publicly(words):
    source = NOTED.format(BEGIN, END, BEGIN, END)
    twin = source.replace(words, "异" * len(words))
    first, second = check(source, MARKDOWN).preview, check(twin, MARKDOWN).preview
    assert first == second
    assert "密注" not in repr(first)
    assert "无人引用" not in repr((first, render_full(check(source, MARKDOWN))))


def test_a_definition_that_nobody_cites_publicly_leaves_its_gate_where_it_stood():
    checked = check(f"# 题\n\n甲{BEGIN}乙[^a]{END}\n\n[^a]: 半句{BEGIN}密{END}后\n\n丙\n", MARKDOWN)
    assert not checked.has_errors, checked.findings
    assert "半句" not in checked.preview.html
    assert '<div class="paid-gate" id="gate-2" data-gate="2"></div>\n<p>丙</p>' in checked.preview.html
    assert "半句" in render_full(checked).html


@pytest.mark.parametrize("opening", ["> [!tip] Rivers\n>\n> [^1]: A note.", ":::note Rivers\n\n[^1]: A note.\n:::"])
def test_a_callout_of_which_only_the_title_is_left_is_shown(opening):
    assert check(f"# T\n\n{opening}\n\nOn.\n", MARKDOWN).preview.text == "Rivers\n\nOn."


def test_a_note_that_is_cited_nowhere_is_named_with_its_place():
    found = check("# 题\n\n甲[^a]\n\n[^a]: 注\n[^b]: 多余\n", MARKDOWN).findings
    assert [(each.code, each.line, each.column, each.excerpt) for each in found] == [
        ("definition-unused", 6, 1, "[^b]")
    ]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("约3~5天，7~9天", "约3~5天，7~9天"),
        ("a==b, c==d", "a==b, c==d"),
        ("哈哈 ^_^ 好", "哈哈 ^_^ 好"),
        (":smile: arr[[1]] x[[i]]", ":smile: arr[[1]] x[[i]]"),
        ("<b>粗</b> <sub class=x>", "&lt;b&gt;粗&lt;/b&gt; &lt;sub class=x&gt;"),
        ("研究表明^[1]^，m^2^", "研究表明<sup>[1]</sup>，m<sup>2</sup>"),
        ("CO~2~ ~旧~ ~~旧~~", "CO<sub>2</sub> <s>旧</s> <s>旧</s>"),
        ("甲<BR/>乙<br>丙", "甲<br>乙<br>丙"),
        ("见https://a.cn/x，好", '见<a href="https://a.cn/x" rel="noopener nofollow">https://a.cn/x</a>，好'),
        ("（www.a.cn）", '（<a href="http://www.a.cn" rel="noopener nofollow">www.a.cn</a>）'),
        ("me@a.cn.", '<a href="mailto:me@a.cn">me@a.cn</a>.'),
        ("`==x== <sub>`", "<code>==x== &lt;sub&gt;</code>"),
    ],
)
def test_what_is_markup_and_what_is_not(written, shown):
    assert check(f"# 题\n\n首段\n\n{written}\n", MARKDOWN).preview.html == f"<p>首段</p>\n<p>{shown}</p>"
