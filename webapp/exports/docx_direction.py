"""Which way paragraphs and words run in WordprocessingML, which is told of each by itself."""

import re
from collections.abc import Iterator

from webapp.manuscript import text_direction

RIGHT_TO_LEFT = "rtl"
# Words of Latin, Greek and Cyrillic letters, and what stands between such: Noto Sans, in a line from right to left
_LEFT_TO_RIGHT = re.compile(r"[A-Za-z\u00c0-\u052f](?:[\w.,:;/&@#%+'’ -]*[A-Za-z\u00c0-\u052f0-9])?", re.ASCII)


def bidirectional(more: str) -> str:
    """Return the properties of a paragraph that runs from right to left, in the order of the schema."""
    numbering, end, rest = more.rpartition("</w:numPr>")
    return f"{numbering}{end}<w:bidi/>{rest}"


def mirrored(align: str) -> str:
    """Return what an alignment is called in a paragraph from right to left, where "left" is where lines begin."""
    return {"left": "right", "right": "left"}.get(align, align)


def is_right_to_left(text: str, style: str, direction: str) -> bool:
    """Return whether a paragraph runs from right to left: by its first letter, in doubt as its document does."""
    return style != "Code" and text_direction(text, direction) == RIGHT_TO_LEFT


def stretches(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the stretches of a text in a line from right to left, and of each whether it runs that way."""
    seen = 0
    for found in _LEFT_TO_RIGHT.finditer(text):
        if found.start() > seen:
            yield text[seen : found.start()], True
        yield found[0], False
        seen = found.end()
    if seen < len(text):
        yield text[seen:], True
