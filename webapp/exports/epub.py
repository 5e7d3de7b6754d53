"""EPUB 3.3, checked with epubcheck: one file, or several where the text is long; contents from its headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from markupsafe import Markup

from webapp.exports.export_document import ExportDocument
from webapp.exports.zip_archive import fill_template, write_zip
from webapp.kit.templating import template_folder
from webapp.kit.xml import xml_text
from webapp.manuscript import GateSlot, TocEntry, split_gates
from webapp.manuscript.blocks import Block, Blocks, Heading, Paragraph
from webapp.manuscript.html import write_html, write_html_parts
from webapp.manuscript.mathml import NAMESPACE
from webapp.manuscript.rendering import plain_text

# Characters of a file: beyond the first a chapter begins another, beyond the second any block does.
_ENOUGH, _MOST = 10_000, 60_000
# "br" of "<br>", 'hr class="page-break"' of '<hr class="page-break">'
_VOID = re.compile("<(br|hr[^>]*)>")
# "s-一-概况" of '<h2 id="s-一-概况">'
_ANCHOR = re.compile(' id="(s[^"]*)"')
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
    for number, (html, toc) in zip(count(1), write_html_parts(_divided(matter.blocks))):
        part = _Part(f"part{number}", Markup(_xhtml(html, matter, anchors)), number == 1)  # noqa: S704 - ours, escaped
        parts.append(part)
        points += _points(part, toc, anchors)
    lang = "zh-CN" if matter.chinese else "en"
    changed = matter.changed_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    content = {"matter": matter, "lang": lang, "changed": changed, "parts": parts, "points": _nested(points)}
    files = {
        _TYPE_FILE: _TYPE,  # first, and as it is, so that the kind of the archive can be told from its first bytes
        "META-INF/container.xml": fill_template("epub/container.xml"),
        "EPUB/package.opf": fill_template("epub/package.opf.xml", **content),
        "EPUB/nav.xhtml": fill_template("epub/nav.xhtml.xml", **content),
        "EPUB/style.css": (template_folder() / "exports/epub/style.css").read_text(encoding="utf-8"),
    }
    texts = {f"EPUB/{part.id}.xhtml": fill_template("epub/part.xhtml.xml", part=part, **content) for part in parts}
    return write_zip(files | texts, plain=frozenset({_TYPE_FILE}))


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
    return xml_text(_ANCHOR.sub(lambda found: f' id="{anchors.setdefault(found[1], f"h{len(anchors)}")}"', closed))


def _notice(matter: ExportDocument, slot: GateSlot) -> str:
    html, _toc = write_html((Paragraph(matter.notices[slot.number].run),))
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
