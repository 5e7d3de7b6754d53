"""Markers where no reader of the file sees them: they were meant for something, so the file is refused."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from urllib.parse import unquote

from webapp.documents.conversion.conversion_losses import ConversionError
from webapp.kit.translatable import Filled, _
from webapp.manuscript.marker_language.character_folding import IGNORED, LOOSE, SPACE, sketch
from webapp.manuscript.marker_language.markers import suspects

_BARRIER = "\ufffc" * 12  # longer than any near-marker: nothing is read across it
_GAP = f"[{IGNORED}{SPACE}{LOOSE}]*+"
# The bare word, too: a class "paidbegin", a comment <!-- paidbegin -->
_WORD = re.compile("|".join(_GAP.join(word) for word in ("paidbegin", "paidend")))


class Outside(StrEnum):
    """Where text stands in a file that is no part of what is read."""

    TEXT_BOX = "text-box"
    HIDDEN = "hidden"
    DELETED = "deleted"
    COMMENT = "comment"
    FIELD = "field"
    FORMULA = "formula"
    NOTE = "note"
    HEADER = "header"
    ATTRIBUTE = "attribute"
    DROPPED = "dropped"
    CONTENTS = "contents"
    TITLE = "title"
    OTHER = "other"


_SENTENCES = {
    Outside.TEXT_BOX: _(
        "A marker stands in a text box near paragraph %(place)s: move it, and what it marks, into the text."
    ),
    Outside.HIDDEN: _("A marker stands in hidden text near paragraph %(place)s: show that text, or remove it."),
    Outside.DELETED: _(
        "A marker stands in what a tracked change deletes or moves away, near paragraph %(place)s: "
        "accept or reject that change."
    ),
    Outside.COMMENT: _("A marker stands in a comment near paragraph %(place)s: move it into the text, or remove it."),
    Outside.FIELD: _("A marker stands in the code of a field near paragraph %(place)s: remove it there."),
    Outside.FORMULA: _("A marker stands in a formula near paragraph %(place)s: move it before or behind the formula."),
    Outside.NOTE: _(
        "A marker stands in a footnote or an endnote: put the markers around the sentence that the note belongs to."
    ),
    Outside.HEADER: _("A marker stands in a page header or footer: move it into the text, or remove it."),
    Outside.ATTRIBUTE: _(
        "A marker stands in an address, the description of a picture or another attribute, near paragraph %(place)s: "
        "move it into the text, or remove it."
    ),
    Outside.DROPPED: _(
        "A marker stands in a part of the page that is not read, such as a script or a form, near paragraph %(place)s: "
        "move it into the text, or remove it."
    ),
    Outside.CONTENTS: _(
        "A marker stands in the table of contents near paragraph %(place)s: update the table, or remove it."
    ),
    Outside.TITLE: _("A marker stands in the title of the page: remove it there."),
    Outside.OTHER: _(
        "A marker stands in a part of the file that is not its text, near paragraph %(place)s: "
        "move it into the text, or remove it."
    ),
}
_WORDS = {Outside.TEXT_BOX, Outside.HIDDEN, Outside.DELETED, Outside.NOTE, Outside.COMMENT, Outside.FIELD}


@dataclass(slots=True)
class OutsideText:
    """Collects what stands in a file outside the text that is read, with where it stands."""

    _pieces: list[tuple[Outside, int, str]] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def add(self, where: Outside, paragraph: int, text: str | None) -> None:
        """Keep a text, an attribute's once; an address is looked at percent-decoded, too."""
        if text and (where in _WORDS or text not in self._seen):
            self._seen.add(text)
            self._pieces.append((where, paragraph, text))
            if "%" in text:
                self._pieces.append((where, paragraph, unquote(text)))

    def refuse_markers(self) -> None:
        """Raise ConversionError where a marker, or what looks like one, stands in what was collected.

        What people wrote is also read as if it were one text: a marker may be divided among several deletions.
        """
        _refuse(self._pieces, _BARRIER)
        _refuse([piece for piece in self._pieces if piece[0] in _WORDS], "")


def _refuse(pieces: list[tuple[Outside, int, str]], joint: str) -> None:
    found = first_marker(joint.join(text for _where, _paragraph, text in pieces))
    if found is not None:
        starts = list(accumulate((len(text) + len(joint) for _where, _paragraph, text in pieces), initial=0))
        where, paragraph, _text = pieces[bisect_right(starts, found) - 1]
        raise marker_outside(where, paragraph)


def first_marker(text: str) -> int | None:
    """Return where the first marker, near-marker or bare word of one stands in a text."""
    places = [start for start, _wording in suspects(text)]
    if word := _WORD.search(sketch(text).lower()):
        places.append(word.start())
    return min(places, default=None)


def marker_outside(where: Outside, paragraph: int) -> ConversionError:
    """Return the refusal of a file with a marker where it does not count."""
    return ConversionError("marker-outside-text", Filled(_SENTENCES[where], {"place": paragraph}))
