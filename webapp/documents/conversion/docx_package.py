"""A Word file as its parts: what can be unpacked safely, read as XML without anything that XML can do to us."""

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from webapp.documents.conversion.conversion_losses import ConversionError
from webapp.kit.translatable import _

_OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # a compound file: Word 97, or a new one with a password
_MOST_PARTS = 20_000
MOST_XML_BYTES = 50_000_000
_MOST_BYTES = 300_000_000
_DEEPEST = 150
_XML = (".xml", ".rels", ".vml")
_STRICT = "http://purl.oclc.org/ooxml/"
# What ISO 29500 strict calls a namespace, and what every program writes.
_TRANSITIONAL = {
    f"{_STRICT}wordprocessingml/main": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    f"{_STRICT}officeDocument/math": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    f"{_STRICT}officeDocument/relationships": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    f"{_STRICT}drawingml/main": "http://schemas.openxmlformats.org/drawingml/2006/main",
    f"{_STRICT}drawingml/picture": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    f"{_STRICT}drawingml/wordprocessingDrawing": (
        "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
    ),
}
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


Crop = tuple[float, float, float, float]  # shares of a picture that are cut off: left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Relationship:
    """What a part refers to: a kind (the last word of its address), and a target, a part's name unless external."""

    kind: str
    target: str
    external: bool
    crop: Crop = (0.0, 0.0, 0.0, 0.0)


class DocxPackage:
    """The parts of a Word file; raise ConversionError for what cannot be one, or must not be unpacked."""

    def __init__(self, data: bytes) -> None:
        if data.startswith(_OLD_WORD):
            raise ConversionError(
                "old-word-file",
                _("This is a Word file of before 2007, or one with a password; save it as .docx without a password."),
            )
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise broken() from error
        self._members = {member.filename.lstrip("/"): member for member in self._archive.infolist()}
        self._refuse_bombs()
        self.main = self._main_part()

    def names(self) -> Iterator[str]:
        """Yield the names of all parts."""
        yield from self._members

    def has(self, name: str) -> bool:
        """Return whether there is such a part."""
        return name in self._members

    def read(self, name: str) -> bytes:
        """Return the bytes of a part."""
        try:
            with self._archive.open(self._members[name]) as file:
                data = file.read(self._members[name].file_size + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
            raise broken() from error
        if len(data) > self._members[name].file_size:
            raise too_large()
        return data

    def xml_names(self) -> Iterator[str]:
        """Yield the names of the parts that are XML."""
        yield from (name for name in self._members if name.lower().endswith(_XML))

    def tree(self, name: str) -> Element:
        """Return a part as a tree."""
        return parse_xml(self.read(name))

    def relationships(self, name: str) -> dict[str, Relationship]:
        """Return what a part refers to, by id."""
        folder, base = posixpath.split(name)
        part = posixpath.join(folder, "_rels", f"{base}.rels")
        if not self.has(part):
            return {}
        found = {}
        for each in self.tree(part).iter(_RELATIONSHIP):
            external = each.get("TargetMode") == "External"
            target = each.get("Target", "")
            if not external:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = each.get("Type", "").rpartition("/")[2]
            found[each.get("Id", "")] = Relationship(kind, target, external)
        return found

    def _refuse_bombs(self) -> None:
        members = self._archive.infolist()
        xml = sum(member.file_size for member in members if member.filename.lower().endswith(_XML))
        if len(members) > _MOST_PARTS or xml > MOST_XML_BYTES or sum(each.file_size for each in members) > _MOST_BYTES:
            raise too_large()
        if len(self._members) < len(members):
            raise broken()  # two parts of one name: nobody knows which of them Word shows
        if any(name.lower().endswith("vbaproject.bin") for name in self._members):
            raise ConversionError(
                "word-macros", _("This Word file holds macros; save it as a Word document without them (.docx).")
            )

    def _main_part(self) -> str:
        for relationship in self.relationships("").values():
            if relationship.kind == "officeDocument" and self.has(relationship.target):
                return relationship.target
        raise no_word_file()


def parse_xml(data: bytes) -> Element:
    """Return XML as a tree; a document type, with which entities could be made, is refused."""
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise ConversionError("too-deep", _("This Word file is nested too deep to be read."))
        builder.start(_named(name), {_named(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_named(name))

    def refuse(*_declaration: object) -> None:
        raise broken()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.buffer_text = True
    try:
        parser.Parse(data, True)  # noqa: FBT003  # expat's own signature
        return builder.close()
    except expat.ExpatError as error:
        raise broken() from error


def _named(name: str) -> str:
    space, _brace, local = name.rpartition("}")
    return f"{{{_TRANSITIONAL.get(space, space)}}}{local}" if space else name


def no_word_file() -> ConversionError:
    """Return the refusal of what another program wrote."""
    return ConversionError("not-a-word-file", _("This is no Word document: it has no text of one in it."))


def broken() -> ConversionError:
    """Return the refusal of a file that is damaged."""
    return ConversionError("broken-word-file", _("This Word file is damaged, or is none; open it in Word and save it."))


def too_large() -> ConversionError:
    """Return the refusal of a file that unpacks to too much."""
    most = MOST_XML_BYTES // 1_000_000
    sentence = _("This Word file unpacks to more than %(most)s MB of text; divide it.", most=most)
    return ConversionError("too-large", sentence)
