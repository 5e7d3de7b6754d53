from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.manuscript.strategies import PIECES, joined, sources
from webapp.manuscript import SourceFormat, check


def is_inline(piece: str) -> bool:
    return "\n" not in piece and "\r" not in piece


def as_inline_as(piece: str, other: str) -> str:
    """Return a piece with a line break where the other has one, and without any where it has none."""
    if is_inline(other):
        return piece.replace("\n", " ").replace("\r", " ")
    return piece if not is_inline(piece) else f"{piece}\n"


def padded(piece: str, length: int) -> str:
    return piece + "密" * (length - len(piece))


@given(sources(), st.data(), st.sampled_from(SourceFormat))
def test_two_sources_that_differ_only_inside_spans_have_the_same_preview(pieces, data, fmt):
    public, one = pieces
    assume(one)
    other = [as_inline_as(data.draw(PIECES), each) for each in one]
    lengths = [max(len(here), len(there)) for here, there in zip(one, other, strict=True)]
    first, second = (
        check(
            joined(public, [padded(piece, length) for piece, length in zip(hidden, lengths, strict=True)]), fmt
        ).preview
        for hidden in (one, other)
    )
    assume(first and second)
    assert (first.title, first.summary, first.language) == (second.title, second.summary, second.language)
    assert (first.html, first.text, first.toc) == (second.html, second.text, second.toc)
    if [replace(gate, minutes=1) for gate in first.gates] == [replace(gate, minutes=1) for gate in second.gates]:
        assert first == second
    assert replace(first, gates=()) == replace(second, gates=())


LETTERS = str.maketrans("春夏秋冬东南西北spring", "冬秋夏春北西南东gnirps")
REPORT = """# 春季市场

春季的市场总体平稳，##paidbegin##东南西北 spring 12.5%##paidend##，后文。

##paidbegin##
## 东部

- 春夏，**spring**
- 秋冬 ![南](spring.png)

> 西北##PAGEBREAK##

```
spring
```
##paidend##

## 展望

公开的展望。
"""


@pytest.mark.parametrize("fmt", SourceFormat)
def test_other_words_behind_the_gates_of_a_report_change_nothing_of_its_preview(fmt):
    public, *spans = REPORT.split("##paidbegin##")
    twin = public
    for span in spans:
        hidden, shown = span.split("##paidend##")
        twin += f"##paidbegin##{hidden.translate(LETTERS)}##paidend##{shown}"
    assert twin != REPORT
    assert check(twin, fmt).preview == check(REPORT, fmt).preview


def test_a_preview_holds_no_word_of_the_paid_text():
    preview = check(REPORT, SourceFormat.MARKDOWN).preview
    everything = repr(preview)
    assert not [word for word in ("东", "西", "spring", "12.5", "秋") if word in everything]
