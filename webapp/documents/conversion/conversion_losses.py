"""What a conversion left out or could not keep, and what a file is refused for."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from webapp.kit.translatable import Filled, _

_NAME_LENGTH = 16


class Loss(StrEnum):
    """A kind of thing that Markdown cannot hold, or that readers of the file did not see."""

    HIDDEN = "hidden"
    DELETED = "deleted"
    COMMENT = "comment"
    TEXT_BOX = "text-box"
    DRAWING = "drawing"
    IMAGE = "image"
    LINKED_IMAGE = "linked-image"
    FORMULA = "formula"
    CONTENTS = "contents"
    HEADER = "header"
    RUBY = "ruby"
    NUMBERING = "numbering"
    MERGED_CELLS = "merged-cells"
    CELL_BLOCKS = "cell-blocks"
    LINK = "link"
    FORM = "form"
    SCRIPT = "script"
    NAVIGATION = "navigation"
    EMBEDDED = "embedded"
    DEPTH = "depth"


_SENTENCES = {
    Loss.HIDDEN: _(
        "Hidden text is left out (%(count)s×, first near paragraph %(place)s); show it in the file to keep it."
    ),
    Loss.DELETED: _("What tracked changes delete is left out (%(count)s×, first near paragraph %(place)s)."),
    Loss.COMMENT: _("Comments are left out (%(count)s×, first near paragraph %(place)s)."),
    Loss.TEXT_BOX: _(
        "Text boxes are left out (%(count)s×, first near paragraph %(place)s); move what they say into the text."
    ),
    Loss.DRAWING: _(
        "Drawings and charts are left out (%(count)s×, first near paragraph %(place)s); save them as pictures."
    ),
    Loss.IMAGE: _(
        "Pictures of a kind that is not read, such as EMF, WMF or SVG, are left out (%(count)s×, first near paragraph "
        "%(place)s); save them as PNG and put them in again."
    ),
    Loss.LINKED_IMAGE: _(
        "Pictures that the file only links to are left out (%(count)s×, first near paragraph %(place)s); "
        "put them into the file itself."
    ),
    Loss.FORMULA: _(
        "Formulas are written as a line of text (%(count)s×, first near paragraph %(place)s); see that they read well."
    ),
    Loss.CONTENTS: _(
        "The table of contents is left out (%(count)s lines, first near paragraph %(place)s); "
        "readers get one that is made of the headings."
    ),
    Loss.HEADER: _("Page headers and footers are left out (%(count)s×)."),
    Loss.RUBY: _("Readings above characters are left out (%(count)s×, first near paragraph %(place)s)."),
    Loss.NUMBERING: _("Numbers such as a) or iv. are written as 1, 2, 3 (%(count)s×, first near paragraph %(place)s)."),
    Loss.MERGED_CELLS: _("Merged cells are divided again (%(count)s×, first near paragraph %(place)s)."),
    Loss.CELL_BLOCKS: _(
        "Lists or tables in a table's cell become plain lines (%(count)s×, first near paragraph %(place)s)."
    ),
    Loss.LINK: _(
        "Links that lead nowhere from outside the file become plain words (%(count)s×, first near paragraph %(place)s)."
    ),
    Loss.FORM: _("Forms and buttons are left out (%(count)s×, first near paragraph %(place)s)."),
    Loss.SCRIPT: _("Scripts and styles are left out (%(count)s×)."),
    Loss.NAVIGATION: _("Navigation is left out (%(count)s×, first near paragraph %(place)s)."),
    Loss.EMBEDDED: _("Embedded pages, players and drawings are left out (%(count)s×, first near paragraph %(place)s)."),
    Loss.DEPTH: _("What is nested too deep stands flat (%(count)s×, first near paragraph %(place)s)."),
}


@dataclass(slots=True)
class Losses:
    """Collects losses while a file is read; `paragraph` is the number of the one being read, from 1."""

    paragraph: int = 1
    _counts: Counter[Loss] = field(default_factory=Counter)
    _first: dict[Loss, int] = field(default_factory=dict)

    def add(self, loss: Loss) -> None:
        """Note a loss at the present paragraph."""
        self._counts[loss] += 1
        self._first.setdefault(loss, self.paragraph)

    def __contains__(self, loss: Loss) -> bool:
        return loss in self._counts

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each kind of loss, in the order in which they came up."""
        return tuple(
            Filled(_SENTENCES[loss], {"count": self._counts[loss], "place": place})
            for loss, place in self._first.items()
        )


def image_name(data: bytes, ending: str) -> str:
    """Return the name of a picture that a file holds, made of its bytes: it tells of no other, and is no file's."""
    return f"image-{sha256(data).hexdigest()[:_NAME_LENGTH]}.{ending}"


class ConversionError(Exception):
    """A file that cannot be converted, or must not be: a code and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Converted:
    """The Markdown made of a file, what was lost on the way, and the pictures that it names, by those names."""

    markdown: str
    losses: tuple[str, ...]
    images: dict[str, bytes]
    encoding: str = "utf-8"
    replaced: int = 0
