"""From an edition to the bytes of a file."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from webapp.documents.full_editions import Edition
from webapp.exports.docx import write_docx
from webapp.exports.epub import write_epub
from webapp.exports.export_document import ExportDocument, export_document_of
from webapp.exports.file_formats import FileFormat
from webapp.exports.file_store import FileStore
from webapp.exports.markdown import write_markdown
from webapp.exports.pdf import write_pdf
from webapp.exports.plain_text import write_text
from webapp.kit.current_settings import settings_in
from webapp.kit.languages import speaking_locale
from webapp.kit.typesetting import font_families

WRITERS: dict[FileFormat, Callable[[ExportDocument], bytes]] = {
    FileFormat.DOCX: write_docx,
    FileFormat.PDF: write_pdf,
    FileFormat.EPUB: write_epub,
    FileFormat.MARKDOWN: write_markdown,
    FileFormat.TEXT: write_text,
}
_SPOKEN = {"zh": "zh-CN"}


def file_store(app: Flask) -> FileStore:
    """Return where an application keeps its files."""
    house = (settings_in(app).site_name, settings_in(app).base_url, *font_families())
    return FileStore(Path(app.instance_path) / "exports", house)


def render_file(app: Flask, edition: Edition, slug: str, kind: FileFormat) -> bytes:
    """Return the file of an edition; what it says of itself is said in the language of its text.

    Raise NoFontError where a PDF would hold boxes for letters.
    """
    settings, path = settings_in(app), app.url_map.bind("").build("reading.document", {"slug": slug})
    with speaking_locale(app, _SPOKEN.get(edition.language, edition.language)):
        return WRITERS[kind](export_document_of(edition, settings.base_url + path, settings.site_name))
