"""The body of a Word file with what its reader sees, and nothing else; what goes is told, and looked at for markers."""

from collections.abc import Callable, Iterable, Mapping
from xml.etree.ElementTree import Element

from webapp.documents.conversion.conversion_losses import Loss, Losses
from webapp.documents.conversion.docx_package import Relationship
from webapp.documents.conversion.outside_markers import Outside, OutsideText
from webapp.documents.conversion.word_names import (
    attribute_values,
    child,
    is_on,
    made,
    qualified,
    short_name,
    value,
    words_in,
)
from webapp.documents.conversion.word_numbers import WordNumbers
from webapp.documents.conversion.word_paragraphs import NOTE, WordParagraphs, plain_link
from webapp.documents.conversion.word_pictures import picture_of
from webapp.documents.conversion.word_styles import WordRole, WordStyles

_UNWRAPPED = {"w:ins", "w:moveTo", "w:smartTag", "w:customXml", "w:fldSimple", "w:dir", "w:bdo", "w:rubyBase"}
_KEPT = {
    "w:tbl",
    "w:br",
    "w:tab",
    "w:noBreakHyphen",
    "w:sym",
    "w:instrText",
    "w:tblPr",
    "w:tblGrid",
    "w:trPr",
    "w:tcPr",
}
_LOST = {
    "w:del": (Loss.DELETED, Outside.DELETED),
    "w:moveFrom": (Loss.DELETED, Outside.DELETED),
    "w:object": (Loss.DRAWING, Outside.TEXT_BOX),
    "w:rt": (Loss.RUBY, Outside.OTHER),
    "w:altChunk": (Loss.EMBEDDED, Outside.OTHER),
    "w:subDoc": (Loss.EMBEDDED, Outside.OTHER),
    "w:commentReference": (Loss.COMMENT, Outside.COMMENT),
}
_BOXES = (qualified("w:txbxContent"), qualified("v:textbox"))


class WordCleaner:
    """Cleans the body of a file, from its beginning to its end."""

    def __init__(
        self,
        styles: WordStyles,
        numbers: WordNumbers,
        relationships: Mapping[str, Relationship],
        losses: Losses,
        outside: OutsideText,
    ) -> None:
        self._styles = styles
        self._relationships = relationships
        self._losses = losses
        self._outside = outside
        self._paragraphs = WordParagraphs(styles, numbers, losses)
        self.notes: list[tuple[str, str]] = []  # those that are cited: a kind and an id
        self._hidden = False  # whether the style of the paragraph hides it
        self._fields: list[bool] = []  # whether the result of each field that is open has begun
        self._ways: dict[str, Callable[[Element], Iterable[Element]]] = {
            "w:p": self._paragraph,
            "w:r": self._run,
            "w:t": self._text,
            "w:tr": self._row,
            "w:tc": self._cell,
            "w:hyperlink": self._hyperlink,
            "w:sdt": self._content_control,
            "w:ruby": self._inside,
            "w:fldChar": self._field_character,
            "w:footnoteReference": self._note,
            "w:endnoteReference": self._note,
            "mc:AlternateContent": self._alternative,
            "w:drawing": self._drawing,
            "w:pict": self._drawing,
            "m:oMath": self._formula,
            "m:oMathPara": self._formula,
            "w:cr": lambda _element: (made("w:br"),),
            "w:ptab": lambda _element: (made("w:tab"),),
        }

    def clean(self, body: Element) -> Element:
        """Return the body as it is read."""
        return made("w:body", None, *self._paragraphs.merged(self._inside(body)))

    def _inside(self, element: Element) -> list[Element]:
        return [kept for each in element for kept in self._cleaned(each)]

    def _cleaned(self, element: Element) -> Iterable[Element]:
        name = short_name(element.tag)
        if name in self._ways:
            return self._ways[name](element)
        if name in _UNWRAPPED:
            self._look(Outside.ATTRIBUTE, *element.attrib.values())
            return self._inside(element)
        if name in _KEPT:
            return self._kept(element, name)
        if name in _LOST:
            return self._lost(element, *_LOST[name])
        words = words_in(element)
        if words.strip():
            self._losses.add(Loss.HIDDEN)
        self._look(Outside.OTHER, words, *attribute_values(element))
        return ()

    def _kept(self, element: Element, name: str) -> Iterable[Element]:
        if name == "w:instrText":
            self._look(Outside.FIELD, element.text)
        elif name == "w:tbl":
            return (_with(element, self._inside(element)),)
        return (element,)

    def _look(self, where: Outside, *texts: str | None) -> None:
        for text in texts:
            self._outside.add(where, self._losses.paragraph, text)

    def _lost(self, element: Element, loss: Loss, where: Outside) -> Iterable[Element]:
        words = words_in(element)
        if words.strip() or loss is not Loss.DELETED:
            self._losses.add(loss)
        self._look(where, words, *attribute_values(element))
        return ()

    def _paragraph(self, element: Element) -> Iterable[Element]:
        self._losses.paragraph += 1
        if self._styles.role(element) is WordRole.CONTENTS:
            return self._lost(element, Loss.CONTENTS, Outside.CONTENTS)
        if (properties := child(element, "w:pPr")) is not None:
            self._look(Outside.ATTRIBUTE, *attribute_values(properties))
        self._hidden = self._styles.hides(element, "w:pPr", "w:pStyle")
        return tuple(self._paragraphs.written(element, self._inside(element)))

    def _run(self, element: Element) -> Iterable[Element]:
        own = is_on(element, "w:rPr", "w:vanish")
        if self._styles.hides(element, "w:rPr", "w:rStyle") or (self._hidden and own is not False):
            return self._lost(element, Loss.HIDDEN, Outside.HIDDEN) if words_in(element).strip() else ()
        inside = self._inside(element)
        return (self._paragraphs.run(element, inside),) if inside else ()

    def _text(self, element: Element) -> Iterable[Element]:
        if self._fields and not self._fields[-1]:
            return self._lost(element, Loss.HIDDEN, Outside.FIELD)
        return (element,)

    def _field_character(self, element: Element) -> Iterable[Element]:
        """Keep what tells a field's code from its result."""
        self._look(Outside.FIELD, words_in(element), *attribute_values(element))
        match element.get(qualified("w:fldCharType")):
            case "begin":
                self._fields.append(False)
            case "separate" if self._fields:
                self._fields[-1] = True
            case "end" if self._fields:
                self._fields.pop()
            case _:
                return ()
        return (element,)

    def _note(self, element: Element) -> Iterable[Element]:
        """Put a bookmark where a note is cited."""
        cited = (short_name(element.tag)[len("w:") : -len("Reference")], element.get(qualified("w:id"), ""))
        if cited not in self.notes:
            self.notes.append(cited)
        return (made("w:bookmarkStart", {"w:name": f"{NOTE}{self.notes.index(cited) + 1}", "w:id": "0"}),)

    def _row(self, element: Element) -> Iterable[Element]:
        if child(element, "w:trPr", "w:del") is not None:
            return self._lost(element, Loss.DELETED, Outside.DELETED)
        if is_on(element, "w:trPr", "w:hidden"):
            return self._lost(element, Loss.HIDDEN, Outside.HIDDEN)
        return (_with(element, self._inside(element)),)

    def _cell(self, element: Element) -> Iterable[Element]:
        if child(element, "w:tcPr", "w:cellDel") is not None:
            return self._lost(element, Loss.DELETED, Outside.DELETED)
        merged = child(element, "w:tcPr", "w:vMerge")
        if merged is not None and merged.get(qualified("w:val")) != "restart":
            if words_in(element).strip():  # which nobody sees: the cell above covers it
                self._lost(element, Loss.HIDDEN, Outside.HIDDEN)
            return (_with(element, [each for each in element if each.tag == qualified("w:tcPr")]),)
        inside = self._inside(element)
        return (_with(element, self._paragraphs.merged(inside)),)

    def _hyperlink(self, element: Element) -> Iterable[Element]:
        self._look(Outside.ATTRIBUTE, *element.attrib.values())
        target = self._relationships.get(element.get(qualified("r:id"), ""))
        inside = plain_link(self._inside(element))
        if target is None or not target.external:
            self._losses.add(Loss.LINK)
            return inside
        return (made("w:hyperlink", {"r:id": element.get(qualified("r:id"), "")}, *inside),)

    def _content_control(self, element: Element) -> Iterable[Element]:
        """Keep what stands in a content control, which is text as any other, but for tables of contents."""
        properties, content = child(element, "w:sdtPr"), child(element, "w:sdtContent")
        if properties is not None:
            self._look(Outside.ATTRIBUTE, words_in(properties), *attribute_values(properties))
        if content is None:
            return ()
        if value(properties, "w:docPartObj", "w:docPartGallery") == "Table of Contents":
            return self._lost(content, Loss.CONTENTS, Outside.CONTENTS)
        return self._inside(content)

    def _alternative(self, element: Element) -> Iterable[Element]:
        """Keep the alternative that Word shows; the other must not say anything else."""
        chosen = child(element, "mc:Choice")
        if chosen is None:
            chosen = child(element, "mc:Fallback")
        for other in element:
            if other is not chosen and chosen is not None and words_in(other) != words_in(chosen):
                self._look(Outside.HIDDEN, words_in(other), *attribute_values(other))
        return self._inside(chosen) if chosen is not None else ()

    def _drawing(self, element: Element) -> Iterable[Element]:
        boxes = [box for name in _BOXES for box in element.iter(name)]
        if boxes:
            return self._lost(element, Loss.TEXT_BOX, Outside.TEXT_BOX)
        self._look(Outside.ATTRIBUTE, *attribute_values(element))
        in_code = self._fields and not self._fields[-1]
        picture = Loss.HIDDEN if in_code else picture_of(element, self._relationships)
        return self._lost(element, picture, Outside.TEXT_BOX) if isinstance(picture, Loss) else (picture,)

    def _formula(self, element: Element) -> Iterable[Element]:
        """Write a formula's signs in one line."""
        self._losses.add(Loss.FORMULA)
        words = "".join(each.text or "" for each in element.iter(qualified("m:t")))
        self._look(Outside.FORMULA, words, words_in(element), *attribute_values(element))
        return (made("w:r", None, made("w:t", text=words)),) if words.strip() else ()


def _with(element: Element, children: list[Element]) -> Element:
    copy = Element(element.tag, element.attrib)
    copy.extend(children)
    return copy
