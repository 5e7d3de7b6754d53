import pytest

from webapp.manuscript import SourceFormat, check, render_full
from webapp.manuscript.language.language_detection import language_of
from webapp.manuscript.structure import shortened

TEXT, MARKDOWN = SourceFormat.TEXT, SourceFormat.MARKDOWN
PAID = "##paidbegin##密##paidend##"
LONG = "##paidbegin##密\n密##paidend##"


def editions(source: str, fmt: SourceFormat, **facts: str):
    checked = check(source, fmt, **facts)
    assert not checked.has_errors, checked.findings
    return checked.preview, render_full(checked)


@pytest.mark.parametrize(
    ("source", "fmt", "title", "body"),
    [
        ("题\n正文", TEXT, "题", "<p>正文</p>"),
        ("\n \n　题　\n正文", TEXT, "题", "<p>正文</p>"),
        ("一、题\n正文", TEXT, "一、题", "<p>正文</p>"),
        ("Title\nBody of\nthe text.", TEXT, "Title", "<p>Body of the text.</p>"),
        ("# 题\n\n正文", MARKDOWN, "题", "<p>正文</p>"),
        ("题\n===\n正文", MARKDOWN, "题", "<p>正文</p>"),
        ("## 题\n正文", MARKDOWN, "题", "<p>正文</p>"),
        ("题**目**\n正文\n正文", MARKDOWN, "题目", "<p>正文正文</p>"),
        ("- 甲\n- 乙", MARKDOWN, "甲", "<ul>\n<li>甲</li>\n<li>乙</li>\n</ul>"),
        ("![图](a)\n\n# 题", MARKDOWN, "题", '<p><span class="image">图</span></p>'),
        ("##pagebreak##\n题\n正文", TEXT, "题", '<hr class="page-break">\n<p>正文</p>'),
        ("\\##paidbegin## 的用法\n正文", TEXT, "##paidbegin## 的用法", "<p>正文</p>"),
    ],
)
def test_the_first_line_is_the_title_and_is_not_repeated(source, fmt, title, body):
    preview, full = editions(source, fmt)
    assert (preview.title, preview.html) == (title, body)
    assert (full.title, full.html) == (title, body)


@pytest.mark.parametrize("fmt", [TEXT, MARKDOWN])
@pytest.mark.parametrize("paid", [PAID, LONG])
def test_when_the_first_line_is_paid_the_first_public_line_is_the_title(paid, fmt):
    preview, full = editions(f"{paid}\n\n题\n\n正文", fmt)
    assert (preview.title, full.title) == ("题", "题")
    assert preview.html.endswith("\n<p>正文</p>")
    assert "题" not in full.html


@pytest.mark.parametrize(("fmt", "mark"), [(TEXT, ""), (MARKDOWN, "# ")])
def test_a_gate_in_the_title_stands_as_the_first_block_of_the_body(fmt, mark):
    preview, full = editions(f"{mark}关于{PAID}的报告\n\n正文", fmt)
    assert preview.title == full.title == "关于……的报告"
    assert preview.html == '<div class="paid-gate" id="gate-1" data-gate="1"></div>\n<p>正文</p>'
    assert preview.gates[0].inline is False
    assert '关于<span class="paid-passage" id="gate-1">密</span>的报告' in full.html


@pytest.mark.parametrize(("fmt", "mark"), [(TEXT, ""), (MARKDOWN, "# ")])
def test_a_paid_part_that_begins_at_the_end_of_the_title_leaves_the_title_whole(fmt, mark):
    preview, full = editions(f"{mark}题##paidbegin##\n密\n##paidend##\n正文", fmt)
    assert preview.title == "题"
    assert preview.html == '<div class="paid-gate" id="gate-1" data-gate="1"></div>\n<p>正文</p>'
    assert full.html.startswith('<p><span class="paid-passage" id="gate-1">密</span>')


@pytest.mark.parametrize("fmt", [TEXT, MARKDOWN])
def test_a_text_that_is_paid_from_end_to_end_is_named_for_its_file(fmt):
    checked = check(f"##paidbegin##{'密' * 30}##paidend##", fmt, title_hint=" 文件\x00名\n")
    assert checked.title == "文件名"
    assert [each.code for each in checked.findings] == ["nothing-public"]


@pytest.mark.parametrize("fmt", [TEXT, MARKDOWN])
def test_a_line_too_long_for_a_title_stays_in_the_body(fmt):
    line = "一句话说完了。" * 30
    preview, full = editions(f"{line}\n\n正文", fmt)
    assert preview.title == "一句话说完了。" * 8
    assert preview.html == full.html == f"<p>{line}</p>\n<p>正文</p>"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("全年工作按计划推进。", "zh"),
        ("The year went as planned.", "en"),
        ("2025年 GDP growth 报告 by NBS 国家统计局", "zh"),
        ("The Ministry (工信部) said that prices rose in the third quarter of the year.", "en"),
        ("", "zh"),
        ("12.5%", "zh"),
        ("Отчёт за год", "ru"),
    ],
)
def test_the_language_is_that_of_the_letters(text, language):
    assert language_of(text) == language


def test_the_language_is_that_of_the_public_text_alone():
    preview, full = editions(f"Annual report\n\nThe year in brief.\n\n##paidbegin##{'全年' * 500}##paidend##", TEXT)
    assert preview.language == full.language == "en"
    assert preview.gates[0].minutes == 1


def test_the_full_text_keeps_the_public_scheme_of_headings():
    _, full = editions("Report\n\nThe year in brief, in English.\n\n##paidbegin##\n一、总体情况\n##paidend##", TEXT)
    assert full.toc == ()


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("短。", "短。"),
        ("一二三四五。六七八九十。十一", "一二三四五。"),
        ("一。二三四五六七八九十十一十二", "一。二三四五六七八九……"),
        ("one two three four", "one two……"),
        ("甲乙丙丁戊己庚辛壬，癸子丑", "甲乙丙丁戊己庚辛壬……"),
    ],
)
def test_a_summary_ends_with_a_sentence_or_an_ellipsis(text, short):
    assert shortened(text, 10) == short


def test_the_summary_is_of_the_first_public_paragraphs():
    preview, full = editions(f"题\n一、节\n首段{PAID}，完。\n{LONG}次段{LONG}三段。", TEXT)
    assert preview.summary == full.summary == "首段……，完。次段……三段。"


def test_the_text_of_an_edition_is_what_its_body_shows():
    table = "| 子 | 丑 |\n|---|---|\n| 1 | 2 |"
    source = f"# 题\n\n首段{PAID}。\n\n- 甲\n- 乙\n\n  丙\n\n{table}\n\n> 引\n\n```\na\nb\n```\n\n{LONG}\n"
    preview, full = editions(source, MARKDOWN)
    assert preview.text == "首段……。\n\n- 甲\n- 乙\n  丙\n\n子\t丑\n1\t2\n\n引\n\na\nb\n\n……"
    assert full.text == "首段密。\n\n- 甲\n- 乙\n  丙\n\n子\t丑\n1\t2\n\n引\n\na\nb\n\n密密"
    assert (preview.characters, full.characters) == (13, 16)
