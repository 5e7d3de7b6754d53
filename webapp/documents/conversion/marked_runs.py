"""Runs as leaves with the marks that are on them: what begins and ends anywhere in HTML and in Word is nested anew."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from webapp.manuscript import blocks as b
from webapp.manuscript.inline_runs import merged

Mark = b.Holder  # an empty one: what it is, and where a link leads
MarkedLeaf = tuple[tuple[Mark, ...], b.InlineLeaf]


def nested(leaves: Iterable[MarkedLeaf], depth: int = 0) -> b.Run:
    """Return leaves as a run; those that stand side by side under the same mark share it."""
    out: list[b.Inline] = []
    for mark, group in groupby(leaves, lambda leaf: leaf[0][depth] if len(leaf[0]) > depth else None):
        if mark is None:
            out += [leaf for _marks, leaf in group]
        elif children := nested(group, depth + 1):
            out.append(replace(mark, children=children))
    return merged(out)


def marked_leaves(run: b.Run, marks: tuple[Mark, ...] = ()) -> Iterator[MarkedLeaf]:
    """Yield the leaves of a run with the marks that are on them, the outermost first."""
    for node in run:
        if isinstance(node, b.Holder):
            yield from marked_leaves(node.children, (*marks, replace(node, children=())))
        else:
            yield marks, node
