"""The paragraph that is being read: its leaves with their marks, white space collapsed as HTML collapses it."""

import re
from collections.abc import Iterator

from webapp.documents.conversion.marked_runs import Mark, MarkedLeaf, nested
from webapp.manuscript import blocks as b
from webapp.manuscript.marker_language.character_folding import CHINESE_CHARACTERS, fit

_SPACE = re.compile(r"[ \t\n\r\f]+")
# The line break of: 第一行\n第二行, which is none for those who read it
_CHINESE_BREAK = re.compile(rf"(?<=[{CHINESE_CHARACTERS}])[ \t\r]*\n\s*(?=[{CHINESE_CHARACTERS}])")
_BLANKS = re.compile("[ \u00a0]{2,}")  # &nbsp; &nbsp; that only draws words apart
_SOFT_HYPHEN = "\u00ad"
_DEEPEST_MARK = 12


class LineLeaves:
    """Collects the leaves of one paragraph; marks may begin and end anywhere, in any order."""

    def __init__(self) -> None:
        self._marks: list[tuple[str, Mark]] = []
        self._leaves: list[MarkedLeaf] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing was read yet."""
        return not self._leaves

    def open_mark(self, tag: str, mark: Mark) -> None:
        """Begin a mark; `tag` is what will end it."""
        self._marks.append((tag, mark))

    def close_mark(self, tag: str) -> None:
        """End the mark that was begun last for a tag."""
        for place in range(len(self._marks) - 1, -1, -1):
            if self._marks[place][0] == tag:
                del self._marks[place]
                return

    def text(self, text: str) -> None:
        """Add text."""
        shown = fit(_BLANKS.sub(" ", _SPACE.sub(" ", _CHINESE_BREAK.sub("", text.replace(_SOFT_HYPHEN, "")))))
        if self._ends_blank():
            shown = shown.lstrip(" ")
        if shown:
            self._leaves.append((self._active(), b.Text(shown)))

    def leaf(self, leaf: b.InlineLeaf) -> None:
        """Add a picture, or a line break, which stands in no mark."""
        self._leaves.append(((), leaf) if isinstance(leaf, b.LineBreak | b.NoteReference) else (self._active(), leaf))

    def taken(self) -> b.Run:
        """Return the run read so far without white space at its ends, and begin the next; open marks go on."""
        leaves, self._leaves = self._leaves, []
        while leaves and _is_blank(leaves[-1][1]):
            leaves.pop()
        while leaves and _is_blank(leaves[0][1]):
            leaves.pop(0)
        if not leaves:
            return ()
        leaves[0] = (leaves[0][0], _stripped(leaves[0][1], "l"))
        leaves[-1] = (leaves[-1][0], _stripped(leaves[-1][1], "r"))
        return nested(_drawn_out(leaves))

    def _ends_blank(self) -> bool:
        """Whether white space that comes next shows nothing."""
        if not self._leaves:
            return True
        match self._leaves[-1][1]:
            case b.Text(text):
                return text.endswith(" ")
            case leaf:
                return isinstance(leaf, b.LineBreak | b.TaskBox)

    def _active(self) -> tuple[Mark, ...]:
        """Return the marks of what comes next: each kind once, a link outside, code inside and without others in it."""
        kinds = {type(mark): mark for _tag, mark in self._marks[:_DEEPEST_MARK]}
        link, code = kinds.pop(b.Link, None), kinds.pop(b.CodeSpan, None)
        return tuple(mark for mark in (link, *kinds.values(), code) if mark)


def _drawn_out(leaves: list[MarkedLeaf]) -> Iterator[MarkedLeaf]:
    """Yield leaves with the spaces at the ends of a mark outside of it, as Markdown wants them."""
    marks_around = [(), *(marks for marks, _leaf in leaves), ()]
    for place, (marks, leaf) in enumerate(leaves):
        if not isinstance(leaf, b.Text) or not marks:
            yield marks, leaf
            continue
        text = leaf.text
        before = text.startswith(" ") and marks_around[place] != marks
        after = text.endswith(" ") and marks_around[place + 2] != marks and text.strip(" ")
        yield from [((), b.Text(" "))] if before else []
        yield marks, b.Text(text[bool(before) : len(text) - bool(after)])
        yield from [((), b.Text(" "))] if after else []


def _is_blank(leaf: b.InlineLeaf) -> bool:
    return isinstance(leaf, b.LineBreak) or (isinstance(leaf, b.Text) and not leaf.text.strip())


def _stripped(leaf: b.InlineLeaf, side: str) -> b.InlineLeaf:
    if not isinstance(leaf, b.Text):
        return leaf
    return b.Text(leaf.text.lstrip() if side == "l" else leaf.text.rstrip())
