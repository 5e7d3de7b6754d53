"""Atoms on their way through the Markdown parser: sentinels made of noncharacters, which a text cannot hold."""

import re
from dataclasses import dataclass

from webapp.manuscript.marker_language.character_folding import fit
from webapp.manuscript.redact import Atom, Cut, GateMark, PageBreakMark, PassageEnd, PassageStart

_HEX = "0123456789abcdef"
_HEX_SENTINELS = "".join(map(chr, range(0xFDD2, 0xFDE2)))
_DIGITS, _NUMERALS = str.maketrans(_HEX, _HEX_SENTINELS), str.maketrans(_HEX_SENTINELS, _HEX)
_DIGIT = "[\ufdd2-\ufde1]"

# \ufdd0\ufdd3\ufde1\ufdd1: the atom of number 0x1f
SENTINEL = re.compile(f"[\ufdd0\ufdee]({_DIGIT}++)[\ufdd1\ufdef]")
ANCHOR = re.compile(f"\ufdee{_DIGIT}++\ufdef")
ANCHOR_START, ANCHOR_END = "\ufdee", "\ufdef"
_LINE_BREAK = re.compile(r"\r\n?")
# What may stand before the first word of a line without being a word: indents, quotes, list marks, a cell's border.
# > - 1. of: > - 1. 甲; | of: | 甲 | 乙 |
BLOCK_PREFIX = re.compile(r"(?:[ \t]|>|\||\[\^[^\]\s]{1,99}+\]:|(?:[-+*:]|\d{1,9}[.)])(?=[ \t]))*+")
_LONGEST_HEAD = 200


@dataclass(frozen=True, slots=True)
class SentinelText:
    """A text with sentinels; `pieces` say where in the source its stretches came from, `anchors` stand beside it."""

    text: str
    atoms: tuple[Atom, ...]
    pieces: tuple[tuple[int, str], ...]
    anchors: tuple[tuple[int, PassageStart | PassageEnd], ...]

    @property
    def gates(self) -> frozenset[str]:
        """Return the sentinels that stand for gates."""
        return frozenset(_sentinel(index) for index, atom in enumerate(self.atoms) if isinstance(atom, GateMark))

    def atom(self, sentinel: re.Match[str]) -> Atom:
        """Return the atom that a sentinel stands for."""
        return self.atoms[int(sentinel[1].translate(_NUMERALS), 16)]


def _sentinel(index: int) -> str:
    return f"\ufdd0{f'{index:x}'.translate(_DIGITS)}\ufdd1"


def gate_sentinel() -> str:
    """Return what stands for a gate whose number does not matter."""
    return _sentinel(0)


def anchor(index: int) -> str:
    """Return the sentinel of a passage's end at an index of the atoms; unlike the others it is never seen."""
    return f"\ufdee{f'{index:x}'.translate(_DIGITS)}\ufdef"


class _Loom:
    """Puts the parts of a cut into one text; what wants a block of its own gets a line of its own."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, str]] = []
        self.atoms: list[Atom] = []
        self.anchors: list[tuple[int, PassageStart | PassageEnd]] = []
        self._length = 0
        self._head = ""  # the beginning of the line being written
        self._line_is_full = False

    def text(self, offset: int, text: str) -> None:
        if self._line_is_full and (rest := text.lstrip(" \t")):
            self._line_is_full = False
            if not rest.startswith("\n"):
                self._put(offset, "\n")
            text = rest
        self._put(offset, text)

    def atom(self, offset: int, atom: Atom) -> None:
        if isinstance(atom, PassageStart | PassageEnd):
            self.anchors.append((self._length, atom))
            return
        breaks = isinstance(atom, PageBreakMark) or (isinstance(atom, GateMark) and not atom.inline)
        if self._line_is_full or (breaks and not BLOCK_PREFIX.fullmatch(self._head)):
            self._put(offset, "\n")
        self._line_is_full = breaks
        self._put(offset, _sentinel(len(self.atoms)))
        self.atoms.append(atom)

    def _put(self, offset: int, text: str) -> None:
        self.pieces.append((offset, text))
        self._length += len(text)
        line_start = text.rfind("\n") + 1
        self._head = (text[line_start:] if line_start else self._head + text)[:_LONGEST_HEAD]


def weave_sentinels(cut: Cut) -> SentinelText:
    """Return one text for the parser, line breaks made one kind, what HTML cannot hold left out."""
    loom = _Loom()
    for part in cut.parts:
        if isinstance(part.content, str):
            loom.text(part.offset, _LINE_BREAK.sub("\n", fit(part.content)))
        else:
            loom.atom(part.offset, part.content)
    text = "".join(piece for _, piece in loom.pieces)
    return SentinelText(text, tuple(loom.atoms), tuple(loom.pieces), tuple(loom.anchors))
