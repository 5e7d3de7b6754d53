"""Front matter as it is written: YAML that `front_matter` reads as the same."""

from dataclasses import fields
from datetime import date, datetime

import yaml

from webapp.manuscript.front_matter_format.front_matter import FrontMatter
from webapp.manuscript.marker_language.markers import suspects

# In the order in which they are written, and under which names.
_WRITTEN = {
    "title": "title",
    "subtitle": "subtitle",
    "slug": "slug",
    "published_at": "date",
    "updated_at": "updated",
    "paid_updated_at": "paid_updated",
    "draft": "draft",
    "language": "language",
    "authors": "authors",
    "tags": "tags",
    "summary": "summary",
    "price": "price",
    "currency": "currency",
    "collection": "collection",
    "cover": "cover",
    "aliases": "aliases",
    "guid": "guid",
}
assert set(_WRITTEN) == {field.name for field in fields(FrontMatter)} - {"others", "places", "body"}


def write_front_matter(front: FrontMatter) -> str:
    """Return front matter with its rules; what it cannot hold, since it reads as a marker, is left out."""
    said = {name: _fit(getattr(front, key)) for key, name in _WRITTEN.items()}
    said = {name: value for name, value in said.items() if value}
    said |= {name: _plain(value) for name, value in front.others}
    return f"---\n{_yaml(said)}---\n" if said else ""


def _fit(value: object) -> object:
    if isinstance(value, str):
        return "" if next(suspects(value), None) else value
    if isinstance(value, tuple):
        return [item for item in value if _fit(item)]
    return value


def _plain(value: object) -> object:
    """Return what a parser made of a field that means nothing to us as YAML can write it."""
    match value:
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {str(name): _plain(item) for name, item in value.items()}
        case None | str() | bool() | int() | float() | datetime() | date():
            return value
        case _:
            return str(value)


def _yaml(said: dict[str, object]) -> str:
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False, default_flow_style=False, width=float("inf"))
