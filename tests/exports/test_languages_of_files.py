"""Files say in which language they are, and run the way that it runs."""

import subprocess
from io import BytesIO
from zipfile import ZipFile

import pytest

from webapp.exports.docx_direction import stretches
from webapp.exports.file_formats import FileFormat

ARABIC = """# تقرير الشحن النهري

نقلت السفن 41 مليون طن، أي أقل بنسبة 9% من العام السابق. وذكرت River Times هذا الرقم.

The board answered in English.

| المرفأ | 2025 |
|---|---:|
| الشمال | 12 |

**خلاصة:** التكلفة ارتفعت. ##paidbegin##التكلفة##paidend##
"""
JAPANESE = "川の輸送について\n\nこの報告書は、川の輸送について書かれています。\n"


def part(data: bytes, name: str) -> str:
    with ZipFile(BytesIO(data)) as package:
        return package.read(name).decode()


def test_an_arabic_book_is_read_from_right_to_left(editions, made):
    data = made(editions(ARABIC, "report.md")[0], FileFormat.EPUB)
    package = part(data, "EPUB/package.opf")
    assert "<dc:language>ar</dc:language>" in package
    assert 'xml:lang="ar" dir="rtl"' in package
    assert '<spine page-progression-direction="rtl">' in package
    text = part(data, "EPUB/part1.xhtml")
    assert 'lang="ar" xml:lang="ar" dir="rtl"' in text
    assert '<p dir="ltr">The board answered' in text
    assert "<p>نقلت" in text


def test_a_chinese_book_is_read_from_left_to_right(editions, made):
    data = made(editions("题\n正文。")[0], FileFormat.EPUB)
    assert '<spine page-progression-direction="ltr">' in part(data, "EPUB/package.opf")
    assert 'lang="zh-CN" xml:lang="zh-CN" dir="ltr"' in part(data, "EPUB/part1.xhtml")


def test_paragraphs_and_words_of_an_arabic_word_document_run_their_way(editions, made):
    data = made(editions(ARABIC, "report.md")[0], FileFormat.DOCX)
    body = part(data, "word/document.xml")
    paragraphs = body.split("<w:p>")
    (arabic,) = (paragraph for paragraph in paragraphs if "نقلت" in paragraph)
    (english,) = (paragraph for paragraph in paragraphs if "The board" in paragraph)
    assert '<w:pStyle w:val="BodyText"/><w:bidi/>' in arabic
    assert "<w:rPr><w:rtl/></w:rPr>" in arabic
    assert '<w:r><w:t xml:space="preserve">River Times</w:t></w:r>' in arabic
    assert "<w:bidi/>" not in english
    assert "<w:rtl/>" not in english
    assert '<w:tblStyle w:val="TableGrid"/><w:bidiVisual/>' in body
    assert 'w:bidi="ar"' in part(data, "word/styles.xml")
    assert "<dc:language>ar</dc:language>" in part(data, "docProps/core.xml")


def test_the_line_of_a_remark_and_bold_words_are_arabic_in_an_arabic_word_document(editions, made):
    data = made(editions(f"{ARABIC}\n> [!NOTE]\n> ملاحظة.\n", "report.md")[0], FileFormat.DOCX)
    assert part(data, "word/document.xml").count("<w:bidiVisual/>") == 2  # the table's, and that of the remark
    term = part(data, "word/styles.xml").partition('w:styleId="Term"')[2].partition("</w:style>")[0]
    assert "<w:bCs/>" in term


def test_word_is_told_the_language_of_a_japanese_text(editions, made):
    data = made(editions(JAPANESE)[0], FileFormat.DOCX)
    assert 'w:eastAsia="ja"' in part(data, "word/styles.xml")
    assert "<w:bidi/>" not in part(data, "word/document.xml")


@pytest.mark.parametrize(("text", "name", "language"), [(ARABIC, "report.md", "ar"), (JAPANESE, "report.txt", "ja")])
def test_a_pdf_says_its_language(editions, made, tmp_path, text, name, language):
    file = tmp_path / "report.pdf"
    file.write_bytes(made(editions(text, name)[0], FileFormat.PDF))
    assert f"/Lang({language})".encode() in file.read_bytes().replace(b"/Lang (", b"/Lang(")
    told = subprocess.run(["pdftotext", file, "-"], capture_output=True, check=True)
    assert "\ufffd" not in told.stdout.decode()


def test_words_of_latin_letters_are_stretches_of_their_own():
    assert list(stretches("في River Times 41 طن")) == [("في ", True), ("River Times 41", False), (" طن", True)]
