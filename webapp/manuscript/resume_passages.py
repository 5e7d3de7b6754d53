"""The first sentence behind each gate, held together in the full text: there a reader who has paid reads on."""

import re
from collections import deque
from dataclasses import replace

from webapp.manuscript.block_walk import flat, with_runs
from webapp.manuscript.blocks import Blocks, Holder, Image, Inline, LineBreak, Paragraph, Passage, Run, Text
from webapp.manuscript.inline_runs import SENTENCE_END, leaf_text, merged, run_text
from webapp.manuscript.redact import PassageEnd, PassageStart

# In code a sentence is a line: the first ends before the line end of: a = 1\nb = 2
_SENTENCE_END = re.compile(rf"{SENTENCE_END.pattern}|(?=\n)")


def _sentence(first: Inline, rest: deque[Inline]) -> Run:
    """Return the first node and those after it, to the end of the sentence or of the passage; take them from rest."""
    taken: list[Inline] = []
    rest.appendleft(first)
    while rest and not isinstance(rest[0], LineBreak | PassageStart | PassageEnd):
        node = rest.popleft()
        ending = _SENTENCE_END.search(run_text((node,)))
        if ending and isinstance(node, Text):
            taken.append(Text(node.text[: ending.end()]))
            rest.appendleft(Text(node.text[ending.end() :]))
        else:
            taken.append(node)
        if ending or _is_ended_in(node):
            break
    return merged(taken)


def _is_ended_in(node: Inline) -> bool:
    return isinstance(node, Holder) and any(isinstance(leaf, PassageEnd) for leaf in flat(node.children))


class _Pen:
    """Goes through a text and holds the sentence after each start together; a start waits for something visible."""

    def __init__(self) -> None:
        self._waiting: list[int] = []

    def run(self, run: Run) -> Run:
        out: list[Inline] = []
        rest = deque(run)
        while rest:
            node = rest.popleft()
            if isinstance(node, PassageStart):
                self._waiting.append(node.number)
            elif isinstance(node, Holder):
                out.append(replace(node, children=self.run(node.children)))
            elif self._waiting and isinstance(node, Image) and node.name:
                out += self._held((node,))
            elif self._waiting and (text := leaf_text(node).strip()):
                if isinstance(node, Text):
                    out.append(Text(node.text[: node.text.index(text)]))
                    node = Text(node.text[node.text.index(text) :])
                out += self._held(_without_anchors(_sentence(node, rest)))
            elif not isinstance(node, PassageEnd):
                out.append(node)
        return merged(out)

    def _held(self, children: Run) -> Run:
        for number in reversed(self._waiting):
            children = (Passage(number, children),)
        self._waiting.clear()
        return children


def _without_anchors(run: Run) -> Run:
    return tuple(
        replace(node, children=_without_anchors(node.children)) if isinstance(node, Holder) else node
        for node in run
        if not isinstance(node, PassageStart | PassageEnd)
    )


def with_passages(blocks: Blocks) -> Blocks:
    """Return the blocks of a full text with the first sentence of each paid passage held together."""
    held = with_runs(blocks, _Pen().run)
    return tuple(block for block in held if not isinstance(block, Paragraph) or block.children)
