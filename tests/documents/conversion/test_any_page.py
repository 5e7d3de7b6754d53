"""Whatever stands in a page: it is read or refused, no marker is lost or made, and what is paid stays it."""

import html
import io
import re
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.word_files import item, paragraph, table, text, word_file
from webapp.documents.conversion.conversion_losses import ConversionError, Converted
from webapp.documents.conversion.converters import convert
from webapp.documents.conversion.docx_document import convert_docx
from webapp.documents.conversion.html_page import convert_html
from webapp.documents.sources import SourceKind
from webapp.manuscript import SourceFormat, check
from webapp.manuscript.marker_language.markers import MarkerKind, marker_stretches

WORDS = [*re.split(",", "甲,乙。,a b,1. ,- ,# ,*,_,`,&lt;,&amp;,$,==,[x],\n, ,&nbsp;"), "|"]
SPANS = ["##paidbegin##", "##paidend##", "$$paidbegin$$"]
MARKS = [*SPANS, "\\##paidbegin##", "##paidbegn##", "[paidbegin]", "##pagebreak##"]
INLINE = [
    "b",
    "i",
    "code",
    "a href='https://a.example'",
    "sup",
    "img src='https://a.example/b.png'",
    "input type='checkbox'",
]
TAGS = [
    *INLINE,
    *re.findall(r"\w+", "p h1 h2 ul ol li blockquote pre table tr td th div br hr details summary dl dt dd"),
]
CLOSING = [f"</{tag.split()[0]}>" for tag in TAGS]
PAGES = st.lists(st.sampled_from([*WORDS, *MARKS, *(f"<{tag}>" for tag in TAGS), *CLOSING]), max_size=30).map("".join)


def kinds(source: str) -> list[MarkerKind | str]:
    return [each.kind for each in marker_stretches(source) if each.kind != "bare"]


def seen(page: str) -> str:
    """Return the text of a page, roughly: a line break for what begins or ends a block."""
    without = re.sub(r"</?(?:b|i|code|a|sup)\b[^>]*>", "", page)
    return html.unescape(re.sub("<[^>]*>", "\n", without))


@settings(max_examples=400, deadline=None)
@given(PAGES)
def test_no_marker_is_lost_or_made(page):
    with suppress(ConversionError):
        markdown = convert_html(page, "utf-8").markdown
        if "near" not in kinds(seen(page)) + kinds(markdown):
            assert sorted(kinds(markdown)) == sorted(kinds(seen(page)))
        check(markdown, SourceFormat.MARKDOWN)


@settings(max_examples=150, deadline=None)
@given(PAGES.filter(lambda page: "paid" not in page), PAGES.filter(lambda page: "paid" not in page))
def test_what_is_paid_changes_nothing_that_is_public(one, other):
    """Two pages that differ within one paragraph that is paid show visitors the same."""
    shown = []
    for paid in (one, other):
        page = f"<h1>题</h1><p>甲</p><p>##paidbegin##</p><div>{paid}</div>{CLOSED}<p>##paidend##</p><ul><li>乙</ul>"
        try:
            checked = check(convert_html(page, "utf-8").markdown, SourceFormat.MARKDOWN)
        except ConversionError:
            return
        if checked.preview is None:
            return
        shown.append((checked.preview.title, checked.preview.html, checked.preview.summary, checked.preview.text))
    assert shown[0] == shown[1]


CLOSED = "".join(CLOSING) * 31  # once for each that a page may have opened, and once more


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([SourceKind.DOCX, SourceKind.HTML]))
def test_bytes_of_any_kind_are_read_or_refused(data, kind):
    from webapp.documents.decoding import DecodingError

    with suppress(ConversionError, DecodingError):
        assert isinstance(convert(kind, data), Converted)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_word_file_with_a_byte_changed_is_read_or_refused(data):
    whole = bytearray(word_file(paragraph("甲##paidbegin##乙", text("丙##paidend##")), item("丁"), table(("a", "b"))))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    with suppress(ConversionError):
        assert isinstance(convert_docx(bytes(whole)), Converted)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 10), max_size=6), st.sampled_from(["<w:b/>", "<w:i/>", "<w:highlight w:val='yellow'/>"]))
def test_a_marker_is_found_however_it_is_divided_among_runs(cuts, look):
    words = "甲##paidbegin##乙##paidend##丙"
    places = sorted({0, *(cut * 2 for cut in cuts), len(words)})
    pieces = [words[one:two] for one, two in pairwise(places)]
    runs = [text(piece, look * (index % 2)) for index, piece in enumerate(pieces)]
    markdown = convert_docx(word_file(paragraph(*runs))).markdown
    assert kinds(markdown) == ["paidbegin", "paidend"]
    checked = check(markdown, SourceFormat.MARKDOWN)
    assert not checked.has_errors
    assert "乙" not in checked.preview.html


BARE = [
    "[paidbegin]",
    "==paidbegin==",
    "##付费开始##",
    "<!--paidbegin-->",
    "<paidbegin>",
    "~~paidend~~",
    "【paidbegin】",
]


@pytest.mark.parametrize("place", ["{}", "甲{}乙", "甲{}"])
@pytest.mark.parametrize("bare", BARE)
def test_a_word_that_is_meant_as_a_marker_is_told_as_in_plain_text(bare, place):
    words = place.format(bare)
    page = f"<p>{words.replace('<', '&lt;')}</p>"
    of_text = [finding.code for finding in check(words, SourceFormat.TEXT).findings]
    of_page = [finding.code for finding in check(convert_html(page, "utf-8").markdown, SourceFormat.MARKDOWN).findings]
    assert of_page == of_text == ["bare-marker"]


def test_a_page_of_a_megabyte_takes_little_more_than_its_reading():
    """Work is counted, not time: twice the page makes twice the Markdown, and both are there."""
    page = "<p>甲<b>乙</b></p>" * 20_000
    assert convert_html(page, "utf-8").markdown.count("甲**乙**") == 20_000


ENCODED = {
    "gb2312": "中文网页",
    "gbk": "中文網頁",
    "big5": "中文網頁",
    "shift_jis": "日本語のページ",
    "euc-kr": "한국어",
    "iso-8859-1": "Größe",
    "utf-8": "中文",
}


METAS = ['<meta charset="{}">', '<meta http-equiv="Content-Type" content="text/html; charset={}">']


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("meta", METAS)
def test_a_page_says_its_encoding_itself(encoding, meta):
    page = f"<html><head>{meta.format(encoding)}</head><p>{ENCODED[encoding]}</p>".encode(encoding)
    assert convert(SourceKind.HTML, page).markdown == ENCODED[encoding] + "\n"


def test_a_page_that_names_a_wrong_encoding_is_read_as_any_other_file():
    page = '<meta charset="big5"><p>简体中文的网页，其中说它是另一种编码。</p>'.encode()
    assert "简体中文" in convert(SourceKind.HTML, page).markdown


def test_a_byte_order_mark_comes_before_what_the_page_says():
    page = io.BytesIO('<meta charset="gb2312"><p>中文</p>'.encode("utf-16")).getvalue()
    assert convert(SourceKind.HTML, page).markdown == "中文\n"
