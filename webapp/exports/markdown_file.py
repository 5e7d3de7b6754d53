"""The Markdown file of an edition."""

from webapp.exports.export_document import ExportDocument, GateNotice
from webapp.manuscript import blocks as b
from webapp.manuscript.markdown_writer import markdown_of


def write_markdown(matter: ExportDocument) -> bytes:
    """Return the title and the text as Markdown (UTF-8)."""
    title = b.Heading(0, (b.Text(matter.title),))
    return markdown_of((title, *matter.with_notices(_told))).encode() + b"\n"


def _told(notice: GateNotice) -> b.BlockQuote:
    return b.BlockQuote((b.Paragraph(notice.run),))
