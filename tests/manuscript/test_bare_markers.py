"""A word that is meant as a marker must not give the paid text away because it is written like no marker."""

import pytest

from webapp.manuscript import SourceFormat, check

TEXT, MARKDOWN = SourceFormat.TEXT, SourceFormat.MARKDOWN
SPAN = "##paidbegin##密##paidend##"

MEANT = [
    *("[paidbegin]", "(paidbegin)", "{paidbegin}", "<paidbegin>", "</paidend>", "【paidbegin】", "（paidend）。"),
    *("《paidbegin》", "「paidbegin」", "{{paidbegin}}", "{% paidbegin %}", "[/paidend]", "正文[paidbegin]密文"),
    *("<!--paidbegin-->", "<!-- paidend -->", "<!-- paidbegin: the rest -->", "/* paidbegin */", "// paidbegin"),
    *("==paidbegin==", "@@paidbegin@@", "%%paidbegin%%", "::: paidbegin", "—— paidbegin ——", "＝＝paidend＝＝"),
    *("paidbegin", "**paidbegin**", "- paidend", "[PaidBegin]", "[paid begin]", "[paid_end]", "[ｐａｉｄｂｅｇｉｎ]"),
    *("[paidstart]", "[paidclose]", "[paid\u200bbegin]"),
    *("##付费开始##", "##付费结束##", "##付费##", "##会员开始##", "＃＃付费开始＃＃", "$$付费开始$$", "##付費開始##"),
    *(
        "##付费内容开始##",
        "##会员专享##",
        "##VIP结束##",
        "##开始付费##",
        "##付费段起##",
        "## 付费开始 ##",
        "##付费开始",
    ),
    *("【付费开始】", "（付费结束）", "[会员开始]", "<!-- 付费开始 -->", "==付费开始==", "——付费结束——", "付费开始"),
]

PROSE = [
    *(
        "The word paidbegin opens a span.",
        "“paidbegin” opens it.",
        "**paidbegin** and __paidend__",
        "paidbegin/paidend",
    ),
    *("https://paidbegin.example", "https://example.com/paidbegin", "[unpaidend]", "[paidends]", "(paidbegin opens)"),
    *("“付费”", "## 付费阅读", "##付费阅读", "# 付费阅读 #", "#付费#", "#付费阅读#", "**付费**", "==付费==", "## 会员"),
    *(
        "【付费】深度报告",
        "【会员专享】",
        "[付费阅读](/a)",
        "（付费阅读）",
        "##收费标准##",
        "用户付费开始增长。",
        "会员开始",
    ),
    *(
        "“付费开始”",
        "“付费开始”是一个词。",
        "他说「付费开始」了",
        "2024年付费开始",
        "- 会员开始",
        "| 付费开始 | 2024 |",
        "付费",
    ),
]


def found(source: str, fmt: SourceFormat) -> list[tuple[str, str]]:
    wanted = {"bare-marker", "escaped-marker"}
    return [(each.code.value, each.severity.value) for each in check(source, fmt).findings if each.code in wanted]


@pytest.mark.parametrize("fmt", SourceFormat)
@pytest.mark.parametrize("written", MEANT)
def test_a_word_that_is_meant_as_a_marker_is_an_error_where_there_is_no_span(written, fmt):
    source = f"题目\n\n公开的一段。\n\n{written}\n\n后文。\n"
    assert found(source, fmt) == [("bare-marker", "error")]
    assert check(source, fmt).preview is None


@pytest.mark.parametrize("fmt", SourceFormat)
@pytest.mark.parametrize("written", MEANT)
def test_it_is_a_warning_where_there_is_one(written, fmt):
    assert found(f"题目\n\n公开的一段。{SPAN}\n\n{written}\n\n后文。\n", fmt) == [("bare-marker", "warning")]


@pytest.mark.parametrize("fmt", SourceFormat)
@pytest.mark.parametrize("paid", ["付费", "付费部分", "会员", "paidbegin", "VIP"])
def test_the_signs_of_a_marker_are_those_of_nothing_else(paid, fmt):
    assert found(f"题\n\n这段##paidbegin##{paid}##paidend##后文。", fmt) == []


@pytest.mark.parametrize("fmt", SourceFormat)
@pytest.mark.parametrize("written", PROSE)
def test_prose_about_it_is_text(written, fmt):
    assert found(f"题目\n\n公开的一段。\n\n{written}\n\n后文。\n", fmt) == []


@pytest.mark.parametrize(
    "written",
    [
        "`[paidbegin]`",
        "写成 `##付费开始##` 也不行",
        "```\n[paidbegin]\n##付费##\n```",
        "    <!--paidbegin-->",
        "- `[paidend]`",
    ],
)
def test_code_is_exempt_in_markdown(written):
    assert found(f"# 题目\n\n公开的一段。\n\n{written}\n\n后文。\n", MARKDOWN) == []
    assert found(f"题目\n\n公开的一段。{SPAN}\n\n{written}\n\n后文。\n", TEXT) != []


@pytest.mark.parametrize("fmt", SourceFormat)
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\\[paidbegin]", "[paidbegin]"),
        ("\\==paidbegin==", "==paidbegin=="),
        ("\\【paidbegin】", "【paidbegin】"),
        ("\\##付费开始##", "##付费开始##"),
        ("\\＃＃付费＃＃", "＃＃付费＃＃"),
    ],
)
def test_a_backslash_before_it_makes_it_text_and_is_dropped(written, shown, fmt):
    checked = check(f"题目\n\n公开的{written}一段。\n", fmt)
    assert checked.findings == ()
    assert f"公开的{shown}一段。" in checked.preview.text


def test_a_backslash_in_code_stays():
    assert "\\[paidbegin]" in check("# 题\n\n公开的 `\\[paidbegin]` 一段。\n", MARKDOWN).preview.text


@pytest.mark.parametrize("written", ["[##paidbegin##", "##[paidbegin]##", "#[paidbegin]", "[\\##paidbegin##]"])
def test_what_is_a_marker_or_nearly_one_is_no_bare_one(written):
    assert found(f"题目\n公开的一段。\n{written}\n", TEXT) == []


def test_a_finding_stands_at_the_first_sign_and_shows_the_marker_alone():
    (finding,) = check("题目\n公开的一段，【付费开始】密文。\n", TEXT).findings
    assert (finding.line, finding.column, finding.excerpt) == (2, 7, "【付费开始】")


TEX = [
    "$\\alpha\\##paidbegin##x$",
    "x \\\\\\##paidbegin##x",
    "$x$\\##paidbegin##",
    "$a + \\##paidbegin## b$",
    "x^{2}\\##paidend##",
]


@pytest.mark.parametrize("fmt", SourceFormat)
@pytest.mark.parametrize("written", TEX)
def test_a_backslash_of_the_text_before_a_marker_is_explained(written, fmt):
    assert found(f"题目\n\n公开的一段。\n\n{written}\n", fmt) == [("escaped-marker", "error")]
    assert found(f"题目\n\n公开的一段。{SPAN}\n\n{written}\n", fmt) == [("escaped-marker", "warning")]


def test_it_is_explained_where_the_other_half_is_missed():
    (stray, escaped) = sorted(
        check("题\n第一行\\##paidbegin##密##paidend##", TEXT).findings, key=lambda each: -each.column
    )
    assert (stray.code, escaped.code, escaped.severity) == ("stray-end", "escaped-marker", "error")
    assert (escaped.line, escaped.column, escaped.excerpt) == (2, 4, "\\##paidbegin##")
    assert "\\" in escaped.message
    assert found("题\n\\##paidend##甲##paidbegin##密\\##paidend##", TEXT) == [("escaped-marker", "error")] * 2


@pytest.mark.parametrize(
    "written",
    [
        "写作 \\##paidbegin## 即可",
        "\\##paidbegin##…\\##paidend##",
        "售价 $5，写作\\##paidbegin##",
        "a \\\\##paidbegin##密##paidend##",
    ],
)
def test_an_escape_that_is_meant_needs_no_word(written):
    assert found(f"题目\n\n公开的一段。\n\n{written}\n", TEXT) == []


def test_in_code_a_backslash_is_what_it_is():
    assert found("# 题\n\n公开。\n\n```\n\\\\\\##paidbegin##\n```\n", MARKDOWN) == []
