"""From the parser's inline tokens to a run of nodes."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from urllib.parse import quote, unquote

from markdown_it.token import Token

from webapp.manuscript import blocks as b
from webapp.manuscript.blocks import (
    BreakingGate,
    CodeSpan,
    Image,
    Inline,
    InlineGate,
    LineBreak,
    Link,
    Math,
    NoteReference,
    Run,
    SoftBreak,
    Text,
)
from webapp.manuscript.inline_runs import divided, merged
from webapp.manuscript.markdown.sentinels import SENTINEL, SentinelText
from webapp.manuscript.marker_language.character_folding import CHINESE_CHARACTERS
from webapp.manuscript.redact import GateMark, Literal, PageBreakMark, PassageEnd, PassageStart

# Beyond this depth a mark of emphasis changes nothing that anybody sees, and is left out.
_DEEPEST = 40
# javascript: of: javascript:alert(1); none in: /d/report?at=1:2
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_SCHEMES = {"http", "https", "mailto"}
_CHINESE = re.compile(f"[{CHINESE_CHARACTERS}]")
_KEPT_IN_ADDRESSES = ";/?:@&=+$,-_.!~*'()#%[]"
_MARKS_BETWEEN = 4  # so many marks of emphasis between a word and the end of its line are looked past
_HOLDERS: dict[str, type[b.Styled]] = {
    "strong_open": b.Strong,
    "em_open": b.Emphasis,
    "s_open": b.Strike,
    "sub_open": b.Subscript,
    "sup_open": b.Superscript,
    "mark_open": b.Highlighted,
    "u_open": b.Underlined,
    "kbd_open": b.Keystroke,
}
_Frame = tuple[Token | None, list[Inline]]


def decode_entities(text: str, woven: SentinelText) -> Iterator[Inline]:
    """Return a text with its sentinels as the nodes that they stand for."""
    seen = 0
    for sentinel in SENTINEL.finditer(text):
        yield Text(text[seen : sentinel.start()])
        atom = woven.atom(sentinel)
        if isinstance(atom, GateMark):
            yield InlineGate(atom.number) if atom.inline else BreakingGate(atom.number)
        else:
            yield atom
        seen = sentinel.end()
    yield Text(text[seen:])


def _without_sentinels(text: str, woven: SentinelText) -> str:
    """Return a text that is not shown, literals in it restored; a gate in it is lost, which the check finds."""

    def restored(sentinel: re.Match[str]) -> str:
        atom = woven.atom(sentinel)
        return atom.text if isinstance(atom, Literal) else ""

    return SENTINEL.sub(restored, text)


def _joiner(tokens: Sequence[Token], index: int) -> str:
    """Return what joins two lines: nothing between Chinese characters, else a space."""
    lines = tokens[max(0, index - _MARKS_BETWEEN) : index], tokens[index + 1 : index + 1 + _MARKS_BETWEEN]
    heads, tails = ([SENTINEL.sub("", token.content) for token in line if token.content] for line in lines)
    before, after = "".join(heads)[-1:], "".join(tails)[:1]
    return "" if _CHINESE.match(before) and _CHINESE.match(after) else " "


def _address(token: Token, woven: SentinelText) -> str | None:
    """Return where a link leads, None where it must not lead."""
    href = quote(_without_sentinels(str(token.attrGet("href") or ""), woven), _KEPT_IN_ADDRESSES)
    scheme = _SCHEME.match(href)
    return None if scheme and scheme[1].lower() not in _SCHEMES else href


def _image(token: Token, woven: SentinelText) -> Iterator[Inline]:
    """Return a picture; one that a gate stands in is paid, and what is left of it is not shown."""
    description = "".join(child.content or " " for child in token.children or [] if not child.nesting)
    address, title = (str(token.attrGet(name) or "") for name in ("src", "title"))
    inside = [node for node in decode_entities(description + address + title, woven) if not isinstance(node, Text)]
    gates = [node for node in inside if isinstance(node, InlineGate | BreakingGate)]
    source = quote(_without_sentinels(address, woven), _KEPT_IN_ADDRESSES)
    yield from (node for node in inside if isinstance(node, PassageStart))
    described, titled = (_without_sentinels(text, woven) for text in (description, title))
    yield from gates or (Image(source, described, titled),)
    yield from (node for node in inside if isinstance(node, PassageEnd))


def _leaf(tokens: Sequence[Token], index: int, woven: SentinelText) -> Iterator[Inline]:
    token = tokens[index]
    match token.type:
        case "softbreak":
            yield SoftBreak(_joiner(tokens, index))
        case "hardbreak":
            yield LineBreak()
        case "math":
            yield Math(token.content)
        case "code_inline":
            yield CodeSpan(settle_breaks(merged(decode_entities(token.content, woven))))
        case "image":
            yield from _image(token, woven)
        case "footnote_ref":
            yield NoteReference(int(token.meta["id"]))
        case _:
            yield from decode_entities(token.content, woven)


def _linked(link: Callable[[Run], b.Link | b.DocumentLink], children: Run) -> Iterator[Inline]:
    """Return a link around its words but not around its gates and notes, which are links of their own."""
    words, gates = divided(children, (InlineGate, BreakingGate, NoteReference))
    for piece, gate in zip(words, [*gates, None], strict=True):
        if piece:
            yield link(piece)
        if gate:
            yield gate


def _closed(frame: _Frame, depth: int, woven: SentinelText) -> Run:
    opener, nodes = frame
    children = merged(nodes)
    if opener is None or depth > _DEEPEST or not children:
        return children
    if opener.type in _HOLDERS:
        return (_HOLDERS[opener.type](children),)
    if opener.type == "page_open":
        name, part = (_without_sentinels(str(opener.meta[key]), woven) for key in ("name", "part"))
        return tuple(_linked(partial(_page_link, name, part), children))
    if opener.markup in {"autolink", "linkify"}:
        # Its text is its address: a gate there stands in a URL.
        children = tuple(node for node in children if not isinstance(node, InlineGate | BreakingGate))
    href = _address(opener, woven)
    return children if href is None else tuple(_linked(partial(_link_to, href), children))


def _page_link(name: str, part: str, children: Run) -> b.Link | b.DocumentLink:
    return b.DocumentLink(name, part, True, children) if name else Link(f"#{quote(part)}", children)  # noqa: FBT003


def _link_to(href: str, children: Run) -> b.Link | b.DocumentLink:
    """Return a link; an address that begins neither with a scheme nor with a / is another file's, from here."""
    if _SCHEME.match(href) or href.startswith(("/", "#")):
        return Link(href, children)
    path, _, part = href.partition("#")
    return b.DocumentLink(unquote(path), unquote(part), False, children)  # noqa: FBT003


def inline_run(tokens: Sequence[Token], woven: SentinelText) -> Run:
    """Return the nodes of one inline token's children."""
    frames: list[_Frame] = [(None, [])]
    for index, token in enumerate(tokens):
        if token.nesting > 0:
            frames.append((token, []))
        elif token.nesting < 0:
            while _is_unclosed(frames[-1]):
                _close(frames, woven)
            _close(frames, woven)
        else:
            for node in _leaf(tokens, index, woven):
                while isinstance(node, InlineGate | BreakingGate) and _is_unclosed(frames[-1]):
                    _close(frames, woven)
                frames[-1][1].append(node)
    while len(frames) > 1:
        _close(frames, woven)
    return _closed(frames[0], 0, woven)


def _is_unclosed(frame: _Frame) -> bool:
    """Return whether a tag's other end is nowhere, so that it ends before a gate, or with what it stands in."""
    return frame[0] is not None and frame[0].markup == "unclosed"


def _close(frames: list[_Frame], woven: SentinelText) -> None:
    frame = frames.pop()
    frames[-1][1].extend(_closed(frame, len(frames), woven))


def settle_breaks(run: Run) -> Run:
    """Return a run whose gates all stand in their line and that holds no page break: of a cell, a heading, code.

    Neither is ever inside of emphasis or a link there: what wants a block of its own has a line of its own.
    """
    kept = (node for node in run if not isinstance(node, PageBreakMark))
    return tuple(InlineGate(node.number) if isinstance(node, BreakingGate) else node for node in kept)
