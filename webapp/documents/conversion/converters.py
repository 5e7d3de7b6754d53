"""Which kinds of file are converted, and how."""

import dataclasses

from webapp.documents.conversion.conversion_losses import Converted
from webapp.documents.conversion.html_encoding import decode_html
from webapp.documents.sources import SourceKind

CONVERTED_KINDS = (SourceKind.DOCX, SourceKind.HTML)


def convert(kind: SourceKind, data: bytes, encoding: str = "auto", *, replace: bool = False) -> Converted:
    """Return a file of a kind that is converted as Markdown; raise ConversionError or DecodingError."""
    if kind is SourceKind.DOCX:
        from webapp.documents.conversion.docx_document import convert_docx  # noqa: PLC0415 - it loads selectolax, Pillow

        return convert_docx(data)
    from webapp.documents.conversion.html_page import convert_html  # noqa: PLC0415 - it loads selectolax

    decoded = decode_html(data, encoding, replace=replace)
    return dataclasses.replace(convert_html(decoded.text, decoded.encoding), replaced=decoded.replaced)
