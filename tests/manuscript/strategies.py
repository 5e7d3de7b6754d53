"""Texts that a manuscript may hold, from reports to what nobody would write."""

from hypothesis import strategies as st

BEGIN, END = "##paidbegin##", "##paidend##"

_ANY = st.text(st.characters(exclude_categories=()), max_size=6)

_WORDS = [
    "甲乙丙丁，",
    "戊己。",
    "The report says. ",
    "12.5%",
    "“引用”",
    " ",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "　　",
    "：",
    "！",
]
_PLAIN = [
    "一、总体情况",
    "（一）抓好落实。一是",
    "1. 数据",
    "（1）口径",
    "\n二、问题\n",
    "\n（二）整改。",
    "- x",
    "\n* y\n",
]
_MARKDOWN = [
    *("# 题\n", "\n## 节\n\n", "**", "*", "_", "~~", "`", "\n```\n", "\n~~~ py\n", "\n> ", "\n- ", "\n1. ", "\n    "),
    *(
        "[",
        "](",
        ")",
        "![",
        "](http://example.com/a)",
        "<http://example.com/",
        ">",
        "\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    ),
    *(
        "|",
        "\n---\n",
        "\n===\n",
        "&#35;",
        "&nbsp;",
        "&#xFDD0;",
        "\\",
        "\n[x]: /y\n",
        "<b>",
        "<!-- ",
        " -->",
        "[x]",
        "\n\n",
        "\n###### 六\n\n",
        "\n~~~ a`b\n",
        "\n- - a\n\n- - b\n",
        "\n> - c\n>\n> - d\n",
    ),
    *("$", "$x_1$", "$$", "\n$$\n", r"\(", r"\)", "\n\\[\n", "\n\\]\n", "x^2", r"\frac{a}{b}", "\n```math\n", "a + "),
]
# What is known beyond CommonMark: notes, tags, highlights, remarks, folds, tasks, definitions, bare and page links.
_MARKDOWN += [
    *("[^1]", "\n[^1]: 注\n", "\n[^2]: 甲[^1]\n", "[^2]", "^[", "==", "~", "^", "<sub>", "</sub>", "<br>", "<mark>"),
    *("</mark>", "\n:::note 乙\n", "\n:::\n", "\n<details>", "<summary>", "</summary>", "</details>\n", "[[", "]]"),
    *("\n> [!NOTE]- ", "\n- [ ] ", "\n- [x] ", "\n: 义\n", "https://example.com/a", "www.a.b", "a@b.cc", " {#id}\n"),
    *("[甲](#id)", "[乙](b.md)"),
]
_ODD = [
    "\ufdd0",
    "\ufdd0\ufdd2\ufdd1",
    "\ufdee\ufdd2\ufdef",
    "\ufffe",
    "\U0001fffe",
    "\ud800",
    "\udfff",
    "\0",
    "\x0b",
    "\x85",
]
_ODD += ["\u200b", "\u0301", "<http://x/%EF%B7%90%EF%B7%92%EF%B7%91>", "\ufffc", "㎩", "\u2028"]
_MARKERS = [
    BEGIN,
    END,
    "$$paidbegin$$",
    "$$paidend$$",
    "\\##paidbegin##",
    "## PaidEnd ##",
    "##pagebreak##",
    "\\##pagebreak##",
]
_SLIPS = [
    "##paidbegn##",
    "#paidend",
    "##paid",
    "begin##",
    "paidbegin",
    "paidend",
    "#",
    "##",
    "$",
    "￥￥",
    "\\##paidbegn##",
]

PROSE = st.lists(st.sampled_from(_WORDS + _PLAIN), max_size=12).map("".join)
MARKUP = st.lists(st.sampled_from(_WORDS + _PLAIN + _MARKDOWN), max_size=14).map("".join)
WILD = st.lists(st.sampled_from(_WORDS + _MARKDOWN + _ODD) | _ANY, max_size=14).map("".join)
ANYTHING = st.lists(st.sampled_from(_WORDS + _PLAIN + _MARKDOWN + _ODD + _MARKERS + _SLIPS) | _ANY, max_size=24).map(
    "".join
)

PIECES = PROSE | MARKUP | WILD


@st.composite
def sources(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Return public pieces and the paid ones between them."""
    paid = draw(st.lists(PIECES, max_size=4))
    public = draw(st.lists(PIECES, min_size=len(paid) + 1, max_size=len(paid) + 1))
    return public, paid


def joined(public: list[str], paid: list[str]) -> str:
    """Return the source whose public and paid pieces these are."""
    return public[0] + "".join(BEGIN + hidden + END + shown for hidden, shown in zip(paid, public[1:], strict=True))
