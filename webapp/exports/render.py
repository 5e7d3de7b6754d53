"""From an edition to the bytes of a file."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from webapp.documents.full_editions import Edition
from webapp.exports.docx import write_docx
from webapp.exports.epub import write_epub
from webapp.exports.export_document import Matter, matter_of
from webapp.exports.file_formats import Kind
from webapp.exports.file_store import Store
from webapp.exports.markdown import write_markdown
from webapp.exports.pdf import write_pdf
from webapp.exports.plain_text import write_text
from webapp.kit.languages import speaking
from webapp.kit.typesetting import font_families

WRITERS: dict[Kind, Callable[[Matter], bytes]] = {
    Kind.DOCX: write_docx,
    Kind.PDF: write_pdf,
    Kind.EPUB: write_epub,
    Kind.MARKDOWN: write_markdown,
    Kind.TEXT: write_text,
}
_SPOKEN = {"zh": "zh-CN"}


def store_of(app: Flask) -> Store:
    """Return where an application keeps its files."""
    house = (app.config["SITE_NAME"], app.config["BASE_URL"], *font_families())
    return Store(Path(app.instance_path) / "exports", house)


def make(app: Flask, edition: Edition, slug: str, kind: Kind) -> bytes:
    """Return the file of an edition; what it says of itself is said in the language of its text.

    Raise NoFontError where a PDF would hold boxes for letters.
    """
    path = app.url_map.bind("").build("reading.document", {"slug": slug})
    with speaking(app, _SPOKEN.get(edition.language, edition.language)):
        return WRITERS[kind](matter_of(edition, f"{app.config['BASE_URL']}{path}", app.config["SITE_NAME"]))
