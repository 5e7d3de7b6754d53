"""What can be done with a run of inline nodes: read it, divide it, trim it."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import accumulate

from webapp.manuscript.block_walk import flat
from webapp.manuscript.blocks import (
    ELLIPSIS,
    BreakingGate,
    CodeSpan,
    Holder,
    Image,
    Inline,
    InlineGate,
    InlineLeaf,
    LineBreak,
    Math,
    NoteReference,
    Run,
    SoftBreak,
    TaskBox,
    Text,
)
from webapp.manuscript.redact import Literal, PassageEnd, PassageStart

# ！” of: “好！”他说; the stop of: Done. Next, but not that of: 2.5
SENTENCE_END = re.compile(r"[。！？!?]++[”’」』）)\"]*+|\.(?=\s)")


def leaf_text(leaf: InlineLeaf, gate: str = ELLIPSIS) -> str:
    """Return what a reader sees of a leaf, with `gate` for a gate."""
    match leaf:
        case Text(text) | SoftBreak(text) | Literal(text) | Math(text):
            return text
        case Image():
            return "" if leaf.name else leaf.description
        case LineBreak():
            return "\n"
        case TaskBox(done):
            return "☑ " if done else "☐ "
        case InlineGate() | BreakingGate():
            return gate
        case _:
            return ""


def run_text(run: Run, gate: str = ELLIPSIS) -> str:
    """Return what a reader sees of a run, with `gate` for each gate."""
    match run:
        case (Text(text),):  # as nearly all are
            return text
    return "".join(leaf_text(leaf, gate) for leaf in flat(run))


def spoken_text(run: Run) -> str:
    """Return what of a run tells its direction: neither formulas nor code, which run from left to right anywhere."""
    spoken = (node for node in run if not isinstance(node, CodeSpan | Math))
    return "".join(spoken_text(node.children) if isinstance(node, Holder) else leaf_text(node, "") for node in spoken)


def merged(nodes: Iterable[Inline]) -> Run:
    """Return the nodes with texts that touch made one, and empty ones left out."""
    out: list[Inline] = []
    texts: list[str] = []
    for node in nodes:
        if isinstance(node, Text):
            texts.append(node.text)
            continue
        if text := "".join(texts):
            out.append(Text(text))
        texts.clear()
        out.append(node)
    if text := "".join(texts):
        out.append(Text(text))
    return tuple(out)


def shown_run(run: Run) -> Run:
    """Return a run as a reader sees it: one text whatever it came from, pictures by their descriptions alone."""
    match run:
        case (Text(),):  # as nearly all are
            return run
    return merged(map(_shown, run))


def _shown(node: Inline) -> Inline:
    match node:
        case LineBreak() | InlineGate() | Math() | NoteReference() | TaskBox():
            return node
        case Image():
            return replace(node, source="") if node.name or node.description else Text("")
        case node if isinstance(node, Holder):
            return replace(node, children=shown_run(node.children))
        case leaf:
            return Text(leaf_text(leaf))


def with_leaves(run: Run, change: Callable[[InlineLeaf], Inline]) -> Run:
    """Return a run with each leaf changed, wherever it stands."""
    return tuple(
        replace(node, children=with_leaves(node.children, change)) if isinstance(node, Holder) else change(node)
        for node in run
    )


def divided(run: Run, kinds: type[InlineLeaf] | tuple[type[InlineLeaf], ...]) -> tuple[list[Run], list[InlineLeaf]]:
    """Return the pieces of a run between leaves of some kinds, one more than there are, and those leaves."""
    pieces: list[list[Inline]] = [[]]
    between: list[InlineLeaf] = []
    for node in run:
        if isinstance(node, Holder):
            inner, found = divided(node.children, kinds)
            again: list[list[Inline]] = [_again(node, piece) for piece in inner] if found else [[node]]
            first, *rest = again
            pieces[-1] += first
            pieces += rest
            between += found
        elif isinstance(node, kinds):
            between.append(node)
            pieces.append([])
        else:
            pieces[-1].append(node)
    return [tuple(piece) for piece in pieces], between


def _again(holder: Holder, children: Run) -> list[Inline]:
    return [replace(holder, children=children)] if children else []


def parted(run: Run, at: int) -> tuple[Run, Run]:
    """Return a run without holders in two, parted after as many of its characters; a gate counts as one."""
    starts = list(accumulate((len(run_text((node,), gate=".")) for node in run), initial=0))
    index = bisect_left(starts, at)
    before = run[index - 1]
    if starts[index] > at and isinstance(before, Text):
        head, tail = before.text[: at - starts[index]], before.text[at - starts[index] :]
        return (*run[: index - 1], Text(head)), (Text(tail), *run[index:])
    return run[:index], run[index:]


def _stripped(run: Run, strip: Callable[[str], str]) -> Run:
    kept: list[Inline] = []
    for index, node in enumerate(run):
        match node:
            case Text(text) if strip(text):
                return (*kept, Text(strip(text)), *run[index + 1 :])
            case Text() | SoftBreak() | LineBreak():
                continue
            case PassageStart() | PassageEnd():
                kept.append(node)
            case _:
                return (*kept, *run[index:])
    return tuple(kept)


def trimmed(run: Run) -> Run:
    """Return the run without white space at its ends."""
    match run:
        case (Text(text),):  # as nearly all are
            return (Text(text.strip()),) if text.strip() else ()
    return _stripped(_stripped(run, str.lstrip)[::-1], str.rstrip)[::-1]
