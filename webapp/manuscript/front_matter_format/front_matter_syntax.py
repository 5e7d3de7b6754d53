"""Where front matter begins and ends, and its fields as they are written: YAML, TOML or JSON."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

import yaml

from webapp.manuscript.findings import FrontMatterProblem

LONGEST = 65_536  # characters; what is longer was written by no person
_DEEPEST = 8

# --- of: ---\ntitle: River freight\n---
_OPENING = re.compile(r"(---|\+\+\+)[ \t]*(?:\r\n?|\n)")
_CLOSINGS = {
    "---": re.compile(r"(?<=[\r\n])(?:---|\.\.\.)[ \t]*(?:\r\n?|\n|\Z)"),
    "+++": re.compile(r"(?<=[\r\n])\+\+\+[ \t]*(?:\r\n?|\n|\Z)"),
}
# title of: title: River freight; date of: "date" = 2026-03-01
_KEYS = {
    "---": re.compile(r"([\"']?)(\w[\w .-]*?)\1[ \t]*:(?:[ \t]|$)"),
    "+++": re.compile(r"([\"']?)(\w[\w.-]*)\1[ \t]*="),
}
_ASIDE = {"---": (" ", "\t", "#", "-", "]", "}"), "+++": (" ", "\t", "#", "[", "]", "}", '"', "'")}
_LINE = re.compile(r"\r\n?|\n")
# 3 and 7 of: Invalid value (at line 3, column 7)
_TOML_PLACE = re.compile(r".* \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)")

_Native = object  # what the parsers make of a value: texts, numbers, dates, lists and dicts of these


@dataclass(frozen=True, slots=True)
class Field:
    """One field, and the offset in the source where it stands; `texts` is `native` with every scalar as its text."""

    name: str
    native: _Native
    texts: _Native
    offset: int


@dataclass(frozen=True, slots=True)
class Head:
    """Front matter as it is written; `body` is the offset of what follows it."""

    fields: tuple[Field, ...]
    body: int


class UnreadableFieldsError(Exception):
    """Front matter that cannot be read: the offset, the name of its syntax and what is wrong."""

    def __init__(self, offset: int, syntax: str, problem: FrontMatterProblem = FrontMatterProblem.UNREADABLE) -> None:
        super().__init__(problem)
        self.offset, self.syntax, self.problem = offset, syntax, problem


class UnclosedError(Exception):
    """Front matter that does not end."""


class TooLongError(Exception):
    """Front matter beyond all measure."""


def split_front_matter(source: str, is_known: Callable[[str], bool]) -> Head:
    """Return the front matter of a source; one that has none has no fields, and its body is all of it.

    Raise UnreadableFieldsError, UnclosedError or TooLongError.
    """
    if source.startswith("{"):
        return _json(source, is_known)
    opening = _OPENING.match(source)
    if not opening:
        return Head((), 0)
    mark, start = opening[1], opening.end()
    closing = _CLOSINGS[mark].search(source, start)
    lines = _LINE.split(source[start : closing.start() if closing else start + LONGEST])
    if closing is None:
        first = _KEYS[mark].match(lines[0])
        if first and is_known(first[2]):
            raise UnclosedError
        return Head((), 0)
    if not _has_fields(mark, lines, is_known):
        return Head((), 0)
    if closing.start() - start > LONGEST:
        raise TooLongError
    read = _yaml if mark == "---" else _toml
    return Head(tuple(read(source[start : closing.start()], start)), closing.end())


def _has_fields(mark: str, lines: list[str], is_known: Callable[[str], bool]) -> bool:
    """Return whether lines between two rules are fields and not a text that stands between rules.

    They begin at once, the first says a field, and either one of them is known or there is nothing else.
    """
    if not lines[0].strip():
        return False
    said = [line for line in lines if line.strip() and not line.startswith(_ASIDE[mark])]
    keys = [_KEYS[mark].match(line) for line in said]
    if not keys or not keys[0]:
        return mark == "+++" and not keys and any(line.startswith("[") for line in lines)
    return all(keys) or any(key and is_known(key[2]) for key in keys)


class _Loader(yaml.SafeLoader):
    """YAML without aliases, tags of its own making and depths, which are of no use in front matter."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise UnreadableFieldsError(event.start_mark.index, "YAML", FrontMatterProblem.ALIAS)
        if self._depth > _DEEPEST:
            raise UnreadableFieldsError(event.start_mark.index, "YAML", FrontMatterProblem.TOO_DEEP)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _yaml(text: str, start: int) -> Iterator[Field]:
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        assert isinstance(root, yaml.MappingNode), root  # as its first field tells: _has_fields
        for key, value in root.value:
            native = _constructed(loader, value)
            yield Field(str(_yaml_texts(key) or ""), native, _yaml_texts(value), start + key.start_mark.index)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableFieldsError(start + (mark.index if mark else 0), "YAML") from None
    except yaml.reader.ReaderError as error:
        raise UnreadableFieldsError(start + error.position, "YAML", FrontMatterProblem.CONTROL) from None
    except UnreadableFieldsError as error:
        raise UnreadableFieldsError(start + error.offset, error.syntax, error.problem) from None


def _constructed(loader: yaml.SafeLoader, node: yaml.Node) -> _Native:
    try:
        return loader.construct_object(node, deep=True)
    except ValueError:  # a day that no month has, a number of thousands of digits
        return _yaml_texts(node)


def _yaml_texts(node: yaml.Node) -> _Native:
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_yaml_texts(item) for item in node.value]
    assert isinstance(node, yaml.MappingNode)
    return {str(_yaml_texts(key)): _yaml_texts(value) for key, value in node.value}


def _toml(text: str, start: int) -> Iterator[Field]:
    try:
        read = tomllib.loads(_LINE.sub("\n", text), parse_float=str)
    except tomllib.TOMLDecodeError as error:
        told = _TOML_PLACE.fullmatch(str(error))
        offset = _offset(text, int(told["line"] or 0), int(told["column"] or 1)) if told else 0
        raise UnreadableFieldsError(start + offset, "TOML") from None
    except (RecursionError, ValueError):
        raise UnreadableFieldsError(start, "TOML", FrontMatterProblem.TOO_DEEP) from None
    for name, native in read.items():
        found = re.search(rf"(?m)^[ \t]*\[*[\"']?{re.escape(name)}\b", text)
        yield Field(name, native, _texts(native), start + (found.start() if found else 0))


def _offset(text: str, line: int, column: int) -> int:
    starts = [0, *(found.end() for found in _LINE.finditer(text))]
    return min(len(text), starts[min(line, len(starts)) - 1] + column - 1)


def _json(source: str, is_known: Callable[[str], bool]) -> Head:
    """Return an object at the very beginning whose fields we know; whatever else begins so is text."""
    try:
        read, stop = json.JSONDecoder(parse_float=str, parse_int=str).raw_decode(source[:LONGEST])
    except (ValueError, RecursionError):
        return Head((), 0)
    after = re.compile(r"[ \t]*(?:\r\n?|\n|\Z)").match(source, stop)
    if not after or not any(map(is_known, read)):
        return Head((), 0)
    fields = (
        Field(name, native, _texts(native), max(0, source.find(json.dumps(name)))) for name, native in read.items()
    )
    return Head(tuple(fields), after.end())


def _texts(native: _Native) -> _Native:
    match native:
        case None | str():
            return native
        case bool():
            return str(native).lower()
        case datetime() | date() | time():
            return native.isoformat()
        case list():
            return [_texts(item) for item in native]
        case dict():
            return {str(name): _texts(value) for name, value in native.items()}
        case _:
            return str(native)
