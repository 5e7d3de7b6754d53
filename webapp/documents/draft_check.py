"""What is said of a text that is being worked on: what publishing would make of it, what was found, and where."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.draft_images import files_of_draft
from webapp.documents.drafts import DraftFigures
from webapp.documents.models import Document, DocumentTag
from webapp.documents.paid_share import characters_of, paid_characters_of
from webapp.kit.translatable import Filled
from webapp.manuscript import Checked, Finding, Severity, SourceFormat, check, minutes_of, parse_manuscript
from webapp.manuscript.marker_language.markers import suspects


@dataclass(frozen=True, slots=True)
class TextFigures:
    """What is counted of a text: characters that a reader sees; of one with an error, those of its source."""

    public_characters: int
    paid_characters: int
    minutes: int
    gates: int
    findings: int
    errors: int

    @property
    def share(self) -> int:
        """Return how many of a hundred characters are for payers."""
        return round(100 * self.paid_characters / max(self.public_characters + self.paid_characters, 1))

    @property
    def kept(self) -> DraftFigures:
        """Return what is kept of them for lists."""
        return DraftFigures(self.findings, self.errors, self.public_characters, self.paid_characters)


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """A finding with the stretch of the text that it is about."""

    finding: Finding
    start: int
    end: int

    @property
    def sentence(self) -> str:
        """What is wrong and how to mend it, to be translated."""
        found = self.finding
        return Filled(found.message, dict(found.values)) if found.values else found.message


def check_draft(session: Session, document: Document, text: str, fmt: SourceFormat) -> Checked:
    """Return a text as publishing would check it for a document, with the pictures that this has."""
    tags = session.scalars(select(DocumentTag.tag).where(DocumentTag.document_id == document.id))
    return check(
        text,
        fmt,
        title_hint=document.title,
        tags=tuple(tags),
        slug=document.slug,
        images=files_of_draft(session, document),
    )


def title_before_markers(text: str, fmt: SourceFormat) -> str:
    """Return the title of what stands before all that looks like a marker, which is public in a text with errors."""
    first = min((start for start, _wording in suspects(text)), default=len(text))
    return check(text[:first], fmt).title or ""


def figures_of(checked: Checked) -> TextFigures:
    """Return what is counted of a checked text."""
    preview, manuscript = checked.preview, checked.manuscript
    if preview is not None:
        public, paid, language = preview.characters, max(checked.hidden_characters, 0), preview.language
    else:
        paid, language = paid_characters_of(manuscript), "en"
        public = characters_of(manuscript) - paid
    return TextFigures(
        public_characters=public,
        paid_characters=paid,
        minutes=minutes_of(public + paid, language),
        gates=len(manuscript.spans),
        findings=len(checked.findings),
        errors=sum(found.severity is Severity.ERROR for found in checked.findings),
    )


def placed_findings(checked: Checked, text: str) -> list[PlacedFinding]:
    """Return what was found in a text, each with the characters that it is about: at most to the end of its line."""
    starts = [0, *(place + 1 for place, character in enumerate(text) if character == "\n")]
    return [_placed(found, text, starts) for found in checked.findings]


def _placed(found: Finding, text: str, starts: list[int]) -> PlacedFinding:
    start = min(starts[min(found.line, len(starts)) - 1] + found.column - 1, len(text))
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    is_there = bool(found.excerpt) and text.startswith(found.excerpt, start)
    return PlacedFinding(found, start, start + len(found.excerpt) if is_there else line_end)


@dataclass(frozen=True, slots=True)
class SpanPlace:
    """Where a paid span stands: `start` and `end` with its markers, `paid_start` and `paid_end` between them."""

    start: int
    end: int
    paid_start: int
    paid_end: int


def span_places(text: str) -> Iterator[SpanPlace]:
    """Yield where the paid spans of a text stand."""
    for span in parse_manuscript(text).spans:
        yield SpanPlace(span.begin.start, span.end.stop, span.begin.stop, span.end.start)


class Utf16Offsets:
    """Says where a character of a text is by the count of JavaScript, for which some characters are two."""

    def __init__(self, text: str) -> None:
        self._doubled = [place for place, character in enumerate(text) if character > "\uffff"]

    def __call__(self, offset: int) -> int:
        """Return the offset in UTF-16 code units."""
        return offset + bisect_left(self._doubled, offset)
