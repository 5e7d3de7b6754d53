"""Every kind of Markdown with a paid span at every place about it."""

import re
from html.parser import HTMLParser

import pytest

from tests.manuscript.markdown_kinds import KINDS, PLACEMENTS, document_with
from tests.manuscript.strategies import BEGIN, END
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
    # What a cut leaves public may be longer than what it makes of the whole: the {#named} of half a heading.
    assert sum(gate.characters for gate in preview.gates) == max(0, full.characters - preview.characters)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_the_kinds_together_are_the_kinds_one_by_one(placement):
    kinds = [kind for kind in KINDS if kind not in RUNNING_ON]
    together = check(document_with(kinds, placement), MARKDOWN)
    assert not together.has_errors, together.findings
    characters = sum(check(document_with([kind], placement), MARKDOWN).preview.characters for kind in kinds)
    assert together.preview.characters == characters
