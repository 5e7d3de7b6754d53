import pytest

from webapp.manuscript.blocks import GateBlock, Heading, InlineGate, PageBreak, Paragraph, RunIn, SoftBreak, Text
from webapp.manuscript.inline_runs import run_text
from webapp.manuscript.marker_language.markers import parse_manuscript
from webapp.manuscript.plain_text_lines.plain_text_blocks import plain_blocks
from webapp.manuscript.redact import redact


def blocks(source: str, language: str = "zh"):
    return plain_blocks(redact(parse_manuscript(source)), language)


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("一、总体情况", 1),
        ("十、结语", 1),
        ("二十一、附则", 1),
        ("九十九、最后", 1),
        ("（一）抓好落实", 2),
        ("(十二)抓好落实", 2),
        ("（三）抓好落实。", 2),
        ("1. 数据来源", 3),
        ("12．数据来源", 3),
        ("3、数据来源：", 3),
        ("（1）口径", 4),
        ("(2)口径", 4),
        ("　　一、总体情况　", 1),
    ],
)
def test_numbering_tells_the_level_of_a_heading(line, level):
    assert blocks(line) == (Heading(level, (Text(line.strip()),)),)


def test_an_article_of_a_law_begins_its_paragraph():
    """Source: the usual form of Chinese statutes, whose articles have numbers and no titles."""
    (article,) = blocks("第三条　行政机关应当依法公开政府信息，并遵循公正、公平、合法、便民的原则。")
    assert [type(node) for node in article.children] == [RunIn, Text]
    assert run_text(article.children[:1]).strip() == "第三条"


@pytest.mark.parametrize("entries", [1, 2])
def test_a_page_break_ends_a_list_of_contents(entries):
    """Of one entry alone it is no list, and the entry a heading."""
    lines = ["一、甲", "二、乙"][:entries]
    found = blocks("\n".join(["报告", "", "目录", *lines, "##pagebreak##", "一、甲", "正文。"]))
    headings = [run_text(block.children) for block in found if isinstance(block, Heading)]
    assert headings == ["一、甲"] * (3 - entries)


@pytest.mark.parametrize(
    ("second", "heading"),
    [("Loomings", "CHAPTER I Loomings"), ("THE BAG", "CHAPTER I THE BAG"), ("and so it went. On", "CHAPTER I")],
)
def test_the_name_of_a_chapter_stands_below_its_number(second, heading):
    found = blocks(f"A book\n\nCHAPTER I\n{second}\n\nCall me Ishmael, if you please.\n", "en")
    assert [run_text(block.children) for block in found if isinstance(block, Heading)] == [heading]


@pytest.mark.parametrize(
    "line",
    [
        "正文。",
        "一是抓落实。二是抓整改。",
        "百、不是序号",
        "一一、不是序号",
        "1.5倍的增长",
        "1、2月份合计",
        "2025.12的数据",
        "1. 参加会议三次。",
        "1. 苹果；",
        "（2）梨，",
        "一、",
        "1. " + "很长的一段话，" * 10,
        "见（一）",
        "一、" + "很长的标题" * 12,
    ],
)
def test_a_line_that_is_no_heading_is_a_paragraph(line):
    assert blocks(line) == (Paragraph((Text(line),)),)


@pytest.mark.parametrize(
    ("line", "level", "length"),
    [
        ("（一）坚决扛牢责任。始终做到。一是好。", 2, 10),
        ("一、总体平稳。全年如此。", 1, 7),
        ("1. 抓好落实！继续。", 3, 8),
        ("（1）提出“三个一”。”后文", 4, 12),
    ],
)
def test_a_line_that_goes_on_after_its_first_sentence_has_a_run_in_heading(line, level, length):
    assert blocks(line) == (Paragraph((RunIn(level, (Text(line[:length]),)), Text(line[length:]))),)


def test_the_first_sentence_of_a_long_numbered_paragraph_is_no_heading():
    line = "1. " + "很长的一段话，" * 10 + "完。后文。"
    assert blocks(line) == (Paragraph((Text(line),)),)


def test_in_chinese_each_line_is_a_paragraph():
    assert blocks("甲\n\n乙\r\n丙\r　　丁") == tuple(Paragraph((Text(each),)) for each in "甲乙丙丁")


def test_in_english_wrapped_lines_are_one_paragraph():
    wrapped = (Text("One"), SoftBreak(" "), Text("two"))
    assert blocks("One\ntwo\n \nthree\n", "en") == (Paragraph(wrapped), Paragraph((Text("three"),)))


def test_in_english_items_and_lines_too_long_to_be_wrapped_stand_alone():
    long = "word " * 30 + "end"
    lines = ["Items:", "- one", "2) two", long, "next"]
    assert blocks("\n".join(lines), "en") == tuple(Paragraph((Text(line),)) for line in lines)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_gate_of_many_lines_is_a_block_between_head_and_tail(language):
    assert blocks("head##paidbegin##a\nb##paidend## tail", language) == (
        Paragraph((Text("head"),)),
        GateBlock(1),
        Paragraph((Text("tail"),)),
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_gate_of_one_line_stands_in_its_sentence(language):
    assert blocks("head ##paidbegin##a##paidend##.", language) == (
        Paragraph((Text("head "), InlineGate(1), Text("."))),
    )


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_each_kind_of_line_break_makes_a_gate_a_block(line_break):
    assert GateBlock(1) in blocks(f"甲##paidbegin##a{line_break}b##paidend##")


def test_a_heading_may_hold_a_gate():
    assert blocks("一、关于##paidbegin##甲##paidend##的情况") == (
        Heading(1, (Text("一、关于"), InlineGate(1), Text("的情况"))),
    )


def test_a_run_in_heading_may_end_at_a_gate():
    assert blocks("（一）落实。##paidbegin##密##paidend##后文") == (
        Paragraph((RunIn(2, (Text("（一）落实。"),)), InlineGate(1), Text("后文"))),
    )


def test_a_run_in_heading_may_hold_a_gate():
    assert blocks("（一）关于##paidbegin##甲##paidend##。后文") == (
        Paragraph((RunIn(2, (Text("（一）关于"), InlineGate(1), Text("。"))), Text("后文"))),
    )


@pytest.mark.parametrize("sign", ["\x0b", "\x85", "\u2028", "\u2029", "\r\n", "\r", "\n"])
@pytest.mark.parametrize("language", ["zh", "ja", "en"])
def test_each_sign_that_ends_a_line_ends_one(sign, language):
    lines = "".join(run_text(block.children) + "\n" for block in blocks(f"题{sign}甲{sign}乙", language))
    assert lines == "题\n甲\n乙\n"


def test_a_form_feed_ends_a_page():
    assert blocks("甲\x0c乙") == (Paragraph((Text("甲"),)), PageBreak(), Paragraph((Text("乙"),)))


def test_a_page_break_parts_its_line():
    assert blocks("甲##pagebreak##乙") == (Paragraph((Text("甲"),)), PageBreak(), Paragraph((Text("乙"),)))


def test_what_html_cannot_hold_is_left_out():
    assert blocks("甲\0\x08\ud800\ufdd0\U0010ffff乙") == (Paragraph((Text("甲乙"),)),)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_blocks_know_the_line_of_the_public_text_that_they_begin_on(language):
    source = "甲\n\n乙##paidbegin##密\n密##paidend##\r\n\r\n丙##pagebreak##\n\n丁"
    assert [block.line for block in blocks(source, language)] == [0, 2, 2, 4, 4, 6]
