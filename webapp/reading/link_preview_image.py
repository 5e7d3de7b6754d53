"""The picture that networks show with a link to a document: its public title on paper."""

import re

from webapp.documents.models import PublicEdition
from webapp.kit.typesetting import can_typeset, render_png
from webapp.manuscript import primary_language

WIDTH, HEIGHT = 1200, 630
_LONGEST_TITLE = 80
_BEYOND_FONTS = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]")  # emoji and their joints


def can_be_drawn(title: str) -> bool:
    """Whether a title can be drawn here without boxes for letters that no font has."""
    return can_typeset(title)


def draw_link_preview(edition: PublicEdition, site: str, day: str) -> bytes:
    """Return the picture of a public edition (PNG, 1200 by 630 pixels)."""
    title = _BEYOND_FONTS.sub("", edition.title)
    title = title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"
    return render_png(
        "reading/picture.typ", {"title": title, "site": site, "day": day, "lang": primary_language(edition.language)}
    )
