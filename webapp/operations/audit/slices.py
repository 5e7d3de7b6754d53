"""Slices: runs of eight characters, white space aside; and what of an answer a person or a program can read."""

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from urllib.parse import unquote

LENGTH = 8
# What only changes the look of words does not part them; all other tags do, and a slice does not run across.
_WITHIN = re.compile(r"</?(?:strong|em|s|mark|code)>")
_TAG = re.compile(r"<[^>]*>")
_APART = "\0"
_ATTRIBUTE = re.compile(r"=\"([^\"]*)\"")


def slices(text: str) -> set[str]:
    """Answers every run of eight characters of a text."""
    dense = "".join(text.split())
    return {dense[start : start + LENGTH] for start in range(len(dense) - LENGTH + 1)}


def readable(body: str, content_type: str, headers: Iterable[str]) -> list[str]:
    """Answers the texts that an answer holds: with tags and escapes gone, attributes and headers beside."""
    told = [unquote(value) for value in headers]
    if "json" in content_type:
        return [*_strings(json.loads(body)), *told]
    if "html" in content_type or "xml" in content_type:
        plain = unescape(_plain(body))
        attributes = (unquote(unescape(value)) for value in set(_ATTRIBUTE.findall(body)))
        # Feeds hold HTML within XML: what is escaped once more is read once more.
        return [unescape(_plain(plain)), *attributes, *told]
    return [body, *told]


def _plain(markup: str) -> str:
    return _TAG.sub(_APART, _WITHIN.sub("", markup))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield unescape(_plain(value))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
