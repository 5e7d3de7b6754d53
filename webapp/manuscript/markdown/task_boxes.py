"""The step of the Markdown parser between blocks and inlines that reads boxes of tasks; an escaped one is text."""

import re
from dataclasses import replace

from markdown_it.rules_core import StateCore

from webapp.manuscript.blocks import Blocks, Paragraph, TaskBox
from webapp.manuscript.markdown.sentinels import ANCHOR
from webapp.manuscript.redact import PassageEnd, PassageStart

DONE = "done"  # where an item's opening token says that it is a task, and whether it is done
_BOX = re.compile(rf"((?:{ANCHOR.pattern})*)\[([ xX])\]\s+(?=\S)")


def read_task_boxes(state: StateCore) -> None:
    """Take the boxes from the beginnings of items."""
    for item, paragraph, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type == "list_item_open" and paragraph.type == "paragraph_open":
            found = _BOX.match(inline.content)
            if found:
                inline.content = found[1] + inline.content[found.end() :]
                item.meta = {DONE: found[2] != " "}


def with_task_box(item: Blocks, done: bool | None) -> Blocks:  # noqa: FBT001
    """Return a list's item with its box, where it is a task."""
    if done is None:
        return item
    match item:
        case (Paragraph(run) as first, *others):
            at = next((at for at, node in enumerate(run) if not isinstance(node, PassageStart | PassageEnd)), len(run))
            return replace(first, children=(*run[:at], TaskBox(done), *run[at:])), *others
        case _:
            return Paragraph((TaskBox(done),)), *item
