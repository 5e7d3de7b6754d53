"""A download says at its head that it is none of its publisher's manuscripts."""

import pytest

from webapp.documents.preparation import Options, prepare
from webapp.documents.sources import SourceFile
from webapp.exports.file_formats import FileFormat
from webapp.manuscript.marker_language.download_notice import is_download, without_notice

PAID_TEXTS = {
    "zh": ("题目\n公开的一句。##paidbegin##密##paidend##\n", "本文件为下载版，不含付费标记，不是原稿。"),
    "en": (
        "Title\n\nAn open line.##paidbegin##A##paidend##\n",
        "This is a download without the markers of what is paid, not the manuscript.",
    ),
}
PLAIN = [FileFormat.TEXT, FileFormat.MARKDOWN]


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("language", PAID_TEXTS)
def test_a_preview_and_a_full_text_say_it_in_their_own_language(editions, made, kind, language):
    source, sentence = PAID_TEXTS[language]
    for edition in editions(source):
        head, blank, title = made(edition, kind).decode().splitlines()[:3]
        assert head.startswith("[paidspan download]")
        assert sentence in head
        assert (blank, title.removeprefix("# ")) == ("", edition.title)


def test_a_word_file_that_lost_its_markers_is_no_manuscript(editions, made):
    for edition in editions(PAID_TEXTS["zh"][0]):
        data = made(edition, FileFormat.DOCX)
        source = SourceFile("x.docx", "x.docx", ".docx", lambda: b"")
        refused = prepare(source, data, Options())
        assert [problem.code for problem in refused.problems] == ["opens-document"]
        assert prepare(source, data, Options(may_open=True)).checked.title == edition.title
    is_open = editions("题目\n公开的一句。\n", "open.txt")[0]
    assert prepare(source, made(is_open, FileFormat.DOCX), Options()).checked.title == "题目"


@pytest.mark.parametrize("kind", PLAIN)
def test_a_document_that_is_open_to_everybody_lost_no_markers(editions, made, kind):
    edition = editions("题目\n公开的一句。\n")[0]
    assert not is_download(made(edition, kind).decode())


@pytest.mark.parametrize(
    "head",
    [
        "[paidspan download] 本文件为下载版。",
        "\ufeff[paidspan download] 本文件为下载版。",
        "\n\n[paidspan download]: <http://127.0.0.1/d/x> “…”",
        "\\[paidspan download\\] not the manuscript",
        "> **[PAIDSPAN DOWNLOAD]** not the manuscript",
        "---\ntitle: x\n---\n[paidspan download] not the manuscript",
    ],
)
def test_it_is_known_again_after_an_editor(head):
    assert is_download(f"{head}\r\n\r\n题目\r\n正文")
    assert without_notice(f"{head}\r\n\r\n题目\r\n正文").endswith("\r\n\r\n题目\r\n正文")
    assert not is_download(without_notice(f"{head}\r\n\r\n题目\r\n正文"))


@pytest.mark.parametrize(
    "text",
    [
        "题目\n正文",
        "paidspan download is a command",
        "See [paidspan download] in the text",
        "题\n" * 2000 + "[paidspan download] x",
    ],
)
def test_other_texts_are_none(text):
    assert not is_download(text)
    assert without_notice(text) == text
