"""The log: who did what, to what and when, and how it was before."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Response, current_app, render_template, url_for
from markupsafe import Markup, escape
from sqlalchemy import select

from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.email_addresses import email_key
from webapp.accounts.models import Reader
from webapp.accounts.permissions import Permission, requires
from webapp.desk.data_table import Column, DataTable, TableFilter, moment_cell, show_table
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.log_words import ACT_WORDS, SUBJECT_WORDS
from webapp.kit.errors import InvalidInputError
from webapp.kit.http import read_session
from webapp.kit.languages import gettext, zone
from webapp.kit.paging import RowOrder
from webapp.kit.translatable import _

log_pages = desk_blueprint("desk_log", __name__)
_Told = Mapping[str, str | int | bool | None] | None
# Where a thing is looked at: the view, and the name by which it is given its number.
_PLACES = {
    "document": ("desk_documents_editor.edit", "document_id"),
    "reader": ("desk_readers_one.show_reader", "number"),
}
_NOTHING = "–"


def _who(_entry: LoggedActivity, email: str | None) -> str:
    return email or gettext("the command line")


def _action(entry: LoggedActivity, _email: str | None) -> object:
    known = ACT_WORDS.get(entry.action)
    return gettext(known) if known else Markup("<code>%s</code>") % entry.action


def _subject(entry: LoggedActivity, _email: str | None) -> object:
    kind = gettext(SUBJECT_WORDS[entry.subject_kind]) if entry.subject_kind in SUBJECT_WORDS else entry.subject_kind
    endpoint, name = _PLACES.get(entry.subject_kind, ("", ""))
    if endpoint in current_app.view_functions and entry.subject_id.isdecimal():
        address = url_for(endpoint, **{name: int(entry.subject_id)})  # type: ignore[arg-type]  # as loose as url_for
        return Markup('<a href="%s">%s %s</a>') % (address, kind, entry.subject_id)
    return Markup("%s <code>%s</code>") % (kind, entry.subject_id)


def _changes(entry: LoggedActivity, _email: str | None) -> object:
    before, after = entry.before or {}, entry.after or {}
    lines = [_line(name, before, after) for name in dict.fromkeys([*before, *after])]
    return Markup("<br>").join(lines)


def _line(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Markup:
    told = " → ".join(_value(values, name) for values in (before, after) if name in values)
    return Markup("<code>%s: %s</code>") % (name, escape(told))


def _value(values: Mapping[str, Any], name: str) -> str:
    value = values[name]
    return _NOTHING if value is None or value == "" else str(value)


def _plain(told: _Told) -> str:
    return "; ".join(f"{name}={'' if value is None else value}" for name, value in (told or {}).items())


LOG_TABLE = DataTable(
    "log",
    (
        Column(
            "at",
            _("When"),
            lambda entry, _email: moment_cell(entry.at),
            lambda entry, _email: entry.at.isoformat(),
            RowOrder(LoggedActivity.at, LoggedActivity.id),
        ),
        Column("who", _("Who"), _who),
        Column("action", _("What"), _action, lambda entry, _email: entry.action),
        Column("subject", _("To what"), _subject, lambda entry, _email: f"{entry.subject_kind} {entry.subject_id}"),
        Column("changes", _("Before and after"), _changes, lambda entry, _email: _plain(entry.before)),
        Column("after", _("After"), lambda entry, _email: _plain(entry.after), shown=False),
    ),
    sort="-at",
    filters=(
        TableFilter("who", _("Who")),
        TableFilter("action", _("What"), tuple(ACT_WORDS.items())),
        TableFilter("kind", _("Kind"), tuple(SUBJECT_WORDS.items())),
        TableFilter("number", _("Its number")),
        TableFilter("since", _("From"), kind="date"),
        TableFilter("until", _("Until"), kind="date"),
    ),
)


@log_pages.get("/log")
@requires(Permission.SEE_LOG)
def list_log() -> str | Response:
    """Show what the people of the house did, the latest first; raise InvalidInputError for what is no day."""
    query: Any = select(LoggedActivity, Reader.email).outerjoin(Reader, Reader.id == LoggedActivity.reader_id)
    return show_table(LOG_TABLE, _narrowed(query), lambda listing: render_template("desk/log.html", listing=listing))


def _narrowed(query: Any) -> Any:  # noqa: ANN401 - a Select of these columns
    who, action, kind, number, since, until = (one.value for one in LOG_TABLE.filters)
    if who:
        # Nobody's number is 0: who is not known has done nothing.
        known = read_session().scalar(select(Reader.id).where(Reader.email_key == email_key(who)))
        query = query.where(LoggedActivity.reader_id == (known or 0))
    if action:
        query = query.where(LoggedActivity.action == action)
    if kind:
        query = query.where(LoggedActivity.subject_kind == kind)
    if number:
        query = query.where(LoggedActivity.subject_id == number)
    if since:
        query = query.where(LoggedActivity.at >= _begin_of(since))
    return query.where(LoggedActivity.at < _begin_of(until) + timedelta(days=1)) if until else query


def _begin_of(day: str) -> datetime:
    try:
        begin = datetime.combine(datetime.strptime(day, "%Y-%m-%d").date(), time.min, zone())  # noqa: DTZ007 - a day
        return begin.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError(_("This is no day."), _("Write it like 2026-03-01.")) from error
