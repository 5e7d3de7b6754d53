"""Slices: runs of eight characters, white space aside; and what of an answer a person or a program can read."""

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from urllib.parse import unquote

LENGTH = 8
# "<em>" and "</em>" in "<p>甲<em>乙</em></p>"
_WITHIN = re.compile(r"</?(?:strong|em|s|mark|code)>")
# "\n\n\n" in "one\n\n\ntwo\nthree"
_BLANK = re.compile(r"\n\n+")
# "<p>" in "<p>甲", "\n\n" in "甲\n\n乙"
_TAG = re.compile(r"<[^>]*>|\n\n+")
# "甲" of '<img alt="甲">'
_ATTRIBUTE = re.compile(r"=\"([^\"]*)\"")


def slices(text: str) -> set[str]:
    """Return every run of eight characters of a text."""
    dense = "".join(text.split())
    return {dense[start : start + LENGTH] for start in range(len(dense) - LENGTH + 1)}


def readable(body: str, content_type: str, headers: Iterable[str]) -> set[str]:
    """Return the pieces of text that an answer holds, tags and escapes gone, those of attributes and headers too."""
    told = set(map(_unescaped, headers))
    if "json" in content_type:
        return told.union(*(_pieces(value) for value in _strings(json.loads(body))))
    if "html" in content_type or "xml" in content_type:
        attributes = set(map(_unescaped, _ATTRIBUTE.findall(body)))
        # Feeds hold HTML within XML: what was escaped twice is read twice.
        return told | attributes | set().union(*map(_pieces, _pieces(body)))
    return told | set(_BLANK.split(body))


def _pieces(markup: str) -> list[str]:
    """Return the texts between tags; those that only change the look of words do not part them."""
    pieces = _TAG.split(_WITHIN.sub("", markup))
    return [unescape(piece) if "&" in piece else piece for piece in pieces if len(piece) >= LENGTH]


def _unescaped(value: str) -> str:
    plain = unescape(value) if "&" in value else value
    return unquote(plain) if "%" in plain else plain


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
