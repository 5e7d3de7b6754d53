"""Text in, two editions out: what is public, and all of it. No web, no database, no files."""

from webapp.manuscript.findings import Code, Finding, ManuscriptError, Severity
from webapp.manuscript.html import GateSlot, TocEntry, split_gates
from webapp.manuscript.lint import Checked, check, read_full, render_full
from webapp.manuscript.markers import Manuscript, Span, parse, repaired
from webapp.manuscript.redact import Cut, redact, reveal
from webapp.manuscript.rendering import Gate, Rendering, minutes_of
from webapp.manuscript.structure import Document, SourceFormat

__all__ = [
    "Checked",
    "Code",
    "Cut",
    "Document",
    "Finding",
    "Gate",
    "GateSlot",
    "Manuscript",
    "ManuscriptError",
    "Rendering",
    "Severity",
    "SourceFormat",
    "Span",
    "TocEntry",
    "check",
    "minutes_of",
    "parse",
    "read_full",
    "redact",
    "render_full",
    "repaired",
    "reveal",
    "split_gates",
]
