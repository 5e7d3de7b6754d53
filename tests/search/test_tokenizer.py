"""What is found by what: words of two characters wherever they stand, mixed scripts, phrases, and anything typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.search.tokenizer import LONGEST_QUERY, MOST_PHRASES, parse_query, tokenize, tokenize_label


def asked(text: str) -> list[tuple[str, ...]]:
    return [phrase.tokens for phrase in parse_query(text).phrases]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("本年度报告汇总全年库存量", {"年度", "报告", "库存", "存量", "全年"}),
        ("结合成分子", {"结合", "合成", "成分", "分子"}),
        ("研究生命起源", {"研究", "生命", "起源"}),
        ("ＧＤＰ同比增长２７.４％", {"gdp", "同比", "增长", "27", "4"}),
        ("GB/T 9704—2012", {"gb", "t", "9704", "2012"}),
        ("Straße und Café", {"strasse", "und", "café"}),
        ("", set()),
    ],
)
def test_a_text_is_found_by_its_words(text, words):
    found = tokenize(text)
    assert words <= set(found.words.split()) | set(found.others.split())


def test_a_title_is_found_by_each_character():
    found = tokenize_label("库存报告")
    assert set("库存报告") | {"库存", "存报", "报告"} <= set(found.others.split()) | set(found.words.split())


def test_the_words_of_a_query_are_cut():
    assert asked("仓储周转 GB/T 9704") == [("仓储",), ("周转",), ("gb", "t"), ("9704",)]
    assert asked("2025年度报告")[0] == ("2025",)


def test_a_name_that_no_dictionary_knows_stays_together():
    assert asked("闻津阅读") == [("闻", "津"), ("阅读",)]


def test_a_character_after_letters_or_a_digit_belongs_to_them():
    *_, phrase = parse_query("A股").phrases
    assert phrase.tokens == ("a", "股")
    assert phrase.open_end


@pytest.mark.parametrize("quoted", ['"入库平稳"', "“入库平稳”", "「入库平稳」"])
def test_quotation_marks_keep_words_side_by_side(quoted):
    assert asked(f"{quoted} 报告") == [("入库", "平稳"), ("报告",)]


def test_a_single_character_is_looked_for_in_titles_and_beside_others_not_at_all():
    assert parse_query("税").in_titles_only
    assert asked("库存的报告") == [("库存",), ("报告",)]


@pytest.mark.parametrize("text", ["", " ", '"', '""', "*", "😀", "()", "\0", "\ud800", "—", "“”"])
def test_nothing_to_look_for_is_no_query(text):
    assert not parse_query(text)


@pytest.mark.parametrize("text", ["NEAR(a b)", "a AND NOT b", "title:x*", "^x", 'a" OR "b', "-x", "{a b}: c"])
def test_the_language_of_the_index_means_nothing_in_a_query(text):
    assert all(token.isalnum() for phrase in parse_query(text).phrases for token in phrase.tokens)


@given(st.text(max_size=400))
def test_any_text_is_a_query_of_plain_tokens_and_bounded(text):
    query = parse_query(text)
    assert len(query.text) <= LONGEST_QUERY
    assert len(query.phrases) <= MOST_PHRASES
    for phrase in query.phrases:
        for token in (*phrase.tokens, *phrase.pairs):
            assert token
            assert '"' not in token
            assert not any(sign.isspace() for sign in token)


@given(st.text(max_size=200))
def test_any_text_has_tokens_without_space_or_quotes(text):
    for found in (tokenize(text), tokenize_label(text)):
        assert '"' not in found.words + found.others
        assert "\n" not in found.words + found.others
