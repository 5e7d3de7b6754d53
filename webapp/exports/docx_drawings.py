"""Pictures in a Word document: DrawingML (ECMA-376, part 1, 20.4). Lengths are EMU, 914,400 to an inch."""

from dataclasses import dataclass, field
from html import escape

from webapp.kit.xml import xml_text
from webapp.manuscript.blocks import Image

_EMU_A_PIXEL = 9525  # 96 pixels an inch, as browsers have it
_TWIP = 635
_WIDEST, _HIGHEST = 8844 * _TWIP, 11000 * _TWIP  # the text's 156 mm; its height but for what is written below
_PICTURE = "http://schemas.openxmlformats.org/drawingml/2006/picture"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_PLACED = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"


@dataclass(slots=True)
class Drawings:
    """Writes pictures; what it remembers is the id of each file, and how many it has drawn."""

    ids: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def drawn(self, image: Image) -> str:
        """Return a picture as a run, no larger than the text."""
        told = escape(xml_text(image.description))
        id_ = self.ids.setdefault(image.name, f"image{len(self.ids) + 1}")
        self.count += 1
        width, height = size_of(image)
        named = f'id="{self.count}" name="{id_}" descr="{told}"'
        shape = (
            f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>'
        )
        picture = (
            f'<pic:pic xmlns:pic="{_PICTURE}"><pic:nvPicPr><pic:cNvPr {named}/><pic:cNvPicPr/></pic:nvPicPr>'
            f'<pic:blipFill><a:blip r:embed="{id_}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
            f"{shape}</pic:pic>"
        )
        return (
            f'<w:r><w:drawing><wp:inline xmlns:wp="{_PLACED}" distT="0" distB="0" distL="0" distR="0">'
            f'<wp:extent cx="{width}" cy="{height}"/><wp:docPr {named}/><a:graphic xmlns:a="{_DRAWING}">'
            f'<a:graphicData uri="{_PICTURE}">{picture}</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
        )


def size_of(image: Image) -> tuple[int, int]:
    """Return width and height of a picture on the page."""
    width, height = image.width * _EMU_A_PIXEL, image.height * _EMU_A_PIXEL
    scale = min(1, _WIDEST / width, _HIGHEST / height)
    return max(1, int(width * scale)), max(1, int(height * scale))
