"""What is to be said of links within a text, and of notes, that lead nowhere."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from webapp.manuscript.findings import Finding, FindingCode, finding
from webapp.manuscript.line_columns import line_columns
from webapp.manuscript.markdown.markdown_parser import MarkdownParser
from webapp.manuscript.markdown.sentinels import weave_sentinels
from webapp.manuscript.marker_language.markers import Manuscript
from webapp.manuscript.marker_language.visible_markers import EDITOR_BREAK, source_lines
from webapp.manuscript.redact import Cut, reveal
from webapp.manuscript.structure import SourceFormat, StructuredText

# [^a]: of a note's definition, at the beginning of a line or within a quote or a list
_DEFINITION = re.compile(r"(?m)^[ \t>*+-]*\[\^([^\]\s]+)\]:")
_parser = MarkdownParser()


def written_at(manuscript: Manuscript, place: int) -> tuple[int, int]:
    """Return line and column of a place in a source."""
    ((line, column),) = line_columns(manuscript.source, [place])
    return line, column


class LinkPlaces:
    """Finds where in a source the links stand that were read of it, asked in their order."""

    def __init__(self, manuscript: Manuscript, fmt: SourceFormat, cut: Cut) -> None:
        self._source = manuscript.source
        self._lines = source_lines(manuscript.source, fmt, cut)
        self._starts = [0, *(found.end() for found in EDITOR_BREAK.finditer(manuscript.source))]
        self._seen = 0

    def find(self, line: int, spellings: Iterable[str]) -> int:
        """Return the place of an address in the block that begins at a line (of what was read, from 0)."""
        start = max(self._seen, self._starts[self._lines[line] - 1])
        found = [at for spelling in spellings if (at := self._source.find(spelling, start)) >= 0]
        if found:
            self._seen = min(found) + 1
        return min(found, default=start)


def lost_link_findings(
    manuscript: Manuscript, fmt: SourceFormat, editions: Iterable[tuple[Cut, StructuredText]]
) -> Iterator[Finding]:
    """Yield a finding for each link within a text that leads nowhere for visitors or for payers."""
    found: dict[int, str] = {}
    for cut, document in editions:
        places = LinkPlaces(manuscript, fmt, cut) if document.lost else None
        for link in document.lost if places else ():
            name = unquote(link.href)
            found[places.find(link.line, {link.href, name}) if places else 0] = name
    for place, href in sorted(found.items()):
        yield finding(FindingCode.DEAD_LINK, written_at(manuscript, place), shown_excerpt(manuscript, place, href))


def shown_excerpt(manuscript: Manuscript, place: int, text: str) -> str:
    """Return an excerpt that stands at a place, nothing where that is paid."""
    is_paid = any(span.begin.start <= place < span.end.stop for span in manuscript.spans)
    return "" if is_paid else text


def unused_definitions(manuscript: Manuscript) -> Iterator[Finding]:
    """Yield a finding for each note that is cited nowhere, not even in paid text."""
    found = list(_DEFINITION.finditer(manuscript.source))
    if not found:
        return
    env: dict[str, dict[str, dict[str, int]]] = {}
    _parser.parse(weave_sentinels(reveal(manuscript)).text, env)
    cited = env.get("footnotes", {}).get("refs", {})
    for definition in found:
        if cited.get(":" + definition[1], 0) < 0:
            place = definition.start(1) - len("[^")
            excerpt = shown_excerpt(manuscript, place, f"[^{definition[1]}]")
            yield finding(FindingCode.DEFINITION_UNUSED, written_at(manuscript, place), excerpt)
