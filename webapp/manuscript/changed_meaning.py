"""Where a paid span makes public text another thing: code of prose, prose of code, a table's head, or nothing."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from webapp.manuscript.block_walk import inline_runs, walk
from webapp.manuscript.blocks import Block, Blocks, CodeBlock, CodeSpan, Holder, Run, Table
from webapp.manuscript.markdown.markdown_blocks import markdown_blocks
from webapp.manuscript.marker_language.markers import Manuscript
from webapp.manuscript.redact import Cut, Literal, PassageEnd, PassageStart, TextPart, redact, reveal

_SIGNS = ("`", "~~~", "|")
_INDENTED = re.compile(r"(?m)^(?: {4}|\t)")
# A letter and what follows it up to a sign that may begin or end code or a cell: all of it stands in the same.
_STRETCH = re.compile(r"[^\W\d_][^`|\r\n]*+")
_CODE, _HEAD, _BODY, _PROSE = "code", "head", "body", "prose"


def _may_change(manuscript: Manuscript) -> bool:
    spans, source = manuscript.spans, manuscript.source
    if any(sign in span.paid(source) for span in spans for sign in _SIGNS):
        return True
    return bool(spans and _INDENTED.search(source))


def _traced(cut: Cut, manuscript: Manuscript) -> Cut:
    """Return a cut with an atom in place of the first letter of each public stretch, which tells where it came from."""
    ends = [span.end.start for span in manuscript.spans]
    parts: list[TextPart] = []
    for part in cut.parts:
        index = bisect_left(ends, part.offset + 1)
        is_paid = index < len(ends) and part.offset >= manuscript.spans[index].begin.stop
        if isinstance(part.content, str) and not is_paid:
            parts += _pieces(part.offset, part.content)
        elif not isinstance(part.content, PassageStart | PassageEnd):
            parts.append(part)
    return Cut(tuple(parts))


def _pieces(offset: int, text: str) -> Iterator[TextPart]:
    seen = 0
    for stretch in _STRETCH.finditer(text):
        first = stretch.start()
        if seen < first:
            yield TextPart(offset + seen, text[seen:first])
        yield TextPart(offset + first, Literal(str(offset + first)))
        seen = first + 1
    if seen < len(text):
        yield TextPart(offset + seen, text[seen:])


def _kinds(block: Block) -> Iterator[tuple[str, Run]]:
    if isinstance(block, Table):
        yield from ((_HEAD, cell) for cell in block.header)
        yield from ((_BODY, cell) for row in block.rows for cell in row)
    else:
        yield from ((_CODE if isinstance(block, CodeBlock) else _PROSE, run) for run in inline_runs(block))


def _found(kind: str, run: Run) -> Iterator[tuple[str, str]]:
    for node in run:
        if isinstance(node, Literal) and node.text.isdecimal():
            yield node.text, kind
        elif isinstance(node, Holder):
            yield from _found(_CODE if isinstance(node, CodeSpan) else kind, node.children)


def _places(blocks: Blocks) -> dict[str, str]:
    """Return in what each traced letter stands, by where it came from."""
    return {at: within for block in walk(blocks) for kind, run in _kinds(block) for at, within in _found(kind, run)}


def changing_spans(manuscript: Manuscript) -> set[int]:
    """Return the indices of the spans by which public Markdown is shown as something else than in the full text."""
    if not _may_change(manuscript):
        return set()
    public, full = _public_and_full(manuscript)
    return _spans_before(manuscript, (at for at, kind in public.items() if full.get(at, kind) != kind))


def hiding_spans(manuscript: Manuscript) -> set[int]:
    """Return the indices of the spans that take public words into what the full text does not show: an unused note."""
    public, full = _public_and_full(manuscript)
    return _spans_before(manuscript, public.keys() - full.keys())


def _public_and_full(manuscript: Manuscript) -> tuple[dict[str, str], dict[str, str]]:
    public, full = (_places(markdown_blocks(_traced(cut(manuscript), manuscript))) for cut in (redact, reveal))
    return public, full


def _spans_before(manuscript: Manuscript, places: Iterable[str]) -> set[int]:
    begins = [span.begin.start for span in manuscript.spans]
    return {max(0, bisect_left(begins, int(place)) - 1) for place in places}
