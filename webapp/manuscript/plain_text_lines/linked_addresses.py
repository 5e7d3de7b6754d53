"""Addresses in a plain text as links."""

import re
from collections.abc import Iterator
from dataclasses import replace

from webapp.manuscript.block_walk import with_runs
from webapp.manuscript.blocks import Blocks, Inline, InlineGate, LineBreak, Link, Run, RunIn, Text
from webapp.manuscript.inline_runs import merged, parted, run_text
from webapp.manuscript.redact import PassageEnd, PassageStart

# Up to what no address holds: a space, a Chinese character, < > " and the like
_ADDRESS = re.compile(r"(?<![A-Za-z0-9])https?://[A-Za-z0-9](?:[!#-;=?-Z\[\]_a-z~])*", re.IGNORECASE)
_CLOSING = {")": "(", "]": "["}
_NOT_LAST = ".,;:!?'*_~"


def _address_end(text: str, start: int, end: int) -> int:
    """Return where an address ends, without the marks of the sentence that it stands in."""
    while True:  # a host has letters, at which it ends
        last = text[end - 1]
        opening = _CLOSING.get(last)
        if last in _NOT_LAST or (opening and text.count(last, start, end) > text.count(opening, start, end)):
            end -= 1
        else:
            return end


def _linked_words(run: Run, *, is_cut: bool) -> Iterator[Inline]:
    """Yield texts, and the ends of passages between them, with each address in them as a link."""
    text, seen = run_text(run), 0
    for found in _ADDRESS.finditer(text) if "://" in text else ():
        start, end = found.start(), _address_end(text, *found.span())
        if is_cut and end == len(text):
            break  # the rest of the address stands behind a gate
        before, rest = parted(run, start - seen)
        inside, run = parted(rest, end - start)
        yield from (*before, Link(text[start:end], inside))
        seen = end
    yield from run


def _linked(run: Run) -> Run:
    out: list[Inline] = []
    words: list[Inline] = []
    for node in (*run, LineBreak()):
        if isinstance(node, Text | PassageStart | PassageEnd):
            words.append(node)
            continue
        out += _linked_words(tuple(words), is_cut=isinstance(node, InlineGate))
        out.append(replace(node, children=_linked(node.children)) if isinstance(node, RunIn) else node)
        words = []
    return merged(out[:-1])


def _with_links(run: Run) -> Run:
    match run:
        case (Text(text),) if "://" not in text:  # as nearly all are
            return run
    return _linked(run)


def with_links(blocks: Blocks) -> Blocks:
    """Return the blocks of a plain text with each address in them as a link."""
    return with_runs(blocks, _with_links)
