"""The first page of the desk: what needs somebody, this week beside the last, and what a new house still lacks."""

from flask import render_template

from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import PERMISSIONS, Permission, requires
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.needs import list_first_steps, list_needs
from webapp.desk.weeks import week_figures
from webapp.kit import clock
from webapp.kit.current_settings import current_settings
from webapp.kit.http import read_session

overview_pages = desk_blueprint("desk_overview", __name__)


@overview_pages.get("")
@requires(Permission.EDIT)
def show_overview() -> str:
    """Show what needs who is signed in, of what their role may see."""
    session, settings = read_session(), current_settings()
    allowed = PERMISSIONS[signed_in_reader().role]
    now = clock.now()
    return render_template(
        "desk/overview.html",
        needs=list_needs(session, settings, allowed, now),
        weeks=week_figures(session, settings.timezone, now) if Permission.SEE_FIGURES in allowed else [],
        steps=list_first_steps(session, settings, allowed),
    )
