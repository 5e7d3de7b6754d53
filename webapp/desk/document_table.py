"""The table of all documents, as the desk shows it and as CSV."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from markupsafe import Markup

from webapp.desk.data_table import Column, DataTable, TableFilter, day_cell, moment_cell
from webapp.documents.desk_listing import BY_CHANGE, BY_PUBLICATION, DeskListedDocument, DeskView
from webapp.documents.models import State
from webapp.kit.languages import gettext, money, number
from webapp.kit.money import Money
from webapp.kit.translatable import _

STATES = {State.DRAFT: _("Draft"), State.PUBLISHED: _("Published"), State.WITHDRAWN: _("Withdrawn")}
VIEWS = {DeskView.FINDINGS: _("With findings"), DeskView.AHEAD: _("Changed since publishing")}


@dataclass(frozen=True, slots=True)
class _Row:
    """A document of the list with its price."""

    listed: DeskListedDocument
    price: Money | None

    @classmethod
    def of(cls, *row: Any) -> "_Row":  # noqa: ANN401 - what the query selects
        amount, currency = row[-2:]
        return cls(DeskListedDocument.of(row), Money(amount, currency) if amount is not None else None)


def _column(
    key: str,
    label: str,
    show: Callable[[_Row], object],
    plain: Callable[[_Row], object] | None = None,
    **more: Any,  # noqa: ANN401 - what columns have besides
) -> Column:
    def cell(*row: object) -> object:
        return show(_Row.of(*row))

    def value(*row: object) -> object:
        return (plain or show)(_Row.of(*row))

    return Column(key, label, cell, value, **more)


def _title(row: _Row) -> Markup:
    document = row.listed.document
    address = url_for("desk_documents_editor.edit", document_id=document.id)
    return Markup('<a href="{}">{}</a>').format(address, document.title or gettext(_("Untitled")))


def _state(row: _Row) -> Markup:
    """Return where a document stands, and what is to be done about it."""
    change = row.listed.change
    told = [gettext(STATES[row.listed.document.state])]
    told += [gettext(VIEWS[DeskView.AHEAD])] if change.is_ahead else []
    told += [gettext(VIEWS[DeskView.FINDINGS])] if change.has_findings else []
    return Markup(" ").join(Markup('<span class="desk-badge">{}</span>').format(one) for one in told)


def _counted(key: str, label: str, name: str, unit: str = "") -> Column:
    """Return a column of what is counted of a text; empty where nobody has saved or published one."""

    def plain(row: _Row) -> object:
        return getattr(row.listed.text, name) if row.listed.text else ""

    def show(row: _Row) -> str:
        return number(getattr(row.listed.text, name)) + unit if row.listed.text else ""

    return _column(key, label, show, plain, numeric=True)


def _who(row: _Row) -> Markup:
    return Markup('<span class="one-line">{}</span>').format(row.listed.changed_by)


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


DOCUMENT_TABLE = DataTable(
    "documents",
    (
        _column("title", _("Title"), _title, lambda row: row.listed.document.title),
        _column("slug", _("Web address"), lambda row: row.listed.document.slug, shown=False),
        _column("state", _("State"), _state, lambda row: row.listed.document.state),
        _counted("public", _("Public characters"), "public_characters"),
        _counted("paid", _("Paid characters"), "paid_characters"),
        _counted("share", _("Paid share"), "share", " %"),
        _column(
            "price",
            _("Price"),
            lambda row: money(row.price) if row.price else "",
            lambda row: f"{row.price.amount} {row.price.currency}" if row.price else "",
            numeric=True,
        ),
        _column(
            "published",
            _("Published on"),
            lambda row: day_cell(row.listed.document.published_at),
            lambda row: _iso(row.listed.document.published_at),
            order=BY_PUBLICATION,
        ),
        _column(
            "changed",
            _("Last change"),
            lambda row: moment_cell(row.listed.change.changed_at),
            lambda row: _iso(row.listed.change.changed_at),
            order=BY_CHANGE,
        ),
        _column("by", _("Who"), _who, lambda row: row.listed.changed_by),
    ),
    sort="-changed",
    filters=(
        TableFilter("q", _("Words of the title")),
        TableFilter("state", _("State"), tuple((state.value, label) for state, label in STATES.items())),
        TableFilter("tag", _("Tag")),
        TableFilter("view", _("Have a look at"), tuple((view.value, label) for view, label in VIEWS.items())),
    ),
)
