"""The list of readers: found, filtered, taken along."""

from dataclasses import dataclass
from datetime import datetime, time

from flask import Response, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.models import Membership, Reader, Role
from webapp.accounts.permissions import Permission, requires
from webapp.billing.context import current_billing
from webapp.billing.reader_search import ReaderFilter, ask_whose, find_reader_of_number, find_readers, names_one
from webapp.billing.reader_table import read_day
from webapp.desk.data_table import Column, DataTable, TableFilter, show_pages
from webapp.desk.desk_pages import desk_blueprint
from webapp.kit.errors import InvalidInputError
from webapp.kit.http import read_session
from webapp.kit.languages import date, gettext, zone
from webapp.kit.limits import limited
from webapp.kit.paging import Page
from webapp.kit.request_costs import asks_others
from webapp.kit.translatable import _

reader_list_pages = desk_blueprint("desk_readers", __name__)

MEMBERSHIPS = {
    Membership.PAID: _("Paid: everything"),
    Membership.REPORT: _("Bought reports"),
    Membership.TRIAL: _("On trial"),
    Membership.FAILING: _("Payment failing"),
    Membership.COMPLIMENTARY: _("Given by hand"),
    Membership.ENDED: _("Nothing any more"),
    Membership.NOTHING: _("Nothing yet"),
}
ROLES = {
    Role.READER: _("Reader"),
    Role.EDITOR: _("Editor"),
    Role.PUBLISHER: _("Publisher"),
    Role.OWNER: _("Owner"),
}
_SEARCH = TableFilter("q", _("Address, name or number"))
_HOLDS = TableFilter("holds", _("Holds"), tuple((word.value, label) for word, label in MEMBERSHIPS.items()))
_ROLE = TableFilter("role", _("Role"), tuple((role.value, label) for role, label in ROLES.items()))
_SINCE = TableFilter("since", _("Here since"), kind="date")


def _link(reader: Reader) -> Markup:
    address = url_for("desk_readers_one.show_reader", number=reader.id)
    return Markup('<a href="{}">{}</a>').format(address, reader.email)


def _state(reader: Reader) -> str:
    if reader.closing_at:
        return gettext("Closing")
    return gettext("Disabled") if reader.disabled_at else ""


READERS_TABLE = DataTable(
    "readers",
    (
        Column("email", _("E-mail"), _link, lambda reader: reader.email),
        Column("name", _("Full name"), lambda reader: reader.name),
        Column("holds", _("Holds"), lambda reader: gettext(MEMBERSHIPS[reader.membership]), lambda one: one.membership),
        Column("role", _("Role"), lambda reader: gettext(ROLES[reader.role]), lambda one: one.role, shown=False),
        Column(
            "since", _("Here since"), lambda reader: date(reader.created_at), lambda one: one.created_at.isoformat()
        ),
        Column("state", _("State"), _state),
    ),
    sort="",
    filters=(_SEARCH, _HOLDS, _ROLE, _SINCE),
)


@dataclass(frozen=True, slots=True)
class _Found:
    """Fetches the pages of one list, in the session of whoever asks."""

    wanted: ReaderFilter

    def __call__(self, session: Session, after: str | None, most: int) -> Page[tuple[Reader]]:
        return find_readers(session, self.wanted, after, most).map(lambda reader: (reader,))


@reader_list_pages.get("/readers")
@requires(Permission.MANAGE_READERS)
def list_readers() -> str | Response | AnyResponse:
    """Show the readers that were asked for; a number leads to whose it is."""
    typed = _SEARCH.value
    if names_one(typed):
        owner = find_reader_of_number(read_session(), typed, current_billing().mode)
        if owner is not None:
            return redirect(url_for("desk_readers_one.show_reader", number=owner), 303)
    wanted, error = _wanted(typed)
    found = _Found(wanted)

    def show(listing: object) -> str:
        at_stripe = typed if names_one(typed) and not typed.isdecimal() else ""
        return render_template("desk/readers.html", listing=listing, error=error, at_stripe=at_stripe)

    return show_pages(READERS_TABLE, found, show)


@reader_list_pages.get("/readers/at-stripe")
@requires(Permission.MANAGE_READERS)
@limited()
@asks_others
def find_at_stripe() -> AnyResponse | str:
    """Ask Stripe what an id is about that is not kept here, as a charge's, and lead to whose it is."""
    typed = request.args.get("q", "").strip()[:255]
    owner = ask_whose(current_billing(), typed)
    if owner is not None:
        return redirect(url_for("desk_readers_one.show_reader", number=owner), 303)
    return render_template("desk/reader_unknown.html", typed=typed)


def _wanted(typed: str) -> tuple[ReaderFilter, InvalidInputError | None]:
    """Return what is asked for; a day that is none is left out, and said."""
    since, error = None, None
    if _SINCE.value:
        try:
            since = datetime.combine(read_day(_SINCE.value), time(), zone())
        except InvalidInputError as problem:
            error = problem
    holds, role = _HOLDS.value, _ROLE.value
    return ReaderFilter(typed, Membership(holds) if holds else None, Role(role) if role else None, since), error
