"""Text in, two editions out: what is public, and all of it. No web, no database, no files."""

from webapp.manuscript.figures import ImageFile, ImageFiles, image_sources
from webapp.manuscript.findings import Finding, FindingCode, ManuscriptError, Severity
from webapp.manuscript.front_matter_format.front_matter import FrontMatter, read_front_matter, tag_name
from webapp.manuscript.front_matter_format.front_matter_writer import write_front_matter
from webapp.manuscript.html import split_gates
from webapp.manuscript.inline_html import GateSlot, TocEntry
from webapp.manuscript.language.text_language import (
    direction_of,
    is_chinese,
    is_signed_figure,
    minutes_of,
    primary_language,
    reading_minutes,
    text_direction,
)
from webapp.manuscript.lint import Checked, check, render_full, structure_revealed
from webapp.manuscript.marker_language.markers import Manuscript, PaidSpan, parse_manuscript, repaired
from webapp.manuscript.plain_text_lines.explanation import LineKind, explain_lines
from webapp.manuscript.redact import Cut, redact, reveal
from webapp.manuscript.rendering import RENDERER_VERSION, Gate, RenderedEdition
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
    "ImageFile",
    "ImageFiles",
    "LineKind",
    "Manuscript",
    "ManuscriptError",
    "PaidSpan",
    "RenderedEdition",
    "Severity",
    "SourceFormat",
    "StructuredText",
    "TocEntry",
    "check",
    "direction_of",
    "explain_lines",
    "image_sources",
    "is_chinese",
    "is_signed_figure",
    "minutes_of",
    "parse_manuscript",
    "primary_language",
    "read_front_matter",
    "reading_minutes",
    "redact",
    "render_full",
    "repaired",
    "reveal",
    "short_title",
    "split_gates",
    "structure_revealed",
    "tag_name",
    "text_direction",
    "write_front_matter",
]
