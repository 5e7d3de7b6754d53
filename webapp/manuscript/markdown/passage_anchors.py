"""Where in a Markdown text the ends of a paid passage can be marked without disturbing the markup."""

import re
from collections.abc import Iterator

from webapp.manuscript.inline_runs import SENTENCE_END
from webapp.manuscript.markdown.sentinels import BLOCK_PREFIX, SentinelText, anchor
from webapp.manuscript.redact import PassageEnd, PassageStart

# ## and its space in: ## 甲
_HEADING_PREFIX = re.compile(r"#{1,6}[ \t]+")
# Lines that would lose their meaning: fence, comment, rule or underline, a table's second line, a link's definition.
# ```py, <!-- 注, ---, |:--|--|, [甲]: /a
_FRAGILE = re.compile(
    r"`{3}|~{3}|<!--|[-=*_ \t]*(?:\n|$)|[|:\- \t]+(?:\n|$)|\[[^\]\n]{0,99}\]:|:{3}|\[!|</?(?:details|summary)>"
)
# The rest of a line that shows no more: two spaces and the line's end
_BLANK = re.compile(r"[ \t]*(?:\n|$)")
# 。 of: 甲。乙; the empty line between two paragraphs
_SENTENCE_OR_PARAGRAPH = re.compile(rf"{SENTENCE_END.pattern}|\n[ \t]*\n")
_LONGEST_PREFIX = 200
_LINES_TRIED = 50

_Anchor = tuple[int, PassageStart | PassageEnd]


def _is_among_words(text: str, place: int) -> bool:
    """Return whether something readable stands on both sides of a place in its line."""
    lowest = max(0, place - _LONGEST_PREFIX)
    head = text[lowest:place].rpartition("\n")
    is_prefix = (head[1] or not lowest) and BLOCK_PREFIX.fullmatch(head[2])
    return not is_prefix and not _BLANK.match(text, place)


def _line_place(text: str, place: int) -> int | None:
    """Return the place behind a line's prefix, None for a line that would not bear a mark."""
    prefix = BLOCK_PREFIX.match(text, place)
    place = prefix.end() if prefix else place
    heading = _HEADING_PREFIX.match(text, place)
    place = heading.end() if heading else place
    return None if _FRAGILE.match(text, place) else place


def _start_place(text: str, start: int) -> int | None:
    if _is_among_words(text, start):
        return start
    for _ in range(_LINES_TRIED):
        place = _line_place(text, start)
        start = text.find("\n", start) + 1
        if place is not None or not start:
            return place
    return None


def _placed(woven: SentinelText) -> Iterator[_Anchor]:
    """Return the anchors that have a place, an end only where no sentence ends before it."""
    for (start, first), (end, last) in zip(woven.anchors[::2], woven.anchors[1::2], strict=True):
        place = _start_place(woven.text, start)
        if place is None:
            continue
        yield place, first
        inside = woven.text[place:end].rstrip()
        # An end is wanted only where the first paragraph holds the whole passage and the passage ends no sentence.
        if inside and not _SENTENCE_OR_PARAGRAPH.search(inside) and not _FRAGILE.match(inside, inside.rfind("\n") + 1):
            yield place + len(inside), last


def anchored(woven: SentinelText) -> SentinelText:
    """Return the text with its anchors as sentinels in it, as far as they have a place."""
    pieces, atoms, seen = [], list(woven.atoms), 0
    for place, mark in sorted(_placed(woven), key=lambda each: each[0]):
        pieces += [woven.text[seen:place], anchor(len(atoms))]
        atoms.append(mark)
        seen = place
    return SentinelText("".join((*pieces, woven.text[seen:])), tuple(atoms), (), ())
