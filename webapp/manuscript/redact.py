"""The cut: a manuscript without its paid text, or without its markers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from webapp.manuscript.findings import ManuscriptError, has_errors
from webapp.manuscript.marker_language.character_folding import fit
from webapp.manuscript.marker_language.markers import Manuscript, MarkerKind, PaidSpan

_LINE_BREAK = re.compile("[\r\n]")


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that an escape made literal, its backslash gone; it is never read as a marker or as markup."""

    text: str


@dataclass(frozen=True, slots=True)
class PageBreakMark:
    """A page break as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class GateMark:
    """Where paid text was taken out; `inline` when that text held no line break."""

    number: int
    inline: bool


@dataclass(frozen=True, slots=True)
class PassageStart:
    """Where the paid text of a gate starts in the full text."""

    number: int


@dataclass(frozen=True, slots=True)
class PassageEnd:
    """Where the paid text of a gate ends in the full text."""

    number: int


Atom = Literal | PageBreakMark | GateMark | PassageStart | PassageEnd


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of a cut and the offset in the source where it came from."""

    offset: int
    content: str | Atom


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left of a manuscript, in order."""

    parts: tuple[TextPart, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the pieces of text around the gates, escapes undone, page breaks as written."""
        pieces = [""]
        for gate, parts in groupby(self.parts, lambda part: isinstance(part.content, GateMark)):
            if gate:
                pieces += [""] * len(list(parts))
            else:
                pieces[-1] = "".join(write_parts(part.content) for part in parts)
        return tuple(pieces)


def write_parts(content: str | Atom) -> str:
    """Return the text that a piece of a cut stands for, "" where it stands for none."""
    match content:
        case str():
            return content
        case Literal(text) | PageBreakMark(text):
            return text
        case _:
            return ""


def _checked(manuscript: Manuscript) -> Manuscript:
    if has_errors(manuscript.findings):
        raise ManuscriptError(manuscript.findings)
    return manuscript


class _Scissors:
    """Cuts stretches of the source, from left to right, at its page breaks and literals."""

    def __init__(self, manuscript: Manuscript) -> None:
        self._source = manuscript.source
        self._marks = iter(manuscript.marks)
        self._mark = next(self._marks, None)

    def skip(self, stop: int) -> None:
        while self._mark and self._mark.start < stop:
            self._mark = next(self._marks, None)

    def parts(self, start: int, stop: int) -> Iterator[TextPart]:
        while self._mark and self._mark.start < stop:
            mark = self._mark
            yield from self._text(start, mark.start)
            raw = self._source[mark.start : mark.stop]
            yield TextPart(
                mark.start, PageBreakMark(raw) if mark.kind is MarkerKind.PAGE_BREAK else Literal(fit(raw[1:]))
            )
            start = mark.stop
            self._mark = next(self._marks, None)
        yield from self._text(start, stop)

    def _text(self, start: int, stop: int) -> Iterator[TextPart]:
        if start < stop:
            yield TextPart(start, self._source[start:stop])


def _redacted(manuscript: Manuscript) -> Iterator[TextPart]:
    scissors, seen = _Scissors(manuscript), manuscript.front.body
    for number, span in enumerate(manuscript.spans, start=1):
        yield from scissors.parts(seen, span.begin.start)
        scissors.skip(span.end.stop)
        yield TextPart(span.begin.start, GateMark(number, inline=is_inline(span, manuscript.source)))
        seen = span.end.stop
    yield from scissors.parts(seen, len(manuscript.source))


def _revealed(manuscript: Manuscript) -> Iterator[TextPart]:
    scissors, seen = _Scissors(manuscript), manuscript.front.body
    for number, span in enumerate(manuscript.spans, start=1):
        yield from scissors.parts(seen, span.begin.start)
        yield TextPart(span.begin.start, PassageStart(number))
        yield from scissors.parts(span.begin.stop, span.end.start)
        yield TextPart(span.end.start, PassageEnd(number))
        seen = span.end.stop
    yield from scissors.parts(seen, len(manuscript.source))


def is_inline(span: PaidSpan, source: str) -> bool:
    """Return whether the paid text of a span holds no line break."""
    return not _LINE_BREAK.search(source, span.begin.stop, span.end.start)


def redact(manuscript: Manuscript) -> Cut:
    """Return the public text with a gate for each paid span; raise ManuscriptError on an error."""
    return Cut(tuple(_redacted(_checked(manuscript))))


def reveal(manuscript: Manuscript) -> Cut:
    """Return the full text with the paid passages marked; raise ManuscriptError on an error."""
    return Cut(tuple(_revealed(_checked(manuscript))))


def paid_parts(manuscript: Manuscript) -> tuple[Cut, ...]:
    """Return the paid text of each span, cut like a text of its own; raise ManuscriptError on an error."""
    scissors, pieces = _Scissors(_checked(manuscript)), []
    for span in manuscript.spans:
        scissors.skip(span.begin.start)
        pieces.append(Cut(tuple(scissors.parts(span.begin.stop, span.end.start))))
    return tuple(pieces)
