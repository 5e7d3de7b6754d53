import sys
import unicodedata

from webapp.manuscript.marker_language.character_folding import EXPANSIONS, IGNORED, LOOSE, fit, sketch
from webapp.manuscript.marker_language.markers import MarkerKind
from webapp.manuscript.marker_language.typo_distance import ALTERNATIVES, MARKER_WORDS

EVERY_CHARACTER = [chr(code) for code in range(sys.maxunicode + 1)]


def folded(char: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())


def test_every_character_that_folds_to_several_letters_of_a_word_is_known():
    words = (*MARKER_WORDS, *ALTERNATIVES, MarkerKind.PAGE_BREAK.value)
    several = {folded(char) for char in EVERY_CHARACTER if len(folded(char)) > 1}
    assert {each for each in several if any(each in word for word in words)} == set(EXPANSIONS)


def test_a_sketch_is_ascii_and_as_long_as_its_text():
    drawn = sketch("".join(EVERY_CHARACTER))
    assert drawn.isascii()
    assert len(drawn) == len(EVERY_CHARACTER)


def test_a_small_letter_in_a_sketch_is_a_letter_that_folds_to_it():
    wrong = [char for char in EVERY_CHARACTER if sketch(char).islower() and folded(char) != sketch(char)]
    assert wrong == []


def test_format_characters_are_ignored_but_for_those_that_show():
    shown = {"\u0600", "\u06dd", "\u070f", "\u0890", "\u08e2", "\ufff9", "\U000110bd", "\U00013430"}
    ignored = {char for char in EVERY_CHARACTER if sketch(char) == IGNORED}
    assert {"\u00ad", "\u034f", "\u115f", "\u17b4", "\u180e", "\u200b", "\u2064", "\ufe0f", "\ufeff"} <= ignored
    assert not ignored & shown
    assert {char for char in EVERY_CHARACTER if unicodedata.category(char) == "Zs"}.isdisjoint(ignored)


def test_as_many_characters_are_ignored_as_unicode_has_default_ignorable_ones():
    assert sum(sketch(char) == IGNORED for char in EVERY_CHARACTER) == 4174


def test_what_html_cannot_hold_is_dropped_and_loose_unless_it_is_space():
    text = "".join(EVERY_CHARACTER)
    kept = set(fit(text))
    dropped = [char for char in EVERY_CHARACTER if char not in kept]
    assert len(dropped) == 2048 + 66 + 62
    assert {sketch(char) for char in dropped} == {LOOSE, " "}
    assert {"\t", "\n", "\r"} <= kept
