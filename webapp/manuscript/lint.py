"""The findings that need the whole manuscript, and the two editions that come of one without errors."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from webapp.manuscript.block_walk import flat, gate_numbers, inline_runs, walk
from webapp.manuscript.blocks import Blocks, Footnotes, Image
from webapp.manuscript.changed_meaning import changing_spans, hiding_spans
from webapp.manuscript.cut_blocks import cutting_spans
from webapp.manuscript.figures import NO_IMAGES, ImageFiles
from webapp.manuscript.findings import (
    Finding,
    FindingCode,
    FrontMatterProblem,
    ManuscriptError,
    Severity,
    finding,
    front_matter_finding,
    has_errors,
    in_order,
)
from webapp.manuscript.front_matter_format.front_matter import FrontMatter
from webapp.manuscript.inline_runs import leaf_text
from webapp.manuscript.language.text_language import canonical_language
from webapp.manuscript.line_columns import line_columns
from webapp.manuscript.link_findings import lost_link_findings, unused_definitions
from webapp.manuscript.markdown.cut_formulas import unread_formulas, whole_formulas
from webapp.manuscript.marker_language.doubtful_markers import with_doubts
from webapp.manuscript.marker_language.markers import Manuscript, PaidSpan, parse_manuscript, suspects
from webapp.manuscript.marker_language.visible_markers import visible_markers
from webapp.manuscript.redact import redact, reveal
from webapp.manuscript.rendering import RenderedEdition, gates_of, render_edition, visible_characters
from webapp.manuscript.structure import SourceFormat, StructuredText, read_public, structure_full, structure_public

REPEATED_LENGTH = 12
# ，and the space of: 首先， 总体
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Checked:
    """A manuscript with all that was found in it, and its public side where nothing found is an error."""

    manuscript: Manuscript
    fmt: SourceFormat
    findings: tuple[Finding, ...]
    document: StructuredText | None = None
    preview: RenderedEdition | None = None
    public_characters: int | None = None
    full: StructuredText | None = None
    hidden_characters: int = 0  # how many more a reader sees of the full text than of the preview

    @property
    def has_errors(self) -> bool:
        """Return whether this can be neither rendered nor published."""
        return has_errors(self.findings)

    @property
    def front(self) -> FrontMatter:
        """Return what its front matter says."""
        return self.manuscript.front

    @property
    def title(self) -> str | None:
        """Return the public title, None where there is an error."""
        return self.preview.title if self.preview else None

    @property
    def characters(self) -> int:
        """Return the length of the source."""
        return len(self.manuscript.source)

    @property
    def paid_characters(self) -> int | None:
        """Return the length of all paid text as written, None where there is an error."""
        return sum(span.characters for span in self.manuscript.spans) if self.preview else None


def _found(code: FindingCode, span: PaidSpan, source: str) -> Finding:
    return finding(code, (span.line, span.column), source[span.begin.start : span.begin.stop])


def _late_gates(blocks: Blocks) -> Iterator[int]:
    """Yield the numbers of the gates that stand after a later one; notes have an order of their own."""
    notes = [note for block in blocks if isinstance(block, Footnotes) for note in block.notes]
    for part in (tuple(block for block in blocks if not isinstance(block, Footnotes)), *notes):
        standing = list(gate_numbers(part))
        yield from (number for number, top in zip(standing, accumulate(standing, max), strict=True) if number < top)


def _lost_gates(manuscript: Manuscript, blocks: Blocks) -> Iterator[Finding]:
    times = Counter(gate_numbers(blocks))
    late = set(_late_gates(blocks))
    for number, span in enumerate(manuscript.spans, start=1):
        if times[number] != 1 or number in late:
            yield _found(FindingCode.GATE_LOST, span, manuscript.source)


def _shows_nothing(blocks: Blocks) -> bool:
    return not any(
        (isinstance(leaf, Image) and leaf.name) or leaf_text(leaf, gate="").strip()
        for block in walk(blocks)
        for run in inline_runs(block)
        for leaf in flat(run)
    )


def _repeating_spans(manuscript: Manuscript, public: str, labels: Iterable[str]) -> Iterator[int]:
    """Return the indices of the spans whose text is repeated in a label and stands nowhere in the public body."""
    pieces = [span.paid(manuscript.source) for span in manuscript.spans]
    for read in (str, lambda text: _NOT_LETTERS.sub("", text).casefold()):
        body, paid = read(public), [read(piece) for piece in pieces]
        grams = {
            label[start : start + REPEATED_LENGTH]
            for label in map(read, labels)
            for start in range(len(label) - REPEATED_LENGTH + 1)
        }
        for gram in sorted(gram for gram in grams if gram not in body):
            yield from (index for index, piece in enumerate(paid) if gram in piece)


def _second_looks(checked: Checked, labels: tuple[str, ...]) -> Iterator[Finding]:
    spans, source = checked.manuscript.spans, checked.manuscript.source
    if checked.document is None or checked.preview is None:
        return
    if spans and _shows_nothing(checked.document.blocks):
        yield _found(FindingCode.NOTHING_PUBLIC, spans[0], source)
    labels = (checked.preview.title, checked.preview.summary, *labels)
    for index in sorted(set(_repeating_spans(checked.manuscript, checked.preview.text, labels))):
        yield _found(FindingCode.REPEATED_PUBLICLY, spans[index], source)
    if checked.fmt is SourceFormat.MARKDOWN:
        yield from _cuts(checked)
        yield from _formulas_as_source(checked.manuscript)


def _cuts(checked: Checked) -> Iterator[Finding]:
    manuscript = checked.manuscript
    changing = changing_spans(manuscript) | (hiding_spans(manuscript) if checked.hidden_characters < 0 else set())
    for index in sorted(changing.union(cutting_spans(manuscript))):
        found = _found(FindingCode.CUTS_STRUCTURE, manuscript.spans[index], manuscript.source)
        yield replace(found, severity=Severity.ERROR) if index in changing else found


def _formulas_as_source(manuscript: Manuscript) -> Iterator[Finding]:
    unread = list(unread_formulas(manuscript))
    where = line_columns(manuscript.source, [start for start, _ in unread])
    for place, (_, excerpt) in zip(where, unread, strict=True):
        yield finding(FindingCode.FORMULA_AS_SOURCE, place, excerpt)


def _told_markers(front: FrontMatter) -> Iterator[Finding]:
    """Return the findings about markers that a reader would see in front matter, however it wrote them."""
    for text in (front.title, front.summary, *front.labels):
        if next(suspects(text), None):
            yield front_matter_finding(FrontMatterProblem.PAID, (1, 1), "")


def _rendered(manuscript: Manuscript, fmt: SourceFormat, title_hint: str, language: str, images: ImageFiles) -> Checked:
    """Return a manuscript without errors so far with its preview, or with the errors that stand in the preview."""
    cut = redact(manuscript)
    public = "".join(cut.texts)
    language, read = read_public(cut, fmt, canonical_language(language or manuscript.front.language) or "", images)
    document = structure_public(read, fmt, language, title_hint, manuscript.front)
    visible = visible_markers(manuscript.source, fmt, cut, read)
    errors = [*_lost_gates(manuscript, document.blocks), *_told_markers(manuscript.front)]
    errors += [finding(FindingCode.NEAR_MARKER, (line, 1), wording) for line, wording in visible]
    if errors:
        return Checked(manuscript, fmt, in_order([*manuscript.findings, *errors]))
    whole = reveal(manuscript)
    full = structure_full(whole, fmt, document, images) if manuscript.spans else document
    hidden = visible_characters(full.blocks) - visible_characters(document.blocks)
    preview = render_edition(document, gates_of(manuscript, fmt, document, hidden, images))
    checked = Checked(manuscript, fmt, manuscript.findings, document, preview, len(public), full, hidden)
    found = [*lost_link_findings(manuscript, fmt, ((cut, document), (whole, full))), *unused_definitions(manuscript)]
    return replace(checked, findings=in_order([*checked.findings, *(found if fmt is SourceFormat.MARKDOWN else ())]))


def check(  # noqa: PLR0913 - one parameter for each thing that is known of a source
    source: str,
    fmt: SourceFormat,
    *,
    title_hint: str = "",
    tags: tuple[str, ...] = (),
    author: str = "",
    slug: str = "",
    language: str = "",
    images: ImageFiles = NO_IMAGES,
) -> Checked:
    """Return all that is to be said of a manuscript, and its preview where nothing of it is an error.

    `language` is what the publisher says it is written in; "": as the public text tells.
    """
    manuscript = with_doubts(parse_manuscript(source), fmt)
    if has_errors(manuscript.findings):
        return Checked(manuscript, fmt, manuscript.findings)
    manuscript, cut = whole_formulas(manuscript) if fmt is SourceFormat.MARKDOWN else (manuscript, ())
    checked = _rendered(manuscript, fmt, title_hint, language, images)
    more = [_found(FindingCode.CUTS_FORMULA, span, source) for span in cut]
    more += _second_looks(checked, (slug, author, *tags, *manuscript.front.labels))
    findings = in_order([*checked.findings, *more])
    return Checked(manuscript, fmt, findings) if has_errors(findings) else replace(checked, findings=findings)


def structure_revealed(checked: Checked) -> StructuredText:
    """Return the full text of a checked manuscript as blocks; raise ManuscriptError where it has an error."""
    if checked.full is None:
        raise ManuscriptError(checked.findings)
    return checked.full


def render_full(checked: Checked) -> RenderedEdition:
    """Return the full edition of a checked manuscript; raise ManuscriptError where it has an error."""
    return render_edition(structure_revealed(checked))
