"""Front matter: what an author says of a document before its text begins. All of it is public."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from webapp.manuscript.findings import Finding, FrontMatterProblem, front_matter_finding, in_order
from webapp.manuscript.front_matter_format.front_matter_dates import read_moment
from webapp.manuscript.front_matter_format.front_matter_syntax import (
    LONGEST,
    Field,
    TooLongError,
    UnclosedError,
    UnreadableFieldsError,
    split_front_matter,
)
from webapp.manuscript.line_columns import line_columns
from webapp.manuscript.marker_language.character_folding import fit

_Places = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What is said; empty or None where nothing is. A moment without a zone is the publisher's.

    `others` are fields that mean nothing to us, as their parser read them; `places` line and column of each other
    field; `body` the offset in the source where the text begins.
    """

    title: str = ""
    subtitle: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    slug: str = ""
    aliases: tuple[str, ...] = ()
    language: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    paid_updated_at: datetime | None = None
    draft: bool = False
    price: str = ""
    currency: str = ""
    collection: str = ""
    cover: str = ""
    guid: str = ""
    others: tuple[tuple[str, object], ...] = ()
    places: _Places = field(default_factory=dict)
    body: int = 0

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the texts that are shown beside the title and the summary."""
        shown = (self.subtitle, *self.authors, *self.tags, self.slug, *self.aliases, self.collection, self.cover)
        return tuple(text for text in shown if text)

    def place(self, name: str) -> tuple[int, int]:
        """Return line and column of a field, of the beginning where it is not there."""
        return self.places.get(name, (1, 1))


NO_FRONT_MATTER = FrontMatter()

# How each field is written by Jekyll, Hugo, Obsidian and others, the first of them that is there being taken; case,
# hyphens and underscores aside. Of lists all are taken.
_NAMES = {
    "title": ("title",),
    "subtitle": ("subtitle",),
    "summary": ("summary", "description", "excerpt"),
    "authors": ("authors", "author"),
    "tags": ("tags", "tag", "categories", "category", "keywords"),
    "slug": ("slug", "permalink"),
    "aliases": ("aliases", "alias", "redirectfrom"),
    "language": ("language", "lang"),
    "published_at": ("date", "publishedat", "pubdate", "publishdate", "published"),
    "updated_at": ("updated", "updatedat", "lastmod", "modified", "lastmodified", "lastmodifiedat"),
    "paid_updated_at": ("paidupdated",),
    "draft": ("draft",),
    "price": ("price",),
    "currency": ("currency",),
    "collection": ("collection", "series"),
    "cover": ("cover", "image", "coverimage"),
    "guid": ("guid",),
}
_MEANINGS = {name: meaning for meaning, names in _NAMES.items() for name in names}
_LISTS = {"authors", "tags", "aliases"}
_MOMENTS = {"published_at", "updated_at", "paid_updated_at"}
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}
_COMMA = re.compile("[,，、;；]")
_WITHIN = ("name", "src", "image", "url", "path")  # of: cover: {image: boat.png, alt: A boat}
# zh-Hant-TW
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
# river-freight of: /2026/03/river-freight.html
_ADDRESS_END = re.compile(r"(?:\.html?|\.md)?/*(?:[?#].*)?$")


class _RefusedValueError(Exception):
    """A value that its field cannot have."""

    def __init__(self, problem: FrontMatterProblem, **values: str) -> None:
        super().__init__(problem)
        self.problem, self.values = problem, values


def _folded(name: str) -> str:
    return re.sub(r"[-_ ]", "", name).lower()


def _is_known(name: str) -> bool:
    return _folded(name) in _MEANINGS


def _one_text(field_: Field) -> str:
    value = field_.texts
    if isinstance(value, dict):
        value = next((value[name] for name in _WITHIN if value.get(name)), value)
    if value is not None and not isinstance(value, str):
        raise _RefusedValueError(FrontMatterProblem.ONE_TEXT)
    return " ".join(fit(value or "").split())


def _several(field_: Field) -> Iterator[str]:
    value = field_.texts
    if isinstance(value, str) and _MEANINGS[_folded(field_.name)] == "tags":
        # Jekyll divides what is written as one text at its spaces.
        divides = _folded(field_.name) in {"tags", "categories"} and not _COMMA.search(value)
        value = value.split() if divides else _COMMA.split(value)
    for item in value if isinstance(value, list) else [value]:
        text = _one_text(replace(field_, texts=item))
        if name := tag_name(text) if _MEANINGS[_folded(field_.name)] == "tags" else text:
            yield name


def tag_name(text: str) -> str:
    """Return the name of a tag as it is stored: without the signs that mark it where it is written, as in `#budget`."""
    return " ".join(fit(text).split()).lstrip("# ")


def _moment_of(field_: Field) -> datetime | None:
    text = _one_text(field_)
    moment = read_moment(text)
    if text and moment is None:
        raise _RefusedValueError(FrontMatterProblem.DATE)
    return moment


def _truth(field_: Field) -> bool | None:
    text = _one_text(field_).lower()
    if text and text not in _TRUE | _FALSE:
        raise _RefusedValueError(FrontMatterProblem.TRUE_OR_FALSE)
    return text in _TRUE if text else None


def _last_part(address: str) -> str:
    """Return the last part of an address, which is its document's name; a pattern of Jekyll's is none."""
    last = _ADDRESS_END.sub("", address).rpartition("/")[2]
    return "" if last.startswith(":") else last


def _language(text: str) -> str:
    tag = text.replace("_", "-")
    if tag and not _LANGUAGE.fullmatch(tag):
        raise _RefusedValueError(FrontMatterProblem.LANGUAGE)
    return tag


def _value(meaning: str, field_: Field) -> object:
    """Return the value of a field; raise _RefusedValueError."""
    if meaning in _LISTS:
        several = tuple(_several(field_))
        return tuple(filter(None, map(_last_part, several))) if meaning == "aliases" else several
    if meaning in _MOMENTS:
        return _moment_of(field_)
    if meaning == "draft":
        return _truth(field_)
    read: Callable[[str], str] = {"slug": _last_part, "language": _language}.get(meaning, str)
    return read(_one_text(field_))


def _meaning(field_: Field) -> str | None:
    """Return which field it is; `published` is a date or, as in Jekyll, the opposite of a draft."""
    if _folded(field_.name) == "published" and str(field_.texts).lower() in _TRUE | _FALSE:
        return "draft"
    return _MEANINGS.get(_folded(field_.name))


def _rank(field_: Field) -> int:
    meaning = _MEANINGS.get(_folded(field_.name))
    return _NAMES[meaning].index(_folded(field_.name)) if meaning else 0


class _Reader:
    """Collects what the fields of one source say, and what is wrong with them."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.findings: list[Finding] = []
        self._said: dict[str, object] = {}
        self._names: set[str] = set()
        self._others: list[tuple[str, object]] = []
        self._places: _Places = {}

    def read(self, fields: Iterable[Field], body: int) -> FrontMatter:
        # By rank, so that of two fields of one meaning the usual name is taken.
        for field_ in sorted(fields, key=_rank):
            self._take(field_)
        said = {name: value for name, value in self._said.items() if value is not None}
        return FrontMatter(**said, others=tuple(self._others), places=self._places, body=body)  # type: ignore[arg-type]

    def find(self, offset: int, problem: FrontMatterProblem, excerpt: str = "", **values: str) -> None:
        (place,) = line_columns(self._source, [offset])
        self.findings.append(front_matter_finding(problem, place, excerpt, **values))

    def _take(self, field_: Field) -> None:
        if field_.name in self._names:
            self.find(field_.offset, FrontMatterProblem.TWICE, field_.name, name=field_.name)
            return
        self._names.add(field_.name)
        meaning = _meaning(field_)
        if meaning is None:
            self.find(field_.offset, FrontMatterProblem.UNKNOWN, field_.name, name=field_.name)
            self._others.append((field_.name, field_.native))
            return
        (place,) = line_columns(self._source, [field_.offset])
        self._places.setdefault(meaning, place)
        try:
            self._join(meaning, field_, _value(meaning, field_))
        except _RefusedValueError as refused:
            self.find(field_.offset, refused.problem, field_.name, name=field_.name, **refused.values)

    def _join(self, meaning: str, field_: Field, value: object) -> None:
        present = self._said.get(meaning)
        if meaning in _LISTS and isinstance(value, tuple) and isinstance(present, tuple):
            self._said[meaning] = tuple(dict.fromkeys((*present, *value)))
        elif meaning == "draft" and value is not None:
            is_draft = bool(value) is (_folded(field_.name) == "draft")
            self._said[meaning] = bool(present) or is_draft
        elif not present:
            self._said[meaning] = tuple(dict.fromkeys(value)) if isinstance(value, tuple) else value


def read_front_matter(source: str) -> tuple[FrontMatter, tuple[Finding, ...]]:
    """Return what the front matter of a source says, and what is wrong with it."""
    reader = _Reader(source)
    try:
        head = split_front_matter(source, _is_known)
    except UnreadableFieldsError as error:
        reader.find(error.offset, error.problem, syntax=error.syntax)
    except UnclosedError:
        reader.find(0, FrontMatterProblem.UNCLOSED, source[:3])
    except TooLongError:
        reader.find(0, FrontMatterProblem.TOO_LONG, source[:3], most=str(LONGEST))
    else:
        front = reader.read(head.fields, head.body)
        return front, in_order(reader.findings)
    return NO_FRONT_MATTER, in_order(reader.findings)
