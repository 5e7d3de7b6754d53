"""The log: who did what, and when."""

from flask import Response, render_template
from sqlalchemy import select

from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.models import Reader
from webapp.accounts.permissions import Permission, requires
from webapp.desk.data_table import Column, DataTable, moment_cell, show_table
from webapp.desk.desk_pages import desk_blueprint
from webapp.kit.languages import gettext
from webapp.kit.paging import RowOrder
from webapp.kit.translatable import _

log_pages = desk_blueprint("desk_log", __name__)


def _who(_entry: LoggedActivity, email: str | None) -> str:
    return email or gettext("the command line")


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
        Column("action", _("What"), lambda entry, _email: entry.action),
        Column("subject", _("To what"), lambda entry, _email: f"{entry.subject_kind} {entry.subject_id}"),
    ),
    sort="-at",
)


@log_pages.get("/log")
@requires(Permission.SEE_LOG)
def list_log() -> str | Response:
    """Show what the people of the house did, the latest first."""
    query = select(LoggedActivity, Reader.email).outerjoin(Reader, Reader.id == LoggedActivity.reader_id)
    return show_table(LOG_TABLE, query, lambda listing: render_template("desk/log.html", listing=listing))
