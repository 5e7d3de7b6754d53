"""What a reader sees or hears of an answer, and which of its words are not of the language it speaks."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

SPOKEN = {"title", "alt", "aria-label", "aria-description", "aria-roledescription", "placeholder", "label"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_SILENT = {"script", "style", "code", "kbd", "svg"}
_HAN = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
_LATIN = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
# Addresses, moments, and the names by which Stripe knows things: nobody's language.
_CODED = re.compile(r"\S+@\S+|(?:https?|mailto|urn):\S+|\b[a-z]{2,7}_\w+|\b[0-9A-F]{8}-\d{4}\b|\d{4}-\d\d-\d\dT\S+")
# What Chinese pages say in Latin letters.
NAMES = (
    "paidspan (?:lint|stripe status|stripe setup)",
    r"Authorization: Bearer",
    "JSON Feed",
    r"Content-Type: application/json",
    "paidspan|paid|span|Aa|Stripe|Cookie|Argon2|OpenAPI|Atom|JSON|XML|ICP|IP|API",
    "Markdown|Word|PDF|EPUB|JavaScript|UTC|Linux",
)
_NAMES = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(NAMES)})(?![A-Za-z])")


class _Listener(HTMLParser):
    """Gathers what is said in the page's own language: texts, and attributes that are read out or shown."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._language = self._language or given.get("lang", "")
        foreign = not given.get("lang", self._language).startswith(self._language[:2])
        heard = self._hears and not foreign and tag not in _SILENT
        if heard:
            self.said += _spoken(tag, given)
        if tag not in _VOID:
            self._open.append((tag, heard))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._hears and data.strip():
            self.said.append(" ".join(data.split()))

    @property
    def _hears(self) -> bool:
        return not self._open or self._open[-1][1]


def _spoken(tag: str, given: dict[str, str]) -> Iterator[str]:
    """Yield the attributes that are shown or read out, and those from which a script takes its sentences."""
    for name, value in given.items():
        if name in SPOKEN or (name.startswith("data-") and " " in value.strip()):
            yield value
    if tag == "meta" and given.get("name") == "description":
        yield given["content"]
    if tag == "input" and given.get("type") in {"submit", "button"}:
        yield given.get("value", "")


def said_in(body: bytes, content_type: str) -> list[str]:
    """Return what an answer says: a page, a feed, a problem, or plain text; nothing of what is made for programs."""
    kind = content_type.partition(";")[0]
    if kind == "text/html":
        return _heard(body.decode())
    if kind == "application/atom+xml":
        return [said for text in _heard(body.decode()) for said in (_heard(text) if "<" in text else [text])]
    if kind == "application/problem+json":
        told = json.loads(body)
        return [told["detail"], told["hint"]]
    if kind == "text/markdown":
        return _CODE_SPAN.sub("", body.decode()).splitlines()
    if kind == "text/plain":
        return body.decode().splitlines()
    return []


def _heard(markup: str) -> list[str]:
    listener = _Listener()
    listener.feed(markup)
    return listener.said


def foreign_words(said: list[str], language: str) -> list[str]:
    """Return what does not belong: on a Chinese page any Latin word that is no name, on an English one any Chinese."""
    if language == "en":
        return [text for text in said if _HAN.search(text)]
    return [text for text in said if _LATIN.search(_NAMES.sub("", _CODED.sub("", text)))]
