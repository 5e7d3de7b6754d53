"""Signs of sub- and superscript whose other half is behind a gate: it is given back, or the sign is taken away."""

import re
from collections.abc import Iterator

from webapp.manuscript.markdown.cut_marks import Edit, GatedText
from webapp.manuscript.markdown.inline_markup import STRUCK, SUBSCRIPT, SUPERSCRIPT

# What is no half of anything: an address, and what has both of its signs
_WHOLE = re.compile(rf"https?://\S+|{SUPERSCRIPT.pattern}|{SUBSCRIPT.pattern}|(?:^|(?<=[\s(（“‘])){STRUCK.pattern}")
_LONGEST = 32
_RAISED = r"[^\s\^$\\()，。；：、！？\ufdd0-\ufdef]{0,30}"
_LOWERED = r"(?:[0-9+\-−][A-Za-z0-9+\-−]{0,30})?"  # A~D of 选项A~D are two letters and a range
# ^2 of: x^2##paidbegin##3^##paidend##; ~2 of: H~2##paidbegin##~##paidend##O
_OPENED = re.compile(rf"(?<=[A-Za-z0-9)\]α-ωΑ-Ω])\^({_RAISED})\Z|(?<=[A-Za-z)\]α-ωΑ-Ω])~({_LOWERED})\Z")
# 3^ of: ##paidbegin##x^2##paidend##3^; no ^_^, and no 3~5
_CLOSED = re.compile(rf"({_RAISED})\^(?![\w^])|({_LOWERED})~(?![\d~一-鿿])")


def script_edits(text: GatedText, bare: str) -> Iterator[Edit]:
    """Yield what closes the signs that a gate cuts; `bare` is the text without its code."""
    masked = _WHOLE.sub(lambda found: "x" * len(found[0]), bare)
    for start in text.starts:
        first = max(0, start - _LONGEST)
        if found := _OPENED.search(masked[first:start]):
            sign = first + found.start()
            yield _closing(text.text, sign, Edit(start, start, text.text[sign]), found[1] or found[2])
    for stop in text.stops:
        if found := _CLOSED.match(masked, stop, stop + _LONGEST):
            sign = found.end() - 1
            yield _closing(text.text, sign, Edit(stop, stop, text.text[sign]), found[1] or found[2])


def _closing(text: str, sign: int, other: Edit, inside: str | None) -> Edit:
    """Return the other half of a sign, or what takes the sign away where it would be read as one of the text."""
    is_number = any(character.isdigit() for character in inside or "")
    before = text[sign - 1]
    is_power = bool(inside) and other.start > sign and text[sign] == "^" and before.isascii() and before.isalnum()
    return other if is_number or is_power else Edit(sign, sign + 1)
