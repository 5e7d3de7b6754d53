"""What comes in as a picture, and in which form it is kept."""

import struct
from zlib import crc32

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from tests.factories.images import opened, picture, written
from webapp.documents.encoded_image import MOST_IMAGE_BYTES, ImageError
from webapp.documents.image_encoding import LONGEST_EDGE, encode_image
from webapp.documents.image_form import MARK, is_our_form

PHOTO = Image.effect_noise((90, 60), 40).convert("RGB")
EXIF = Image.Exif()
EXIF[0x010F] = "A camera"
MADE = {
    "JPEG": written(PHOTO, "JPEG"),
    "CMYK JPEG": written(PHOTO.convert("CMYK"), "JPEG"),
    "grey JPEG": written(PHOTO.convert("L"), "JPEG"),
    "PNG": written(PHOTO),
    "PNG of 16 bits": written(Image.new("I;16", (9, 6), 40_000)),
    "black and white PNG": written(Image.new("1", (9, 6), 1)),
    "transparent PNG": written(Image.new("RGBA", (9, 6), (10, 20, 30, 40))),
    "PNG with a palette": written(PHOTO.quantize(16)),
    "GIF": written(PHOTO.convert("P"), "GIF"),
    "WebP": written(PHOTO, "WEBP"),
    "lossless WebP": written(PHOTO, "WEBP", lossless=True),
    "BMP": written(PHOTO, "BMP"),
    "TIFF": written(PHOTO, "TIFF"),
    "large JPEG": written(PHOTO.resize((4000, 1000)), "JPEG"),
}
PHOTOS = {"JPEG", "CMYK JPEG", "grey JPEG", "WebP", "large JPEG"}


@pytest.mark.parametrize("kind", MADE)
def test_what_is_kept_comes_in_again_as_the_same_bytes(kind):
    kept = encode_image(MADE[kind])
    assert is_our_form(kept.data)
    assert encode_image(kept.data) == kept
    assert encode_image(MADE[kind]) == kept
    assert kept.file.name.endswith(".jpg" if kind in PHOTOS else ".png")
    assert opened(kept.data).size == (kept.file.width, kept.file.height)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_no_metadata_is_kept(kind):
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "taken at home")
    more = {"pnginfo": words} if kind == "PNG" else {"comment": b"taken at home"} if kind == "JPEG" else {}
    kept = encode_image(written(PHOTO, kind, exif=EXIF, **more)).data
    assert all(word not in kept for word in (b"A camera", b"taken at home", b"Exif", b"ICC"))


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (3, 1)), (6, (1, 0)), (8, (0, 3)), (2, (3, 0))])
def test_a_picture_stands_upright(orientation, corner):
    turned, exif = Image.new("RGB", (4, 2)), Image.Exif()
    turned.putpixel((0, 0), (255, 0, 0))
    exif[0x0112] = orientation
    upright = opened(encode_image(written(turned, exif=exif)).data).convert("RGB")
    assert upright.getpixel(corner) == (255, 0, 0)


def test_colours_of_another_profile_become_those_of_every_screen():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    kept = encode_image(written(PHOTO, icc_profile=lab))
    assert "icc_profile" not in opened(kept.data).info
    assert encode_image(written(PHOTO, icc_profile=b"no profile at all")) == encode_image(written(PHOTO))


def test_lossless_pictures_keep_each_pixel():
    clear = Image.new("RGBA", (9, 6), (10, 20, 30, 40))
    for image in (PHOTO, PHOTO.quantize(16).convert("RGB"), clear):
        assert opened(encode_image(written(image)).data).convert(image.mode).tobytes() == image.tobytes()


def test_a_large_picture_is_made_smaller():
    file = encode_image(MADE["large JPEG"]).file
    assert (file.width, file.height) == (LONGEST_EDGE, LONGEST_EDGE // 4)


def test_of_a_moving_picture_the_first_frame_is_left():
    frames = [Image.new("RGB", (9, 6), colour) for colour in ("red", "green", "blue")]
    kept = encode_image(written(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert kept.moving
    assert opened(kept.data).convert("RGB").getpixel((0, 0)) == (255, 0, 0)
    assert not encode_image(picture()).moving


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "image-kind"),
        (b"no picture", "image-kind"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "image-kind"),
        (b"%PDF-1.7", "image-kind"),
        (MADE["JPEG"][:1000], "image-damaged"),
        (MADE["PNG"][:1000], "image-damaged"),
        (written(Image.new("1", (8000, 8000))), "image-too-large"),
        (written(Image.new("1", (30_000, 30_000))), "image-too-large"),
        (b"\xff" * (MOST_IMAGE_BYTES + 1), "image-too-large"),
    ],
    ids=["nothing", "text", "svg", "pdf", "half a JPEG", "half a PNG", "64 million pixels", "a bomb", "20 MB"],
)
def test_what_cannot_be_shown_is_refused_with_a_code(data, code):
    with pytest.raises(ImageError) as refused:
        encode_image(data)
    assert refused.value.code == code


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc32(kind + body))


OURS_JPEG, OURS_PNG = encode_image(MADE["JPEG"]).data, encode_image(MADE["PNG"]).data


@pytest.mark.parametrize(
    "data",
    [
        OURS_PNG + b"<script>",
        OURS_PNG[:8] + _chunk(b"tEXt", b"Comment\0home") + OURS_PNG[8:],
        OURS_PNG.replace(MARK, b"paidspan 0"),
        OURS_PNG[:-12],
        OURS_PNG[:-12] + _chunk(b"IEND", b"more"),
        OURS_JPEG + b"PK\3\4",
        OURS_JPEG[:2] + b"\xff\xe1\0\x08Exif\0\0" + OURS_JPEG[2:],
        OURS_JPEG[:2] + b"\xff\xfe\0\x06home" + OURS_JPEG[2:],
        OURS_JPEG[:2] + b"\xff\xfe\0\x0cpaidspan 1" + OURS_JPEG[2:],
        OURS_JPEG[:-2],
        MADE["JPEG"],
        MADE["PNG"],
        b"",
        b"\xff\xd8",
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_what_holds_anything_else_is_not_in_our_form(data):
    assert not is_our_form(data)


def test_a_mark_does_not_let_metadata_pass():
    forged = written(PHOTO, "JPEG", comment=MARK, exif=EXIF)
    assert b"A camera" not in encode_image(forged).data
