"""The download as a program reads it, and each value of it as a person does."""

import json
import re
from collections.abc import Iterable
from datetime import datetime

from webapp.kit.languages import gettext, long_moment, money
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.library.notes_export import write_notes_markdown
from webapp.manuscript.markdown_verbatim import code_span
from webapp.personal_data.download import DataPart

# Words that are kept, as people say them; what is not here is shown as it is kept.
_WORDS = {
    "month": _("Monthly subscription"),
    "year": _("Yearly subscription"),
    "subscription": _("Subscription"),
    "pass": _("Pass"),
    "document": _("Report"),
    "complimentary": _("Given by the publisher"),
    "complete": _("completed"),
    "open": _("not completed"),
    "expired": _("lapsed"),
    "reader": _("reader"),
    "editor": _("editor"),
    "publisher": _("publisher"),
    "refunded": _("refunded"),
    "ended": _("ended"),
}


# Fields whose values are words of programs; those that people have a word for are said so.
_CODES = frozenset(
    re.findall(
        r"\w+",
        "look user_agent scope_words terms_version id session_id source_id type message purpose currency locale kind"
        " state source revoked role",
    )
)


def write_json(parts: Iterable[DataPart], made_at: datetime) -> str:
    """Return the parts as JSON: moments as ISO 8601 in UTC, money in minor units with its currency."""
    told = {"made_at": made_at} | {part.name: [dict(row) for row in part.rows] for part in parts}
    return json.dumps(told, ensure_ascii=False, indent=2, default=_plain)


def write_value(name: str, value: object) -> str:
    """Return a field's value as Markdown: text as it is, words of programs as code; empty where there is nothing."""
    several = value if isinstance(value, list | tuple) else [value]
    if name in _CODES and value and not _WORDS.keys() & several:
        return ", ".join(code_span(" ".join(str(one).split())) for one in several)
    return write_notes_markdown(say_value(value), "  ")


def say_value(value: object) -> str:
    """Return a value in the language of this request; empty where there is nothing to say."""
    match value:
        case datetime():
            return long_moment(value)
        case Money():
            return money(value)
        case str():
            return gettext(_WORDS[value]) if value in _WORDS else value
        case [*several]:
            return ", ".join(map(str, several))
        case _:
            return "" if value is None else str(value)


def _plain(value: object) -> object:
    if isinstance(value, Money):
        return {"minor_units": value.minor_units, "currency": value.currency}
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in JSON")
