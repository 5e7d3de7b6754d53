"""The Markdown file of an edition."""

from webapp.exports.export_document import ExportDocument, GateNotice
from webapp.manuscript import blocks as b
from webapp.manuscript.download_notice import markdown_notice
from webapp.manuscript.markdown_writer import markdown_of


def write_markdown(matter: ExportDocument) -> bytes:
    """Return the title and the text as Markdown (UTF-8), below a line that says that this is a download."""
    title = b.Heading(0, (b.Text(matter.title),))
    head = markdown_notice(matter.origin, matter.address) if matter.origin else ""
    return f"{head}{markdown_of((title, *matter.with_notices(_told)))}\n".encode()


def _told(notice: GateNotice) -> b.BlockQuote:
    return b.BlockQuote((b.Paragraph(notice.run),))
