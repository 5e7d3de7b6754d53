"""Pictures in a Word file."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from webapp.documents.conversion.docx_package import Relationship
from webapp.documents.conversion.word_names import made, qualified

PICTURE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


def picture_of(element: Element, relationships: Mapping[str, Relationship]) -> Element | None:
    """Return the one picture that a drawing is, as every other, None where it is none that can be shown."""
    blips = [each.get(qualified("r:embed"), "") for each in element.iter(qualified("a:blip"))]
    blips += [each.get(qualified("r:id"), "") for each in element.iter(qualified("v:imagedata"))]
    if len(blips) != 1:
        return None
    found = relationships.get(blips[0])
    if found is None or found.external or PurePosixPath(found.target).suffix.lower() not in PICTURE_TYPES:
        return None
    graphic = made("a:blip", {"r:embed": blips[0]})
    for name in ("pic:blipFill", "pic:pic", "a:graphicData", "a:graphic"):
        graphic = made(name, None, graphic)
    return made("w:drawing", None, made("wp:inline", None, made("wp:docPr", {"descr": _description(element)}), graphic))


def _description(element: Element) -> str:
    for each in element.iter(qualified("wp:docPr")):
        return each.get("descr") or each.get("title") or ""
    for shape in element.iter(qualified("v:shape")):
        return shape.get("alt") or ""
    return ""


def targets_of(body: Element, relationships: Mapping[str, Relationship]) -> dict[str, Relationship]:
    """Return what the pictures and links of a cleaned body refer to, by id."""
    ids = {each.get(qualified("r:embed"), "") for each in body.iter(qualified("a:blip"))}
    ids |= {each.get(qualified("r:id"), "") for each in body.iter(qualified("w:hyperlink"))}
    return {name: relationships[name] for name in sorted(ids) if name in relationships}
