"""EPUB 3, as epubcheck and e-readers take it."""

import os
import shutil
import subprocess
from xml.etree import ElementTree as ET

import pytest

from tests.exports.reading import X, parts
from tests.exports.test_text import TEXTS
from tests.factories.formulas import formulas_text
from tests.factories.shelf import REPORT
from webapp.exports.file_formats import FileFormat

CHECKER, JAVA = shutil.which("epubcheck"), shutil.which("java")
QUICKLY = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # Java prepares for hours of work otherwise
LONG = "很长的报告\n" + "".join(
    f"{number}、第{number}章\n（一）第一节。{'正文' * 400}。\n{'正文' * 6000}。\n" for number in "一二三四五六"
)
BOOKS = {
    "cut": ("everything.md", TEXTS["everything.md"], 0),
    "everything": ("everything.md", TEXTS["everything.md"], 1),
    "long": ("long.txt", LONG, 1),
    "formulas": ("formulas.md", formulas_text(), 0),
    "English": ("river.md", TEXTS["river-freight-2026.md"], 0),
}


@pytest.mark.skipif(CHECKER is None or JAVA is None, reason="epubcheck is not installed (Debian's epubcheck)")
@pytest.mark.parametrize("book", BOOKS)
def test_epubcheck_finds_nothing_to_say(editions, made, tmp_path, book):
    name, text, side = BOOKS[book]
    path = tmp_path / "book.epub"
    path.write_bytes(made(editions(text, name)[side], FileFormat.EPUB))
    # Debian's command is the archive itself, which only some kernels start.
    command = [JAVA, *QUICKLY, "-jar", os.path.realpath(CHECKER), "--failonwarnings", str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "0 fatals / 0 errors / 0 warnings" in told.stdout, (told.stdout, told.stderr)


def test_contents_lead_to_every_heading_the_page_lists(editions, made):
    edition = editions(REPORT)[1]
    files = parts(made(edition, FileFormat.EPUB))
    links = list(ET.fromstring(files["EPUB/nav.xhtml"]).iter(f"{X}a"))
    assert [link.text for link in links] == [edition.title, *(entry.text for entry in edition.toc)]
    for name, _, anchor in (link.get("href").partition("#") for link in links[1:]):
        assert anchor in {element.get("id") for element in ET.fromstring(files[f"EPUB/{name}"]).iter()}


def test_a_long_text_begins_a_file_with_a_chapter(editions, made):
    files = parts(made(editions(LONG)[0], FileFormat.EPUB))
    bodies = [ET.fromstring(files[f"EPUB/part{number}.xhtml"]).find(f"{X}body") for number in range(1, 7)]
    assert [((body.text or "").strip(), body[0].tag) for body in bodies[1:]] == [("", f"{X}h2")] * 5


def test_a_book_says_what_it_is(editions, made):
    edition = editions(REPORT)[0]
    book = made(edition, FileFormat.EPUB)
    package = parts(book)["EPUB/package.opf"].decode()
    assert "<dc:language>zh-CN</dc:language>" in package
    assert '<dc:identifier id="id">http://127.0.0.1:8000/d/report</dc:identifier>' in package
    assert f'dcterms:modified">{edition.updated_at:%Y-%m-%dT%H:%M:%SZ}<' in package
    assert "schema:accessibilityHazard" in package
    assert book[30:58] == b"mimetypeapplication/epub+zip"
