"""A link to a document as other sites embed it (oembed.com, type "link"): its public title and picture."""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException

from webapp.kit.current_settings import current_settings
from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _
from webapp.reading.link_preview_image import HEIGHT, WIDTH
from webapp.reading.page_metadata import PageMetadata

_FORMATS = ("json", "xml")


def slug_of_address(address: str) -> str | None:
    """Return the slug of a document's address on this site; None for any other address."""
    base = current_settings().base_url
    if not address.startswith(f"{base}/"):
        return None
    try:
        path = unquote(urlsplit(address.removeprefix(base)).path)
        endpoint, values = current_app.url_map.bind("").match(path, method="GET")
    except (HTTPException, ValueError):
        return None
    return str(values["slug"]) if endpoint == "reading.document" else None


def embedded(about: PageMetadata, wanted: Mapping[str, str]) -> dict[str, str | int]:
    """Return what oEmbed tells of a document; the picture only where it is not larger than wanted.

    Raise InvalidInputError for a size that is no number and for another format than JSON or XML.
    """
    if wanted.get("format", "json") not in _FORMATS:
        raise _UnknownFormatError
    told: dict[str, str | int] = {
        "version": "1.0",
        "type": "link",
        "title": about.title,
        **({"author_name": about.byline} if about.byline else {}),
        "provider_name": current_settings().site_name,
        "provider_url": current_settings().base_url,
    }
    fits = _number(wanted, "maxwidth", WIDTH) >= WIDTH and _number(wanted, "maxheight", HEIGHT) >= HEIGHT
    if about.picture and fits:
        told |= {"thumbnail_url": about.picture, "thumbnail_width": WIDTH, "thumbnail_height": HEIGHT}
    return told


def _number(wanted: Mapping[str, str], name: str, default: int) -> int:
    text = wanted.get(name, str(default))
    if not (text.isascii() and text.isdigit()):
        raise InvalidInputError(_("A size must be a number of pixels."))
    return int(text)


class _UnknownFormatError(InvalidInputError):
    """oEmbed has a status of its own for this (oembed.com, 2.3.3)."""

    status = 501

    def __init__(self) -> None:
        super().__init__(_("There is only JSON and XML."))
