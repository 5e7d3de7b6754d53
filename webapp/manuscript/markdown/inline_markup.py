"""Inline markup beyond CommonMark: sub- and superscript, highlights, five tags of HTML, links in double brackets."""

import re

from markdown_it.common.utils import normalizeReference
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

from webapp.manuscript.marker_language.character_folding import CHINESE_CHARACTERS

_BREAK = re.compile(r"(?i)<br\s*/?>")
_TAG = re.compile("(?i)<(/?)(sub|sup|kbd|mark|u)>")
_TAGS = ("sub", "sup", "kbd", "mark", "u")
_PAIRS = {0x110000 + place: tag for place, tag in enumerate(_TAGS)}  # beyond all characters: what a delimiter is of
_MARKERS = {tag: marker for marker, tag in _PAIRS.items()}
_CHINESE = re.compile(f"[{CHINESE_CHARACTERS}\ufdd0\ufdd1]")
_ATOM = "[\ufdd0\ufdee][\ufdd2-\ufde1]++[\ufdd1\ufdef]"
# ~2~ of: H~2~O; the tildes of 3~5天 stay what they are
SUBSCRIPT = re.compile(rf"~((?:[A-Za-z0-9+\-−()]|{_ATOM}){{1,40}}+)~(?!~)")
_BEFORE_SUBSCRIPT = re.compile(r"[A-Za-zα-ωΑ-Ω)\]*_^\ufdd1]")  # or a gate
# ^2^ of: x^2^; ^[1]^ of: 研究表明^[1]^; not ^_^
SUPERSCRIPT = re.compile(rf"\^(\[(?:[^\s\^\[\]]|{_ATOM}){{1,30}}?\]|(?:[^\s\^\[\]，。；：、！？]|{_ATOM}){{1,30}}?)\^")
# ~there~ in GFM, when it stands apart
STRUCK = re.compile(r"~(?![~\s])((?:[^~\n\\]|\\.)+?)(?<!\s)~(?=[\s!-/:-@\[-}，。；、：？！”’）》]|$)")
_APART = re.compile(r"[\s!-/:-@\[-}（“‘《]")
# [[Page]], [[Page#Part|words]]
_NAMED = r"\[\[([^\[\]|\n#]*)(?:#([^\[\]|\n]*))?(?:\|([^\[\]\n]+))?\]\]"
_PAGE, _EMBED = re.compile(rf"{_NAMED}(?![(\[:\]])"), re.compile(rf"{_NAMED}(?![(\[])")
# .png of: picture.png
_PICTURE = re.compile(r"\.(?:png|jpe?g|jfif|gif|webp|bmp|tiff?|svg|avif|heic)$", re.IGNORECASE)
# 300x200 of: ![[picture.png|At dawn|300x200]]
_SIZE = re.compile(r"(?:^|\|)\s*\d+(?:x\d+)?$")
_A_LETTER = re.compile(r"[^\W\d_]")


def read_tag(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  # the parser's signature of a rule
    """Read one of the tags that are read: a break, or one end of what stands between two of a name."""
    if state.src[state.pos] != "<":
        return False
    if found := _BREAK.match(state.src, state.pos):
        if not silent:
            state.push("hardbreak", "br", 0)
        state.pos = found.end()
        return True
    found = _TAG.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        _put_delimiter(state, _MARKERS[found[2].lower()], "", can_open=not found[1], can_close=bool(found[1]))
    state.pos = found.end()
    return True


def _put_delimiter(state: StateInline, marker: int, text: str, *, can_open: bool, can_close: bool) -> None:
    token = state.push("text", "", 0)
    token.content = text
    state.delimiters.append(Delimiter(marker, 0, len(state.tokens) - 1, -1, can_open, can_close))


def read_highlight(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Read one end of what stands between double equals signs; those of a==b are signs."""
    if silent or state.src[state.pos] != "=":
        return False
    opens, closes, length = state.scanDelims(state.pos, canSplitWord=True)
    if length != 2:  # noqa: PLR2004  # two signs, neither more nor less
        return False
    before, after = state.src[state.pos - 1 : state.pos], state.src[state.pos + length : state.pos + length + 1]
    is_operator = before.isalnum() and after.isalnum() and not (_CHINESE.match(before) or _CHINESE.match(after))
    text = "=="
    _put_delimiter(state, ord("="), text, can_open=opens and not is_operator, can_close=closes and not is_operator)
    state.pos += length
    return True


def pair_delimiters(state: StateInline) -> None:
    """Make tokens of the pairs that were found; a tag without its other end runs to the end of what it stands in."""
    lists = [state.delimiters, *(meta["delimiters"] for meta in state.tokens_meta if meta and "delimiters" in meta)]
    for delimiters in lists:
        for delimiter in delimiters:
            kind = "mark" if delimiter.marker == ord("=") else _PAIRS.get(delimiter.marker)
            if kind and delimiter.end >= 0:
                opening, closing = state.tokens[delimiter.token], state.tokens[delimiters[delimiter.end].token]
                opening.type, opening.nesting, opening.content = f"{kind}_open", 1, ""
                closing.type, closing.nesting, closing.content = f"{kind}_close", -1, ""
            elif kind and delimiter.open and delimiter.marker in _PAIRS:
                token = state.tokens[delimiter.token]
                token.type, token.nesting, token.markup = f"{kind}_open", 1, "unclosed"


def read_scripts(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Read sub- and superscript, and what single tildes strike out."""
    if silent:
        return False
    before = state.src[state.pos - 1 : state.pos]
    match state.src[state.pos]:
        case "^" if found := SUPERSCRIPT.match(state.src, state.pos, state.posMax):
            is_digits = any(sign.isdigit() for sign in found[1]) or "\ufdd0" in found[1]
            is_short_of_words = bool(_A_LETTER.search(found[1])) and before.isascii() and before.isalnum()
            return bool(before.strip()) and (is_digits or is_short_of_words) and _put_inside(state, "sup", found)
        case "~" if before != "~":
            if _BEFORE_SUBSCRIPT.match(before) and (found := SUBSCRIPT.match(state.src, state.pos, state.posMax)):
                return _put_inside(state, "sub", found)
            if (not before or _APART.match(before)) and (found := STRUCK.match(state.src, state.pos, state.posMax)):
                return _put_inside(state, "s", found)
    return False


def _put_inside(state: StateInline, kind: str, found: re.Match[str]) -> bool:
    end = state.posMax
    state.pos, state.posMax = found.span(1)
    state.push(f"{kind}_open", kind, 1)
    state.md.inline.tokenize(state)
    state.push(f"{kind}_close", kind, -1)
    state.pos, state.posMax = found.end(), end
    return True


def read_page_link(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Read a link to another document by its name; `x[[1]]` is none."""
    before = state.src[state.pos - 1 : state.pos]
    if before in {"!", "["} or (before.isascii() and before.isalnum()):
        return False
    return _read_page(state, state.pos, silent=silent)


def read_embed(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Read `![[picture.png]]`, a picture by its name; of `![[Page]]` a link is made."""
    if not state.src.startswith("![[", state.pos):
        return False
    found = _EMBED.match(state.src, state.pos + 1, state.posMax)
    if not found or not _PICTURE.search(found[1].strip()) or _is_defined(state, found):
        return _read_page(state, state.pos + 1, silent=silent)
    if not silent:
        picture = state.push("image", "img", 0)
        picture.attrs = {"src": f"[[{found[1].strip()}]]", "alt": ""}
        picture.children = []
        words = _SIZE.sub("", (found[3] or "").strip())
        state.md.inline.parse(words, state.md, state.env, picture.children)
    state.pos = found.end()
    return True


def _is_defined(state: StateInline, found: re.Match[str]) -> bool:
    """Return whether single brackets in others mean an address that stands elsewhere in the text."""
    return normalizeReference(found[0][2:-2]) in state.env.get("references", {})


def _read_page(state: StateInline, place: int, *, silent: bool) -> bool:
    found = _PAGE.match(state.src, place, state.posMax)
    if not found or state.linkLevel or _is_defined(state, found):
        return False
    name, part, words = found[1].strip(), (found[2] or "").strip(), (found[3] or "").strip()
    if not _A_LETTER.search(name + part):
        return False
    if not silent:
        opening = state.push("page_open", "a", 1)
        opening.meta = {"name": name, "part": part}
        state.push("text", "", 0).content = words or name + (" › " if name and part else "") + part
        state.push("page_close", "a", -1)
    state.pos = found.end()
    return True
