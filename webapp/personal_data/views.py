"""The page on which readers take along what the house knows of them."""

from flask import Blueprint, Response, render_template
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.permissions import signed_in
from webapp.kit import clock
from webapp.kit.allowances import Allowance
from webapp.kit.http import no_store, read_session
from webapp.kit.limits import Limit, limited_by, requester
from webapp.library.notes_export import write_notes_markdown
from webapp.library.owner import current_owner
from webapp.personal_data.data_files import say_value, write_json
from webapp.personal_data.download import gather_data

data_pages = Blueprint("data", __name__)
data_pages.after_request(no_store)
_DOWNLOADS = Allowance(20, 180)  # of one account, in either form: each asks for all its rows


def _downloads() -> list[Limit]:
    return [Limit("personal data", requester(), _DOWNLOADS)]


@data_pages.get("/account/data")
@signed_in
def data_page() -> str:
    """Show what can be taken along."""
    return render_template("personal_data/data.html")


@data_pages.get("/account/data.json")
@signed_in
@limited_by(_downloads)
def data_as_json() -> AnyResponse:
    """Return all of it for programs."""
    text = write_json(gather_data(read_session(), current_owner()), clock.now())
    return _file(text, "application/json", "my-data.json")


@data_pages.get("/account/data.md")
@signed_in
@limited_by(_downloads)
def data_as_markdown() -> AnyResponse:
    """Return all of it for people."""
    parts = gather_data(read_session(), current_owner())
    text = render_template("personal_data/data.txt", parts=parts, say=say_value, plain=write_notes_markdown)
    return _file(text, "text/markdown; charset=utf-8", "my-data.md")


def _file(text: str, content_type: str, name: str) -> Response:
    answer = Response(text, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
