"""A page of HTML as Markdown: its body as it is, without what nobody reads there."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from bisect import bisect_right
from urllib.parse import unquote_to_bytes, urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from webapp.documents.conversion.block_building import BlockBuilder
from webapp.documents.conversion.conversion_losses import ConversionError, Converted, Loss, Losses, image_name
from webapp.documents.conversion.hidden_elements import hidden_by_sheets, is_hidden
from webapp.documents.conversion.marker_keeping import text_of, write_with_markers
from webapp.documents.conversion.outside_markers import Outside, OutsideText, marker_outside
from webapp.documents.conversion.word_paragraphs import NOTE, NUMBER
from webapp.kit.translatable import _
from webapp.manuscript import blocks as b
from webapp.manuscript.block_walk import inline_runs, walk
from webapp.manuscript.marker_language.markers import parse_manuscript, suspects

_DROPPED = {
    **dict.fromkeys(("script", "style", "noscript", "template", "link", "meta", "title", "head"), Loss.SCRIPT),
    **dict.fromkeys(("form", "button", "select", "textarea", "input", "datalist"), Loss.FORM),
    **dict.fromkeys(
        ("iframe", "svg", "canvas", "object", "embed", "video", "audio", "frameset", "applet"), Loss.EMBEDDED
    ),
    "nav": Loss.NAVIGATION,
    **dict.fromkeys(("rt", "rp"), Loss.RUBY),
}
_UNTOLD = {"link", "meta", "title", "head", "rp"}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# Elements that end by themselves, or never begin anything.
_ENDLESS = frozenset(
    "p li td th tr tbody thead tfoot dt dd option area base br col embed hr img input link meta "  # noqa: SIM905
    "source track wbr html head body".split()
)
_DEEPEST = 480
# javascript: of: javascript:alert(1)
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.\-]*):")
_SCHEMES = {"http", "https", "mailto"}
# Where pages that load their pictures late, such as WeChat's, keep the address.
_LATE = ("data-src", "data-original", "data-lazy-src")
_DATA = re.compile(r"data:image/(png|jpe?g|gif|webp)((?:;[^,;]*)*),(.*)", re.DOTALL | re.IGNORECASE)


def convert_html(text: str, encoding: str) -> Converted:
    """Return what a page says as Markdown; raise ConversionError."""
    _refuse_depth(text)
    page = LexborHTMLParser(text)
    reader = PageReader(page, Losses())
    blocks = reader.read()
    reader.outside.refuse_markers()
    seen = text_of(blocks)
    if sum(1 for _each in suspects(text)) > sum(1 for _each in suspects(seen)):
        raise marker_outside(Outside.OTHER, 1)
    return Converted(
        write_with_markers(_titled(blocks, seen, page)), reader.losses.sentences(), reader.images, encoding
    )


def _refuse_depth(text: str) -> None:
    depth = 0
    for closing, tag in _TAG.findall(text):
        if tag.lower() not in _ENDLESS:
            depth = max(0, depth - 1) if closing else depth + 1
            if depth > _DEEPEST:
                raise ConversionError("too-deep", _("Elements are nested too deep in this page; simplify it."))


def _titled(blocks: b.Blocks, text: str, page: LexborHTMLParser) -> b.Blocks:
    """Return the blocks below the page's title, where no heading of the first level stands outside paid spans."""
    title = " ".join((node.text() if (node := page.css_first("head > title")) else "").split())
    spans = [(span.begin.start, span.end.stop) for span in parse_manuscript(text).spans]
    offset = 0
    for block in walk(blocks):
        if isinstance(block, b.Heading) and block.level == 0:
            before = bisect_right(spans, (offset, len(text))) - 1
            if before < 0 or spans[before][1] <= offset:
                return blocks
        offset += len(text_of((block,))) + 1 if inline_runs(block) else 0
    return (b.Heading(0, (b.Text(title),)), *blocks) if title else blocks


class PageReader:
    """Walks a page; all that it passes by is looked through for markers.

    A page that was made of a Word file says a little more than others: page breaks and the numbers of items.
    """

    def __init__(self, page: LexborHTMLParser, losses: Losses, *, from_word: bool = False) -> None:
        self.losses = losses
        self.outside = OutsideText()
        self.images: dict[str, bytes] = {}
        self._page = page
        self._hidden = hidden_by_sheets(page)
        self._builder = BlockBuilder(self.losses)
        self._from_word = from_word
        base = page.css_first("base[href]")
        self._base = (base.attributes.get("href") if base else None) or ""

    def read(self) -> b.Blocks:
        """Return the blocks of the body."""
        for title in self._page.css("title"):
            self._look(Outside.TITLE, title.text())
        root = self._page.root
        node = root.child if root else None
        while node is not None:
            inside = self._enter(node)
            if inside and node.child is not None:
                node = node.child
                continue
            if inside:
                self._builder.end(node.tag or "")
            node = self._next(node)
        return self._builder.blocks()

    def _next(self, node: LexborNode) -> LexborNode | None:
        """Return what stands after a node, ending the elements that end there."""
        while node.next is None:
            above = node.parent
            if above is None or above.parent is None:
                return None
            node = above
            self._builder.end(node.tag or "")
        return node.next

    def _enter(self, node: LexborNode) -> bool:
        """Begin what a node is; return whether what it holds is to be read."""
        if node.is_text_node:
            self._builder.text(node.text_content or "")
        elif node.is_comment_node:
            self._look(Outside.COMMENT, node.comment_content)
        elif node.is_element_node:
            return self._enter_element(node, node.tag or "")
        return False

    def _enter_element(self, node: LexborNode, tag: str) -> bool:
        if node.mem_id in self._hidden or is_hidden(node):
            self.losses.add(Loss.HIDDEN)
            self._look(Outside.HIDDEN, node.html)
            return False
        if tag == "input" and node.attributes.get("type") == "checkbox":
            self._builder.task_box(done="checked" in node.attributes)
        elif tag in _DROPPED:
            if tag not in _UNTOLD:
                self.losses.add(_DROPPED[tag])
            self._look(Outside.DROPPED, node.html)
            return False
        for value in node.attributes.values():
            self._look(Outside.ATTRIBUTE, value)
        if tag == "a":
            self._link(node)
        elif tag == "hr" and self._from_word:
            self._builder.page_break()
        elif tag in {"img", "image"}:
            self._image(node)
        elif tag == "math":
            self._formula(node)
            return False
        else:
            self._builder.start(tag, node.attributes)
        return True

    def _look(self, where: Outside, text: str | None) -> None:
        self.outside.add(where, self.losses.paragraph, text)

    def _link(self, node: LexborNode) -> None:
        href = (node.attributes.get("href") or "").strip()
        if not href:
            if self._from_word:
                self._bookmark(node.attributes.get("id") or "")
            return
        whole = urljoin(self._base, href) if self._base and not href.startswith("#") else href
        scheme = _SCHEME.match(whole)
        if whole.startswith("#") or (scheme and scheme[1].lower() not in _SCHEMES):
            self.losses.add(Loss.LINK)
        else:
            self._builder.link(whole)

    def _bookmark(self, name: str) -> None:
        kind, _line, number = name.rpartition("_")
        if number.isdigit() and f"{kind}_" == NUMBER:
            self._builder.number_item(int(number))
        elif number.isdigit() and f"{kind}_" == NOTE:
            self._builder.cite_note(int(number))

    def _image(self, node: LexborNode) -> None:
        """Add a picture; a page that loads its pictures late has their addresses elsewhere."""
        source = (node.attributes.get("src") or "").strip()
        later = next((value for name in _LATE if (value := node.attributes.get(name))), "")
        if later and (not source or source.startswith("data:")):
            source = later.strip()
        if data := _DATA.match(source):
            source = self._own_image(data)
        elif source and self._base:
            source = urljoin(self._base, source)
        scheme = _SCHEME.match(source)
        if source and not (scheme and scheme[1].lower() not in {"http", "https"}):
            self._builder.image(source, node.attributes.get("alt") or "")
        else:
            self.losses.add(Loss.LINKED_IMAGE if scheme and scheme[1].lower() != "data" else Loss.IMAGE)

    def _own_image(self, data: re.Match[str]) -> str:
        """Return the name under which a picture that the page itself holds is handed on, "" where it is none."""
        try:
            raw = unquote_to_bytes(data[3])
            held = b64decode(raw) if "base64" in data[2].lower() else raw
        except (Base64Error, ValueError):
            return ""
        name = image_name(held, data[1].lower())
        self.images[name] = held
        return name

    def _formula(self, node: LexborNode) -> None:
        self.losses.add(Loss.FORMULA)
        self._look(Outside.FORMULA, node.html)
        notes = {note.mem_id for note in node.css("annotation, annotation-xml")}
        told = [
            part.text_content or ""
            for part in node.traverse(include_text=True)
            if part.is_text_node and part.parent is not None and part.parent.mem_id not in notes
        ]
        self._builder.text("".join(told))
