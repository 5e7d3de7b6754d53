"""What can be read in a file: archives and pages are opened."""

import zipfile
from io import BytesIO

from webapp.documents.image_store import IMAGE_TYPES
from webapp.exports.file_formats import FileFormat

_ARCHIVES = {FileFormat.DOCX.media_type, FileFormat.EPUB.media_type}
_XML = "application/xml; charset=utf-8"
_PLAIN = "text/plain; charset=utf-8"


def read_file_text(body: bytes, content_type: str) -> tuple[str, str]:
    """Return the text of an answer and of what kind that text is; nothing can be read in an image."""
    media_type = content_type.partition(";")[0]
    if media_type in _ARCHIVES:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            named = (name for name in archive.namelist() if name.rpartition(".")[2] not in IMAGE_TYPES)
            parts = (archive.read(name).decode() for name in named)
            return "\n\n".join(parts), _XML
    if media_type == FileFormat.PDF.media_type:
        from pypdf import PdfReader  # noqa: PLC0415 - a tenth of the time that any command takes to start

        reader = PdfReader(BytesIO(body))
        told = [str(value) for value in (reader.metadata or {}).values()]
        return "\n\n".join([*told, *(page.extract_text() for page in reader.pages)]), _PLAIN
    return "" if media_type.startswith("image/") else body.decode(), content_type
