"""Letters that no font here has are found, whatever they are among."""

import pytest

from webapp.kit import font_coverage
from webapp.kit.font_coverage import find_missing_glyphs

MISSING = {"甲", "乙", "e\u0301"}


@pytest.fixture(autouse=True)
def fonts(monkeypatch):
    """A machine whose fonts have all letters but three; return what it was asked."""
    asked = []
    monkeypatch.setattr(font_coverage, "_known", {})
    monkeypatch.setattr(font_coverage, "has_glyphs", lambda text: asked.append(text) or not MISSING & set(text.split()))
    monkeypatch.setattr(font_coverage, "missing_glyph_sign", lambda: "〓")
    return asked


def test_letters_are_looked_for_with_the_marks_upon_them():
    gaps = find_missing_glyphs("天甲地e\u0301黄乙e")
    assert gaps.letters == MISSING
    assert gaps.count("甲甲e\u0301e") == 3
    assert gaps.filled(["甲天", ["e\u0301e", 1]]) == ["〓天", ["〓e", 1]]


def test_a_text_whose_letters_are_all_there_stays_as_it_is(fonts):
    gaps = find_missing_glyphs("天地 a.b* plain")
    assert (gaps.letters, gaps.count("天"), gaps.filled("天")) == (frozenset(), 0, "天")
    assert fonts == ["\u5730 \u5929"]


def test_a_letter_is_asked_for_once(fonts):
    for _ in range(2):
        assert find_missing_glyphs("天甲").letters == {"甲"}
    assert len(fonts) == len(set(fonts))
