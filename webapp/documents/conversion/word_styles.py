"""What the styles of a Word file mean: headings, quotes, code, contents, and what is hidden."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from xml.etree.ElementTree import Element

from webapp.documents.conversion.word_names import is_on, qualified, value

_HEADING = re.compile(r"(?:heading|标题|標題|titre|überschrift) ?([1-9])")
_CONTENTS = re.compile(r"(?:toc|目录|目錄|contents|verzeichnis) ?[1-9]|toc heading|目录标题|contents heading")
_QUOTES = {"quote", "intense quote", "引用", "明显引用", "quotations", "block text", "block quotation"}
_CODE = {"html preformatted", "html 预设格式", "preformatted text", "code", "source code", "macro text", "代码"}
_CODE_RUNS = {"html code", "html 代码", "source text", "verbatim char", "code char", "code", "inline code", "代码"}
_TITLES = {"title", "标题", "標題"}
_NO_LEVEL = 9  # Word's for text of the body


class WordRole(StrEnum):
    """What a paragraph is by its style; the names of headings are those of HTML's elements."""

    TITLE = "h1"
    HEADING_1 = "h2"
    HEADING_2 = "h3"
    HEADING_3 = "h4"
    HEADING_4 = "h5"
    HEADING_5 = "h6"
    QUOTE = "quote"
    CODE = "code"
    CONTENTS = "contents"
    BODY = "body"


_HEADINGS = (WordRole.HEADING_1, WordRole.HEADING_2, WordRole.HEADING_3, WordRole.HEADING_4, WordRole.HEADING_5)


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    above: str
    element: Element


class WordStyles:
    """The styles of a file, by id."""

    def __init__(self, tree: Element | None) -> None:
        found = tree.iter(qualified("w:style")) if tree is not None else ()
        self._styles = {
            each.get(qualified("w:styleId"), ""): _Style(
                (value(each, "w:name") or "").strip().lower(), value(each, "w:basedOn") or "", each
            )
            for each in found
        }

    def role(self, paragraph: Element) -> WordRole:
        """Return what a paragraph is by its style, the styles below that, and its level in the outline."""
        style = value(paragraph, "w:pPr", "w:pStyle") or ""
        level = value(paragraph, "w:pPr", "w:outlineLvl")
        for each in self._chain(style):
            if role := _role_of(each.name):
                return role
            level = level or value(each.element, "w:pPr", "w:outlineLvl")
        if level and level.isdigit() and int(level) < _NO_LEVEL:
            return _heading(int(level) + 1)
        return WordRole.BODY

    def numbering(self, paragraph: Element) -> tuple[str, str] | None:
        """Return the number and level of the list that a paragraph is in, by itself or by its style."""
        own = _numbering(paragraph)
        if own:
            return own if own[0] != "0" else None
        for each in self._chain(value(paragraph, "w:pPr", "w:pStyle") or ""):
            if found := _numbering(each.element):
                return found if found[0] != "0" else None
        return None

    def breaks_page(self, paragraph: Element) -> bool:
        """Return whether a paragraph begins a new page."""
        own = is_on(paragraph, "w:pPr", "w:pageBreakBefore")
        chain = self._chain(value(paragraph, "w:pPr", "w:pStyle") or "")
        said = (own, *(is_on(each.element, "w:pPr", "w:pageBreakBefore") for each in chain))
        return next((each for each in said if each is not None), False)

    def is_code(self, run: Element) -> bool:
        """Return whether a run is code by its style."""
        return any(each.name in _CODE_RUNS for each in self._chain(value(run, "w:rPr", "w:rStyle") or ""))

    def hides(self, element: Element, properties: str, style: str) -> bool:
        """Return whether a run or a paragraph is hidden, by what it says itself, else by its style."""
        own = is_on(element, properties, "w:vanish")
        if own is not None:
            return own
        for each in self._chain(value(element, properties, style) or ""):
            said = is_on(each.element, "w:rPr", "w:vanish")
            if said is not None:
                return said
        return False

    def _chain(self, style: str) -> Iterator[_Style]:
        seen: set[str] = set()
        while style in self._styles and style not in seen:
            seen.add(style)
            yield self._styles[style]
            style = self._styles[style].above


def _numbering(element: Element) -> tuple[str, str] | None:
    number = value(element, "w:pPr", "w:numPr", "w:numId")
    return None if number is None else (number, value(element, "w:pPr", "w:numPr", "w:ilvl") or "0")


def _role_of(name: str) -> WordRole | None:
    if heading := _HEADING.fullmatch(name):
        return _heading(int(heading[1]))
    if _CONTENTS.fullmatch(name):
        return WordRole.CONTENTS
    for names, role in ((_TITLES, WordRole.TITLE), (_QUOTES, WordRole.QUOTE), (_CODE, WordRole.CODE)):
        if name in names:
            return role
    return None


def _heading(level: int) -> WordRole:
    return _HEADINGS[min(level, len(_HEADINGS)) - 1]
