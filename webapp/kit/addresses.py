"""Addresses of views: Flask makes one of each kind, and what differs between them is put in its place."""

from functools import lru_cache
from urllib.parse import quote, quote_plus

from flask import request, url_for
from werkzeug.routing import BuildError

from webapp.kit.blanks import PATH, QUERY, Blank

# What Werkzeug leaves as it is: in a path (routing/converters.py) and among the arguments (urls.py).
_PLAIN_IN_PATH, _PLAIN_IN_QUERY = "!$&'()*+,/:;=@", "!$'()*,/:;?@"
_remembered = lru_cache(maxsize=4096)
# How an address begins; then each value by its name, whether it is an argument, and what follows it.
_Pattern = tuple[str, tuple[tuple[str, bool, str], ...]]


def local_address(endpoint: str, **values: object) -> str:
    """Return url_for's address; a page has three dozen, and Werkzeug takes its time for each."""
    root = mounted_at()
    pattern = _pattern(root, endpoint, tuple(values))
    if pattern is None:
        return _whole_address(root, endpoint, tuple(values.items()))
    written, places = pattern
    for name, is_argument, piece in places:
        value = values[name]
        if isinstance(value, Blank):
            written += value.mark(QUERY if is_argument else PATH) + piece
        elif type(value) is str:
            written += (in_query(value) if is_argument else in_path(value)) + piece
        else:
            return _whole_address(root, endpoint, tuple(values.items()))
    return written


def mounted_at() -> str:
    """Return what all addresses begin with: where a server has mounted the application, mostly ""."""
    try:
        return str(request.environ.get("SCRIPT_NAME", ""))
    except RuntimeError:  # outside of any request
        return ""


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
    if not found:
        return made, ()
    if any(begin < 0 for begin, _place in found) or any(name.startswith("_") for name in names):
        return None
    ends = [*(begin for begin, _place in found[1:]), len(made)]
    places = tuple(
        (names[place], begin > query_begins, made[begin + len(marks[place]) : end])
        for (begin, place), end in zip(found, ends, strict=True)
    )
    return made[: found[0][0]], places


@_remembered
def in_path(value: str) -> str:
    """Return a word as it stands in the path of an address."""
    return quote(value, safe=_PLAIN_IN_PATH)


@_remembered
def in_query(value: str) -> str:
    """Return a word as it stands among the arguments of an address."""
    return quote_plus(value, safe=_PLAIN_IN_QUERY)
