"""Texts as nobody writes them, and what their markers say: what the editor's buttons are tried on."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from webapp.manuscript.findings import FindingCode
from webapp.manuscript.marker_language.markers import Manuscript, parse_manuscript

UNBALANCED = {FindingCode.UNCLOSED_SPAN, FindingCode.NESTED_BEGIN, FindingCode.STRAY_END}
BEGINS = (
    *("##paidbegin##",) * 6,
    "$$paidbegin$$",
    "＃＃ＰａｉｄＢｅｇｉｎ＃＃",
    "## paid\u200bbegin##",
    "##𝐩aidbeg㏌##",
)
ENDS = (*("##paidend##",) * 6, "$$paidend$$", "＃＃ＰａｉｄＥｎｄ＃＃", "# # PAIDEND # #")
PIECES = (
    *(
        "甲",
        "乙丙",
        "报告",
        "a",
        "bc",
        "😀",
        "\n",
        "\n\n",
        " ",
        "\t",
        "- ",
        "## ",
        "| a | b |",
        "**",
        "\\",
        "\\\\",
        "。",
        "x",
    ),
    *("\\##paidbegin##", "\\*", "##pagebreak##", "> ", "#", "$", "[^1]", "y z", "\n- 丁\n- 戊\n"),
)


@dataclass(frozen=True)
class Written:
    """A text, and what is selected in it, in characters."""

    text: str
    start: int
    stop: int

    @cached_property
    def read(self) -> Manuscript:
        return parse_manuscript(self.text)

    @cached_property
    def places(self) -> list[int]:
        """Where each character begins as a browser counts, which counts halves of pairs."""
        return list(accumulate((2 if ord(sign) > 0xFFFF else 1 for sign in self.text), initial=0))

    @property
    def is_balanced(self) -> bool:
        return not any(each.code in UNBALANCED for each in self.read.findings)

    @property
    def near(self) -> int:
        return sum(each.code is FindingCode.NEAR_MARKER for each in self.read.findings)

    @property
    def paid(self) -> set[int]:
        return {at for span in self.read.spans for at in range(span.begin.stop, span.end.start)}

    @property
    def markers(self) -> set[int]:
        return {
            at for span in self.read.spans for mark in (span.begin, span.end) for at in range(mark.start, mark.stop)
        }

    @property
    def selected(self) -> set[int]:
        return set(range(self.start, self.stop))

    @property
    def cut_units(self) -> set[int]:
        """What is whole or not at all: literals, page breaks, a backslash and the sign behind it."""
        units = [set(range(mark.start, mark.stop)) for mark in self.read.marks]
        at = 0
        while at < len(self.text):
            if self.text[at] == "\\":
                units.append({at, at + 1})
                at += 1
            at += 1
        return {at for unit in units if unit & self.selected and unit - self.selected for at in unit}

    def asked(self) -> list[object]:
        """Return what a browser is told of it."""
        return [self.text, self.places[self.start], self.places[self.stop]]

    def edited(self, edit: dict) -> tuple["Written", list[int | None]]:
        """Return the text after an edit, and where each of its characters stood before, None for what is new."""
        back = {place: at for at, place in enumerate(self.places)}
        signs, origins, seen = [], [], 0
        for change in edit["changes"]:
            start, stop = back[change["start"]], back[change["stop"]]
            assert seen <= start <= stop
            signs += [*self.text[seen:start], *change["insert"]]
            origins += [*range(seen, start), *[None] * len(change["insert"])]
            seen = stop
        signs += self.text[seen:]
        origins += range(seen, len(self.text))
        text = "".join(signs)
        back = {place: at for at, place in enumerate(Written(text, 0, 0).places)}
        start, stop = (back[place] for place in edit["select"])
        return Written(text, start, stop), origins


def written_texts(seed: int, *, balanced: bool = True) -> Iterator[Written]:
    """Yield texts without end, whose spans are whole or, where wanted, not."""
    chance = random.Random(seed)
    while True:
        pieces = [*_some(chance)]
        for _ in range(chance.randint(1, 4)):
            pieces += [
                chance.choice(BEGINS),
                *_some(chance),
                chance.choice(PIECES),
                chance.choice(ENDS),
                *_some(chance),
            ]
        if not balanced:
            pieces.insert(chance.randint(0, len(pieces)), chance.choice((*BEGINS, *ENDS)))
        text = "".join(pieces)
        start, stop = sorted(chance.randint(0, len(text)) for _ in range(2))
        written = Written(text, start, chance.choice((start, stop, stop, stop)))
        if written.is_balanced == balanced:
            yield written


def _some(chance: random.Random) -> list[str]:
    return [chance.choice(PIECES) for _ in range(chance.randint(0, 6))]
