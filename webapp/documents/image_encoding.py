"""Pictures in the one form that is kept: JPEG or PNG, upright, in sRGB, of bounded size, with nothing but pixels.

What is in our form already, as the mark in it says and its structure shows, is kept byte for byte: what was exported
comes in again under the same name.
"""

import warnings
from contextlib import suppress
from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageCms, ImageOps, PngImagePlugin, UnidentifiedImageError

from webapp.documents.encoded_image import MOST_IMAGE_BYTES, MOST_PIXELS, EncodedImage, ImageError, image_too_large
from webapp.documents.image_form import MARK, is_our_form
from webapp.kit.translatable import _
from webapp.manuscript import ImageFile

LONGEST_EDGE = 2560  # pixels; what is larger is made smaller
_READ = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
_QUALITY = 88
_LOSSLESS_WEBP = b"VP8L"
_ORIENTATION, _UPRIGHT = 0x0112, 1  # Exif 2.32, 4.6.4


def encode_image(data: bytes) -> EncodedImage:
    """Return a picture in our form; raise ImageError. The same bytes give the same bytes."""
    if len(data) > MOST_IMAGE_BYTES:
        raise image_too_large()
    if b"<svg" in data[:1000].lower():
        raise ImageError("image-kind", _("This picture is an SVG, which can hold scripts; save it as PNG."))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's words about damage and size: both are looked at here
        try:
            return _encoded(data)
        except UnidentifiedImageError:
            sentence = _("This is no picture that can be read; save it as JPEG, PNG, GIF or WebP.")
            raise ImageError("image-kind", sentence) from None
        except Image.DecompressionBombError:
            raise _too_many_pixels() from None
        except ImageError:
            raise
        except Exception as error:  # whatever a damaged file has Pillow raise
            raise ImageError("image-damaged", _("This picture is damaged and cannot be read.")) from error


def _encoded(data: bytes) -> EncodedImage:
    with Image.open(BytesIO(data), formats=_READ) as image:
        if image.width * image.height > MOST_PIXELS:
            raise _too_many_pixels()
        image.load()
        if max(image.size) <= LONGEST_EDGE and is_our_form(data):
            return _kept(data, image.size, moving=False)
        moving = getattr(image, "n_frames", 1) > 1
        is_photo = image.format == "JPEG" or (image.format == "WEBP" and _LOSSLESS_WEBP not in data[:40])
        upright = _smaller(ImageOps.exif_transpose(_in_srgb(image)))
    made = _written(upright, as_photo=is_photo and upright.mode != "RGBA")
    return _kept(made, upright.size, moving=moving)


def _too_many_pixels() -> ImageError:
    most = MOST_PIXELS // 1_000_000
    return ImageError(
        "image-too-large", _("This picture has more than %(most)s million pixels; make it smaller.", most=most)
    )


def _kept(data: bytes, size: tuple[int, int], *, moving: bool) -> EncodedImage:
    kind = "jpg" if data.startswith(b"\xff\xd8") else "png"
    return EncodedImage(data, ImageFile(f"{sha256(data).hexdigest()}.{kind}", *size), moving)


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return a picture in the colours that every screen knows, with its transparency and its orientation alone."""
    plain = image if image.mode in {"RGB", "L", "CMYK", "LAB"} else image.convert("L" if _is_grey(image) else "RGB")
    plain = _without_profile(plain, image.info.get("icc_profile"))
    if image.has_transparency_data:
        alpha = image.convert("RGBA").getchannel("A")
        if alpha.getextrema() != (255, 255):
            plain = plain.convert("RGBA")
            plain.putalpha(alpha)
    bare = Image.frombytes(plain.mode, plain.size, plain.tobytes())
    bare.getexif()[_ORIENTATION] = image.getexif().get(_ORIENTATION, _UPRIGHT)
    return bare


def _without_profile(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture in sRGB; one whose profile is damaged as if it had none."""
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            given, wanted = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, given, wanted, outputMode="RGB") or image
    return image if image.mode in {"RGB", "L"} else image.convert("RGB")


def _is_grey(image: Image.Image) -> bool:
    return image.mode in {"1", "L", "LA", "I", "F"} or image.mode.startswith("I;")


def _smaller(image: Image.Image) -> Image.Image:
    if max(image.size) > LONGEST_EDGE:
        image.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.LANCZOS)
    return image


def _written(image: Image.Image, *, as_photo: bool) -> bytes:
    out = BytesIO()
    if as_photo:
        image.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True, comment=MARK)
    else:
        marks = PngImagePlugin.PngInfo()
        marks.add_text("Software", MARK.decode())
        _in_few_colours(image).save(out, "PNG", optimize=True, pnginfo=marks)
    return out.getvalue()


def _in_few_colours(image: Image.Image) -> Image.Image:
    """Return a picture of few colours, a chart say, with a palette of just these, which takes less room."""
    if image.mode != "RGB" or image.getcolors(256) is None:
        return image
    exact = image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    return exact if exact.convert("RGB").tobytes() == image.tobytes() else image
