"""Which paid spans hold only one end of a code fence, or only the beginning of a table."""

from bisect import bisect_right
from collections.abc import Iterator

from markdown_it.token import Token

from webapp.manuscript.markdown.markdown_parser import MarkdownParser
from webapp.manuscript.markdown.sentinels import weave_sentinels
from webapp.manuscript.marker_language.markers import Manuscript
from webapp.manuscript.redact import reveal

_SIGNS = ("```", "~~~", "|")
_blocks_only = MarkdownParser().disable("inline")


def _lines(text: str) -> list[int]:
    starts = [0]
    while found := text.find("\n", starts[-1]) + 1:
        starts.append(found)
    return [*starts, len(text)]


def _ends(token: Token, text: str, starts: list[int]) -> tuple[int, int | None]:
    """Return where a block opens and where it closes, None where it is never closed."""
    first, past = token.map or (0, 1)
    opening, last = starts[first], starts[min(past, len(starts) - 1) - 1]
    if token.type == "table_open":
        return opening, last
    fence = text.find(token.markup, opening)
    closing = text.find(token.markup, max(last, fence + len(token.markup)), starts[min(past, len(starts) - 1)])
    return fence, closing if closing >= 0 else None


def cutting_spans(manuscript: Manuscript) -> Iterator[int]:
    """Return the indices of the spans that cut a block of the Markdown text; some come twice."""
    if not any(sign in span.paid(manuscript.source) for span in manuscript.spans for sign in _SIGNS):
        return
    full = weave_sentinels(reveal(manuscript))
    begins, ends = ([place for place, _ in full.anchors[which::2]] for which in (0, 1))

    def owner(place: int | None) -> int | None:
        index = bisect_right(begins, place) - 1 if place is not None else -1
        return index if place is not None and index >= 0 and place < ends[index] else None

    starts = _lines(full.text)
    for token in _blocks_only.parse(full.text):
        if token.type in {"fence", "table_open"}:
            opening, closing = _ends(token, full.text, starts)
            opener, closer = owner(opening), owner(closing)
            if opener != closer:
                yield from (index for index in (opener, closer if token.type == "fence" else None) if index is not None)
