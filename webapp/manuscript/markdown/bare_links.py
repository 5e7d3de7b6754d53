"""Addresses that stand in a text without any markup (GFM 0.29, 6.9), also right behind a Chinese character."""

import re

from markdown_it.rules_inline import StateInline

# Punctuation of Chinese and the signs that atoms are made of end an address, which GFM has end at a space alone.
_END = "\\s<>\u00b7\u2014-\u201f\u2026\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufdd0-\ufdef"
_LABEL = "[A-Za-z0-9_-]+"
_AFTER_HOST = rf"(?::\d+)?(?:[/?#][^{_END}]*)?"
_WITH_SCHEME = re.compile(rf"(?i)(?:https?|ftp)://({_LABEL}(?:\.{_LABEL})*){_AFTER_HOST}")
_WITH_WWW = re.compile(rf"(?i)www(?:\.{_LABEL})+{_AFTER_HOST}")
_MAIL = re.compile(r"[A-Za-z0-9.+_-]+@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
_LOCAL_PART = re.compile("[A-Za-z0-9.+_-]+$")
_SCHEME = re.compile("(?i)(?:https?|ftp)$")
# "&copy;" at the end of an address is an entity that follows it
_ENTITY_END = re.compile("&[A-Za-z0-9]+;$")
_LOOSE_END = "?!.,:;*_~'\""
_OPENING = {")": "(", "]": "["}


def _trimmed(address: str) -> str:
    """Return an address without the punctuation that belongs to its sentence."""
    while True:  # a host has letters, at which it ends
        last = address[-1]
        entity = _ENTITY_END.search(address)
        if entity:
            address = address[: entity.start()]
        elif last in _LOOSE_END or (last in _OPENING and address.count(last) > address.count(_OPENING[last])):
            address = address[:-1]
        else:
            return address


def match_bare_link(text: str, start: int = 0) -> tuple[str, str] | None:
    """Return the words and the address of a bare link that begins at a place in a text, None where none does."""
    if start and text[start - 1].isascii() and text[start - 1].isalnum():
        return None
    if found := _WITH_SCHEME.match(text, start):
        is_host = "_" not in "".join(found[1].rsplit(".", 2)[-2:])
        return (_trimmed(found[0]), _trimmed(found[0])) if is_host else None
    if found := _WITH_WWW.match(text, start):
        words = _trimmed(found[0])
        return (words, f"http://{words}") if words.count(".") > 1 else None
    if found := _MAIL.match(text, start):
        words = found[0].rstrip(".")
        return (words, f"mailto:{words}") if words[-1] not in "-_" else None
    return None


def _put(state: StateInline, back: int, silent: bool) -> bool:  # noqa: FBT001  # as the parser's rules hand it on
    """Put a link that begins so many characters back in what is not yet a token."""
    found = None if silent or state.linkLevel else match_bare_link(state.src[: state.posMax], state.pos - back)
    if found is None or len(found[0]) <= back:
        return False
    words, address = found
    if back:
        state.pending = state.pending[:-back]
    link = state.push("link_open", "a", 1)
    link.attrs = {"href": state.md.normalizeLink(address)}
    link.markup = "linkify"
    state.push("text", "", 0).content = state.md.normalizeLinkText(words)
    state.push("link_close", "a", -1)
    state.pos += len(words) - back
    return True


def read_bare_link(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  # the parser's signature of a rule
    """Read an address that goes on here: at the : of its scheme, at its www, or at the @ of an electronic one."""
    match state.src[state.pos]:
        case ":":
            begun = _SCHEME.search(state.pending)
        case "@":
            begun = _LOCAL_PART.search(state.pending)
        case "w" | "W":
            return _put(state, 0, silent)
        case _:
            return False
    return bool(begun) and _put(state, len(begun[0]) if begun else 0, silent)
