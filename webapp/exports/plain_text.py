"""Text as it is: the edition's own, and where one reads on."""

from webapp.exports.export_document import ExportDocument, GateNotice
from webapp.kit.languages import gettext
from webapp.manuscript.block_walk import mapped, with_runs
from webapp.manuscript.blocks import Block, Figure, Image, Inline, InlineLeaf, LineBreak, Paragraph, Text
from webapp.manuscript.inline_runs import with_leaves
from webapp.manuscript.marker_language.download_notice import text_notice
from webapp.manuscript.plain_text_writer import plain_text, with_note_marks


def write_text(matter: ExportDocument) -> bytes:
    """Return the title and the text (UTF-8), below a line that says that this is a download."""
    head = text_notice(matter.origin) if matter.origin else ""
    blocks = with_note_marks(matter.with_notices(gate_sentence))
    blocks = mapped(with_runs(blocks, lambda run: with_leaves(run, _described)), _in_words)
    title = "\n".join((matter.title, *matter.below_title))
    return f"{head}{title}\n\n{plain_text(blocks)}\n".encode()


def _described(leaf: InlineLeaf) -> Inline:
    """Return what a picture shows, as far as somebody has said it."""
    if not (isinstance(leaf, Image) and leaf.name):
        return leaf
    return Text(gettext("[Image: %(what)s]", what=leaf.description) if leaf.description else gettext("[Image]"))


def _in_words(block: Block) -> Block:
    if not isinstance(block, Figure):
        return block
    below = (LineBreak(), *block.caption) if block.caption else ()
    return Paragraph((*block.children, *below), block.line)


def gate_sentence(notice: GateNotice) -> Paragraph:
    """Return a notice that needs no link."""
    return Paragraph((Text(f"{notice.sentence}\n{notice.read_on}: {notice.address}"),))
