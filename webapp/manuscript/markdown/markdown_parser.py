"""The Markdown parser: CommonMark with tables and strike-through, raw HTML off, comments left out."""

from bisect import bisect_left
from collections.abc import Callable
from functools import partial

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, list_block
from markdown_it.rules_inline import StateInline
from markdown_it.utils import EnvType
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from webapp.manuscript.markdown.bare_links import read_bare_link
from webapp.manuscript.markdown.cjk_emphasis import ChineseInline
from webapp.manuscript.markdown.container_rules import read_colons, read_details
from webapp.manuscript.markdown.gated_marks import LooseMarks, close_marks
from webapp.manuscript.markdown.heading_names import name_headings
from webapp.manuscript.markdown.inline_markup import (
    pair_delimiters,
    read_embed,
    read_highlight,
    read_page_link,
    read_scripts,
    read_tag,
)
from webapp.manuscript.markdown.markdown_math import add_math
from webapp.manuscript.markdown.sentinels import ANCHOR, SENTINEL
from webapp.manuscript.markdown.task_boxes import read_task_boxes

_OPENING, _CLOSING = "<!--", "-->"
# CommonMark 0.31, 6.6: <!--> is a whole comment, so the closing may use the opening's last two characters.
_SHARED = 2
# Levels of blocks in one another, a list being two; beyond the second number the library leaves out what stands there.
_DEEPEST, _LIMIT = 80, 100


def _comment(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  # the parser's signature of a rule
    """Pass over a comment inside a paragraph."""
    del silent
    start = state.pos
    if not state.src.startswith(_OPENING, start) or state.html_terminator_last(_CLOSING) < start + _SHARED:
        return False
    state.pos = state.src.index(_CLOSING, start + _SHARED) + len(_CLOSING)
    return True


def _comment_end(state: StateBlock, start: int) -> int:
    """Return where a comment's closing ends, past the text where it has none; look once for many comments."""
    searched, found = state.env.get("comment", (0, -1))
    if not searched <= start <= found:
        found = state.src.find(_CLOSING, start)
        found = found if found >= 0 else len(state.src)
        state.env["comment"] = start, found
    return int(found) + len(_CLOSING)


def _comment_block(state: StateBlock, first: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """Pass over a comment that has its lines to itself; blank lines do not end it."""
    start = state.bMarks[first] + state.tShift[first]
    if not state.src.startswith(_OPENING, start) or state.is_code_block(first):
        return False
    stop = _comment_end(state, start + _SHARED)
    line = bisect_left(state.eMarks, stop, first, end)
    if line == end or state.src[stop : state.eMarks[line]].strip():
        return False
    if not silent:
        state.line = line + 1
    return True


_BlockRule = Callable[[StateBlock, int, int, bool], bool]


def _while_shallow(rule: _BlockRule) -> _BlockRule:
    """Return a rule that opens nothing beyond a depth; what stands deeper is text, where the parser would drop it."""

    def shallow(state: StateBlock, first: int, end: int, silent: bool) -> bool:  # noqa: FBT001
        return state.level < _DEEPEST and rule(state, first, end, silent)

    return shallow


def _without_citing(env: EnvType) -> EnvType:
    """Return what a parser knows of a text, for a look at a part of it that cites no notes."""
    labels = env.get("footnotes", {}).get("refs", {})
    return {**env, "footnotes": {"refs": dict.fromkeys(labels, -1), "list": {}}}


class MarkdownParser(MarkdownIt):
    """Reads Markdown with sentinels in it."""

    def __init__(self) -> None:
        super().__init__("zero")
        inline = self.inline = ChineseInline()
        self.configure("commonmark", {"html": False, "maxNesting": _LIMIT})
        self.enable(["table", "strikethrough"])
        containers = ["paragraph", "reference", "blockquote"]
        add_math(self, [*containers, "list"])
        self.use(footnote_plugin, move_to_end=False).use(deflist_plugin)
        self._read_inline_markup()
        self.block.ruler.at("blockquote", _while_shallow(blockquote), {"alt": [*containers, "list"]})
        self.block.ruler.at("list", _while_shallow(list_block), {"alt": containers})
        self.inline.ruler.before("autolink", "comment", _comment)
        loose_marks: LooseMarks = lambda src, env: inline.loose_marks(src, self, _without_citing(env))  # noqa: E731
        self.core.ruler.before("inline", "gated_marks", partial(close_marks, loose_marks=loose_marks))
        self.block.ruler.before("heading", "comment", _comment_block, {"alt": containers})
        self.core.ruler.before("gated_marks", "heading_names", name_headings)
        self.core.ruler.before("gated_marks", "task_boxes", read_task_boxes)
        for name, rule in (("colons", read_colons), ("details", read_details)):
            self.block.ruler.before("heading", name, _while_shallow(rule), {"alt": [*containers, "list"]})
        for name, deep in (("footnote_def", ["paragraph", "reference"]), ("deflist", containers)):
            place = self.block.ruler.__find__(name)
            self.block.ruler.at(name, _while_shallow(self.block.ruler.__rules__[place].fn), {"alt": deep})

    def _read_inline_markup(self) -> None:
        rules = self.inline.ruler
        rules.after("text", "bare_link", read_bare_link)
        rules.before("strikethrough", "scripts", read_scripts)
        rules.before("strikethrough", "highlight", read_highlight)
        rules.before("link", "page_link", read_page_link)
        rules.before("image", "embed", read_embed)
        rules.before("autolink", "tag", read_tag)
        self.inline.ruler2.after("balance_pairs", "pairs", pair_delimiters)

    def validateLink(self, url: str) -> bool:  # noqa: N802  # the library's name
        """Return yes: where a link may lead is decided when the tree is made."""
        del url
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Return the address percent-encoded, but for sentinels."""
        bare = ANCHOR.sub("", url)
        return bare if SENTINEL.search(bare) else super().normalizeLink(bare)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        """Return the address as it was written."""
        return ANCHOR.sub("", link)
