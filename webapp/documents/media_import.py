"""The pictures and attachments that a text asks for, found beside it and kept."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from webapp.documents.attachments import (
    ATTACHMENT_ENDING,
    AttachmentError,
    Media,
    attachment_too_large,
    is_attachment_path,
    make_attachment,
)
from webapp.documents.encoded_image import ImageError
from webapp.documents.files_beside import FilesBeside
from webapp.documents.image_import import ImageNotice, ImageReader, ImportedImage, media_place
from webapp.documents.sources import SOURCE_SUFFIXES
from webapp.manuscript import MediaFile, Severity, SourceFormat, attachment_sources, image_sources, parse_manuscript
from webapp.manuscript.inline_nodes import name_in_brackets

# Of links that lead nowhere, or out of what is imported, link_check tells.
_TOLD_ELSEWHERE = {"image-missing", "image-outside"}


@dataclass(frozen=True, slots=True)
class ReadMedia:
    """The pictures and attachments of a text by their addresses in it, what tells them from others, and notices."""

    found: dict[str, ImportedImage]
    mark: bytes
    notices: list[ImageNotice]

    @property
    def files(self) -> dict[str, MediaFile]:
        """The files by their addresses."""
        return {address: image.file for address, image in self.found.items()}


def read_media(
    text: str, fmt: SourceFormat, beside: FilesBeside, keep: Callable[[Media], None], *, fetches: bool
) -> ReadMedia:
    """Return what a text asks for, kept; nothing where it cannot be published."""
    manuscript = parse_manuscript(text)
    if fmt is not SourceFormat.MARKDOWN or any(each.severity is Severity.ERROR for each in manuscript.findings):
        return ReadMedia({}, b"", [])
    addresses = image_sources(manuscript)
    images, notices = ImageReader(beside, fetches, keep).read(text, addresses)
    names = {address: images[address].file.name if address in images else "" for address in addresses}
    links = list(filter(_may_be_attached, attachment_sources(manuscript, ATTACHMENT_ENDING)))
    attached, more = _read_attachments(text, beside, keep, links)
    names |= {address: image.file.name for address, image in attached.items()}
    mark = "".join(f"\0{address} {name}" for address, name in names.items())
    return ReadMedia(images | attached, mark.encode(), [*notices, *more])


def _may_be_attached(address: str) -> bool:
    """Whether a link leads to an attachment and not to another manuscript, which some kinds of file can be, too."""
    path = unquote(name_in_brackets(address) or address)
    return PurePosixPath(path).suffix.lower() not in SOURCE_SUFFIXES or is_attachment_path(path)


def _read_attachments(
    text: str, beside: FilesBeside, keep: Callable[[Media], None], addresses: Iterable[str]
) -> tuple[dict[str, ImportedImage], list[ImageNotice]]:
    found: dict[str, ImportedImage] = {}
    notices: list[ImageNotice] = []
    for address in addresses:
        try:
            attachment = make_attachment(name_in_brackets(address) or unquote(address), _bytes_of(beside, address))
        except (ImageError, AttachmentError) as error:
            notices += _notice(text, address, error)
            continue
        keep(attachment)
        found[address] = ImportedImage(attachment.file, len(attachment.data))
    return found, notices


def _bytes_of(beside: FilesBeside, address: str) -> bytes:
    name = name_in_brackets(address)
    try:
        return beside.find(name) if name else beside.read(address)
    except ImageError as error:
        if error.code == "image-too-large":
            raise attachment_too_large() from error
        raise


def _notice(text: str, address: str, error: ImageError | AttachmentError) -> Iterator[ImageNotice]:
    if error.code not in _TOLD_ELSEWHERE:
        yield ImageNotice(*media_place(text, address, "["), error.code, error.args[0])
