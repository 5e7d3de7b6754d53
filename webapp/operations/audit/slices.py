"""Slices: runs of eight characters, white space aside; and what of an answer says something in words.

Names that a format prescribes (classes, types, roles, keys of JSON) say nothing: a text about them is no leak.
"""

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from urllib.parse import unquote

LENGTH = 8
# Tags that only change the look of words and do not part them, in pages and in Word: "</em>", "<w:r>", "<wbr/>"
_WITHIN = re.compile(
    r"</?(?:a|abbr|b|code|del|em|i|ins|mark|q|s|small|span|strong|sub|sup|u|wbr|w:(?!p\b|tc\b|br\b|cr\b|tab\b)\w+)"
    r"(?:\s[^>]*)?/?>"
)
_BLANK = re.compile(r"\n\n+")
# "<p>" in "<p>甲", "\n\n" in "甲\n\n乙"
_TAG = re.compile(r"<[^>]*>|\n\n+")
# "甲" of "<!-- 甲 -->"
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
# `title="what is read aloud"`, `alt='a picture'`
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
# Attributes whose values are words, addresses or names made of words; and the keys of JSON whose values are neither.
_SPEAKING = re.compile(
    r"(?:alt|title|content|value|label|summary|placeholder|abbr|descr|href|src|srcset|cite|action|target"
    r"|url|uri|term|download|alttext|aria-(?!hidden|current|expanded|controls|haspopup|live)[\w-]+|data-[\w-]+)\Z",
    re.IGNORECASE,
)
_SILENT_KEYS = {
    "@type",
    "@context",
    "type",
    "rel",
    "version",
    "mime_type",
    "media_type",
    "cssSelector",
    "encodingFormat",
}
_SILENT_HEADERS = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[\w=-]+)*\Z")
_OWN_FRAGMENT = re.compile("#(?!s-)")  # all but those of headings, which are made of their words
# What is the product's own: "<style>…</style>", scripts that are no JSON, "<!doctype html>", '<?xml version="1.0"?>'
_PROGRAM = re.compile(
    r"<style\b.*?</style>|<script(?![^>]*json)[^>]*>.*?</script>|<[!?](?!--|\[CDATA)[^>]*>", re.DOTALL | re.IGNORECASE
)
# `<script type="application/ld+json">{"name": "\\u6625"}</script>`
_SCRIPT = re.compile(r"<script[^>]*json[^>]*>(.*?)</script>", re.DOTALL)
# "-" in "a-shallow-summer"
_JOINS = re.compile(r"[-_/#]+")
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))  # soft hyphens and the like


def slices(text: str) -> set[str]:
    """Return every run of eight characters of a text."""
    dense = "".join(text.split())
    return {dense[start : start + LENGTH] for start in range(len(dense) - LENGTH + 1)}


def readable(body: str, content_type: str, headers: Iterable[str]) -> set[str]:
    """Return the pieces of text that an answer holds, tags and escapes gone, those of attributes and headers too."""
    told = {_value(header) for header in headers if not _SILENT_HEADERS.match(header)}
    if "json" in content_type:
        return told | _in_json(body)
    if "html" in content_type or "xml" in content_type:
        return told | _in_markup(body)
    return told | set(_BLANK.split(_seen(body)))


def _in_markup(markup: str) -> set[str]:
    """Return the texts between tags, and what stands in attributes, comments and JSON.

    Tags that only change the look of words do not part them. What was escaped twice, HTML within a feed, is read twice.
    """
    markup = _PROGRAM.sub("", markup)
    given = ((name, double or single) for name, double, single in _ATTRIBUTE.findall(markup))
    told = {_value(value) for name, value in given if _SPEAKING.match(name) and not _OWN_FRAGMENT.match(value)}
    told = told.union(*map(_in_json, _SCRIPT.findall(markup)), _COMMENT.findall(markup))
    for piece in _TAG.split(_WITHIN.sub("", markup)):
        if len(piece) >= LENGTH:
            plain = unescape(piece) if "&" in piece else piece
            told |= _in_markup(plain) if "<" in plain and plain != piece else {_seen(plain)}
    return told


def _value(value: str) -> str:
    """Return what the value of an attribute or header says.

    One without a space is a name or an address: `#s-a-shallow-summer` says "a shallow summer", and not "shallow-",
    which may stand in paid text for a reason of its own.
    """
    plain = unescape(value) if "&" in value else value
    plain = _seen(unquote(plain) if "%" in plain else plain)
    return plain if " " in plain else _JOINS.sub(" ", plain)


def _seen(text: str) -> str:
    return text if text.isascii() else text.translate(_UNSEEN)


def _in_json(body: str) -> set[str]:
    told = set()
    for value in _strings(json.loads(body)):
        told |= _in_markup(value) if "<" in value else {_value(value)}
    return told


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in _SILENT_KEYS:
                yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
