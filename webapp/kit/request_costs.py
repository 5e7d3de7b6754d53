"""What a view costs beyond others, declared beside it, for the loop that reads bodies and shares out threads."""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, request

_F = TypeVar("_F", bound=Callable[..., object])
_LONG = "paidspan_takes_long"
_ASKS = "paidspan_asks_others"
_FETCHES = "paidspan_fetches_files"
_SEARCHES = "paidspan_searches"
_BODY = "paidspan_largest_body"
LARGEST_FORM = 256_000  # bytes; the longest note takes 10,000 characters, which a form writes in nine bytes each


def takes_long(view: _F) -> _F:
    """Declare that a view makes a file: few do at the same time, and reading never waits for a thread that does."""
    setattr(view, _LONG, True)
    return view


def asks_others(view: _F) -> _F:
    """Declare that a view asks Stripe, and waits as long as that takes: many may, and nobody else waits for them."""
    setattr(view, _ASKS, True)
    return view


def fetches_files(view: _F) -> _F:
    """Declare that a view fetches what is kept: where that is a bucket, it waits for others as `asks_others` does."""
    setattr(view, _FETCHES, True)
    return view


def searches(view: _F) -> _F:
    """Declare that a view looks through the library: the database does it while others make pages."""
    setattr(view, _SEARCHES, True)
    return view


def largest_body(most: int) -> Callable[[_F], _F]:
    """Declare that a view takes bodies of up to so many bytes, where that is not LARGEST_FORM."""

    def declare(view: _F) -> _F:
        setattr(view, _BODY, most)
        return view

    return declare


def install_body_limits(app: Flask) -> None:
    """Hold bodies to what views declare also where Flask reads them itself."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM

    @app.before_request
    def _allow_larger() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if view is not None and hasattr(view, _BODY):
            request.max_content_length = largest_body_of(view)


def is_long(view: Callable[..., object]) -> bool:
    """Return whether a view declares that it takes long."""
    return getattr(view, _LONG, False)


def does_ask_others(view: Callable[..., object]) -> bool:
    """Return whether a view declares that it asks Stripe."""
    return getattr(view, _ASKS, False)


def does_fetch_files(view: Callable[..., object]) -> bool:
    """Return whether a view declares that it fetches what is kept."""
    return getattr(view, _FETCHES, False)


def does_search(view: Callable[..., object]) -> bool:
    """Return whether a view declares that it looks through the library."""
    return getattr(view, _SEARCHES, False)


def largest_body_of(view: Callable[..., object]) -> int:
    """Return how many bytes of a body a view takes."""
    return int(getattr(view, _BODY, LARGEST_FORM))
