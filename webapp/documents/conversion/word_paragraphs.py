"""Paragraphs and runs of a Word file, written anew with the few properties that are kept."""

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from webapp.documents.conversion.conversion_losses import Loss, Losses
from webapp.documents.conversion.word_names import child, is_on, made, qualified, value
from webapp.documents.conversion.word_numbers import Numbered, WordNumbers
from webapp.documents.conversion.word_styles import WordRole, WordStyles

NUMBER = "_number_"  # a bookmark of this name says which number a paragraph has in its list
NOTE = "_note_"  # likewise, which note is cited there
BULLETS, ORDERED = "1", "2"  # the two numberings of what is written
DEEPEST_LIST = 8
CODE_RUN = "code"
_LOOKS = ("w:b", "w:i", "w:strike", "w:dstrike", "w:u", "w:vertAlign", "w:highlight")
_RAISED = re.compile(r"-?(?:[4-9]|\d\d+)")  # two points or more
_JOINED = "joined"  # on a paragraph whose end a tracked change deletes
_SAME_PAGE = {"continuous", "nextColumn"}


class WordParagraphs:
    """Writes paragraphs in their order, for lists are counted."""

    def __init__(self, styles: WordStyles, numbers: WordNumbers, losses: Losses) -> None:
        self._styles = styles
        self._numbers = numbers
        self._losses = losses
        self._levels: list[int] = []  # Word's levels of the lists that are open
        self._is_first = True

    def written(self, element: Element, inside: list[Element]) -> Iterable[Element]:
        """Return a paragraph with what stands in it, and the page breaks before and after it."""
        role = self._styles.role(element)
        listed = self._styles.numbering(element)
        numbered = self._numbers.next(*listed) if listed else Numbered()
        if self._styles.breaks_page(element) and not self._is_first:
            yield _page_break()
        if inside:
            self._is_first = False
            yield self._paragraph(element, role, numbered, int(listed[1]) if listed else 0, inside)
        section = child(element, "w:pPr", "w:sectPr")
        if section is not None and value(section, "w:type") not in _SAME_PAGE:
            yield _page_break()

    def _paragraph(
        self, element: Element, role: WordRole, numbered: Numbered, level: int, inside: list[Element]
    ) -> Element:
        properties = made("w:pPr")
        if role is not WordRole.BODY:
            properties.append(made("w:pStyle", {"w:val": role}))
        before: list[Element] = []
        if role is WordRole.BODY and (numbered.bullet or numbered.is_item):
            properties.append(self._numbering(numbered, level))
            if numbered.is_item:
                before.append(made("w:bookmarkStart", {"w:name": f"{NUMBER}{numbered.number}", "w:id": "0"}))
            if numbered.lettered:
                self._losses.add(Loss.NUMBERING)
        else:
            self._levels.clear()
            if numbered.words:
                joint = "" if numbered.words[-1] in "、）．" else " "
                before.append(made("w:r", None, made("w:t", text=numbered.words + joint)))
        paragraph = made("w:p", None, properties, *before, *inside)
        if child(element, "w:pPr", "w:rPr", "w:del") is not None:
            paragraph.set(_JOINED, "")
        return paragraph

    def _numbering(self, numbered: Numbered, level: int) -> Element:
        while self._levels and self._levels[-1] >= level:
            self._levels.pop()
        self._levels.append(level)
        depth = min(len(self._levels) - 1, DEEPEST_LIST)
        kind = BULLETS if numbered.bullet else ORDERED
        return made("w:numPr", None, made("w:ilvl", {"w:val": str(depth)}), made("w:numId", {"w:val": kind}))

    def run(self, element: Element, inside: list[Element]) -> Element:
        """Return a run with what stands in it."""
        looks = [look for name in _LOOKS if (look := child(element, "w:rPr", name)) is not None]
        if is_on(element, "w:rPr", "w:dstrike"):
            looks.append(made("w:strike"))
        raised = value(element, "w:rPr", "w:position") or ""  # as LibreOffice writes some of its superscripts
        if _RAISED.fullmatch(raised):
            looks.append(made("w:vertAlign", {"w:val": "subscript" if raised.startswith("-") else "superscript"}))
        if self._styles.is_code(element):
            looks = [made("w:rStyle", {"w:val": CODE_RUN})]
        return made("w:r", None, made("w:rPr", None, *looks), *inside)

    def merged(self, blocks: list[Element]) -> list[Element]:
        """Return blocks with each paragraph whose end is deleted put before what follows it."""
        out: list[Element] = []
        for block in blocks:
            before = out[-1] if out else None
            if before is not None and block.tag == qualified("w:p") and before.attrib.pop(_JOINED, None) is not None:
                out.pop()
                for place, each in enumerate(before[1:], start=1):
                    block.insert(place, each)
            out.append(block)
        for block in out:
            block.attrib.pop(_JOINED, None)
        return out


def plain_link(runs: list[Element]) -> list[Element]:
    """Return the runs of a link without the lines below them, which links have anyway."""
    for run in runs:
        properties = child(run, "w:rPr")
        underline = child(properties, "w:u")
        if properties is not None and underline is not None:
            properties.remove(underline)
    return runs


def _page_break() -> Element:
    return made("w:p", None, made("w:r", None, made("w:br", {"w:type": "page"})))
