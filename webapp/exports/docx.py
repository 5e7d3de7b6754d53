"""Word documents (ECMA-376): Chinese ones in the layout of official documents (GB/T 9704), English ones plainly."""

from markupsafe import Markup

from webapp.exports.docx_body import Body
from webapp.exports.export_document import ExportDocument
from webapp.exports.zip_archive import fill_template, write_zip
from webapp.manuscript import primary_language
from webapp.manuscript.marker_language.download_notice import text_notice

_PARTS = {
    "[Content_Types].xml": "content_types.xml",
    "_rels/.rels": "rels.xml",
    "docProps/app.xml": "app.xml",
    "docProps/core.xml": "core.xml",
    "word/_rels/document.xml.rels": "document_rels.xml",
    "word/document.xml": "document.xml",
    "word/fontTable.xml": "fontTable.xml",
    "word/footer_even.xml": "footer.xml",
    "word/footer_odd.xml": "footer.xml",
    "word/numbering.xml": "numbering.xml",
    "word/settings.xml": "settings.xml",
    "word/styles.xml": "styles.xml",
}


_NOTE_PARTS = {
    "word/_rels/footnotes.xml.rels": "footnotes_rels.xml",
    "word/footnotes.xml": "footnotes.xml",
}


def write_docx(matter: ExportDocument) -> bytes:
    """Return the document as a package of XML parts."""
    body = Body(chinese=matter.chinese, direction=matter.direction)
    written = body.document(matter)
    content = {
        "matter": matter,
        "notice": text_notice(matter.origin).strip() if matter.origin else "",
        "changed": matter.changed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "body": Markup(written),  # noqa: S704 - escaped where it is written
        "links": body.links,
        "images": body.drawings.ids,
        "ordered": body.ordered,
        "step": body.step,
        "footnotes": {number: Markup(note) for number, note in body.footnotes.items()},  # noqa: S704 - likewise
        **_tags(matter),
    }
    wanted = _PARTS | (_NOTE_PARTS if body.footnotes else {})
    parts: dict[str, str | bytes] = {}
    parts |= {name: fill_template(f"docx/{part}", odd="odd" in name, **content) for name, part in wanted.items()}
    media: dict[str, str | bytes] = {f"word/media/{name}": matter.images[name] for name in body.drawings.ids}
    return write_zip(parts | media, plain=frozenset(media))


def _tags(matter: ExportDocument) -> dict[str, str]:
    """Return the languages of a document's letters: Latin and the like, East Asian, and those from right to left."""
    primary = primary_language(matter.language)
    is_eastern = primary in {"zh", "ja", "ko"}
    is_bidi = matter.direction == "rtl"
    return {
        "latin_tag": "en-US" if is_eastern or is_bidi or matter.language == "en" else matter.tag,
        "eastern_tag": matter.tag if is_eastern else "zh-CN",
        "bidi_tag": matter.tag if is_bidi else "ar-SA",
    }
