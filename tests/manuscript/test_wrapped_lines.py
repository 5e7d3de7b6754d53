"""Which lines of a plain text are joined, and which stay as they are."""

import textwrap

import pytest

from webapp.manuscript import SourceFormat, check, render_full

TEXT = SourceFormat.TEXT
PROSE = (
    "The harbour wall was built before anybody who now lives in the town was born, and nobody can say who paid for it. "
    "In the spring of the year the sea came over it twice, and the council met to ask what to do about the gaps "
    "beneath the wood, for which no money had been set aside."
)
CHINESE = (
    "各街道办事处，区属各单位：今年入汛以来，我区降水量较常年同期偏多两成，河道水位持续偏高，防汛形势严峻。"
    "为切实做好防汛工作，保障人民群众生命财产安全，现将有关事项通知如下，请认真贯彻执行，并及时报告进展情况。"
)


def html(source: str, language: str = "") -> list[str]:
    return check(source, TEXT, language=language).preview.html.splitlines()


def cut(text: str, width: int) -> list[str]:
    return [text[start : start + width] for start in range(0, len(text), width)]


@pytest.mark.parametrize("width", [50, 64, 72, 79])
def test_english_lines_that_were_wrapped_are_a_paragraph(width):
    wrapped = textwrap.fill(PROSE, width)
    assert html(f"The wall\n\n{wrapped}\n\n{wrapped}") == [f"<p>{PROSE}</p>"] * 2


@pytest.mark.parametrize("width", [20, 28, 36])
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_chinese_lines_that_were_wrapped_are_a_paragraph(width, gap):
    wrapped = "\n".join(cut(CHINESE, width))
    assert html(f"关于防汛工作的通知\n{wrapped}{gap}一、总体情况{gap}　　{wrapped}") == [
        f"<p>{CHINESE}</p>",
        '<h2 id="s-一-总体情况">一、总体情况</h2>',
        f"<p>{CHINESE}</p>",
    ]


def test_a_wrapped_paragraph_of_an_official_text_begins_with_its_heading():
    source = (
        "通知\n"
        + "\n".join(cut(f"一、提高认识。{CHINESE}", 28))
        + "\n"
        + "\n".join(cut(f"二、抓好落实。{CHINESE}", 28))
    )
    assert [entry.text for entry in check(source, TEXT).preview.toc] == ["一、提高认识", "二、抓好落实"]
    assert len(html(source)) == 2


def test_chinese_paragraphs_of_one_line_each_are_not_joined():
    lines = [CHINESE, CHINESE[:40], "“走吧。”", "他说，河上起了雾。", CHINESE[:52]]
    assert html("题\n" + "\n".join(lines)) == [f"<p>{line}</p>" for line in lines]


def test_a_line_that_holds_a_gate_is_as_long_as_its_text_wants():
    first, second, *rest = textwrap.wrap(PROSE, 64)
    source = "\n".join(["The wall", "", first[:30] + "##paidbegin##secret##paidend##" + first[30:50], second, *rest])
    (paragraph,) = html(source)
    assert paragraph.count("paid-gate--inline") == 1


@pytest.mark.parametrize(
    "lines",
    [
        ['"The tide came in, the tide went out,', "the wall stood where it stood,", "and nobody was told about"],
        ["Rough winds do shake the darling wall of May,", "And summer's sea has all too short a date:"],
        ["An old silent pond", "a frog jumps into the pond", "splash silence again"],
        ["Present:", "Anna Reed (chair)", "Ben Cole", "Carla Diaz"],
        ["221B Baker Street", "London NW1", "12 May 2026"],
        ["Yours faithfully,", "Anna Reed"],
        ["ANNA", "I do not know who paid for it."],
        ["Anna: Who paid for the wall, and who will pay for it?", "Ben: Nobody.", "Anna: Then who will mend it?"],
        ["- Rope", "- Tar", "- A boat"],
    ],
)
def test_lines_that_are_meant_stay_lines(lines):
    assert html("The wall\n\n" + "\n".join(lines), "en") == [
        "<p>" + "<br>".join(line.replace('"', "&quot;").replace("'", "&#x27;") for line in lines) + "</p>"
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ["床前明月光", "疑是地上霜", "举头望明月", "低头思故乡"],
        ["大江东去，浪淘尽，千古风流人物。", "故垒西边，人道是，三国周郎赤壁。"],
        ["张三　李四　王五", "赵六　钱七　孙八"],
        ["王老师：", "您好！", "来信收到。", "此致", "敬礼", "学生小河", "二〇二五年六月一日"],
        ["北京市海淀区中关村大街甲一号渡口书店有限责任公司", "上海市黄浦区人民大道乙二号归舟书店有限责任公司"],
        ["甲：你去哪里？", "乙：去渡口。"],
    ],
)
def test_chinese_lines_that_are_meant_stay_lines(lines):
    assert html("题\n\n" + "\n".join(lines)) == [f"<p>{line}</p>" for line in lines]


def test_a_salutation_stands_above_a_wrapped_letter():
    letter = textwrap.fill(PROSE, 64)
    assert html(f"A letter\n\nDear Sir,\n{letter}\n\nYours faithfully,\nAnna Reed") == [
        "<p>Dear Sir,</p>",
        f"<p>{PROSE}</p>",
        "<p>Yours faithfully,<br>Anna Reed</p>",
    ]


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("exam\u00ad", "ple of it", "example of it"),
        ("govern-", "ment of it", "government of it"),
        ("well-", "known wall", "well-known wall"),
        ("the wall--", "and the sea", "the wall--and the sea"),
    ],
)
def test_a_hyphen_goes_only_where_the_text_has_the_word_without(before, after, joined):
    head = "The government of the town has always said that it would be so, "
    lines = f"{head}{before}\n{after}, and the whole council has said so many a time, to all who\nwould hear them."
    assert joined in html(f"The wall\n\n{lines}")[0]


@pytest.mark.parametrize(
    ("source", "cells"),
    [
        ("Region      2025    2026\nNorth         12      15\nSouth          9      11", 9),
        ("Region\tYear\nNorth\t12\nSouth\t9", 6),
        ("项目\t金额\n办公费\t12", 4),
        ("Region      2025    2026\nNorth         12      ##paidbegin##15##paidend##\nSouth          9      11", 9),
    ],
)
def test_certain_columns_are_a_table(source, cells):
    shown = "\n".join(html(f"The wall\n\n{source}"))
    assert shown.count("<th") - shown.count("<thead") + shown.count("<td") == cells


def test_likely_columns_stay_as_they_were_typed():
    source = "Name        Role        Town\nAnna Reed   Chair       London\nBen Cole    Member      York"
    assert "\n".join(html(f"The wall\n\n{source}")) == f'<pre tabindex="0"><code>{source}</code></pre>'


def test_two_spaces_after_a_full_stop_are_no_columns():
    source = "It rained.  Nobody came.\nIt rained again.  They went."
    assert html(f"The wall\n\n{source}") == [f"<p>{source.replace(chr(10), '<br>')}</p>"]


def test_a_list_of_contents_has_no_headings():
    chapters = [f"第{number}章 {name}" for number, name in zip("一二三", ("渡口", "归舟", "旧账"), strict=True)]
    body = "\n".join(f"{chapter}\n河上起了雾。\n" for chapter in chapters)
    source = "河上的书\n目录\n" + "\n".join(chapters) + "\n\n" + body
    assert [entry.text for entry in check(source, TEXT).preview.toc] == chapters


def test_the_first_chapter_is_no_title_where_the_text_has_a_name():
    preview = check("第一章 渡口\n雾。\n第二章 归舟\n雾。", TEXT, title_hint="河上的书").preview
    assert (preview.title, [entry.text for entry in preview.toc]) == ("河上的书", ["第一章 渡口", "第二章 归舟"])


@pytest.mark.parametrize(
    ("text", "address", "after"),
    [
        ("见 https://example.com/a。详见。", "https://example.com/a", "。详见。"),
        ("（https://example.com/a?b=1&c=2）", "https://example.com/a?b=1&c=2", "）"),
        ("See http://example.com/a_(b), please.", "http://example.com/a_(b)", ", please."),
        ("See (https://example.com/).", "https://example.com/", ")."),
        ("“https://example.com/a/b.html”", "https://example.com/a/b.html", "”"),
    ],
)
def test_a_bare_address_is_a_link(text, address, after):
    shown = address.replace("&", "&amp;")
    assert f'<a href="{shown}" rel="noopener nofollow">{shown}</a>{after}' in html(f"题\n{text}")[0]


@pytest.mark.parametrize(
    "text", ["https://", "xhttps://example.com", "见 https://example.com/##paidbegin##a##paidend##"]
)
def test_what_is_no_whole_address_is_no_link(text):
    assert "<a " not in html(f"题\n{text}")[0]


def test_an_address_whose_end_is_paid_is_a_link_in_the_full_text():
    checked = check("题\n见 https://example.com/##paidbegin##a##paidend##。", TEXT)
    assert 'href="https://example.com/a"' in render_full(checked).html
