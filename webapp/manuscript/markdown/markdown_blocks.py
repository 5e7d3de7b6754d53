"""Markdown as blocks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from markdown_it.token import Token
from markdown_it.utils import EnvType

from webapp.manuscript import blocks as b
from webapp.manuscript.block_walk import flat, gate_numbers, with_runs
from webapp.manuscript.inline_runs import divided, merged, trimmed
from webapp.manuscript.markdown.callouts import callout, quoted_callout
from webapp.manuscript.markdown.footnotes import with_footnotes
from webapp.manuscript.markdown.gated_marks import GATES
from webapp.manuscript.markdown.heading_names import NAME
from webapp.manuscript.markdown.inline_tokens import decode_entities, inline_run, settle_breaks
from webapp.manuscript.markdown.markdown_math import is_whole
from webapp.manuscript.markdown.markdown_parser import MarkdownParser
from webapp.manuscript.markdown.passage_anchors import anchored
from webapp.manuscript.markdown.sentinels import SENTINEL, SentinelText, weave_sentinels
from webapp.manuscript.markdown.task_boxes import DONE, with_task_box
from webapp.manuscript.redact import Cut, PageBreakMark, PassageEnd, PassageStart

_parser = MarkdownParser()
# ` of: c`x; none in: c++, objective-c, f#
_NOT_IN_LANGUAGES = re.compile(r"[^A-Za-z0-9+#-]")


# "[x] " of: - [x] done


class _Builder:
    """Makes blocks of the parser's tokens."""

    def __init__(self, tokens: Sequence[Token], text: SentinelText, env: EnvType) -> None:
        self._tokens = iter(tokens)
        self._woven = text
        self._tight = _tight_lists(tokens)
        self._notes: dict[str, int] = env.get("footnotes", {}).get("refs", {})
        self._noted: dict[int, dict[str, list[Token]]] = env.get("footnotes", {}).get("list", {})

    def blocks(self, closing: str = "") -> b.Blocks:
        out: list[b.Block] = []
        for token in self._tokens:
            if token.type == closing:
                break
            out += self._block(token)
        return tuple(out)

    def inline_notes(self) -> b.Blocks:
        """Return the notes that were written where they are cited."""
        written = ((id_, note["tokens"]) for id_, note in self._noted.items() if "tokens" in note)
        runs = ((id_, trimmed(settle_breaks(inline_run(tokens, self._woven)))) for id_, tokens in written)
        return tuple(b.NoteDefinition(id_, (b.Paragraph(run),) if run else ()) for id_, run in runs)

    def _block(self, token: Token) -> Sequence[b.Block]:
        line = token.map[0] if token.map else 0
        out: Sequence[b.Block]
        match token.type:
            case "paragraph_open":
                out = self._paragraphs(self._run(), line)
            case "heading_open":
                out = self._heading(token, line)
            case "bullet_list_open" | "ordered_list_open":
                out = self._list(token, line)
            case "blockquote_open":
                inside, gates = _lifted(self.blocks("blockquote_close"))
                quote = quoted_callout(inside, line) or b.BlockQuote(inside, line)
                out = (quote, *gates) if inside else gates
            case "fence" | "code_block":
                out = (self._code(token, line),)
            case "math_block":
                out = (self._math(token.content, line),)
            case "table_open":
                out = self._table(line)
            case "hr":
                out = (b.Rule(line),)
            case _:
                out = self._container(token, line)
        return out

    def _container(self, token: Token, line: int) -> Sequence[b.Block]:
        match token.type:
            case "remark_open":
                title = settle_breaks(self._title())
                inside, gates = _lifted(self.blocks("remark_close"))
                word = token.meta["kind"]
                block = b.Details(title, inside, line) if word == "details" else callout(word, title, inside, "", line)
                return (block, *gates)
            case "details_open":
                title = settle_breaks(self._title())
                inside, gates = _lifted(self.blocks("details_close"))
                return (b.Details(title, inside, line), *gates)
            case "footnote_reference_open":
                number = self._notes[":" + token.meta["label"]]
                return (b.NoteDefinition(number, self.blocks("footnote_reference_close"), line),)
            case definitions:
                assert definitions == "dl_open", definitions
                return self._definitions(token, line)

    def _definitions(self, opening: Token, line: int) -> Sequence[b.Block]:
        entries: list[b.Block] = []
        while (token := next(self._tokens)).type != "dl_close":
            if token.type == "dt_open":
                entries.append(b.Term(trimmed(settle_breaks(self._run())), line))
            else:
                entries.append(b.Meaning(self.blocks("dd_close"), line))
        last = entries[-1]
        assert isinstance(last, b.Meaning), last  # without one it is no list
        inside, gates = _lifted(last.blocks)
        entries[-1] = b.Meaning(inside, line)
        return (b.DefinitionList(tuple(entries), id(opening) in self._tight, line), *gates)

    def _code(self, token: Token, line: int) -> b.CodeBlock | b.MathBlock:
        words = SENTINEL.sub("", token.info).split()
        language = _NOT_IN_LANGUAGES.sub("", words[0]) if words else ""
        lines = token.content.removesuffix("\n")
        if language == "math" and is_whole(lines):
            return self._math(lines, line)
        return b.CodeBlock(settle_breaks(merged(decode_entities(lines, self._woven))), language, line)

    def _math(self, tex: str, line: int) -> b.MathBlock:
        """Return a formula between the ends of passages that were in it."""
        anchors = [self._woven.atom(found) for found in SENTINEL.finditer(tex)]
        starts = tuple(each for each in anchors if isinstance(each, PassageStart))
        ends = tuple(each for each in anchors if isinstance(each, PassageEnd))
        formula = b.Math(SENTINEL.sub("", tex).strip("\n"), display=True)
        return b.MathBlock((*starts, formula, *ends), line)

    def _run(self) -> b.Run:
        """Return the run of the inline token that comes next, and pass over the closing one."""
        run = self._title()
        next(self._tokens)
        return run

    def _title(self) -> b.Run:
        return inline_run(next(self._tokens).children or [], self._woven)

    def _paragraphs(self, run: b.Run, line: int) -> Sequence[b.Block]:
        pieces, between = divided(run, (b.BreakingGate, PageBreakMark))
        out: list[b.Block] = []
        for piece, breaking in zip(pieces, [*between, None], strict=True):
            if inside := trimmed(piece):
                out.append(b.Paragraph(inside, line + isinstance(piece[0], b.SoftBreak)))
            line += sum(isinstance(leaf, b.SoftBreak | b.LineBreak) for leaf in flat(piece))
            if isinstance(breaking, b.BreakingGate):
                out.append(b.GateBlock(breaking.number, line))
            elif breaking:
                out.append(b.PageBreak(line))
        return out

    def _heading(self, token: Token, line: int) -> Sequence[b.Block]:
        run = self._run()
        if token.markup != "#" * len(token.markup):
            # A line of = or - below a gate or a page break underlines nothing.
            _, between = divided(run, (b.BreakingGate, PageBreakMark))
            if between:
                return (*self._paragraphs(run, line), *([b.Rule(line)] if token.markup == "-" else []))
        run = trimmed(settle_breaks(run))
        return (b.Heading(int(token.tag[1:]), run, line, token.meta.get(NAME, "")),) if run else ()

    def _list(self, opening: Token, line: int) -> Sequence[b.Block]:
        items, numbers = [], []
        while (token := next(self._tokens)).type == "list_item_open":
            items.append(with_task_box(self.blocks("list_item_close"), token.meta.get(DONE)))
            numbers.append(int(token.info or 0))
        if opening.type == "bullet_list_open":
            return self._listed(opening, items, None, line)
        starts = [0, *_new_counts(items, numbers), len(items)]
        parts = (self._listed(opening, items[at:past], numbers[at], line) for at, past in pairwise(starts))
        return [block for part in parts for block in part]

    def _listed(self, opening: Token, items: list[b.Blocks], start: int | None, line: int) -> Sequence[b.Block]:
        """Return a list, which is numbered where it has a start, and the gates at its end."""
        last, gates = _lifted(items[-1])
        items = [*items[:-1], last] if last or not gates else items[:-1]
        if not items:
            return gates
        # Where no paragraph is left, a gate having taken its place, there is nothing to keep apart.
        spaced = any(isinstance(block, b.Paragraph) for item in items for block in item)
        tight = id(opening) in self._tight or not spaced
        if start is None:
            return (b.BulletList(tuple(items), tight, line), *gates)
        return (b.OrderedList(tuple(items), tight, start, line), *gates)

    def _table(self, line: int) -> Sequence[b.Block]:
        rows: list[list[b.Run]] = []
        aligns: list[str] = []
        while (token := next(self._tokens)).type != "table_close":
            if token.type == "tr_open":
                rows.append([])
            elif token.type in {"th_open", "td_open"}:
                if token.type == "th_open":
                    aligns.append(str(token.attrGet("style") or "").removeprefix("text-align:"))
                rows[-1].append(self._run())
        rows, gates = _lifted_rows(rows, line)
        header, *body = [tuple(settle_breaks(cell) for cell in row) for row in rows]
        return (b.Table(header, tuple(body), tuple(aligns), line), *gates)


def _new_counts(items: list[b.Blocks], numbers: list[int]) -> Iterator[int]:
    """Yield the indices of the items behind a gate that are not numbered as the next ones: they are as written."""
    first = 0
    for index in range(1, len(items)):
        is_next = numbers[index] == numbers[first] + index - first
        if not is_next and next(gate_numbers(items[index - 1]), None) is not None:
            first = index
            yield index


def _tight_lists(tokens: Sequence[Token]) -> set[int]:
    """Return the identities of the lists whose own paragraphs are all hidden."""
    found: set[int] = set()
    lists: list[Token] = []
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open", "dl_open"}:
            lists.append(token)
            found.add(id(token))
        elif token.type in {"bullet_list_close", "ordered_list_close", "dl_close"}:
            lists.pop()
        elif token.type == "paragraph_open" and lists and token.level == lists[-1].level + 2 and not token.hidden:
            found.discard(id(lists[-1]))
    return found


def _lifted(blocks: b.Blocks) -> tuple[b.Blocks, b.Blocks]:
    """Return the blocks of a list's last item or a quote, and the gates at their end, which stand behind it."""
    count = len(blocks)
    while count and isinstance(blocks[count - 1], b.GateBlock):
        count -= 1
    return blocks[:count], blocks[count:]


def _lifted_rows(rows: list[list[b.Run]], line: int) -> tuple[list[list[b.Run]], b.Blocks]:
    """Return a table's rows, and the gates that follow it without a blank line, which the parser takes for rows."""
    gates: list[b.Block] = []
    while len(rows) > 1:
        nodes = [node for cell in rows[-1] for node in cell]
        if not nodes or not all(isinstance(node, b.BreakingGate) for node in nodes):
            break
        gates[:0] = [b.GateBlock(node.number, line) for node in nodes if isinstance(node, b.BreakingGate)]
        rows = rows[:-1]
    return rows, tuple(gates)


def _tree(text: SentinelText) -> b.Blocks:
    env: EnvType = {GATES: text.gates}
    builder = _Builder(_parser.parse(text.text, env), text, env)
    return with_footnotes((*builder.blocks(), *builder.inline_notes()))


def _unmarked(run: b.Run) -> b.Run:
    """Return a run as it would be without anchors."""
    return merged(
        replace(node, children=_unmarked(node.children)) if isinstance(node, b.Holder) else node
        for node in run
        if not isinstance(node, PassageStart | PassageEnd)
    )


def _is_empty(block: b.Block) -> bool:
    return isinstance(block, b.Paragraph) and not _unmarked(block.children)


def markdown_blocks(cut: Cut) -> b.Blocks:
    """Return the blocks of a Markdown text.

    Anchors of passages change nothing: where a block with its anchors differs from the same block without them, the
    latter is taken and its anchors are dropped.
    """
    text = weave_sentinels(cut)
    blocks = _tree(text)
    if not text.anchors:
        return blocks
    marked = tuple(block for block in _tree(anchored(text)) if not _is_empty(block))
    if len(marked) != len(blocks):
        return blocks
    bare = with_runs(marked, _unmarked)
    return tuple(new if same == old else old for new, same, old in zip(marked, bare, blocks, strict=True))
