"""Emphasis in Chinese: which asterisks open and close where no spaces part the words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline.state_inline import Delimiter, Scanned, StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType

from webapp.manuscript.markdown.sentinels import ANCHOR_END, ANCHOR_START
from webapp.manuscript.marker_language.character_folding import CHINESE_CHARACTERS

# The ends of a gate's sentinel are in it, because a gate may stand for any character.
_CHINESE = re.compile(f"[{CHINESE_CHARACTERS}\ufdd0\ufdd1]")

_DEEPEST_DESCRIPTION = 10


def _is_punctuation(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)


@dataclass(frozen=True, slots=True)
class LooseMark:
    """A run of marks of emphasis without another half, and which half it may be."""

    start: int
    stop: int
    opens: bool
    closes: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """Where a run of marks stands, and the list that its delimiters were added to, at which length."""

    start: int
    stop: int
    delimiters: list[Delimiter]
    first: int


class _State(StateInline):
    def __init__(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> None:
        super().__init__(src, md, env, tokens)
        self.runs: list[_Run] = []

    def _before(self, place: int) -> str:
        while place and self.src[place - 1] == ANCHOR_END:
            place = self.src.rindex(ANCHOR_START, 0, place)
        return self.src[place - 1] if place else " "

    def _after(self, place: int) -> str:
        while place < self.posMax and self.src[place] == ANCHOR_START:
            place = self.src.index(ANCHOR_END, place) + 1
        return self.src[place] if place < self.posMax else " "

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803, FBT001  # the library's names
        """Return as CommonMark does, but beside a Chinese character punctuation keeps no emphasis from its end.

        So `**注意：**重要` is bold (CommonMark 0.31, 6.2, is written for scripts with spaces). An anchor is nothing.
        """
        stop = start
        while stop < self.posMax and self.src[stop] == self.src[start]:
            stop += 1
        self.runs.append(_Run(start, stop, self.delimiters, len(self.delimiters)))
        before, after = self._before(start), self._after(stop)
        is_chinese = bool(_CHINESE.match(before) or _CHINESE.match(after))
        opened, closed = isWhiteSpace(ord(before)), isWhiteSpace(ord(after))
        opens = not closed and (is_chinese or opened or _is_punctuation(before) or not _is_punctuation(after))
        closes = not opened and (is_chinese or closed or _is_punctuation(after) or not _is_punctuation(before))
        can_open = opens and (canSplitWord or not closes or _is_punctuation(before))
        can_close = closes and (canSplitWord or not opens or _is_punctuation(after))
        return Scanned(can_open, can_close, stop - start)


class ChineseInline(ParserInline):
    """markdown-it's inline parser with the rules of emphasis for Chinese; its texts end before www., too."""

    def __init__(self) -> None:
        super().__init__()
        self.terminator_re = re.compile(f"{self.terminator_re.pattern}|(?i:www\\.)")

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """Return the inline tokens of a text; descriptions of pictures are parsed in turn, to a depth of ten."""
        depth = env.get("depth", 0)
        if depth > _DEEPEST_DESCRIPTION:
            return [Token("text", "", 0, content=src)]
        env["depth"] = depth + 1
        self._read(src, md, env, tokens)
        env["depth"] = depth
        return tokens

    def _read(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> _State:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state

    def loose_marks(self, src: str, md: MarkdownIt, env: EnvType) -> list[LooseMark]:
        """Return the marks of emphasis in a text that have no other half, in order."""
        groups: dict[int, list[_Run]] = {}
        for run in self._read(src, md, env, []).runs:
            groups.setdefault(id(run.delimiters), []).append(run)
        return sorted((mark for runs in groups.values() for mark in _loose(runs)), key=lambda mark: mark.start)


def _loose(runs: list[_Run]) -> Iterator[LooseMark]:
    """Yield what of the runs of one list found no other half; what is left of a run is one mark."""
    delimiters = runs[0].delimiters
    matched = {place for index, each in enumerate(delimiters) if each.end >= 0 for place in (index, each.end)}
    for run, last in zip(runs, [*(run.first for run in runs[1:]), len(delimiters)], strict=True):
        width = (run.stop - run.start) // (last - run.first) if last > run.first else 0
        left = [index for index in range(run.first, last) if index not in matched]
        if left:
            start = run.stop - (last - left[0]) * width
            yield LooseMark(start, start + len(left) * width, delimiters[left[0]].open, delimiters[left[0]].close)
