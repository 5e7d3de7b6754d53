"""The Markdown file of an edition."""

from dataclasses import replace
from urllib.parse import quote

from webapp.exports.export_document import ExportDocument, GateNotice
from webapp.manuscript import blocks as b
from webapp.manuscript.block_walk import with_runs
from webapp.manuscript.heading_anchors import TITLE_ANCHOR, github_ids, headings_in
from webapp.manuscript.inline_runs import run_text
from webapp.manuscript.markdown_writer import markdown_of
from webapp.manuscript.marker_language.download_notice import markdown_notice


def write_markdown(matter: ExportDocument) -> bytes:
    """Return the title and the text as Markdown (UTF-8), below a line that says that this is a download."""
    title = b.Heading(0, matter.title_run)
    below = (b.Paragraph((b.Text(line),)) for line in matter.below_title)
    blocks = _named_by_github((title, *below, *matter.with_notices(_told)))
    head = markdown_notice(matter.origin, matter.address) if matter.origin else ""
    return f"{head}{markdown_of(blocks)}\n".encode()


def _named_by_github(blocks: b.Blocks) -> b.Blocks:
    """Return the blocks with links within them naming headings as GitHub does."""
    names = github_ids(run_text(heading.children) for heading in headings_in(blocks))
    places = {f"#{TITLE_ANCHOR}": f"#{names[0]}"}
    places |= {f"#h{number}": f"#{quote(name)}" for number, name in enumerate(names[1:])}
    return with_runs(blocks, lambda run: _led(run, places))


def _led(run: b.Run, places: dict[str, str]) -> b.Run:
    return tuple(_link_led(node, places) for node in run)


def _link_led(node: b.Inline, places: dict[str, str]) -> b.Inline:
    if not isinstance(node, b.Holder):
        return node
    node = replace(node, children=_led(node.children, places))
    return replace(node, href=places.get(node.href, node.href)) if isinstance(node, b.Link) else node


def _told(notice: GateNotice) -> b.BlockQuote:
    return b.BlockQuote((b.Paragraph(notice.run),))
