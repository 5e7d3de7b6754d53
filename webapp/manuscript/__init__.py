"""Text in, two editions out: what is public, and all of it. No web, no database, no files."""

from webapp.manuscript.findings import Finding, FindingCode, ManuscriptError, Severity
from webapp.manuscript.front_matter import FrontMatter, read_front_matter
from webapp.manuscript.front_matter_writer import write_front_matter
from webapp.manuscript.html import split_gates
from webapp.manuscript.inline_html import GateSlot, TocEntry
from webapp.manuscript.lint import Checked, check, render_full, structure_revealed
from webapp.manuscript.markers import Manuscript, PaidSpan, parse_manuscript, repaired
from webapp.manuscript.redact import Cut, redact, reveal
from webapp.manuscript.rendering import RENDERER_VERSION, Gate, RenderedEdition, minutes_of
from webapp.manuscript.structure import SourceFormat, StructuredText, short_title

__all__ = [
    "RENDERER_VERSION",
    "Checked",
    "Cut",
    "Finding",
    "FindingCode",
    "FrontMatter",
    "Gate",
    "GateSlot",
    "Manuscript",
    "ManuscriptError",
    "PaidSpan",
    "RenderedEdition",
    "Severity",
    "SourceFormat",
    "StructuredText",
    "TocEntry",
    "check",
    "minutes_of",
    "parse_manuscript",
    "read_front_matter",
    "redact",
    "render_full",
    "repaired",
    "reveal",
    "short_title",
    "split_gates",
    "structure_revealed",
    "write_front_matter",
]
