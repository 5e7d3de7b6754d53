from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.manuscript.marker_language.typo_distance import MARKER_WORDS, is_slip


@cache
def distance(one: str, other: str) -> int:
    if not one or not other:
        return len(one) + len(other)
    if one[-1] == other[-1]:
        return distance(one[:-1], other[:-1])
    return 1 + min(distance(one[:-1], other), distance(one, other[:-1]), distance(one[:-1], other[:-1]))


def edited(word: str, edits: list[tuple[int, str, str]]) -> str:
    for place, letter, kind in edits:
        at = place % (len(word) + 1)
        word = word[:at] + (letter if kind != "drop" else "") + word[at + (kind != "add") :]
    return word


EDITS = st.tuples(st.integers(0, 10), st.sampled_from("paidbegnx0"), st.sampled_from(["add", "drop", "change"]))


@given(st.sampled_from(MARKER_WORDS), st.lists(EDITS, max_size=3))
def test_a_slip_is_what_is_at_most_two_letters_off(word, edits):
    piece = edited(word, edits)
    assert is_slip(piece) == (min(distance(piece, each) for each in MARKER_WORDS) <= 2)


@pytest.mark.parametrize("piece", ["paidstart", "paidopen", "paidstop", "paidclose"])
def test_other_words_for_the_same_are_slips_as_they_are(piece):
    assert is_slip(piece)


@pytest.mark.parametrize("piece", ["paidstrt", "paidshop", "paid", "begin", ""])
def test_other_words_are_no_slips(piece):
    assert not is_slip(piece)
