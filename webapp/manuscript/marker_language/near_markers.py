"""What looks like a marker of a paid span and is none: a slip of the pen must not give the paid text away."""

import html
import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, compress

from webapp.manuscript.marker_language.character_folding import EXPANSIONS, IGNORED, LOOSE, SYMBOLS, sketch
from webapp.manuscript.marker_language.typo_distance import (
    ALTERNATIVES,
    LONGEST_TYPO,
    MARKER_WORDS,
    SHORTEST,
    is_slip,
    opening_slip,
)

MASK = "!"  # stands in a sketch where an exact marker was, so that its symbols serve no other
_TAIL = "\x02"  # stands for what an entity has more than the character it names
_DROPPED = IGNORED + LOOSE + _TAIL
_DROP = {ord(each): None for each in _DROPPED}
_KEPT = bytes(chr(code) not in _DROPPED for code in range(256))
_WIDTHS = {code: len(letters) for letters, code in EXPANSIONS.items()}

# &#35; &#x23; &num; and &#35 without its semicolon
_ENTITY = re.compile(r"&(?:#0*+[0-9]{1,7}|#[xX]0*+[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?")
# <b> and <span style="x: 1">
_TAG = re.compile(rf"<[^<>{MASK}]*+>")

_SYMBOL = f"[{SYMBOLS}]"
_LETTER = f"[^{SYMBOLS} \n{MASK}]"
_GAP = f"[{SYMBOLS} \n]*+"
# paidbegin, paid#begin and paid begin
_WORD = re.compile("(?:" + "|".join(_GAP.join(word) for word in MARKER_WORDS) + ")")
# A symbol is near when it is one of the next three characters; line breaks do not count, a run of spaces counts once.
# : # behind the word in: paidbegin: #
_NEAR_SYMBOL = re.compile(rf"(?P<between>\n*+(?:(?:{_LETTER}| [ \n]*+)\n*+){{0,2}}?)(?P<run>{_SYMBOL}++)")
# o, behind the word in: ## paid endorsements
_GOES_ON = re.compile(r" *+[a-z0]")
# ## of: ##paidbegn; its piece is paidbegn
_TOUCHED = re.compile(rf"(?<!{_SYMBOL}){_SYMBOL}{{2,}}+(?=(?P<piece>{_LETTER}{{{SHORTEST},{LONGEST_TYPO}}}+))")
# # of: #paid begn #; left #, its piece paid begn, a space, right #
_BETWEEN = re.compile(
    rf"(?<!{_SYMBOL})(?P<left>{_SYMBOL}++)"
    rf"(?=(?P<piece>(?:[ \n]*+{_LETTER}){{{SHORTEST},{LONGEST_TYPO}}}+)(?P<space>[ \n]*+)(?P<right>{_SYMBOL}++))"
)
_RUN = re.compile(f"{_SYMBOL}*+")
# ##* of: ##*paidbegin*##
_BARE = re.compile(rf"[{SYMBOLS}{IGNORED}{_TAIL} \n{LOOSE}]*+")


@dataclass(frozen=True, slots=True)
class NearMarker:
    """Offsets of the near-marker with its symbols, of its word, and of what of it holds no other text between them."""

    start: int
    word_start: int
    word_stop: int
    stop: int
    bare_start: int
    bare_stop: int


_Hit = tuple[int, int, int, int]  # start, word_start, word_stop, stop in what remains of a sketch


class _Remains:
    """A sketch without what does not count, and where in the sketch each remaining character stood."""

    def __init__(self, full: str) -> None:
        self._full = full
        text = full.translate(_DROP).lower()
        for letters, code in EXPANSIONS.items():
            text = text.replace(code, letters)
        self.text = text

    @cached_property
    def _where(self) -> "array[int]":
        kept = compress(range(len(self._full)), self._full.encode().translate(_KEPT))
        if not any(code in self._full for code in _WIDTHS):
            return array("I", kept)
        return array("I", (place for place in kept for _ in range(_WIDTHS.get(self._full[place], 1))))

    def located(self, hit: _Hit) -> NearMarker:
        start, word_start = self._where[hit[0]], self._where[hit[1]]
        word_stop, stop = self._past(hit[2]), self._past(hit[3])
        bare_start = start if _BARE.fullmatch(self._full, start, word_start) else word_start
        bare_stop = stop if _BARE.fullmatch(self._full, word_stop, stop) else word_stop
        return NearMarker(start, word_start, word_stop, stop, bare_start, bare_stop)

    def _past(self, index: int) -> int:
        after = self._where[index - 1] + 1
        while self._full.startswith(_TAIL, after):
            after += 1
        return after


def _decoded(source: str, masked: str) -> str:
    if "&" not in source:
        return masked
    pieces: list[str] = []
    seen = 0
    for entity in _ENTITY.finditer(source):
        meant = html.unescape(entity[0])
        if meant != entity[0]:
            code = sketch(meant) + _TAIL * (len(entity[0]) - len(meant))
            pieces += masked[seen : entity.start()], code
            seen = entity.end()
    return "".join((*pieces, masked[seen:]))


def _is_marked(word: str, sides: tuple[re.Match[str] | None, ...], *, alone: bool) -> bool:
    # A word with spaces in it may be prose ("## Paid endorsements"): it needs its symbols nearer.
    found = [side for side in sides if side]
    if " " not in word:
        return bool(found)
    touching = any(not side["between"] and len(side["run"]) > 1 for side in found)
    return touching or (alone and any(not side["between"].strip() for side in found))


def _exact_words(text: str, mirror: str) -> Iterator[_Hit]:
    for word in _WORD.finditer(text):
        start, stop = word.span()
        before, after = _NEAR_SYMBOL.match(mirror, len(text) - start), _NEAR_SYMBOL.match(text, stop)
        alone = not _GOES_ON.match(mirror, len(text) - start) and not _GOES_ON.match(text, stop)
        if _is_marked(word[0], (before, after), alone=alone):
            yield start - len(before[0] if before else ""), start, stop, stop + len(after[0] if after else "")


def _touched_slips(text: str, words: tuple[str, ...], alternatives: tuple[str, ...]) -> Iterator[_Hit]:
    for run in _TOUCHED.finditer(text):
        if length := opening_slip(run["piece"], words, alternatives):
            stop = run.end() + length
            symbols = _RUN.match(text, stop)
            yield run.start(), run.end(), stop, symbols.end() if symbols else stop


def _mirrored_slips(mirror: str) -> Iterator[_Hit]:
    words, alternatives = (tuple(each[::-1] for each in group) for group in (MARKER_WORDS, ALTERNATIVES))
    for start, word_start, word_stop, stop in _touched_slips(mirror, words, alternatives):
        yield len(mirror) - stop, len(mirror) - word_stop, len(mirror) - word_start, len(mirror) - start


def _slips_between(text: str) -> Iterator[_Hit]:
    for found in _BETWEEN.finditer(text):
        piece, space = found["piece"], found["space"]
        touching = not space and piece[0] not in " \n"
        if touching or max(len(found["left"]), len(found["right"])) > 1:
            letters = piece.replace(" ", "").replace("\n", "")
            if is_slip(letters):
                yield found.start(), found.start("piece"), found.end("piece"), found.end("right")


def _without(text: str, hits: Iterable[_Hit]) -> str:
    pieces: list[str] = []
    seen = 0
    for _, start, stop, _ in hits:
        pieces += text[seen:start], MASK * (stop - start)
        seen = stop
    return "".join((*pieces, text[seen:]))


def _found(full: str) -> list[NearMarker]:
    remains = _Remains(full)
    exact = list(_exact_words(remains.text, remains.text[::-1]))
    text = _without(remains.text, exact)
    slips = chain(_touched_slips(text, MARKER_WORDS, ALTERNATIVES), _mirrored_slips(text[::-1]), _slips_between(text))
    return [remains.located(hit) for hit in chain(exact, slips)]


def _once_each(found: Iterable[NearMarker]) -> Iterator[NearMarker]:
    # One symbol serves one marker, and one word is one finding however many rules it breaks.
    word_stop = stop = 0
    for near in sorted(found, key=lambda each: (each.word_start, each.start, -each.stop)):
        if near.word_start >= word_stop:
            yield near if near.start >= stop else replace(near, start=near.word_start, bare_start=near.word_start)
            word_stop, stop = near.word_stop, max(stop, near.bare_stop)


def near_markers(source: str, masked: str) -> list[NearMarker]:
    """Return the near-markers of a text, in order, given its sketch with the exact markers masked."""
    as_written = _decoded(source, masked)
    if not any(symbol in as_written for symbol in SYMBOLS):
        return []
    without_tags = _TAG.sub(lambda tag: LOOSE * len(tag[0]), as_written)
    return list(_once_each(chain.from_iterable(_found(full) for full in dict.fromkeys((as_written, without_tags)))))
