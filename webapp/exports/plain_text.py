"""Text as it is: the edition's own, and where one reads on."""

from webapp.exports.export_document import ExportDocument, GateNotice
from webapp.manuscript.blocks import Paragraph, Text
from webapp.manuscript.download_notice import text_notice
from webapp.manuscript.plain_text_writer import plain_text, with_note_marks


def write_text(matter: ExportDocument) -> bytes:
    """Return the title and the text (UTF-8), below a line that says that this is a download."""
    head = text_notice(matter.origin) if matter.origin else ""
    return f"{head}{matter.title}\n\n{plain_text(with_note_marks(matter.with_notices(gate_sentence)))}\n".encode()


def gate_sentence(notice: GateNotice) -> Paragraph:
    """Return a notice that needs no link."""
    return Paragraph((Text(f"{notice.sentence}\n{notice.read_on}: {notice.address}"),))
