"""Which lines of a text with spaces between its words are headings: Chapter II, 1.2 Scope, IV., ALL CAPITALS."""

import re

from webapp.manuscript.plain_text_lines.line_headings import (
    ARTICLE,
    CHAPTER,
    SECTION,
    UNNUMBERED,
    VOLUME,
    leads_to_page,
)
from webapp.manuscript.plain_text_lines.text_lines import GATE, Group

_DIVISIONS = {
    VOLUME: "part book volume vol teil buch band partie livre tome parte libro libri tomo deel część kısım bölge phần"
    " часть книга том частина bagian act akt acte acto atto",
    CHAPTER: "chapter chap canto letter lecture lesson episode kapitel chapitre capítulo capitolo hoofdstuk"
    " rozdział bölüm chương bab глава розділ kapitola fejezet capitolul luku appendix annex anhang scene szene scène",
    SECTION: "section abschnitt sección sezione seção secção раздел",
    ARTICLE: "article artikel artículo articolo artigo статья",
}
_LEVELS = {word: level for level, words in _DIVISIONS.items() for word in words.split()}
_ROMAN = r"(?=[IVXLC])C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_SPELLED = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    "|nineteen|twenty|thirty|forty|fifty|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|the\\s+\\w+"
)
# CHAPTER II. FINDINGS, Part 3: The Wall, Book One, Appendix A — Figures
_DIVISION = re.compile(
    rf"([^\W\d_]+)\.?\s+(?:{_ROMAN}|\d{{1,3}}|[A-Z]|(?i:(?:{_SPELLED})(?:[-\s](?:one|two|three|four|five|six|seven|eight|nine))?))"
    r"(?![^\W_])(\s*[.:)—–-]+\s*|\s+|$)"
)
_KOREAN_DIVISION = re.compile(r"제\s*\d{1,3}\s*([장절부편화권])(?![가-힣])(\s*[.:]\s*|\s+|$)")
_KOREAN_LEVELS = {"부": VOLUME, "편": VOLUME, "권": VOLUME, "장": CHAPTER, "화": CHAPTER, "절": SECTION}
_UNNUMBERED_WORDS = """
    prologue epilogue preface foreword introduction afterword postscript acknowledgements acknowledgments
    abstract summary conclusion conclusions references bibliography glossary appendix dedication prolog
    epilog vorwort nachwort einleitung préface avant-propos épilogue conclusión introducción prólogo epílogo
    prologo epilogo введение предисловие послесловие пролог эпилог заключение 프롤로그 에필로그 머리말
"""
_UNNUMBERED = frozenset(_UNNUMBERED_WORDS.split())
# 1.2 Scope, 3.1.4. Results; 1. Scope
_DECIMAL = re.compile(r"([1-9]\d?(?:\.\d{1,2}){1,4})\.?\s+(?=[^\W\d_])\S.*")
_SIMPLE = re.compile(r"[1-9]\d?\.\s+(?=[^\W\d_])\S.*")
_ROMAN_ALONE = re.compile(rf"(?!(?:[CL]|DI|MI)\.?$){_ROMAN}(?:\.|\.?\s+(?=[^\W\d_])\S.*|)")
_ITEM = re.compile(r"(?:[-*•·–—]|\(?[0-9]{1,3}[.)]|\(?[a-z][.)]|[ivx]+[.)])\s")
_SCENE = re.compile(r"(?:INT|EXT|INT\./EXT|I/E)\.\s+\S.*")
_YEAR_AT_END = re.compile(r"\b[12]\d{3}\.?$")
_ENDS_SENTENCE = ".!?,;:…"
_LONGEST = 80
_LONGEST_NUMBERED = 60
_LEAST_LETTERS = 0.6
_SHORTEST_CAPITALS = 4
_NOT_HEADINGS = frozenset(("THE END", "FINIS", "ENDE", "FIN", "FINE", "END", "AMEN", "KONIEC", "КОНЕЦ"))
_CAPITALS = 1


def is_item(text: str) -> bool:
    """Return whether a line begins with the mark or the number of an item of a list."""
    return bool(_ITEM.match(text))


def _is_title(title: str) -> bool:
    """Return whether words are a title: they begin with a capital and end as no sentence does."""
    first = next((letter for letter in title if letter.isalpha()), "")
    return not first.islower() and not title.endswith(tuple(_ENDS_SENTENCE)) and ". " not in title


def division_of(text: str) -> tuple[int, str] | None:
    """Return the level of a division's heading and the title in it, None where a line is none."""
    korean = _KOREAN_DIVISION.match(text)
    if korean:
        title = text[korean.end() :]
        return (_KOREAN_LEVELS[korean[1]], title) if _is_title(title) and len(title) <= _LONGEST_NUMBERED else None
    found = _DIVISION.match(text)
    level = _LEVELS.get(found[1].lower()) if found else None
    if found is None or level is None or found[1][0].islower() or len(text) > _LONGEST:
        return None
    title = text[found.end() :]
    is_loud = found[1].isupper() and title.endswith(".") and ". " not in title  # CHAPTER I. LOOMINGS.
    has_mark = bool(found[2].strip())
    if title and not (_is_title(title) or (is_loud and (has_mark or title.isupper()))):
        return None
    return level, title


def _is_capitals(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    shown = len(text) - text.count(" ")
    is_word = len(letters) >= _SHORTEST_CAPITALS and len(letters) >= _LEAST_LETTERS * shown
    return is_word and text.isupper() and len(text) <= _LONGEST_NUMBERED and GATE not in text


def _is_loud_title(text: str) -> bool:
    ends = text.endswith(tuple(_ENDS_SENTENCE)) or ". " in text or text.rstrip(".!") in _NOT_HEADINGS
    return _is_capitals(text) and not ends and "@" not in text and "://" not in text


def _numbered_level(text: str, before: str, after: str) -> int | None:
    decimal = _DECIMAL.fullmatch(text)
    if decimal and len(text) <= _LONGEST and _is_title(text[decimal.end(1) :].lstrip(". ")):
        return len(decimal[1].split("."))
    simple = _SIMPLE.fullmatch(text) or _ROMAN_ALONE.fullmatch(text)
    if not simple or len(text) > _LONGEST_NUMBERED or _YEAR_AT_END.search(text):
        return None
    title = text.partition(" ")[2]
    is_bare = not title
    is_alone = not (_SIMPLE.fullmatch(before) or _SIMPLE.fullmatch(after))
    return 1 if is_bare or (is_alone and _is_title(title)) else None


def spaced_heading(group: Group, before: str, after: str) -> tuple[int, int] | None:
    """Return the level of the heading that a group begins with and how many lines it takes, None where it has none.

    `before` and `after` are the lines around the group, "" where there are none.
    """
    text = group[0].text
    if leads_to_page(text):
        return None
    second = group[1].text if len(group) > 1 else ""
    division = division_of(text)
    if division and not (second and division_of(second)):
        level, title = division
        takes_second = not title and len(group) == 2 and _is_subtitle(second)  # noqa: PLR2004 - CHAPTER I and its name
        return level, 1 + takes_second
    if second:
        decimal = _DECIMAL.fullmatch(text) and not _DECIMAL.match(second) and not is_item(second)
        level_of = _numbered_level(text, before, second) if decimal else None
        return (level_of, 1) if level_of else None
    level_alone = _level_alone(text, before, after)
    return None if level_alone is None else (level_alone, 1)


def _level_alone(text: str, before: str, after: str) -> int | None:
    """Return the level of a line that stands alone between blank lines, None where it is no heading."""
    if text.rstrip(".").lower() in _UNNUMBERED:
        return UNNUMBERED
    if not after or before.endswith(","):  # a signature, or the last word
        return None
    if (numbered := _numbered_level(text, before, after)) is not None:
        return numbered
    is_name_of_chapter = text.endswith(".") and (division_of(before) or (0, "-"))[1] == "" and _is_capitals(text)
    return _CAPITALS if _is_loud_title(text) or is_name_of_chapter or _is_scene(text) else None


def _is_scene(text: str) -> bool:
    return bool(_SCENE.fullmatch(text)) and text.isupper() and len(text) <= _LONGEST


def _is_subtitle(text: str) -> bool:
    return len(text) <= _LONGEST_NUMBERED and (_is_title(text) or (text.isupper() and ". " not in text))
