"""The layout of Chinese official documents: GB/T 9704, as Word's file and the PDF show it."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from tests.exports.reading import W, X, boxes, dense, lines_of, parts, text_of
from webapp.exports.file_formats import FileFormat
from webapp.kit.typesetting import chinese_fonts

HAN = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈"
PARAGRAPH = (HAN * 40)[: 28 * 50 - 2]  # the first line is two characters shorter
REPORT = f"""关于版面的报告
{PARAGRAPH}
一、总体情况
（一）抓好落实。后面的文字。
（二）统一口径
1. 数据
（1）按月核对
正文。
"""
NO_OFFICE = shutil.which("soffice") is None
NO_POPPLER = shutil.which("pdftotext") is None
needs_poppler = pytest.mark.skipif(NO_POPPLER, reason="pdftotext is not installed (Debian's poppler-utils)")
needs_font = pytest.mark.skipif(not chinese_fonts(), reason="no Chinese font is installed (Debian's fonts-noto-cjk)")
needs_office = pytest.mark.skipif(NO_OFFICE, reason="soffice is not installed (Debian's libreoffice-writer-nogui)")


def as_pdf(docx: bytes, folder: Path) -> bytes:
    """Return what LibreOffice makes of a Word document."""
    (folder / "report.docx").write_bytes(docx)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    subprocess.run([*command, str(folder / "report.docx")], check=True, capture_output=True, timeout=600)
    return (folder / "report.pdf").read_bytes()


@pytest.fixture(params=[pytest.param(FileFormat.DOCX, marks=needs_office), FileFormat.PDF])
def pages(request, editions, made, tmp_path) -> bytes:
    """Return the pages of the report: Word's file as LibreOffice lays it out, and our own PDF."""
    file = made(editions(REPORT)[1], request.param)
    return as_pdf(file, tmp_path) if request.param is FileFormat.DOCX else file


@needs_font
@needs_poppler
def test_a_line_has_28_characters_a_page_22_lines_and_a_number_between_dashes(pages):
    first, second, third, *_ = lines_of(pages)
    assert [dense(page[-1]) for page in (first, second, third)] == ["—1—", "—2—", "—3—"]
    body = first[1:-1] + second[:-1]
    assert {len(dense(line)) for line in body[1:]} == {28}
    assert len(dense(body[0])) == 26
    assert len(second) == 22 + 1


@needs_font
@needs_poppler
def test_numbers_stand_outside_one_character_in(pages):
    first, second = (left_edges(pages, page) for page in (1, 2))
    assert first[1] == pytest.approx(595.3 - 73.7 - 14, abs=6)  # its right end; 26 mm are 73.7 points
    assert second[0] == pytest.approx(79.4 + 14, abs=6)  # 28 mm


def left_edges(pdf: bytes, page: int) -> tuple[float, float]:
    """Return where the page's number begins and ends, in points."""
    words = words_of(pdf, "-f", str(page), "-l", str(page))
    begins = [word.get("xMin") for word in words if word.text.startswith("—")]
    ends = [word.get("xMax") for word in words if word.text.endswith("—")]
    return float(begins[0]), float(ends[-1])


def words_of(pdf: bytes, *options: str) -> list[ET.Element]:
    """Return the words of a PDF, with where they stand, by Debian's pdftotext."""
    command = ["pdftotext", "-bbox", *options, "-", "-"]
    told = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout
    return list(ET.fromstring(told).iter(f"{X}word"))


@needs_font
@needs_office
def test_headings_are_real_ones(pages):
    outline = [dense(str(entry["/Title"])) for entry in flat(PdfReader(BytesIO(pages)).outline)]
    assert outline == ["一、总体情况", "（一）抓好落实。", "（二）统一口径", "1.数据", "（1）按月核对"]


def flat(outline):
    for entry in outline:
        if isinstance(entry, list):
            yield from flat(entry)
        else:
            yield entry


@needs_font
def test_a_pdf_is_tagged_and_brings_its_fonts_and_its_title(editions, made):
    edition = editions(REPORT)[1]
    reader = PdfReader(BytesIO(made(edition, FileFormat.PDF)))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "zh-CN"
    assert reader.metadata.title == edition.title
    assert reader.metadata.creation_date.date() == edition.updated_at.date()
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & descriptor.keys()


def test_a_pdf_without_a_chinese_font_is_refused_and_says_what_to_take_instead(client, shelf, monkeypatch):
    monkeypatch.setattr("webapp.kit.font_coverage._known", {})
    monkeypatch.setattr("webapp.kit.font_coverage.has_glyphs", lambda text: text == "\ufffd")
    answer = client.get(f"/d/{shelf.put().slug}.pdf", headers={"Accept-Language": "en"})
    assert answer.status_code == 503
    assert "Word document or the EPUB" in answer.get_data(as_text=True)


NO_LETTER = "\u0378"  # is none, in Unicode 17 either


@needs_font
@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("report.txt", REPORT, "文中“〓”共代替2个本服务器字体所缺的字，原字见Word文档或EPUB。"),
        ("report.md", "# Report\n\nA plain report of many letters.\n", "〓standsfor2letters"),
    ],
)
def test_where_letters_have_no_font_a_pdf_has_geta_and_says_so(editions, made, name, text, told):
    edition = editions(f"{text}\n\n{NO_LETTER}、`{NO_LETTER}`\n", name)[1]
    file = made(edition, FileFormat.PDF)
    assert not boxes(file)
    assert told in text_of(FileFormat.PDF, file)


@needs_font
def test_no_letter_of_any_script_is_a_box(editions, made):
    strange = "😀👍🏽🇨🇳 1️⃣ 𠀀𠮷 กำ ∑①㈠〇Ⅳ℃‰ e\u0301 a\u200bb\ufeff \ue000\ufffe soft\u00adhyphen\u00a0\u3000｡"
    assert not boxes(made(editions(f"{REPORT}{strange}\n")[1], FileFormat.PDF))


LONG = "https://example.com/" + "abcdefghij" * 30
UNBROKEN = {
    "words": f"前文{LONG}后文，{'9' * 300}，{'！' * 90}{'…' * 90}。\n\n- {LONG}\n\n> **{LONG}**\n\n## {'W' * 300}\n",
    "code": f"行内`{LONG}`后\n\n- 列\n\n  ```\n  {LONG}\n  ```\n",
    "table": f"|{'第几列|' * 30}\n|{'--|' * 30}\n|{'1234567|' * 30}\n",
    "cells": f"| a | b | c |\n|--|--|--|\n| {LONG} | 短 | {'9' * 80} |\n",
}


@needs_font
@needs_poppler
@pytest.mark.parametrize("text", UNBROKEN.values(), ids=UNBROKEN.keys())
def test_nothing_runs_off_the_page_however_long_it_is(editions, made, text):
    file = made(editions(f"# 长词\n\n{HAN * 40}\n\n{text}", "long.md")[1], FileFormat.PDF)
    ends = [float(word.get("xMax")) for word in words_of(file)]
    assert max(ends) < 595.3 - 73.7 + 9  # the empty half of a full stop


@needs_font
def test_english_has_its_quotation_marks_from_its_own_font(editions, made):
    file = made(editions("# Report\n\nDon’t “quote” Moody’s — ever…\n", "report.md")[1], FileFormat.PDF)
    assert not [name for name in font_names(file) if "CJK" in name]


def font_names(pdf: bytes) -> set[str]:
    pages = PdfReader(BytesIO(pdf)).pages
    return {font.get_object()["/BaseFont"] for page in pages for font in page["/Resources"]["/Font"].values()}


STYLES = {
    "Title": ("方正小标宋简体", "44"),
    "Heading1": ("黑体", None),
    "Heading2": ("楷体_GB2312", None),
    "Heading3": ("仿宋_GB2312", None),
    "Heading4": ("仿宋_GB2312", None),
    "Footer": ("宋体", "28"),
}


def test_word_is_told_fonts_sizes_and_levels(editions, made):
    files = parts(made(editions(REPORT)[1], FileFormat.DOCX))
    styles = {style.get(f"{W}styleId"): style for style in ET.fromstring(files["word/styles.xml"]).iter(f"{W}style")}
    for name, (font, size) in STYLES.items():
        told = styles[name].find(f"{W}rPr")
        assert told.find(f"{W}rFonts").get(f"{W}eastAsia") == font
        assert told.find(f"{W}rFonts").get(f"{W}hint") == "eastAsia"  # so quotation marks are Chinese ones
        assert size is None or told.find(f"{W}sz").get(f"{W}val") == size
    levels = [styles[f"Heading{level}"].find(f"{W}pPr/{W}outlineLvl").get(f"{W}val") for level in (1, 2, 3, 4)]
    assert levels == ["0", "1", "2", "3"]
    page = ET.fromstring(files["word/document.xml"]).find(f".//{W}pgMar")
    assert [page.get(f"{W}{side}") for side in ("top", "right", "bottom", "left")] == ["2098", "1474", "1984", "1587"]


def test_word_shows_a_heading_that_is_a_sentence_in_its_paragraph(editions, made):
    body = ET.fromstring(parts(made(editions(REPORT)[1], FileFormat.DOCX))["word/document.xml"])
    paragraphs = list(body.iter(f"{W}p"))
    at = ["".join(paragraph.itertext()) for paragraph in paragraphs].index("（一）抓好落实。")
    heading, rest = (paragraph.find(f"{W}pPr") for paragraph in paragraphs[at : at + 2])
    words = paragraphs[at + 1].find(f"{W}r/{W}t")
    assert heading.find(f"{W}pStyle").get(f"{W}val") == "Heading2"
    assert [mark.tag for mark in heading.find(f"{W}rPr")][:2] == [f"{W}vanish", f"{W}specVanish"]
    assert rest.find(f"{W}pStyle").get(f"{W}val") == "BodyText"
    assert words.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"
    assert words.text.startswith("后面的文字。")


DEEP_LISTS = "".join(f"{' ' * 2 * step}- step {step}\n" for step in range(40))


@pytest.mark.parametrize("deep", [DEEP_LISTS, "> " * 90 + "step 39", "- > " * 30 + "step 39"])
def test_lists_and_quotes_in_one_another_are_set_however_deep(editions, made, deep):
    file = made(editions(f"# Deep\n\n{deep}\n", "deep.md")[0], FileFormat.PDF)
    assert "step 39" in PdfReader(BytesIO(file)).pages[-1].extract_text()
