"""What a reader sees in a file, and what they should see."""

import re
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from xml.etree import ElementTree as ET

from pypdf import PdfReader

from webapp.exports.docx_math import NoOfficeMathError, office_math
from webapp.exports.file_formats import FileFormat
from webapp.manuscript.block_walk import flat, inline_runs, walk
from webapp.manuscript.blocks import Blocks, InlineLeaf, Math, NoteReference
from webapp.manuscript.inline_runs import leaf_text
from webapp.manuscript.marker_language.download_notice import without_notice
from webapp.manuscript.math.tex_to_mathml import math_tree
from webapp.manuscript.plain_text_writer import plain_text
from webapp.manuscript.redact import Cut, TextPart
from webapp.manuscript.structure import SourceFormat, blocks_of

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
X = "{http://www.w3.org/1999/xhtml}"
M = "{http://www.w3.org/1998/Math/MathML}"


# Boxes of tasks, and what stands before the line of a fold: each format draws its own.
_DRAWN = str.maketrans("", "", "☐☑☒▾")


def dense(text: str) -> str:
    """Return a text without white space and drawn signs: what parts words and lines is each format's own."""
    return "".join(text.translate(_DRAWN).split())


def _words(blocks: Blocks, kind: FileFormat | None = None) -> str:
    """Return the words of the blocks; formulas and the numbers of notes are each format's own.

    A formula that a kind of file cannot show stands in it as its source.
    """
    leaves = (leaf for block in walk(blocks) for run in inline_runs(block) for leaf in flat(run))
    words = (leaf for leaf in leaves if not isinstance(leaf, NoteReference) and not _is_drawn(leaf, kind))
    return "".join(map(leaf_text, words))


def _is_drawn(leaf: InlineLeaf, kind: FileFormat | None) -> bool:
    if not isinstance(leaf, Math):
        return False
    if kind not in {FileFormat.DOCX, FileFormat.EPUB}:
        return True
    tree = math_tree(leaf.tex, display=leaf.display)
    with suppress(NoOfficeMathError):
        return tree is not None and (kind is FileFormat.EPUB or bool(office_math(tree, display=leaf.display)))
    return False


def shown(title: str, blocks: Blocks, kind: FileFormat | None = None, *, numbered: bool = False) -> str:
    """Return what stands in the blocks, in a kind of file, marks of lists aside, which each format draws itself.

    A PDF draws them as text; `numbered` has the numbers stay.
    """
    if numbered:
        return dense(title + re.sub(r"(?m)^(\s*(?:\d+\. +)*)- ", r"\1", plain_text(blocks)))
    return dense(title + _words(blocks, kind))


def parts(made: bytes) -> dict[str, bytes]:
    """Return what is in an archive."""
    with zipfile.ZipFile(BytesIO(made)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def text_of(kind: FileFormat, made: bytes, language: str = "en") -> str:
    """Return the text of a file in a language, white space and marks of lists aside."""
    return dense(_markdown(made, language) if kind is FileFormat.MARKDOWN else READERS[kind](made))


def without_marks(text: str) -> str:
    """Return a plain text dense, and without the marks of lists, which stand at the beginnings of its lines."""
    return dense(re.sub(r"(?m)^\s*(?:(?:-|\d+\.)\s+)+", "", text))


def _docx(made: bytes) -> str:
    held = parts(made)
    files = (ET.fromstring(held[name]) for name in ("word/document.xml", "word/footnotes.xml") if name in held)
    runs = (run for file in files for run in file.iter(f"{W}r") if not _is_note_number(run))
    return "".join(node.text or "" for run in runs for node in run.iter(f"{W}t"))


def _is_note_number(run: ET.Element) -> bool:
    style = run.find(f"{W}rPr/{W}rStyle")
    return style is not None and style.get(f"{W}val") == "FootnoteReference"


def _epub(made: bytes) -> str:
    files = parts(made)
    names = sorted((name for name in files if "/part" in name), key=lambda name: int(re.findall(r"\d+", name)[0]))
    bodies = (ET.fromstring(files[name]).find(f"{X}body") for name in names)
    return "".join(text for body in bodies for text in _told(body))


def _told(element: ET.Element) -> Iterator[str]:
    """Yield the texts of an element, but for formulas, and for notes' numbers and ways back."""
    if element.tag != f"{M}math" and element.get("role") not in {"doc-noteref", "doc-backlink"}:
        yield element.text or ""
        for child in element:
            yield from _told(child)
            yield child.tail or ""


def _markdown(made: bytes, language: str) -> str:
    """Return what our own reading makes of it, which tests/manuscript/test_commonmark.py holds to others'."""
    blocks = blocks_of(Cut((TextPart(0, made.decode()),)), SourceFormat.MARKDOWN, language)
    return _words(blocks)


def _text(made: bytes) -> str:
    return without_marks(without_notice(made.decode()))


def _pdf(made: bytes) -> str:
    pages = (page.extract_text() for page in PdfReader(BytesIO(made)).pages)
    text = "\n".join(re.sub(r"(?m)^\s*(?:— ?\d+ ?—|\d+)\s*$", "", page) for page in pages)
    return re.sub(r"(?m)^\s*[•‣–]\s*", "", text)


READERS = {
    FileFormat.DOCX: _docx,
    FileFormat.PDF: _pdf,
    FileFormat.EPUB: _epub,
    FileFormat.TEXT: _text,
}


def boxes(pdf: bytes) -> int:
    """Return how many letters of a PDF by Typst have no picture: glyph 0 of their font, two bytes as all of them."""
    shown = (
        operands[0].original_bytes
        for page in PdfReader(BytesIO(pdf)).pages
        for operands, operator in page.get_contents().operations
        if operator == b"Tj"
    )
    return sum(glyphs[at : at + 2] == b"\0\0" for glyphs in shown for at in range(0, len(glyphs), 2))


def lines_of(pdf: bytes) -> list[list[str]]:
    """Return the lines of each page, by Debian's pdftotext."""
    told = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    pages = told.stdout.decode().split("\f")[:-1]
    return [[line for line in page.splitlines() if line.strip()] for page in pages]
