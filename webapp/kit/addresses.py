"""Addresses of views: Flask makes one of each kind, and what differs between them is put in its place."""

from functools import lru_cache
from urllib.parse import quote, quote_plus

from flask import request, url_for
from werkzeug.routing import BuildError

# What Werkzeug leaves as it is: in a path (routing/converters.py) and among the arguments (urls.py).
_PLAIN_IN_PATH, _PLAIN_IN_QUERY = "!$&'()*+,/:;=@", "!$'()*,/:;?@"
_remembered = lru_cache(maxsize=4096)
# The pieces of an address between its values; each value by its place among those given, and whether it is an argument.
_Pattern = tuple[tuple[str, ...], tuple[tuple[int, bool], ...]]


def local_address(endpoint: str, **values: object) -> str:
    """Return url_for's address; a page has three dozen, and Werkzeug takes its time for each."""
    root = request.environ.get("SCRIPT_NAME", "")
    if not values:
        return _whole_address(root, endpoint, ())
    pattern = _pattern(root, endpoint, tuple(values))
    given = list(values.values())
    if pattern is None or not all(type(value) is str for value in given):
        return _whole_address(root, endpoint, tuple(values.items()))
    pieces, places = pattern
    written = pieces[0]
    for (place, is_argument), piece in zip(places, pieces[1:], strict=True):
        value = str(given[place])
        written += (_in_query(value) if is_argument else _in_path(value)) + piece
    return written


@_remembered
def _whole_address(_root: str, endpoint: str, values: tuple[tuple[str, object], ...]) -> str:
    return url_for(endpoint, **dict(values))  # type: ignore[arg-type]  # as loose as url_for


@_remembered
def _pattern(_root: str, endpoint: str, names: tuple[str, ...]) -> _Pattern | None:
    """Return what addresses of a view have in common where these are given, None where only Flask can tell."""
    marks = [f"the.value.{place}.of.an.address" for place in range(len(names))]
    try:
        made = url_for(endpoint, **dict(zip(names, marks, strict=True)))  # type: ignore[arg-type]  # as above
    except (BuildError, ValueError):  # a value must be a number, or one of a few words
        return None
    query_begins = made.find("?") if "?" in made else len(made)
    found = sorted((made.find(mark), place) for place, mark in enumerate(marks))
    if found[0][0] < 0 or any(name.startswith("_") for name in names):
        return None
    pieces, end = [], 0
    for begin, place in found:
        pieces.append(made[end:begin])
        end = begin + len(marks[place])
    return (*pieces, made[end:]), tuple((place, begin > query_begins) for begin, place in found)


@_remembered
def _in_path(value: str) -> str:
    return quote(value, safe=_PLAIN_IN_PATH)


@_remembered
def _in_query(value: str) -> str:
    return quote_plus(value, safe=_PLAIN_IN_QUERY)
