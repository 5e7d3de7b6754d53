"""EPUB 3.3, checked with epubcheck: one file, or several where the text is long; contents from its headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import Markup

from webapp.documents.image_store import IMAGE_TYPES
from webapp.exports.export_document import ExportDocument
from webapp.exports.zip_archive import fill_template, write_zip
from webapp.kit.templating import template_folder
from webapp.kit.xml import xml_text
from webapp.manuscript import GateSlot, TocEntry, split_gates
from webapp.manuscript.blocks import Block, Blocks, Heading, Paragraph
from webapp.manuscript.html import write_html, write_html_parts
from webapp.manuscript.inline_html import IMAGE_ADDRESS
from webapp.manuscript.math.mathml import NAMESPACE
from webapp.manuscript.plain_text_writer import plain_text

# Characters of a file: beyond the first a chapter begins another, beyond the second any block does.
_ENOUGH, _MOST = 10_000, 60_000
# "br" of "<br>", 'hr class="page-break"' of '<hr class="page-break">'
_VOID = re.compile("<(br|(?:hr|input|img)[^>]*)>")
# what an id or a link within the book says
_ID = re.compile(' id="([^"]*)"')
_WITHIN = re.compile('(<a href=")#([^"]*)"')
_KINDS = {
    ' role="doc-noteref"': ' role="doc-noteref" epub:type="noteref"',
    ' role="doc-endnotes"': ' role="doc-endnotes" epub:type="footnotes"',
    '<li id="fn-': '<li epub:type="footnote" id="fn-',
}
# "s-一-概况" of '<h2 id="s-一-概况">'
_ANCHOR = re.compile(' id="(s[^"]*)"')
# ' src="/media/' and, of what only a browser needs, ' loading="lazy" decoding="async"'
_SOURCE, _LAZY = f' src="{IMAGE_ADDRESS}', ' loading="lazy" decoding="async"'
_TYPE, _TYPE_FILE = "application/epub+zip", "mimetype"


@dataclass(frozen=True, slots=True)
class _Part:
    """One file of the text."""

    id: str
    html: Markup
    first: bool


@dataclass(frozen=True, slots=True)
class _Point:
    """An entry of the contents and those below it."""

    text: str
    href: str
    level: int
    inside: list["_Point"] = field(default_factory=list)


def write_epub(matter: ExportDocument) -> bytes:
    """Return the document as a book."""
    parts: list[_Part] = []
    points = [_Point(matter.title, "part1.xhtml#title", 0)]
    anchors: dict[str, str] = {}
    divided = write_html_parts(_divided(matter.blocks), matter.language)
    written = [(_xhtml(html, matter, anchors), toc) for html, toc in divided]
    files = {"title": "part1.xhtml"}
    for number, (html, _toc) in enumerate(written, start=1):
        files |= dict.fromkeys(_ID.findall(html), f"part{number}.xhtml")
    for number, (html, toc) in enumerate(written, start=1):
        part = _Part(f"part{number}", Markup(_linked(html, files)), number == 1)  # noqa: S704 - ours, escaped
        parts.append(part)
        points += _points(part, toc, anchors)
    changed = matter.changed_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    content = {"matter": matter, "changed": changed, "parts": parts, "points": _nested(points)}
    content["images"] = [(name, IMAGE_TYPES[name.partition(".")[2]]) for name in matter.images]
    package: dict[str, str | bytes] = {
        _TYPE_FILE: _TYPE,  # first, and as it is, so that the kind of the archive can be told from its first bytes
        "META-INF/container.xml": fill_template("epub/container.xml"),
        "EPUB/package.opf": fill_template("epub/package.opf.xml", **content),
        "EPUB/nav.xhtml": fill_template("epub/nav.xhtml.xml", **content),
        "EPUB/style.css": (template_folder() / "exports/epub/style.css").read_text(encoding="utf-8"),
    }
    for part in parts:
        package[f"EPUB/{part.id}.xhtml"] = fill_template("epub/part.xhtml.xml", part=part, **content)
    images = {f"EPUB/images/{name}": data for name, data in matter.images.items()}
    return write_zip(package | images, plain=frozenset({_TYPE_FILE, *images}))


def _divided(blocks: Blocks) -> Iterator[Blocks]:
    part: list[Block] = []
    length = 0
    for block in blocks:
        begins_chapter = isinstance(block, Heading) and block.level == 1
        if part and length > (_ENOUGH if begins_chapter else _MOST):
            yield tuple(part)
            part, length = [], 0
        part.append(block)
        length += len(plain_text((block,)))
    yield tuple(part)


def _xhtml(html: str, matter: ExportDocument, anchors: dict[str, str]) -> str:
    """Return HTML as XML: its own anchors are numbered, for XML knows fewer letters in them than HTML."""
    pieces = (_notice(matter, piece) if isinstance(piece, GateSlot) else piece for piece in split_gates(html))
    closed = _VOID.sub(r"<\1/>", "".join(pieces)).replace("<math", f'<math xmlns="{NAMESPACE}"')
    closed = closed.replace(_SOURCE, ' src="images/').replace(_LAZY, "")
    for plain, told in _KINDS.items():
        closed = closed.replace(plain, told)
    return xml_text(_ANCHOR.sub(lambda found: f' id="{anchors.setdefault(found[1], f"h{len(anchors)}")}"', closed))


def _linked(html: str, files: dict[str, str]) -> str:
    """Return a part's HTML with links within the book leading to the files that hold what they name."""
    return _WITHIN.sub(lambda found: f'{found[1]}{files.get(found[2], "")}#{found[2]}"', html)


def _notice(matter: ExportDocument, slot: GateSlot) -> str:
    html, _toc = write_html((Paragraph(matter.notices[slot.number].run),), matter.language)
    return f'<aside role="note">{html}</aside>'


def _points(part: _Part, toc: tuple[TocEntry, ...], anchors: dict[str, str]) -> Iterator[_Point]:
    for entry in toc:
        yield _Point(entry.text or "…", f"{part.id}.xhtml#{anchors[entry.anchor]}", entry.level)


def _nested(points: list[_Point]) -> list[_Point]:
    """Return the points that stand below none, each with those below it."""
    top: list[_Point] = []
    above: list[_Point] = []
    for point in points:
        while above and above[-1].level >= point.level:
            above.pop()
        (above[-1].inside if above and above[-1].level else top).append(point)
        above.append(point)
    return top
