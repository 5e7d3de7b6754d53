"""What may be meant as a marker and is none: a bare word, and a marker after a backslash that belongs to the text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from webapp.manuscript.block_walk import flat, inline_runs, walk
from webapp.manuscript.blocks import CodeBlock, CodeSpan, Holder, InlineLeaf, Run
from webapp.manuscript.findings import Finding, FindingCode, Severity, finding, in_order
from webapp.manuscript.line_columns import line_columns
from webapp.manuscript.markdown.markdown_blocks import markdown_blocks
from webapp.manuscript.marker_language.bracketed_markers import BareMarker
from webapp.manuscript.marker_language.markers import Manuscript, Marker, MarkerKind, marker_kind
from webapp.manuscript.redact import Cut, Literal, TextPart
from webapp.manuscript.structure import SourceFormat

_UNBALANCED = {FindingCode.STRAY_END: MarkerKind.BEGIN, FindingCode.UNCLOSED_SPAN: MarkerKind.END}
_LONGEST_LINE = 300
_ESCAPES_ITSELF = 3  # backslashes: two for a line break in TeX, and one more
# \alpha of: $\alpha\##paidbegin##; } of: x^{2}\##paidbegin##; $ of: $x$\##paidbegin##
_TEX = re.compile(r"(?:\\[A-Za-z]\S*|[$}])\Z")
# $a + of: $a + \##paidbegin## b$
_OPEN_FORMULA = re.compile(r"[^$]*(?:\$[^$]*\$[^$]*)*\$(?=\S)[^$]*\Z")
_REST_OF_FORMULA = re.compile(r"[^$\r\n]*\S\$")
_Place = tuple[int, int]


def with_doubts(manuscript: Manuscript, fmt: SourceFormat) -> Manuscript:
    """Return a manuscript with what is to be said of such words and markers; what an escape made literal is so."""
    escaped = [mark for mark in manuscript.marks if mark.kind is MarkerKind.LITERAL and _is_doubtful(manuscript, mark)]
    if not manuscript.bare and not escaped:
        return manuscript
    places = {(bare.word_start, bare.word_stop) for bare in manuscript.bare}
    places |= {(mark.start + 1, mark.stop) for mark in escaped}
    in_code = _in_code(manuscript, places) if fmt is SourceFormat.MARKDOWN else set()
    bare = [each for each in manuscript.bare if (each.word_start, each.word_stop) not in in_code]
    meant = [(FindingCode.BARE_MARKER, each.start, each.stop) for each in bare if each.escape < 0]
    meant += [
        (FindingCode.ESCAPED_MARKER, mark.start, mark.stop)
        for mark in escaped
        if (mark.start + 1, mark.stop) not in in_code
    ]
    marks = sorted([*manuscript.marks, *_literals(bare)], key=lambda mark: mark.start)
    findings = in_order([*manuscript.findings, *_findings(manuscript, meant)])
    return replace(manuscript, marks=tuple(marks), findings=findings)


def _findings(manuscript: Manuscript, meant: list[tuple[FindingCode, int, int]]) -> Iterator[Finding]:
    """Yield warnings; errors where no span is in the text, or one was left open by a marker that does not count."""
    unbalanced = any(each.code in _UNBALANCED for each in manuscript.findings)
    ordered = sorted(meant, key=lambda each: each[1])
    places = line_columns(manuscript.source, [start for _, start, _ in ordered])
    for (code, start, stop), place in zip(ordered, places, strict=True):
        severity = Severity.WARNING if manuscript.spans and not unbalanced else Severity.ERROR
        yield finding(code, place, manuscript.source[start:stop], severity)


def _literals(bare: Iterable[BareMarker]) -> Iterator[Marker]:
    """Yield the signs that stand for themselves, each with the backslash before it, which is dropped."""
    seen = 0
    for each in bare:
        if each.escape >= seen:
            yield Marker(MarkerKind.LITERAL, each.escape, each.escape + 2)
            seen = each.escape + 2


def _is_doubtful(manuscript: Manuscript, mark: Marker) -> bool:
    """Return whether a backslash may belong to the text before it, or is missed by a marker that has no other half."""
    source, kind = manuscript.source, marker_kind(manuscript.source[mark.start + 1 : mark.stop])
    if kind not in _UNBALANCED.values():
        return False
    if any(_UNBALANCED.get(each.code) is kind for each in manuscript.findings):
        return True
    first = max(0, mark.start - _LONGEST_LINE)
    line = re.split("[\r\n]", source[first : mark.start])[-1]
    backslashes = len(line) - len(line.rstrip("\\")) + 1
    rest = source[mark.stop : mark.stop + _LONGEST_LINE]
    in_formula = _OPEN_FORMULA.match(line) and _REST_OF_FORMULA.match(rest)
    return backslashes >= _ESCAPES_ITSELF or bool(_TEX.search(line) or in_formula)


def _in_code(manuscript: Manuscript, places: set[_Place]) -> set[_Place]:
    """Return which places of a Markdown text stand in code; markers of spans are left out of it."""
    skipped = [(mark.start, mark.stop) for span in manuscript.spans for mark in (span.begin, span.end)]
    parts: list[TextPart] = []
    seen = manuscript.front.body
    for start, stop in sorted([*places, *skipped]):
        parts.append(TextPart(seen, manuscript.source[seen:start]))
        if (start, stop) in places:
            parts.append(TextPart(start, Literal(f"{start} {stop}")))
        seen = stop
    parts.append(TextPart(seen, manuscript.source[seen:]))
    blocks = markdown_blocks(Cut(tuple(part for part in parts if part.content)))
    runs = ((isinstance(block, CodeBlock), run) for block in walk(blocks) for run in inline_runs(block))
    found = (leaf for is_code, run in runs for leaf in (flat(run) if is_code else _leaves_in_code(run)))
    return {(int(a), int(b)) for leaf in found if isinstance(leaf, Literal) for a, b in [leaf.text.split()]}


def _leaves_in_code(run: Run) -> Iterator[InlineLeaf]:
    for node in run:
        if isinstance(node, CodeSpan):
            yield from flat(node.children)
        elif isinstance(node, Holder):
            yield from _leaves_in_code(node.children)
