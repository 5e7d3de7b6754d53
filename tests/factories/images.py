"""Pictures as people have them."""

from io import BytesIO

from PIL import Image


def written(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return a picture as a file."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture(colour: str = "red", size: tuple[int, int] = (60, 40), kind: str = "PNG") -> bytes:
    """Return a picture of one colour."""
    return written(Image.new("RGB", size, colour), kind)


def opened(data: bytes) -> Image.Image:
    """Return a file as a picture."""
    return Image.open(BytesIO(data))
