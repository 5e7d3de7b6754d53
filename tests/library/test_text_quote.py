"""A passage is found again where it stayed, and nowhere else."""

import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.library.text_quote import _EFFORT, CONTEXT, Searchable, TextQuote, TextRange, next_visible

TEXT = """关于仓储周转的年度报告
一、总体情况
全年入库平稳，出库略有增长。各仓统计办法不同，口径不一。
二、存在的问题
全年入库平稳，出库略有增长。但是夜间停摆十一次，供应商尚未解释。
"""
WORDS = "全年入库平稳，出库略有增长。"


def marked(words: str, text: str = TEXT, nth: int = 0) -> TextQuote:
    """Return what is kept of the nth place where these words stand."""
    at = -1
    for _ in range(nth + 1):
        at = text.index(words, at + 1)
    return Searchable(text).quoted(TextRange(at, at + len(words)))


def found(quote: TextQuote, text: str) -> str | None:
    span = Searchable(text).find(quote)
    return text[span.start : span.end] if span else None


def test_what_is_kept_are_the_words_their_surroundings_and_their_place():
    quote = marked("口径不一")
    assert (quote.exact, quote.position) == ("口径不一", TEXT.index("口径不一"))
    assert TEXT[: quote.position].endswith(quote.prefix)
    assert len(quote.prefix) == len(quote.suffix) == CONTEXT


@pytest.mark.parametrize("nth", [0, 1])
@pytest.mark.parametrize("before", ["", "新的前言。\n" * 30])
def test_of_the_same_words_those_with_the_same_surroundings_are_meant(nth, before):
    quote = marked(WORDS, nth=nth)
    span = Searchable(before + TEXT).find(quote)
    assert span == TextRange(len(before) + quote.position, len(before) + quote.position + len(WORDS))


def test_of_equals_the_nearest_is_meant():
    line = "同上。此处从略，详见附表，附表另行印发，各单位自行领取并妥善保管。\n"
    text = line * 9
    for nth in range(9):
        quote = marked("附表另行", text, nth)
        assert Searchable(text).find(quote).start == quote.position


def test_passages_of_the_same_words_move_together():
    text = "同上。\n" * 20
    quotes = [marked("同上", text, nth) for nth in (3, 7, 8)]
    first = replace(marked("唯一的一句话在最前面", "唯一的一句话在最前面。\n" + text), position=0)
    later = "又添了一段。" * 9 + "唯一的一句话在最前面。\n" + text
    quotes = [first, *(replace(quote, position=quote.position + 12) for quote in quotes)]
    spans = Searchable(later).find_all(quotes)
    assert [span.start - quote.position for span, quote in zip(spans, quotes, strict=True)] == [54] * 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("，口径不一。", " ，口径不一 。"), "口径不一"),
        (lambda text: text.replace("不同，口径", "不同，\n\n口径"), "各仓统计办法不同，\n\n口径不一"),
        (lambda text: text.replace("不同，口径", "不同；口径"), "各仓统计办法不同；口径不一"),
        (lambda text: text.replace("，", ","), "各仓统计办法不同,口径不一"),
        (lambda text: text.replace("办法", "口径"), None),
        (lambda _text: "", None),
    ],
)
def test_only_white_space_and_punctuation_may_have_changed(change, words):
    quote = marked("各仓统计办法不同，口径不一" if words != "口径不一" else "口径不一")
    assert found(quote, change(TEXT)) == words


def test_a_few_words_that_stand_elsewhere_are_not_the_passage_that_is_gone():
    quote = marked("口径")
    assert found(quote, "本报告另有统计口径，详见附录。") is None
    assert found(quote, f"序。{TEXT}") == "口径"


def test_words_without_surroundings_are_found_as_they_are_pasted():
    assert found(TextQuote("全年入库平稳， 出库略有\n增长"), TEXT) == "全年入库平稳，出库略有增长"
    assert found(TextQuote("——！"), TEXT) is None


@given(st.text("甲乙丙，。 \n", max_size=60), st.data())
def test_in_a_text_that_did_not_change_each_passage_is_where_it_was(text, data):
    start = data.draw(st.integers(0, len(text)))
    span = TextRange(start, data.draw(st.integers(start, len(text))))
    quote = Searchable(text).quoted(span)
    assert Searchable(text).find(quote) == (span if span.start < span.end else None)


@given(st.text(max_size=40), st.builds(TextQuote, st.text(max_size=8), st.text(max_size=8), st.text(max_size=8)))
def test_what_is_found_has_the_letters_that_were_looked_for(text, quote):
    span = Searchable(text).find(quote)
    if span:
        letters = [
            [letter for letter in part if letter.isalnum()] for part in (text[span.start : span.end], quote.exact)
        ]
        assert letters[0] == letters[1]


@pytest.mark.parametrize(("place", "visible"), [(0, 0), (1, 3), (4, 3), (99, 3)])
def test_the_next_place_that_can_be_seen(place, visible):
    assert next_visible("甲 \n乙\n", place) == visible


class Weighed(str):  # noqa: SLOT000 - it needs a place for its count
    """A text that counts how many of its characters were looked through."""

    looked_through = 0

    def find(self, wanted, start=0, end=sys.maxsize):
        at = super().find(wanted, start, end)
        self.looked_through += (at if at >= 0 else min(end, len(self))) - min(start, len(self))
        return at


def weighed(text):
    """Return a text to look in, and its letters in each way of comparing."""
    searchable = Searchable(text)
    readings = list(searchable._each_reading())
    for reading in readings:
        reading._letters = Weighed(reading._letters)
    return searchable, [reading._letters for reading in readings]


def test_two_thousand_passages_of_a_long_text_take_little_work():
    text = "".join(f"第{number}条讲的是第{number * 7}件事，其余从略。\n" for number in range(20_000))
    quotes = [marked(f"第{number}条讲的", text) for number in range(0, 20_000, 10)]
    searchable, letters = weighed("新的前言。\n" + text)
    spans = searchable.find_all(quotes)
    assert all(span.start == quote.position + 6 for span, quote in zip(spans, quotes, strict=True))
    assert 0 < sum(one.looked_through for one in letters) < len(text)


def test_two_thousand_passages_that_are_gone_take_no_more_work_than_is_allowed():
    line = "第{}条另行说明，数据见附表，原因与对策分列如下。\n"
    text = "".join(map(line.format, range(20_000)))
    quotes = [marked(f"第{number}条另行说明", text) for number in range(0, 20_000, 10)]
    searchable, letters = weighed(text.replace("另行", "已另"))
    assert searchable.find_all(quotes) == [None] * 2000
    assert all(0 < one.looked_through <= 2 * _EFFORT + 2000 * 40 for one in letters)
