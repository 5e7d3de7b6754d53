"""From an edition to the bytes of a file."""

from collections.abc import Callable, Container
from dataclasses import replace

from flask import Flask

from webapp.documents.full_editions import Edition
from webapp.documents.image_store import ImageStore, image_store
from webapp.exports.docx import write_docx
from webapp.exports.epub import write_epub
from webapp.exports.export_document import ExportDocument, export_document_of
from webapp.exports.export_store import ExportStore
from webapp.exports.file_formats import FileFormat
from webapp.exports.markdown_file import write_markdown
from webapp.exports.pdf import write_pdf
from webapp.exports.plain_text import write_text
from webapp.kit.current_settings import settings_in
from webapp.kit.errors import PaidspanError
from webapp.kit.file_store import file_store
from webapp.kit.languages import interface_language, speaking_locale
from webapp.kit.translatable import _
from webapp.kit.typesetting import font_families
from webapp.manuscript.block_walk import with_runs
from webapp.manuscript.blocks import Blocks, Image, Inline, InlineLeaf
from webapp.manuscript.inline_runs import with_leaves
from webapp.manuscript.rendering import shown_images

WRITERS: dict[FileFormat, Callable[[ExportDocument], bytes]] = {
    FileFormat.DOCX: write_docx,
    FileFormat.PDF: write_pdf,
    FileFormat.EPUB: write_epub,
    FileFormat.MARKDOWN: write_markdown,
    FileFormat.TEXT: write_text,
}
ILLUSTRATED = {FileFormat.DOCX, FileFormat.PDF, FileFormat.EPUB}  # which hold pictures themselves


def export_store(app: Flask) -> ExportStore:
    """Return where an application keeps the files that it made."""
    house = (settings_in(app).site_name, settings_in(app).base_url, *font_families())
    return ExportStore(file_store(settings_in(app)), house)


class NoTreeError(PaidspanError):
    """An edition of an earlier version has no tree, and this version could not render it anew."""

    status = 503
    hint = _("Its page can be read as before. The publisher was told, and can put it right by publishing it again.")

    def __init__(self) -> None:
        super().__init__(_("No file can be made of this document as an earlier version kept it."))


def render_file(app: Flask, edition: Edition, tree: Blocks | None, slug: str, kind: FileFormat) -> bytes:
    """Return the file of an edition and its tree; what it says of itself is said in the language of its text.

    Raise NoTreeError where there is no tree, NoFontError where a PDF would hold boxes for letters, and
    FilesUnavailableError where its pictures cannot be fetched: one without them must not be kept.
    """
    if tree is None:
        raise NoTreeError
    settings, path = settings_in(app), app.url_map.bind("").build("reading.document", {"slug": slug})
    with speaking_locale(app, interface_language(edition.language)):
        images = _images(image_store(settings), tree) if kind in ILLUSTRATED else {}
        tree = _with_these(tree, images) if kind in ILLUSTRATED else tree
        return WRITERS[kind](export_document_of(edition, tree, settings.base_url + path, settings.site_name, images))


def _images(store: ImageStore, tree: Blocks) -> dict[str, bytes]:
    """Return the bytes of the pictures of a tree."""
    names = dict.fromkeys(image.name for image in shown_images(tree))
    return {name: data for name in names if (data := store.read(name)) is not None}


def _with_these(tree: Blocks, images: Container[str]) -> Blocks:
    """Return a tree in which pictures whose bytes are missing are told in words."""

    def told(leaf: InlineLeaf) -> Inline:
        return replace(leaf, name="") if isinstance(leaf, Image) and leaf.name not in images else leaf

    return with_runs(tree, lambda run: with_leaves(run, told))
