"""Text as it stands in HTML, as plain strings."""

from collections.abc import Callable

import markupsafe

# What MarkupSafe does itself with plain text, eight times as fast without the mark-up that it wraps around it.
_escape_text: Callable[[str], str] = getattr(markupsafe, "_escape_inner", lambda text: str(markupsafe.escape(text)))


def escaped(value: object) -> str:
    """Return what MarkupSafe's `escape` does, as a plain string: all that is wanted of what is written into a page."""
    if type(value) is str:
        return _escape_text(value)
    safe: Callable[[], str] | None = getattr(value, "__html__", None)
    return safe() if safe is not None else _escape_text(str(value))
