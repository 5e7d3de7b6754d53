"""Pictures and attachments that are put into a draft: kept at once, known to it by an address, shown to staff alone.

A revision that is made of the draft takes along those that its text asks for.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import quote

from sqlalchemy.orm import Session

from webapp.documents.attachments import (
    ATTACHMENT_ENDING,
    ATTACHMENTS_FOLDER,
    Attachment,
    AttachmentError,
    Media,
    make_attachment,
)
from webapp.documents.encoded_image import ImageError
from webapp.documents.image_import import ImportedImage
from webapp.documents.image_records import DraftImage, note_kept
from webapp.documents.models import Document
from webapp.documents.stored_revisions import document_images
from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _
from webapp.manuscript import MediaFiles, attachment_sources, image_sources, parse_manuscript
from webapp.manuscript import blocks as b
from webapp.manuscript.markdown_writer import markdown_of
from webapp.manuscript.marker_language.markers import suspects

_HASH_SHOWN = 8
_LONGEST_STEM = 60
_UNFIT = re.compile(r"[^\w.-]+")
_NOBODY_CHOSE = {"image", "blob", "clipboard", ""}  # what browsers call a picture that is pasted
_PICTURE_KINDS = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".svg", ".heic", ".avif", ""}


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file that was put into a draft: its address in the text, and the Markdown that shows or links it."""

    address: str
    markdown: str
    is_image: bool


def read_media_file(filename: str, data: bytes) -> Media:
    """Return an uploaded file as a picture in our form, or as an attachment; raise InvalidInputError."""
    suffix = PurePosixPath(filename).suffix.lower()
    try:
        if suffix not in _PICTURE_KINDS:
            return make_attachment(filename, data)
        from webapp.documents.image_encoding import encode_image  # noqa: PLC0415 - only pictures need Pillow

        return encode_image(data)
    except (ImageError, AttachmentError) as error:
        raise InvalidInputError(error.args[0], _("Choose another file, or save it in another form.")) from error


def add_draft_file(
    session: Session, document: Document, filename: str, words: str, media: Media, moment: datetime
) -> DraftFile:
    """Make a file known to a draft, whose bytes are kept already; the same file again has the address it had.

    `words` are what is said instead of a picture, or what a link says. Raise InvalidInputError where a marker stands in
    them.
    """
    if next(iter(suspects(words)), None):
        raise InvalidInputError(_("A marker cannot stand in what a picture or a link says."), _("Write other words."))
    hash_ = note_kept(session, ImportedImage(media.file, len(media.data)), moment)
    address = _address_of(filename, media)
    if session.get(DraftImage, (document.id, quote(address))) is None:
        session.add(DraftImage(document_id=document.id, address=quote(address), hash=hash_, created_at=moment))
        session.flush()
    return DraftFile(address, markdown_for(address, filename, words, media), not isinstance(media, Attachment))


def markdown_for(address: str, filename: str, words: str, media: Media) -> str:
    """Return the Markdown that shows a picture, or links an attachment."""
    if isinstance(media, Attachment):
        told = words.strip() or _UNFIT.sub(" ", media.file.filename or filename)
        return markdown_of((b.Paragraph((b.Link(address, (b.Text(told),)),)),)).strip()
    return markdown_of((b.Paragraph((b.Image(address, " ".join(words.split())),)),)).strip()


def files_of_draft(session: Session, document: Document) -> MediaFiles:
    """Return what a draft can show, by address: what its revisions showed, and what was put in since."""
    return document_images(session, document.id)


def images_of_text(session: Session, document: Document, text: str) -> dict[str, ImportedImage]:
    """Return the files of a draft that its text asks for, as a revision is made with them."""
    manuscript, files = parse_manuscript(text), files_of_draft(session, document)
    asked = (*image_sources(manuscript), *attachment_sources(manuscript, ATTACHMENT_ENDING)) if files else ()
    return {address: ImportedImage(files[address], 0) for address in asked if address in files}


def _address_of(filename: str, media: Media) -> str:
    """Return an address that is the file's own: no other file of the library has it, and export can write it."""
    shown = media.file.name[:_HASH_SHOWN]
    if isinstance(media, Attachment):
        return f"{ATTACHMENTS_FOLDER}/{shown}/{_UNFIT.sub('-', media.file.filename)}"
    kind = media.file.name.rpartition(".")[2]
    stem = _UNFIT.sub("-", PurePosixPath(filename.replace("\\", "/")).stem).strip("-.")[:_LONGEST_STEM]
    named = stem if stem.casefold() not in _NOBODY_CHOSE else "image"
    return f"images/{named}-{shown}.{kind}"
