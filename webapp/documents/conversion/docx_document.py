"""A Word document as Markdown: cleaned, read by mammoth as HTML, and that as any other page."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element, tostring

from selectolax.lexbor import LexborHTMLParser

from webapp.documents.conversion.conversion_losses import Converted, Loss, Losses, image_name
from webapp.documents.conversion.docx_package import DocxPackage, Relationship, broken, no_word_file
from webapp.documents.conversion.html_page import PageReader
from webapp.documents.conversion.marker_keeping import marker_changed, text_of, write_with_markers
from webapp.documents.conversion.outside_markers import Outside, OutsideText, marker_outside
from webapp.documents.conversion.word_cleaning import WordCleaner
from webapp.documents.conversion.word_names import attribute_values, child, made, qualified, words_in
from webapp.documents.conversion.word_numbers import WordNumbers
from webapp.documents.conversion.word_paragraphs import BULLETS, CODE_RUN, DEEPEST_LIST, ORDERED
from webapp.documents.conversion.word_pictures import PICTURE_TYPES, cropped, targets_of
from webapp.documents.conversion.word_styles import WordRole, WordStyles
from webapp.manuscript import blocks as b
from webapp.manuscript.marker_language.download_notice import is_download
from webapp.manuscript.marker_language.markers import MarkerKind, marker_stretches, parse_manuscript, suspects

_PARTS = {
    re.compile(r"(?i)word/(?:header|footer)\d*\.xml"): Outside.HEADER,
    re.compile(r"(?i)word/comments\w*\.xml"): Outside.COMMENT,
    re.compile(r"(?i)word/(?:footnotes|endnotes)\w*\.xml"): Outside.NOTE,
}
_TEXTS = (".html", ".htm", ".xhtml", ".mht", ".txt", ".rtf")  # which another file was put into this one as
_PROPERTIES, _DESCRIPTION = "docProps/core.xml", "{http://purl.org/dc/elements/1.1/}description"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PIECE = 500  # paragraphs and tables
_LIST_ABOVE = "ul|ol > li > "
_STYLE_MAP = "\n".join([
    *(f"p[style-name='{role}'] => {role}:fresh" for role in WordRole if role.startswith("h")),
    f"p[style-name='{WordRole.QUOTE}'] => blockquote > p:fresh",
    f"p[style-name='{WordRole.CODE}'] => pre:separator('\\n')",
    f"r[style-name='{CODE_RUN}'] => code",
    *(
        f"p:{kind}-list({depth + 1}) => {_LIST_ABOVE * depth}{tag} > li:fresh"
        for depth in range(DEEPEST_LIST + 1)
        for kind, tag in (("unordered", "ul"), ("ordered", "ol"))
    ),
    "u => u",
    "highlight => mark",
    "br[type='page'] => hr:fresh",
])  # fmt: skip


def convert_docx(data: bytes) -> Converted:
    """Return what a Word document says as Markdown; raise ConversionError."""
    try:
        return _converted(DocxPackage(data))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise broken() from error  # a file that says what no Word file says


def _converted(package: DocxPackage) -> Converted:
    losses, outside = Losses(paragraph=0), OutsideText()
    tree = package.tree(package.main)
    relationships = package.relationships(package.main)
    body = child(tree, "w:body")
    if body is None:
        raise no_word_file()
    styles = WordStyles(_tree_of(package, "styles"))
    numbers = WordNumbers(_tree_of(package, "numbering"))
    cleaner = WordCleaner(styles, numbers, relationships, losses, outside)
    cleaned = cleaner.clean(body)
    notes = list(_notes(package, cleaner.notes, styles, losses, outside))
    _look_at_parts(package, tree, losses, outside)
    outside.refuse_markers()
    markers = sum(1 for _each in suspects(words_in(body)))
    del tree, body  # which take much room
    losses.paragraph = 1
    pictures = _Pictures()
    blocks = _blocks(package, cleaned, relationships, pictures, losses)
    seen, read = words_in(cleaned), text_of(blocks)
    if _span_markers(seen) != _span_markers(read):
        raise marker_changed()
    if markers > sum(1 for _each in suspects(read)):
        raise marker_outside(Outside.OTHER, 1)
    footnotes = tuple(_blocks(package, *note, pictures, losses) for note in notes)
    whole = (*blocks, b.Footnotes(footnotes)) if footnotes else blocks
    markdown = write_with_markers(whole)
    head = "" if parse_manuscript(markdown).spans else _download_notice(package)
    return Converted(head + markdown, losses.sentences(), pictures.held)


_Relationships = Mapping[str, Relationship]


def _notes(
    package: DocxPackage, cited: list[tuple[str, str]], styles: WordStyles, losses: Losses, outside: OutsideText
) -> Iterator[tuple[Element, _Relationships]]:
    """Yield what the notes say that are cited, each with what its part refers to; an empty one for what is not there.

    None of them holds a marker, or the file is refused.
    """
    numbers = WordNumbers(_tree_of(package, "numbering"))
    held: dict[str, tuple[dict[str, Element], _Relationships]] = {}
    for kind in ("footnote", "endnote"):
        tree = _tree_of(package, f"{kind}s")
        notes = tree.findall(qualified(f"w:{kind}")) if tree is not None else []
        by_id = {each.get(qualified("w:id"), ""): each for each in notes}
        held[kind] = by_id, package.relationships(_part_of(package, f"{kind}s") or "")
    for kind, id_ in cited:
        of_kind, relationships = held[kind]
        note = of_kind.get(id_, made("w:body"))
        yield WordCleaner(styles, numbers, relationships, losses, outside).clean(note), relationships


def _blocks(
    package: DocxPackage, body: Element, relationships: _Relationships, pictures: "_Pictures", losses: Losses
) -> b.Blocks:
    """Return a cleaned body as blocks."""
    html = "".join(_html(_package_of(package, piece, relationships), pictures) for piece in _pieces(body))
    return PageReader(LexborHTMLParser(html), losses, from_word=True).read()


def _span_markers(text: str) -> list[MarkerKind | str]:
    """Return the kinds of the markers of a text in order, but for page breaks, which Word has of its own."""
    return [each.kind for each in marker_stretches(text) if each.kind not in {MarkerKind.PAGE_BREAK, "bare"}]


def _part_of(package: DocxPackage, kind: str) -> str | None:
    for each in package.relationships(package.main).values():
        if each.kind == kind and not each.external and package.has(each.target):
            return each.target
    return None


def _tree_of(package: DocxPackage, kind: str) -> Element | None:
    part = _part_of(package, kind)
    return package.tree(part) if part else None


def _download_notice(package: DocxPackage) -> str:
    """Return what a download of ours says of itself in its properties, "" for any other file."""
    if not package.has(_PROPERTIES):
        return ""
    said = package.tree(_PROPERTIES).findtext(_DESCRIPTION) or ""
    return f"{said}\n\n" if is_download(said) else ""


def _look_at_parts(package: DocxPackage, main: Element, losses: Losses, outside: OutsideText) -> None:
    """Look at all that is no text of the document: its attributes, and every other part."""
    for name in package.xml_names():
        tree = main if name == package.main else package.tree(name)
        where = next((where for pattern, where in _PARTS.items() if pattern.fullmatch(name)), Outside.OTHER)
        words = "" if tree is main else words_in(tree)
        if where is Outside.HEADER and words.strip():
            losses.add(Loss.HEADER)
        outside.add(where, 1, words)
        for text in attribute_values(tree):
            outside.add(Outside.ATTRIBUTE, 1, text)
    for name in package.names():
        if name.lower().endswith(_TEXTS):
            outside.add(Outside.OTHER, 1, package.read(name).decode("utf-8", "replace"))


class _Pictures:
    """Takes the pictures of a document as mammoth comes across them, and gives them names."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def take(self, image: Any) -> dict[str, str]:  # noqa: ANN401  # mammoth says nothing of its types
        """Return the attributes of the element that shows a picture."""
        ending = next((ending for ending, kind in PICTURE_TYPES.items() if kind == image.content_type), ".png")
        with image.open() as file:
            data = file.read()
        name = image_name(data, ending[1:])
        self.held[name] = data
        return {"src": name}


def _pieces(body: Element) -> Iterator[Element]:
    """Yield a body in pieces, for mammoth wants a hundred times the room of what it reads; no list is divided."""
    piece = made("w:body")
    for block in body:
        if len(piece) >= _PIECE and child(block, "w:pPr", "w:numPr") is None:
            yield piece
            piece = made("w:body")
        piece.append(block)
    yield piece


def _html(data: bytes, pictures: _Pictures) -> str:
    import mammoth  # noqa: PLC0415 - only who brings Word documents needs it

    result = mammoth.convert_to_html(
        BytesIO(data),
        style_map=_STYLE_MAP,
        include_default_style_map=False,
        include_embedded_style_map=False,
        convert_image=mammoth.images.img_element(pictures.take),
    )
    return str(result.value)


def _package_of(package: DocxPackage, body: Element, relationships: _Relationships) -> bytes:
    """Return a Word file of a cleaned body, and of nothing that it does not refer to."""
    targets = targets_of(body, relationships)
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", _content_types())
        archive.writestr("_rels/.rels", _relationships([("d", "officeDocument", "word/document.xml", False)]))
        archive.writestr("word/document.xml", tostring(made("w:document", None, body)))
        archive.writestr("word/styles.xml", tostring(_styles()))
        archive.writestr("word/numbering.xml", tostring(_numbering()))
        rows = []
        for place, (id_, target) in enumerate(targets.items()):
            name = target.target
            if not target.external:
                name = f"media/{place}{PurePosixPath(target.target).suffix.lower()}"
                archive.writestr(f"word/{name}", cropped(package.read(target.target), target.crop))
            rows.append((id_, target.kind, name, target.external))
        archive.writestr("word/_rels/document.xml.rels", _relationships(rows))
    return out.getvalue()


def _content_types() -> bytes:
    types = Element(f"{{{_TYPES}}}Types")
    for ending, kind in PICTURE_TYPES.items():
        types.append(Element(f"{{{_TYPES}}}Default", {"Extension": ending[1:], "ContentType": kind}))
    return bytes(tostring(types))


def _relationships(rows: list[tuple[str, str, str, bool]]) -> bytes:
    root = Element(f"{{{_RELATIONSHIPS}}}Relationships")
    for id_, kind, target, external in rows:
        mode = {"TargetMode": "External"} if external else {}
        attributes = {"Id": id_, "Type": f"{_OFFICE}/{kind}", "Target": target, **mode}
        root.append(Element(f"{{{_RELATIONSHIPS}}}Relationship", attributes))
    return bytes(tostring(root))


def _styles() -> Element:
    names = [("paragraph", role) for role in WordRole if role is not WordRole.BODY] + [("character", CODE_RUN)]
    return made(
        "w:styles",
        None,
        *(
            made("w:style", {"w:type": kind, "w:styleId": name}, made("w:name", {"w:val": name}))
            for kind, name in names
        ),
    )


def _numbering() -> Element:
    kinds = ((BULLETS, "bullet"), (ORDERED, "decimal"))
    abstract = [
        made(
            "w:abstractNum",
            {"w:abstractNumId": number},
            *(
                made("w:lvl", {"w:ilvl": str(depth)}, made("w:numFmt", {"w:val": kind}))
                for depth in range(DEEPEST_LIST + 1)
            ),
        )
        for number, kind in kinds
    ]
    used = [made("w:num", {"w:numId": number}, made("w:abstractNumId", {"w:val": number})) for number, _kind in kinds]
    return made("w:numbering", None, *abstract, *used)
