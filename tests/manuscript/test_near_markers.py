import pytest

from webapp.manuscript import parse_manuscript

EXACT_WORD = {
    "one symbol": "#paidbegin#",
    "no right side": "##paidbegin",
    "no left side": "paidend##",
    "one symbol, one side": "#paidend",
    "mixed families": "#$paidbegin$#",
    "one family on each side": "##paidbegin$$",
    "three characters off": "#:'paidbegin",
    "yen": "￥￥paidbegin￥￥",
    "half-width yen": "¥¥paidend¥¥",
    "sharp": "♯♯paidbegin♯♯",
    "hyphen": "##paid-begin##",
    "underscore": "##paid_begin##",
    "tilde": "##~~paidbegin~~##",
    "emphasis": "##**paidbegin**##",
    "emphasis inside": "##paid*begin*##",
    "line break inside": "##paid\nbegin##",
    "line break before": "##\npaidbegin##",
    "CRLF inside": "##paid\r\nbegin##",
    "tag around": "##<b>paidbegin</b>##",
    "tag inside": "##paid<b>begin</b>##",
    "tag with attributes": '##<span style="x: 1">paidbegin##',
    "comment inside": "##paid<!-- note -->begin##",
    "decimal entities": "&#35;&#35;paidbegin&#35;&#35;",
    "hexadecimal entities": "&#x23;&#X0023;paidbegin",
    "named entities": "&num;&num;paidbegin&dollar;",
    "entity without semicolon": "&#35&#35 paidbegin",
    "beside what looks like an entity": "&zzz;&#35;paidbegin",
    "letter as entity": "##&#112;aidbegin##",
    "soft hyphen as entity": "##paid&shy;_begin##",
    "in parentheses": "##(paidbegin)##",
    "in an attribute": '<a title="#paidbegin">',
    "accents": "##pàídbégìn##",
    "Turkish capitals": "##PAİDBEGİN##",
    "Cyrillic": "##раіdbеgin##",
    "Greek capitals": "##ΡΑΙDΒΕGΙΝ##",
    "negative squares": "##🅿🅰🅸🅳🅱🅴🅶🅸🅽##",
    "keycaps": "#⃣#⃣paidbegin",
    "what HTML cannot hold": "##p\x01a\x02i\ufdd0dbegin##",
    "heading of one's own": "## paid begin",
    "text after": "##paidbeginThe report",
    "two symbols touching, prose after": "##paid begin The report",
    "an entity next to an entity": "&#35;&#35;paid&#45;begin",
    "symbol inside": "##paid#begin##",
    "between < and >": "5 < 6 ##paidbegin# 7 > 2",
}

SLIPS = {
    "a letter missing": "##paidbegn##",
    "two letters missing": "##padbegn##",
    "a letter too many": "##paidbeginn##",
    "a letter changed": "##paidbagin##",
    "two letters swapped": "##piadbegin##",
    "the end": "##paidedn##",
    "one symbol each side": "$paidbegn$",
    "two on the left": "##paidbegn",
    "two on the right": "paidbegn##",
    "spaces inside": "## paidbegn ##",
    "spaces, one side of one": "## paidbegn #",
    "text after": "##paidbegnThe report",
    "text before": "全文更多paidbegn##",
    "Chinese after": "##paidbeg政治",
    "start": "##paidstart##",
    "open": "$$paidopen$$",
    "stop": "##paid_stop##",
    "close": "##paid close##",
    "ligature": "##paidﬆart##",
    "a dot": "##paid.begin##",
    "code": "`##paidbegn##`",
    "no-break in tags": "##pai<i></i>dbegn##",
}

TEXTS = {
    "prose": "The tag paidbegin opens a span.",
    "a heading": "## Maiden voyage",
    "a heading of the word": "## Paid endorsements",
    "another": "## Paid beginners grew by 5%",
    "end users": "## Paid end users",
    "a topic of two words": "#paid endorsements",
    "one symbol touching, prose after": "#paid begin The report",
    "four characters off": "#abc paidbegin",
    "money": "We got $5 paid and $6 owed; $12 paid and $3 due.",
    "money and an end": "$5 paid end of month",
    "two topics": "#话题##另一个话题#",
    "topics with spaces": "#A# maiden #B#",
    "formula": "$$E = mc^2$$ and $x_{paid}$",
    "empty headings": "##\n\n##\n",
    "another word": "##paid##",
    "page break, misspelt": "##pagebrek##",
    "far from the word": "##begin## ##end##",
    "at signs": "@@paidbegin@@",
    "emphasis": "**paidbegin** and __paidend__",
    "three off": "##paibgn##",
    "ampersand": "&amp; paidbegin",
    "C sharp": "C# was paid in full.",
    "a misspelt heading": "## paidbegn is misspelt",
}


def near(source: str) -> list[tuple[int, int]]:
    return [(each.line, each.column) for each in parse_manuscript(source).findings if each.code == "near-marker"]


@pytest.mark.parametrize("written", EXACT_WORD.values(), ids=EXACT_WORD.keys())
def test_the_exact_word_beside_a_symbol_is_a_near_marker(written):
    assert len(near(f"甲\n{written}\n乙")) == 1


@pytest.mark.parametrize("written", SLIPS.values(), ids=SLIPS.keys())
def test_a_slip_of_the_pen_is_a_near_marker(written):
    assert len(near(f"甲\n{written}\n乙")) == 1


@pytest.mark.parametrize("written", TEXTS.values(), ids=TEXTS.keys())
def test_what_only_resembles_a_marker_is_text(written):
    assert parse_manuscript(f"甲\n\n{written}\n\n乙").findings == ()


@pytest.mark.parametrize("written", [*EXACT_WORD.values(), *SLIPS.values()], ids=[*EXACT_WORD, *SLIPS])
def test_a_backslash_makes_a_near_marker_literal(written):
    start = near(f"甲\n{written}\n乙")[0][1] - 1
    assert near(f"甲\n{written[:start]}\\{written[start:]}\n乙") == []


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("甲###paidbegn##", [(1, 2)]),
        ("甲#*#paidbegin##", [(1, 2)]),
        ("甲paidbegin##", [(1, 2)]),
        ("甲&#35;&#35;paidbegin", [(1, 2)]),
        ("a\r\n##paid\r\nbegin##", [(2, 1)]),
        ("##paidbegn##x##paidedn##", [(1, 1), (1, 14)]),
        ("##paidbegn##paidedn##", [(1, 1), (1, 13)]),
        ("##paidbegin##paidend##", [(1, 14)]),
        ("##paidbegin###paidend##", [(1, 14)]),
        ("##paidbegin## ##paidend", [(1, 15)]),
        ("paidbegin x##paidbegn##", [(1, 1), (1, 12)]),
    ],
)
def test_a_near_marker_stands_at_the_first_of_its_symbols(source, places):
    assert near(source) == places


def test_the_symbols_of_a_marker_serve_no_near_marker():
    assert near("##paidbegin##paidbegin ##paidend##paidend") == []


def test_the_symbols_of_an_escaped_marker_serve_no_near_marker():
    assert near("\\##paidbegin##paidbegin") == []


@pytest.mark.parametrize("source", ["##dividend##", "$$dividend$$", "##appended##", "题\n##dividend policy"])
def test_a_longer_word_that_only_ends_like_a_marker_stays_a_word(source):
    assert parse_manuscript(source).findings == ()
