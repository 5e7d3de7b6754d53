"""Attachments: downloads of listed kinds that a text links to, kept byte for byte and never shown."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import unquote

from webapp.documents.encoded_image import MOST_IMAGE_BYTES, EncodedImage
from webapp.kit.translatable import _
from webapp.manuscript import AttachedFile

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
ATTACHMENT_TYPES = {
    "csv": "text/csv",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "epub": "application/epub+zip",
    "json": "application/json",
    "odp": f"{_OPEN}.presentation",
    "ods": f"{_OPEN}.spreadsheet",
    "odt": f"{_OPEN}.text",
    "pdf": "application/pdf",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "tsv": "text/tab-separated-values",
    "txt": "text/plain",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "zip": "application/zip",
}
ATTACHMENT_ENDING = re.compile(rf"\.(?:{'|'.join(ATTACHMENT_TYPES)})\b", re.IGNORECASE)
ATTACHMENTS_FOLDER = "attachments"  # of whose files none is a manuscript, whatever its ending
MOST_ATTACHMENT_BYTES = MOST_IMAGE_BYTES
_TEXTS = {"csv", "json", "tsv", "txt"}
_MACROS = b"vbaProject.bin"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PDF, _PDF_BEGINS_WITHIN = b"%PDF-", 1024
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # UTF-16, whose texts hold zeros
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069<>:\"/\\|?*\ud800-\udfff]")
_LONGEST_NAME = 120


class AttachmentError(Exception):
    """A file that cannot be an attachment: a code, and a sentence that says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment as it is kept."""

    data: bytes
    file: AttachedFile


Media = EncodedImage | Attachment  # what texts show and link to, and the store keeps


def make_attachment(filename: str, data: bytes) -> Attachment:
    """Return a file as an attachment; raise AttachmentError where its kind is none, or its bytes are of another one."""
    kind = PurePosixPath(filename).suffix.lower().removeprefix(".")
    if kind not in ATTACHMENT_TYPES:
        kinds = ", ".join(ATTACHMENT_TYPES)
        raise AttachmentError(
            "attachment-kind", _("Files of this kind cannot be attached; those that can are %(kinds)s.", kinds=kinds)
        )
    if len(data) > MOST_ATTACHMENT_BYTES:
        raise attachment_too_large()
    if not _is_of_kind(data, kind):
        sentence = _("This file is not what its name says (%(kind)s), or it is empty or damaged.", kind=kind)
        raise AttachmentError("attachment-kind", sentence)
    if kind not in _TEXTS and _MACROS in data:
        raise AttachmentError("attachment-kind", _("This file holds macros; save it without them."))
    return Attachment(data, AttachedFile(f"{sha256(data).hexdigest()}.{kind}", download_name(filename)))


def attachment_too_large() -> AttachmentError:
    """Return the error about files that are larger than all that are kept."""
    most = MOST_ATTACHMENT_BYTES // 1_000_000
    return AttachmentError("attachment-too-large", _("This file is larger than %(most)s MB; divide it.", most=most))


def download_name(address: str) -> str:
    """Return what a browser saves a file as that has this address or name: its last part, without unfit signs."""
    named = unquote(address.removeprefix("[[").removesuffix("]]")).replace("\\", "/").rpartition("/")[2]
    stem, dot, suffix = _UNFIT.sub("", named).strip(". ").rpartition(".")
    return f"{stem[:_LONGEST_NAME] or 'file'}{dot}{suffix}" if dot else f"file.{suffix}"


def is_attachment_path(path: str) -> bool:
    """Whether a path leads into a folder of attachments."""
    return ATTACHMENTS_FOLDER in PurePosixPath(path.casefold()).parts[:-1]


def _is_of_kind(data: bytes, kind: str) -> bool:
    if kind in _TEXTS:
        return bool(data.strip()) and (b"\0" not in data or data.startswith(_WIDE))
    return _PDF in data[:_PDF_BEGINS_WITHIN] if kind == "pdf" else data.startswith(_ZIP)
