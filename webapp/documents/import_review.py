"""What an import would bring, looked at before anything is kept: each text as it was decoded, and what was found."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.decoding import DecodingError, encoding_of
from webapp.documents.legacy_encodings import readings_of
from webapp.documents.models import Document
from webapp.documents.preparation import ImportProblem, Options, RefusedSource, prepare, read_bytes, read_text
from webapp.documents.sources import SOURCE_SUFFIXES, SourceFile, SourceKind
from webapp.documents.staged_files import StagedSource
from webapp.manuscript import Checked, SourceFormat, parse_manuscript

MOST_READINGS = 5
_SHOWN_LINES, _AROUND = 120, 2
_SHOWN_OF_LINE = 2_000  # characters
_EXCERPT = 90
_DECODED_KINDS = {SourceKind.TEXT, SourceKind.MARKDOWN, SourceKind.HTML}


@dataclass(frozen=True, slots=True)
class EncodingChoice:
    """An encoding that the bytes fit, and how the first words read in it that are more than ASCII."""

    encoding: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a text: its number, its pieces with whether each is paid, and what was found in it."""

    number: int
    pieces: tuple[tuple[str, bool], ...]
    problems: tuple[ImportProblem, ...]


@dataclass(frozen=True, slots=True)
class ReviewedSource:
    """A file as it would be imported.

    `lines` has None where lines are left out. `known_as` is the title of the document that it would be a revision of.
    """

    shown: str
    title: str
    format: SourceFormat | None
    encoding: str
    choices: tuple[EncodingChoice, ...]
    public_characters: int | None
    paid_characters: int | None
    problems: tuple[ImportProblem, ...]
    lines: tuple[SourceLine | None, ...]
    is_refused: bool
    known_as: str = ""


def review_sources(session: Session, sources: Sequence[StagedSource], options: Options) -> list[ReviewedSource]:
    """Return sources as they would be imported; nothing is kept."""
    keys = [source.key for source in sources if isinstance(source, SourceFile)]
    rows = session.execute(select(Document.source_key, Document.title).where(Document.source_key.in_(keys)))
    titles = {key: title for key, title in rows}  # noqa: C416 - rows are no pairs to dict()'s types
    reviewed = []
    for source in sources:
        key = source.key if isinstance(source, SourceFile) else None
        reviewed.append(replace(_reviewed(source, options), known_as=titles.get(key, "")))
    return reviewed


def _reviewed(source: StagedSource, options: Options) -> ReviewedSource:
    data = read_bytes(source)
    if isinstance(data, RefusedSource) or not isinstance(source, SourceFile):
        problems = data.problems if isinstance(data, RefusedSource) else ()
        return ReviewedSource(source.shown, "", None, "", (), None, None, problems, (), is_refused=True)
    prepared = prepare(source, data, options)
    read = read_text(source, data, options)
    checked, text = prepared.checked, read[0] if read else ""
    return ReviewedSource(
        source.shown,
        (checked.title if checked else None) or source.stem,
        read[1] if read else None,
        _encoding(source, data),
        tuple(_choices(source, data)),
        checked.public_characters if checked else None,
        checked.paid_characters if checked else None,
        prepared.problems,
        _lines(text, _paid_places(checked, text), prepared.problems),
        is_refused=isinstance(prepared, RefusedSource),
    )


def _encoding(source: SourceFile, data: bytes) -> str:
    if source.encoding or SOURCE_SUFFIXES.get(source.suffix, SourceKind.TEXT) not in _DECODED_KINDS:
        return source.encoding
    try:
        return encoding_of(data)
    except DecodingError:
        return ""


def _choices(source: SourceFile, data: bytes) -> Iterator[EncodingChoice]:
    """Yield the encodings that a text may be in: none where only one is possible, or the file says it itself."""
    if SOURCE_SUFFIXES.get(source.suffix, SourceKind.TEXT) not in _DECODED_KINDS or not data.strip():
        return
    readings = readings_of(data, MOST_READINGS)
    if len(readings) > 1 or (readings and readings[0].encoding != "utf-8"):
        yield from (EncodingChoice(reading.encoding, _excerpt(reading.text)) for reading in readings)


def _excerpt(text: str) -> str:
    """Return the first words that tell one reading from another."""
    at = next((place for place, sign in enumerate(text) if sign > "\x7f"), 0)
    begins = max(text.rfind("\n", 0, at) + 1, at - _EXCERPT // 3)
    return " ".join(text[begins : begins + _EXCERPT].split())


def _paid_places(checked: Checked | None, text: str) -> list[tuple[int, int]]:
    manuscript = checked.manuscript if checked else parse_manuscript(text)
    if manuscript.as_written != text:
        return []
    return [(span.begin.start, span.end.stop) for span in manuscript.spans]


def _lines(text: str, paid: list[tuple[int, int]], problems: Iterable[ImportProblem]) -> tuple[SourceLine | None, ...]:
    """Return the first lines of a text, and those around what was found further down."""
    starts = [0, *(place + 1 for place, sign in enumerate(text) if sign == "\n")]
    by_line: dict[int, list[ImportProblem]] = {}
    for problem in problems:
        by_line.setdefault(min(problem.line, len(starts)), []).append(problem)
    wanted = set(range(1, min(len(starts), _SHOWN_LINES) + 1))
    for number in by_line:
        wanted |= set(range(max(1, number - _AROUND), min(len(starts), number + _AROUND) + 1))
    out: list[SourceLine | None] = []
    for number in sorted(wanted):
        if out and out[-1] is not None and out[-1].number != number - 1:
            out.append(None)
        start = starts[number - 1]
        stop = starts[number] - 1 if number < len(starts) else len(text)
        pieces = tuple(_pieces(text, start, min(stop, start + _SHOWN_OF_LINE), paid))
        out.append(SourceLine(number, pieces, tuple(by_line.get(number, ()))))
    if wanted and max(wanted) < len(starts):
        out.append(None)
    return tuple(out)


def _pieces(text: str, start: int, stop: int, paid: list[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    place = start
    for begin, end in paid[max(bisect_right(paid, (start, len(text))) - 1, 0) :]:
        if begin >= stop:
            break
        if end > place:
            if begin > place:
                yield text[place:begin], False
            yield text[max(begin, place) : min(end, stop)], True
            place = min(end, stop)
    if place < stop:
        yield text[place:stop], False
