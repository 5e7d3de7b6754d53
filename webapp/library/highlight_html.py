"""An edition's HTML with a reader's marks in it: its text stays as it is, and its elements stay well-formed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape, unescape

from webapp.library.text_quote import TextRange

PLACE = "place"  # the id of where somebody stopped
# No quote or bracket of a document stands in a tag unescaped (manuscript/html.py).
# "<p>" and "</p>" in "<p>甲</p>"
_TAG = re.compile("(<[^>]*>)")
_LONGEST_LABEL = 300
_FORMULA_END = "</math>"
_WHOLE = {"<a ": "</a>", "<math": _FORMULA_END}


@dataclass(frozen=True, slots=True)
class HighlightMark:
    """A highlight in the text: its number, where it stands, and the reader's note to it."""

    number: int
    span: TextRange
    note: str = ""

    @property
    def name(self) -> str:
        """The id of its first piece in the page."""
        return f"highlight-{self.number}"


def visible_text(html: str) -> str:
    """Return the text of an edition's HTML, as a browser has it in its text nodes; places are counted in it."""
    return unescape(_TAG.sub("", html))


def mark_passages(html: str, marks: Iterable[HighlightMark], notes: str, place: int | None = None) -> str:
    """Return the HTML with its highlights drawn, and with an empty element of the id `PLACE` at one place.

    After a highlight with a note stands a link without text to the note, whose address is `notes` and its number.
    Where highlights overlap, the one that begins last is drawn, so that the page grows with their number only.
    """
    pen = _Pen(sorted(marks, key=lambda mark: mark.span.start), notes, place)
    return "".join(
        pen.passed(piece) if number % 2 else pen.drawn(piece) for number, piece in enumerate(_TAG.split(html))
    )


class _Pen:
    """Goes along the text once; what it remembers is how far it came, and which highlights it is inside of."""

    def __init__(self, marks: list[HighlightMark], notes: str, place: int | None) -> None:
        self._at = 0
        self._notes = notes
        self._place = place
        self._waiting = marks[::-1]
        self._inside: list[HighlightMark] = []
        self._until = ""  # the tag that ends the link or the formula that the pen is in
        self._due = ""  # links to notes, where they may not stand yet

    def passed(self, tag: str) -> str:
        """Return a tag; after a link or a formula stands what may not stand in it: other links."""
        if not self._until:
            self._until = next((end for start, end in _WHOLE.items() if tag.startswith(start)), "")
        elif tag == self._until:
            self._until = ""
        return tag if self._until else tag + self._taken_due()

    def drawn(self, piece: str) -> str:
        """Return the next text between two tags, drawn."""
        text = unescape(piece)
        start, self._at = self._at, self._at + len(text)
        is_untouched = not self._inside and not self._begins_before(self._at) and not self._stops_in(start)
        return piece if is_untouched or not text else "".join(self._pieces(text, start))

    def _pieces(self, text: str, start: int) -> Iterator[str]:
        at, end = start, start + len(text)
        while at < end:
            beginning = self._enter(at)
            if at == self._place:
                yield self._kept_out(f'<span id="{PLACE}" class="place"></span>')
            until = self._next_change(at, end)
            yield self._written(text[at - start : until - start], beginning)
            yield self._leave(until)
            at = until

    def _enter(self, at: int) -> list[HighlightMark]:
        beginning = []
        while self._begins_before(at + 1):
            beginning.append(self._waiting.pop())
        self._inside += beginning
        return beginning

    def _leave(self, at: int) -> str:
        """Return the links to the notes of the highlights that end here."""
        for mark in self._inside:
            if mark.span.end <= at and mark.note:
                label, number = escape(mark.note[:_LONGEST_LABEL]), mark.number
                self._due += f'<a class="noted" href="{self._notes}{number}" aria-label="{label}" title="{label}"></a>'
        self._inside = [mark for mark in self._inside if mark.span.end > at]
        return "" if self._until else self._taken_due()

    def _taken_due(self) -> str:
        due, self._due = self._due, ""
        return due

    def _next_change(self, at: int, end: int) -> int:
        changes = [mark.span.end for mark in self._inside]
        changes += [mark.span.start for mark in self._waiting[-1:]]
        if self._place is not None and self._place > at:
            changes.append(self._place)
        return min([end, *changes])

    def _written(self, text: str, beginning: list[HighlightMark]) -> str:
        # Between blocks stand line breaks, where no element may stand: in a list, in a table.
        if not self._inside or (not text.strip() and "\n" in text):
            return escape(text)
        if self._until == _FORMULA_END:
            self._kept_out("".join(f'<span id="{mark.name}"></span>' for mark in beginning))
            return escape(text)
        shown = self._inside[-1]
        others = "".join(f'<span id="{mark.name}"></span>' for mark in beginning if mark is not shown)
        name = f' id="{shown.name}"' if shown in beginning else ""
        return f'{others}<mark class="highlight"{name}>{escape(text)}</mark>'

    def _kept_out(self, element: str) -> str:
        """Return an element, or nothing where it must wait for the end of a formula, which holds but its own."""
        if self._until != _FORMULA_END:
            return element
        self._due += element
        return ""

    def _begins_before(self, place: int) -> bool:
        return bool(self._waiting) and self._waiting[-1].span.start < place

    def _stops_in(self, start: int) -> bool:
        return self._place is not None and start <= self._place < self._at
