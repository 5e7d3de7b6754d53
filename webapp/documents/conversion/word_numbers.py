"""The numbers that Word shows before paragraphs, counted as Word counts them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from webapp.documents.conversion.word_names import child, qualified, value

_LEVELS = 9
_PLACE = re.compile("%([1-9])")
# 1. and 1) and 1、 of a list as Markdown has it
_SIMPLE = re.compile(r"[(（]?%[1-9][.)、．）:：]?\s*")
_DECIMALS = {"decimal", "decimalZero", "decimalFullWidth", "decimalHalfWidth"}
_LETTERED = {"lowerLetter", "upperLetter", "lowerRoman", "upperRoman"}
_DIGITS = "〇一二三四五六七八九"
_LEGAL = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Level:
    style: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Numbered:
    """What stands before a paragraph: a bullet, or a number and how it is written.

    `is_item` where Markdown has such lists, `lettered` where it was a letter all the same.
    """

    bullet: bool = False
    number: int = 0
    words: str = ""
    is_item: bool = False
    lettered: bool = False


@dataclass(slots=True)
class _List:
    """A numbering, with what it has counted to on each level."""

    levels: dict[int, _Level]
    counts: dict[int, int] = field(default_factory=dict)


class WordNumbers:
    """Counts the numbered paragraphs of a file, which are given in order."""

    def __init__(self, tree: Element | None) -> None:
        self._abstract: dict[str, dict[int, _Level]] = {}
        self._numbers: dict[str, Element] = {}
        self._lists: dict[str, _List] = {}
        self._begun: dict[str, _List] = {}
        if tree is not None:
            for each in tree.iter(qualified("w:abstractNum")):
                self._abstract[each.get(qualified("w:abstractNumId"), "")] = _levels(each)
            self._numbers = {each.get(qualified("w:numId"), ""): each for each in tree.iter(qualified("w:num"))}

    def next(self, number: str, level: str) -> Numbered:
        """Return what stands before the next paragraph of a numbering."""
        place = int(level) if level.isdigit() else 0
        counted = self._list(number)
        found = counted.levels.get(place) if counted else None
        if counted is None or found is None or found.style == "none":
            return Numbered()
        if found.style == "bullet":
            return Numbered(bullet=True)
        for deeper in [each for each in counted.counts if each > place]:
            del counted.counts[deeper]
        counted.counts[place] = counted.counts.get(place, found.start - 1) + 1
        return _numbered(found, place, counted)

    def _list(self, number: str) -> _List | None:
        """Return a numbering; those that share their definition, and change nothing of it, count on together."""
        if number in self._lists:
            return self._lists[number]
        if number not in self._numbers:
            return None
        element = self._numbers[number]
        abstract = value(element, "w:abstractNumId") or ""
        overrides = element.findall(qualified("w:lvlOverride"))
        if not overrides:
            self._lists[number] = self._begun.setdefault(abstract, _List(self._abstract.get(abstract, {})))
            return self._lists[number]
        levels = dict(self._abstract.get(abstract, {}))
        for each in overrides:
            place = int(each.get(qualified("w:ilvl"), "0"))
            if (own := child(each, "w:lvl")) is not None:
                levels[place] = _level(own)
            start = value(each, "w:startOverride")
            if place in levels and start and start.isdigit():
                levels[place] = _Level(levels[place].style, levels[place].text, int(start))
        self._lists[number] = _List(levels)
        return self._lists[number]


def _levels(abstract: Element) -> dict[int, _Level]:
    return {int(each.get(qualified("w:ilvl"), "0")): _level(each) for each in abstract.findall(qualified("w:lvl"))}


def _level(element: Element) -> _Level:
    start = value(element, "w:start") or "1"
    return _Level(
        value(element, "w:numFmt") or "decimal",
        value(element, "w:lvlText") or "",
        int(start) if start.isdigit() else 1,
    )


def _numbered(level: _Level, place: int, counted: _List) -> Numbered:
    count = counted.counts[place]
    if not level.text.strip():
        return Numbered()
    lettered = level.style in _LETTERED
    is_item = bool(_SIMPLE.fullmatch(level.text)) and (lettered or level.style in _DECIMALS)

    def shown(found: re.Match[str]) -> str:
        index = int(found[1]) - 1
        each = counted.levels.get(index, level)
        return _in_style(each.style, counted.counts.get(index, each.start))

    return Numbered(
        number=count, words=_PLACE.sub(shown, level.text).strip(), is_item=is_item, lettered=is_item and lettered
    )


def _in_style(style: str, count: int) -> str:
    return _STYLES.get(style, str)(count)


def _chinese(count: int) -> str:
    """Return 二十一 for 21; up to 9999."""
    if not 0 < count < 10_000:  # noqa: PLR2004  # four digits, each with the word for its place
        return str(count)
    digits = f"{count:04}"
    text = "".join(
        _DIGITS[int(digit)] + unit if digit != "0" else "零" for digit, unit in zip(digits, "千百十 ", strict=True)
    )
    text = re.sub("零+", "零", text.replace(" ", "")).strip("零")
    return text.removeprefix("一") if text.startswith("一十") else text


def _roman(count: int) -> str:
    out = ""
    for size, letters in _ROMAN:
        out, count = out + letters * (count // size), count % size
    return out


def _letter(count: int) -> str:
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)


_STYLES: dict[str, Callable[[int], str]] = {
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "chineseLegalSimplified": lambda count: _chinese(count).translate(_LEGAL),
    "japaneseCounting": _chinese,
    "taiwaneseCounting": _chinese,
    "taiwaneseCountingThousand": _chinese,
    "ideographDigital": lambda count: "".join(_DIGITS[int(digit)] for digit in str(count)),
    "ideographTraditional": lambda count: _STEMS[(count - 1) % len(_STEMS)],
    "ideographZodiac": lambda count: _BRANCHES[(count - 1) % len(_BRANCHES)],
    "decimalEnclosedCircle": lambda count: chr(0x2460 + count - 1) if 0 < count <= 20 else f"({count})",  # noqa: PLR2004
    "decimalEnclosedCircleChinese": lambda count: chr(0x2460 + count - 1) if 0 < count <= 20 else f"({count})",  # noqa: PLR2004
    "decimalZero": lambda count: f"{count:02}",
    "lowerRoman": _roman,
    "upperRoman": lambda count: _roman(count).upper(),
    "lowerLetter": _letter,
    "upperLetter": lambda count: _letter(count).upper(),
}
