"""Pictures in a Word file."""

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from PIL import Image, ImageOps

from webapp.documents.conversion.conversion_losses import Loss
from webapp.documents.conversion.docx_package import Crop, Relationship
from webapp.documents.conversion.word_names import made, qualified
from webapp.documents.encoded_image import MOST_PIXELS

PICTURE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
_UNCUT: Crop = (0.0, 0.0, 0.0, 0.0)
_SIDES = ("l", "t", "r", "b")  # of a:srcRect, in thousandths of a percent (ECMA-376, part 1, 20.1.8.55)
_OLD_SIDES = ("cropleft", "croptop", "cropright", "cropbottom")  # of v:imagedata, in 65,536ths where they end in f
_CUT = "~"  # between the id of a picture and what is cut off


def picture_of(element: Element, relationships: Mapping[str, Relationship]) -> Element | Loss:
    """Return the one picture that a drawing is, as every other, or as what it is lost."""
    blips = [(each, "r:embed") for each in element.iter(qualified("a:blip"))]
    blips += [(each, "r:id") for each in element.iter(qualified("v:imagedata"))]
    if len(blips) != 1:
        return Loss.DRAWING
    blip, name = blips[0]
    if any(each.get("hidden") in {"1", "true"} for each in element.iter(qualified("wp:docPr"))):
        return Loss.HIDDEN
    id_ = blip.get(qualified(name), "")
    found = relationships.get(id_)
    if found is None or found.external:
        return Loss.LINKED_IMAGE
    if PurePosixPath(found.target).suffix.lower() not in PICTURE_TYPES:
        return Loss.IMAGE
    graphic = made("a:blip", {"r:embed": _CUT.join([id_, *map(str, _crop_of(element, blip))])})
    for holder in ("pic:blipFill", "pic:pic", "a:graphicData", "a:graphic"):
        graphic = made(holder, None, graphic)
    return made("w:drawing", None, made("wp:inline", None, made("wp:docPr", {"descr": _description(element)}), graphic))


def _crop_of(element: Element, blip: Element) -> Crop:
    """Return what of a picture its reader does not see: shares of its width and height, nothing for a wider frame."""
    rectangle = next(element.iter(qualified("a:srcRect")), None)
    left, top, right, bottom = (
        max(0.0, _share(blip.get(old) or ("" if rectangle is None else rectangle.get(side) or "")))
        for old, side in zip(_OLD_SIDES, _SIDES, strict=True)
    )
    return (left, top, right, bottom) if left + right < 1 and top + bottom < 1 else _UNCUT


def _share(value: str) -> float:
    """Return a share that is written as 25000, 25%, 16384f or 0.25."""
    if value.endswith("%"):
        return float(value[:-1]) / 100
    if value.endswith("f"):
        return float(value[:-1]) / 65536
    return float(value or 0) / (1 if "." in value else 100_000)


def _description(element: Element) -> str:
    for each in element.iter(qualified("wp:docPr")):
        return each.get("descr") or each.get("title") or ""
    for shape in element.iter(qualified("v:shape")):
        return shape.get("alt") or ""
    return ""


def targets_of(body: Element, relationships: Mapping[str, Relationship]) -> dict[str, Relationship]:
    """Return what the pictures and links of a cleaned body refer to, by what stands there."""
    found = {}
    for name in sorted({each.get(qualified("r:embed"), "") for each in body.iter(qualified("a:blip"))}):
        id_, left, top, right, bottom = name.rsplit(_CUT, 4)
        found[name] = replace(relationships[id_], crop=(float(left), float(top), float(right), float(bottom)))
    links = {each.get(qualified("r:id"), "") for each in body.iter(qualified("w:hyperlink"))}
    return found | {name: relationships[name] for name in sorted(links) if name in relationships}


def cropped(data: bytes, crop: Crop) -> bytes:
    """Return a picture without what its reader does not see of it; "" where it is none that can be read."""
    if crop == _UNCUT:
        return data
    try:
        with Image.open(BytesIO(data)) as image:
            if image.width * image.height > MOST_PIXELS:
                return data[:0]
            kind = "JPEG" if image.format == "JPEG" else "PNG"
            upright = ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001  # whatever a damaged file has Pillow raise
        return data[:0]
    left, top, right, bottom = crop
    width, height = upright.size
    box = (round(left * width), round(top * height), round((1 - right) * width), round((1 - bottom) * height))
    out = BytesIO()
    seen = upright.crop((box[0], box[1], max(box[2], box[0] + 1), max(box[3], box[1] + 1)))
    fitting = seen if kind == "JPEG" or seen.mode != "CMYK" else seen.convert("RGB")
    fitting.save(out, kind, **({"quality": 95} if kind == "JPEG" else {}))
    return out.getvalue()
