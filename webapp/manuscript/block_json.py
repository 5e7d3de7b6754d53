"""The tree of an edition as JSON and back: a node is an array of its kind and its fields, a text just a string."""

import json
from collections.abc import Callable
from dataclasses import fields
from typing import TypeVar, cast

from webapp.manuscript import blocks as b

_T = TypeVar("_T")
_Read = Callable[[object], object]
_Kinds = dict[str, tuple[type, tuple[_Read, ...]]]


class BlockJsonError(ValueError):
    """What was stored is no tree as this version writes it; the message shows none of it, for it may be paid text."""

    def __init__(self, found: object) -> None:
        super().__init__(f"a {type(found).__name__} has no such place in a stored tree")


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise BlockJsonError(found)
    return found


def _number(found: object) -> int:
    if not isinstance(found, int) or isinstance(found, bool):
        raise BlockJsonError(found)
    return found


def _flag(found: object) -> bool:
    if not isinstance(found, bool):
        raise BlockJsonError(found)
    return found


def _tuple_of(read: Callable[[object], _T]) -> Callable[[object], tuple[_T, ...]]:
    def read_all(found: object) -> tuple[_T, ...]:
        if not isinstance(found, list):
            raise BlockJsonError(found)
        return tuple(map(read, found))

    return read_all


def _node(found: object, kinds: _Kinds) -> object:
    match found:
        case [str(name), *values] if name in kinds and len(values) in {len(kinds[name][1]), _FORMER_LENGTHS.get(name)}:
            kind, reads = kinds[name]
            return kind(*(read(value) for read, value in zip(reads, values, strict=False)))
    raise BlockJsonError(found)


def _inline(found: object) -> b.Inline:
    return b.Text(found) if isinstance(found, str) else cast("b.Inline", _node(found, _INLINE_KINDS))


def _block(found: object) -> b.Block:
    return cast("b.Block", _node(found, _BLOCK_KINDS))


_run, _blocks = _tuple_of(_inline), _tuple_of(_block)
_cells, _items = _tuple_of(_run), _tuple_of(_blocks)
# Each kind by its name, and what reads its fields in their order; where a block stood in its source is not kept.
_INLINE_KINDS: _Kinds = {
    "br": (b.LineBreak, ()),
    "code": (b.CodeSpan, (_run,)),
    "document": (b.DocumentLink, (_text, _text, _flag, _run)),
    "em": (b.Emphasis, (_run,)),
    "gate": (b.InlineGate, (_number,)),
    "image": (b.Image, (_text, _text, _text, _text, _number, _number)),
    "kbd": (b.Keystroke, (_run,)),
    "link": (b.Link, (_text, _run)),
    "mark": (b.Highlighted, (_run,)),
    "math": (b.Math, (_text, _flag)),
    "note": (b.NoteReference, (_number,)),
    "passage": (b.Passage, (_number, _run)),
    "run-in": (b.RunIn, (_number, _run)),
    "strike": (b.Strike, (_run,)),
    "strong": (b.Strong, (_run,)),
    "sub": (b.Subscript, (_run,)),
    "sup": (b.Superscript, (_run,)),
    "task": (b.TaskBox, (_flag,)),
    "u": (b.Underlined, (_run,)),
}
_BLOCK_KINDS: _Kinds = {
    "callout": (b.Callout, (_text, _run, _blocks, _text)),
    "code": (b.CodeBlock, (_run, _text)),
    "dd": (b.Meaning, (_blocks,)),
    "details": (b.Details, (_run, _blocks)),
    "dl": (b.DefinitionList, (_blocks, _flag)),
    "dt": (b.Term, (_run,)),
    "figure": (b.Figure, (_run, _run)),
    "gate": (b.GateBlock, (_number,)),
    "heading": (b.Heading, (_number, _run)),
    "math": (b.MathBlock, (_run,)),
    "notes": (b.Footnotes, (_items,)),
    "ol": (b.OrderedList, (_items, _flag, _number)),
    "p": (b.Paragraph, (_run,)),
    "page-break": (b.PageBreak, ()),
    "quote": (b.BlockQuote, (_blocks,)),
    "rule": (b.Rule, ()),
    "table": (b.Table, (_cells, _tuple_of(_cells), _tuple_of(_text))),
    "ul": (b.BulletList, (_items, _flag)),
}
_FORMER_LENGTHS = {"image": 2}  # before a picture could be shown; its editions are rendered anew
_NAMES = {
    kind: (name, [field.name for field in fields(kind) if field.compare])
    for kinds in (_INLINE_KINDS, _BLOCK_KINDS)
    for name, (kind, _) in kinds.items()
}
_SCALARS = {str, int, bool}


def _packed(value: object) -> object:
    kind = type(value)
    if kind is b.Text:
        return cast("b.Text", value).text
    if kind is tuple:
        return [_packed(each) for each in cast("tuple[object, ...]", value)]
    if kind in _NAMES:
        name, names = _NAMES[kind]
        return [name, *(_packed(getattr(value, field)) for field in names)]
    if kind in _SCALARS:
        return value
    raise BlockJsonError(value)


def write_blocks(blocks: b.Blocks) -> str:
    """Return the blocks of an edition as JSON; raise BlockJsonError where a node is one that no edition shows."""
    return json.dumps(_packed(blocks), ensure_ascii=False, separators=(",", ":"))


def read_blocks(written: str) -> b.Blocks:
    """Return the blocks of a stored tree; raise BlockJsonError where it is none, ValueError where it is no JSON."""
    return _blocks(json.loads(written))
