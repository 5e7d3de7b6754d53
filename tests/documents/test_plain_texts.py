"""Texts as people really have them: what was read wrong once, each under its own name."""

from pathlib import Path

import pytest

from webapp.documents.decoding import decode
from webapp.manuscript import RenderedEdition, SourceFormat, check

TEXTS = Path(__file__).parent / "texts"


def preview(name: str) -> RenderedEdition:
    path = TEXTS / name
    fmt = SourceFormat.MARKDOWN if path.suffix == ".md" else SourceFormat.TEXT
    checked = check(decode(path.read_bytes(), "auto").text, fmt, title_hint=path.stem)
    assert checked.preview, checked.findings
    return checked.preview


def contents(name: str) -> list[tuple[int, str]]:
    return [(entry.level, entry.text) for entry in preview(name).toc]


def test_verse_names_and_tables_of_an_english_text_keep_their_lines():
    html = preview("06-english-lines-joined.txt").html
    assert "<p>Present:<br>Anna Reed (chair)<br>Ben Cole<br>Carla Diaz</p>" in html
    assert "went out,<br>the wall stood where it stood,<br>and nobody was told about<br>the gaps" in html
    assert html.count("<tr>") == 3
    assert contents("06-english-lines-joined.txt") == [(1, "CHAPTER II. FINDINGS")]


def test_wrapped_lines_of_a_chinese_text_are_a_paragraph():
    html = preview("07-chinese-hard-wrapped.txt").html
    assert html.count("<p>") == 2
    assert "较常年同期偏多两成" in html
    assert "为切实做好防汛工作" in html
    assert contents("07-chinese-hard-wrapped.txt") == [(1, "一、提高认识")]


def test_chapters_sections_and_articles_are_headings_and_years_are_none():
    text = preview("08-chapters-no-contents.txt")
    assert text.title == "第一年"
    assert contents("08-chapters-no-contents.txt")[:4] == [
        (1, "第一章 总则"),
        (1, "第二章 活动"),
        (2, "第一节 时间"),
        (1, "第三回 老馆长雪夜点旧账"),
    ]
    assert 'id="s-第一条" role="heading"' in text.html
    assert [text for _, text in contents("08-chapters-no-contents.txt")[4:]] == [
        "１．全角数字标题",
        "①圈号条目",
        "㈠括号汉字",
    ]


def test_what_a_word_processor_ends_lines_with_ends_lines():
    html = preview("09-pasted-from-word.txt").html
    assert "<p>竖表</p>\n<p>换行</p>\n" in html
    assert '换行</p>\n<hr class="page-break">\n<p>换页之后</p>' in html
    assert "”</p>\n<p>第二行</p>" in html
    assert '<a href="https://example.com/a" rel="noopener nofollow">https://example.com/a</a>。详见。' in html


@pytest.mark.parametrize(
    ("name", "language"),
    [("17-arabic-left-to-right.md", "ar"), ("18-chinese-with-code-is-english.md", "zh")],
)
def test_a_text_is_in_the_language_of_its_prose(name, language):
    assert preview(name).language == language
