"""Text as it is: the edition's own, and where one reads on."""

from webapp.exports.export_document import Matter, Notice
from webapp.manuscript.blocks import Paragraph, Text
from webapp.manuscript.rendering import plain_text


def write_text(matter: Matter) -> bytes:
    """Return the title and the text (UTF-8)."""
    return f"{matter.title}\n\n{plain_text(matter.with_notices(told))}\n".encode()


def told(notice: Notice) -> Paragraph:
    """Return a notice that needs no link."""
    return Paragraph((Text(f"{notice.sentence}\n{notice.read_on}: {notice.address}"),))
