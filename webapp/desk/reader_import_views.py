"""Readers brought in from a spreadsheet: what would become of each line is shown before anything is done."""

from collections import Counter
from typing import Any

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.activity_log import Activity
from webapp.accounts.permissions import Permission, requires
from webapp.billing.context import current_billing
from webapp.billing.reader_import import ImportLine, LineOutcome, import_readers, plan_import
from webapp.billing.reader_table import TableRow, UnusableRow, read_table
from webapp.desk.changes import note
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.reader_forms import TableForm
from webapp.documents.decoding import Decoded, DecodingError, decode
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError, PaidspanError
from webapp.kit.http import end_read_session, read_session, show_form
from webapp.kit.languages import zone
from webapp.kit.limits import limited
from webapp.kit.request_costs import largest_body, takes_long

reader_import_pages = desk_blueprint("desk_readers_import", __name__)
_LARGEST = 6_000_000  # bytes; twenty thousand lines, as a form writes what it was shown
_SHOWN = 200  # lines of those that raise no question


@reader_import_pages.get("/readers/import")
@requires(Permission.MANAGE_READERS)
def import_page() -> Response:
    """Ask for the table."""
    done = {name: request.args.get(name, "") for name in ("new", "given", "refused")}
    return _page(TableForm(formdata=None), done=done)


@reader_import_pages.post("/readers/import/preview")
@requires(Permission.MANAGE_READERS)
@limited()
@largest_body(_LARGEST)
@takes_long
def preview_table() -> Response:
    """Say what would become of each line."""
    form = TableForm()
    try:
        decoded = _decoded(form)
        lines = plan_import(read_session(), _rows(decoded.text))
    except PaidspanError as error:
        return _page(form, error)
    return _told(form, decoded, lines)


@reader_import_pages.post("/readers/import")
@requires(Permission.MANAGE_READERS)
@limited()
@largest_body(_LARGEST)
@takes_long
def import_table() -> Response | AnyResponse:
    """Do what was said; sent twice, it does nothing the second time."""
    form = TableForm()
    try:
        rows = _rows(form.table.data or "")
        end_read_session()
        lines = import_readers(current_billing().database, rows)
    except PaidspanError as error:
        return _page(form, error)
    counts = _counts(lines)
    if counts["new"] or counts["given"]:
        note(Activity("imported readers", "reader", after=dict(counts)))
    told: dict[str, Any] = {**counts}
    return redirect(url_for("desk_readers_import.import_page", **told), 303)


def _decoded(form: TableForm) -> Decoded:
    sent = form.file.data.read() if form.file.data else b""
    try:
        return decode(sent)
    except DecodingError as error:
        raise InvalidInputError(error.args[0]) from error


def _rows(text: str) -> list[TableRow | UnusableRow]:
    return read_table(text, zone(), clock.now().astimezone(zone()).date())


def _counts(lines: list[ImportLine]) -> dict[str, int]:
    told = Counter(line.outcome for line in lines)
    new = told[LineOutcome.NEW] + told[LineOutcome.NEW_WITH_ACCESS]
    given = told[LineOutcome.GIVEN] + told[LineOutcome.NEW_WITH_ACCESS]
    return {
        "new": new,
        "given": given,
        "unchanged": told[LineOutcome.UNCHANGED],
        "refused": told[LineOutcome.REFUSED],
    }


def _told(form: TableForm, decoded: Decoded, lines: list[ImportLine]) -> Response:
    wrong = [line for line in lines if line.outcome is LineOutcome.REFUSED][:_SHOWN]
    right = [line for line in lines if line.outcome is not LineOutcome.REFUSED][:_SHOWN]
    return _page(
        form,
        lines=lines,
        counts=_counts(lines),
        wrong=wrong,
        right=right,
        text=decoded.text,
        encoding=decoded.encoding,
    )


def _page(form: TableForm, error: PaidspanError | None = None, **told: object) -> Response:
    all_told: dict[str, Any] = {"lines": None, "done": None, **told}
    return show_form("desk/reader_import.html", form, error, **all_told)
