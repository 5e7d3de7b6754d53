"""Formulas in files: the same ones in each, set as its readers set formulas, or their source."""

import os
from io import BytesIO
from pathlib import Path
from unicodedata import normalize
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from tests.exports.reading import W, dense, parts, text_of
from tests.factories.formulas import FORMULAS, formulas_text
from webapp.exports.file_formats import FileFormat
from webapp.exports.pdf_math import math_data
from webapp.manuscript import SourceFormat, check
from webapp.manuscript.block_json import read_blocks
from webapp.manuscript.math.mathml import NAMESPACE
from webapp.manuscript.math.tex_to_mathml import math_tree

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
WITH_LINES = [tex for tex in FORMULAS if "c|c" in tex]  # which Word has no word for
TEXT = formulas_text("公式")
COUNT = TEXT.count("$$") // 2 + TEXT.count("stands in a sentence")


@pytest.fixture
def file_of(editions, made):
    """Return the file of a text's public edition."""

    def written(kind: FileFormat, text: str = TEXT) -> bytes:
        data = made(editions(text, "formulas.md")[0], kind)
        if folder := os.environ.get("KEEP_FILES"):  # to look at
            (Path(folder) / f"formulas.{kind.value}").write_bytes(data)
        return data

    return written


def plainly(text: str) -> str:
    """Return a text in which italic and bold letters are letters."""
    return normalize("NFKC", dense(text))


def test_a_pdf_has_the_signs_of_every_formula(file_of):
    data = file_of(FileFormat.PDF)
    text = plainly("".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages))
    wanted = {sign for signs in FORMULAS.values() for sign in normalize("NFKC", signs)}
    assert wanted - set(text) <= set("|()[]{}"), wanted - set(text)  # what grows is drawn of pieces
    assert "\\" not in text


def test_a_formula_wider_than_the_page_is_set_smaller(file_of):
    wide = f"# Wide\n\nText.\n\n$$\n{' + '.join(f'x_{{{n}}}' for n in range(60))}\n$$\n"
    page = PdfReader(BytesIO(file_of(FileFormat.PDF, wide))).pages[0]
    places: list[float] = []
    page.extract_text(visitor_text=lambda text, cm, tm, *_: places.append(cm[4] + tm[4]) if text.strip() else None)
    assert max(places) < float(page.mediabox.right)
    assert "59" in page.extract_text()


def test_word_has_each_formula_as_its_own_mathematics(file_of):
    document = ET.fromstring(parts(file_of(FileFormat.DOCX))["word/document.xml"])
    assert len(list(document.iter(f"{M}oMath"))) == COUNT - 2 * len(WITH_LINES)
    sources = [node.text for node in document.iter(f"{W}t") if node.text in FORMULAS]
    assert sources == WITH_LINES * 2
    text = "".join(node.text or "" for node in document.iter(f"{M}t"))
    characters = {node.get(f"{M}val") for name in ("chr", "begChr", "endChr") for node in document.iter(f"{M}{name}")}
    wanted = {sign for tex, signs in FORMULAS.items() if tex not in WITH_LINES for sign in signs}
    assert wanted <= set(text) | {sign for each in characters for sign in each or ""}


def test_word_has_a_word_for_each_kind_of_formula(file_of):
    document = ET.fromstring(parts(file_of(FileFormat.DOCX))["word/document.xml"])
    kinds = {"f", "sSup", "sSub", "sSubSup", "nary", "rad", "d", "m", "acc", "bar", "groupChr", "limLow", "limUpp"}
    kinds.add("borderBox")
    assert {kind for kind in kinds if document.find(f".//{M}{kind}") is None} == set()
    for nary in document.iter(f"{M}nary"):  # an empty one would be a box
        assert len(nary.find(f"{M}e")) > 0


def test_a_line_of_a_chinese_word_document_is_as_high_as_its_formula(file_of):
    text = "# 报告\n\n这一段没有公式，只有文字。\n\n这一段有公式$\\frac{a}{b}$在中间。\n"
    document = ET.fromstring(parts(file_of(FileFormat.DOCX, text))["word/document.xml"])
    lines = [spacing.get(f"{W}lineRule") for spacing in document.iter(f"{W}spacing")]
    assert lines == ["atLeast"]  # elsewhere the style's, which is exact


def test_a_book_says_which_of_its_parts_hold_mathml(file_of):
    files = parts(file_of(FileFormat.EPUB))
    part = ET.fromstring(files["EPUB/part1.xhtml"])
    assert len(list(part.iter(f"{{{NAMESPACE}}}math"))) == COUNT
    assert b'properties="mathml"' in files["EPUB/package.opf"]
    assert b'properties="mathml"' not in parts(file_of(FileFormat.EPUB, "# None\n\nText."))["EPUB/package.opf"]


def test_markdown_has_the_formulas_as_they_were_written_and_reads_them_again(editions, file_of):
    written = file_of(FileFormat.MARKDOWN).decode()
    assert all(f"$$\n{tex}\n$$" in written for tex in FORMULAS)
    assert "Here $E = mc^2$ stands" in written
    again = check(written.split("\n\n", 1)[1], SourceFormat.MARKDOWN)
    assert again.preview.html.count("<math") == COUNT


@pytest.mark.parametrize(
    "text",
    [
        r"Money $5 or \$x\$ and $x$ and \(5,000\).",
        r"A $x$2, \(x\)3 and x\(y\).",
        "A $|x|$ in | a |\n\n| a | b |\n|---|---|\n| $\\|x\\|$ | $y_1$ |",
        "```math\nx\n\ny\n```",
        "> $$\n> x\n> $$\n\n- $$\n  y\n  $$",
        "$x$**bold**$y$ `$z$`",
    ],
)
def test_markdown_is_read_again_as_it_was(editions, made, text):
    edition = editions(f"# 题\n\n正文。{text}" if text[0].isalpha() else f"# 题\n\n正文。\n\n{text}", "x.md")[1]
    written = made(edition, FileFormat.MARKDOWN).decode()
    again = check(written, SourceFormat.MARKDOWN)
    assert read_blocks(again.preview.tree) == read_blocks(edition.tree), written


def test_a_text_file_has_their_source(file_of):
    text = file_of(FileFormat.TEXT).decode()
    assert all(tex in text for tex in FORMULAS)


def test_what_has_no_mathml_is_its_source_in_every_file(file_of):
    source = "# T\n\nA $\\foo{x}$.\n\n$$\n\\bar{\n$$\n"
    for kind in FileFormat:
        made = file_of(kind, source)
        assert "\\foo{x}" in (made.decode() if kind is FileFormat.MARKDOWN else text_of(kind, made))


@pytest.mark.parametrize("tex", FORMULAS)
def test_data_for_typst_leaves_no_sign_out(tex):
    said = str(math_data(math_tree(tex, display=True)))
    assert [sign for sign in FORMULAS[tex] if sign not in said and sign not in "′″"] == []
