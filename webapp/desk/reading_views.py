"""How documents are read: from previews over gates to payment, in all, per document and per gate."""

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

from flask import Response, render_template, request, url_for
from markupsafe import Markup

from webapp.accounts.permissions import Permission, requires
from webapp.desk.data_table import Column, DataTable, show_table
from webapp.desk.desk_pages import desk_blueprint
from webapp.documents.models import Document, PublicEdition
from webapp.kit import clock
from webapp.kit.csv_cells import csv_lines
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import NotFoundError
from webapp.kit.http import read_session
from webapp.kit.languages import gettext, number
from webapp.kit.paging import RowOrder
from webapp.kit.translatable import _
from webapp.reading_figures.models import DocumentReadingCount, ReadingKind
from webapp.reading_figures.reading_sums import (
    counts_of_days,
    document_counts,
    document_sites,
    gate_figures,
    last_days,
    library_counts,
    library_sites,
    ranked_documents,
    recent_periods,
)

reading_figure_pages = desk_blueprint("desk_reading", __name__)
_DAYS, _SMALL = 30, 10  # days in the picture; a percentage that has a decimal
_PERIOD = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
LABELS = {
    ReadingKind.PREVIEW: _("Previews"),
    ReadingKind.GATE: _("Gate seen"),
    ReadingKind.CHECKOUT: _("Orders begun"),
    ReadingKind.PAID: _("Orders paid"),
    ReadingKind.FULL: _("Opened in full"),
    ReadingKind.END: _("Read to the end"),
    ReadingKind.ROBOT: _("Robots"),
}
_KINDS = tuple(ReadingKind)
_ORDER = RowOrder(DocumentReadingCount.count, DocumentReadingCount.document_id)


def _cell(place: int) -> Callable[..., str]:
    return lambda *row: number(row[place] or 0)


def _plain(place: int) -> Callable[..., int]:
    return lambda *row: row[place] or 0


def _document_cell(id_: int, _slug: str, title: str, *_counts: int) -> Markup:
    where = url_for("desk_reading.show_document_reading", document_id=id_, period=_period())
    return Markup('<a href="{}">{}</a>').format(where, title)


READ_DOCUMENTS = DataTable(
    "reading",
    (
        Column("document", _("Document"), _document_cell, lambda _id, _slug, title, *_counts: title),
        Column("slug", _("Address"), lambda _id, slug, *_rest: slug, shown=False),
        *(
            Column(
                kind.value,
                LABELS[kind],
                _cell(3 + place),
                _plain(3 + place),
                _ORDER,
                numeric=True,
                shown=kind is not ReadingKind.ROBOT,
            )
            for place, kind in enumerate(_KINDS)
        ),
    ),
    sort=f"-{ReadingKind.PREVIEW.value}",
)


@reading_figure_pages.get("/reading")
@requires(Permission.SEE_FIGURES)
def show_reading() -> str | Response:
    """Show how the library was read in a period, from where, and which documents most."""
    session, period, zone = read_session(), _period(), _zone()
    asked = request.args.get("sort", READ_DOCUMENTS.sort).removeprefix("-")
    by = ReadingKind(asked) if asked in _KINDS else ReadingKind.PREVIEW

    def show(listing: object) -> str:
        return render_template(
            "desk/reading.html",
            listing=listing,
            counts=library_counts(session, period),
            days=counts_of_days(session, last_days(clock.now(), zone, _DAYS)),
            sites=library_sites(session, period),
            **_common(period),
        )

    return show_table(READ_DOCUMENTS, ranked_documents(period, by), show)


@reading_figure_pages.get("/reading/<int(max=999999999):document_id>")
@requires(Permission.SEE_FIGURES)
def show_document_reading(document_id: int) -> str | Response:
    """Show how one document was read in a period, and what became of each of its gates."""
    session, period, zone = read_session(), _period(), _zone()
    document, edition = session.get(Document, document_id), session.get(PublicEdition, document_id)
    if document is None:
        raise NotFoundError(_("There is no such document."))
    gates = gate_figures(session, document_id, period, len(edition.gates) if edition else 0)
    if request.args.get("format") == "csv":
        return _gates_as_csv(document, [(one.number, one.seen, one.checkouts, one.paid) for one in gates])
    return render_template(
        "desk/reading_of_document.html",
        document=document,
        gates=gates,
        behind=edition.gates if edition else (),
        counts=document_counts(session, document_id, period),
        days=counts_of_days(session, last_days(clock.now(), zone, _DAYS), document_id),
        sites=document_sites(session, document_id, period),
        **_common(period),
    )


def _gates_as_csv(document: Document, rows: list[tuple[int, ...]]) -> Response:
    head = [gettext(_("Gate")), *(gettext(LABELS[kind]) for kind in (_KINDS[1], _KINDS[2], _KINDS[3]))]
    answer = Response(csv_lines(head, iter(rows)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="gates-{document.id}.csv"'
    return answer


def _common(period: str) -> dict[str, object]:
    periods = recent_periods(clock.now(), _zone())
    return {"period": period, "periods": periods, "labels": LABELS, "kinds": ReadingKind, "share": shown_share}


def shown_share(part: int, whole: int) -> str:
    """Return which part of something it is, as a whole percentage; "—" of nothing."""
    if not whole:
        return "—"
    percent = 100 * part / whole
    return f"{percent:.1f} %" if 0 < percent < _SMALL else f"{percent:.0f} %"


def _period() -> str:
    """Return which period is asked for, this month where none is."""
    asked = request.args.get("period", "")
    return asked if _PERIOD.fullmatch(asked) else recent_periods(clock.now(), _zone())[2]


def _zone() -> ZoneInfo:
    return ZoneInfo(current_settings().timezone)
