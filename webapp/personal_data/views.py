"""The pages on which readers take along what the house knows of them, and close their account."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.leaving import check_password
from webapp.accounts.login import end_session, signed_in_reader
from webapp.accounts.models import Reader
from webapp.accounts.password_limits import own_password_limits
from webapp.accounts.permissions import public, signed_in
from webapp.accounts.proof import recently_proved
from webapp.billing.account_overview import get_held_subscription
from webapp.billing.context import current_billing
from webapp.kit import clock
from webapp.kit.allowances import Allowance
from webapp.kit.errors import PaidspanError
from webapp.kit.http import no_store, read_session, show_form, write
from webapp.kit.languages import locale
from webapp.kit.limits import Limit, limited_by, requester, uncount_try
from webapp.kit.request_costs import asks_others, takes_long
from webapp.library.owner import current_owner
from webapp.personal_data.account_closing import begin_closing, finish_closing
from webapp.personal_data.data_files import write_json, write_value
from webapp.personal_data.download import gather_data
from webapp.personal_data.forms import ClosingForm

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
@recently_proved("data.data_page", guarded_only=True)
@limited_by(_downloads)
@takes_long
def data_as_json() -> AnyResponse:
    """Return all of it for programs."""
    text = write_json(gather_data(read_session(), current_owner()), clock.now())
    return _file(text, "application/json", "my-data.json")


@data_pages.get("/account/data.md")
@signed_in
@recently_proved("data.data_page", guarded_only=True)
@limited_by(_downloads)
@takes_long
def data_as_markdown() -> AnyResponse:
    """Return all of it for people."""
    parts = gather_data(read_session(), current_owner())
    text = render_template("personal_data/data.txt", parts=parts, write=write_value)
    return _file(text, "text/markdown; charset=utf-8", "my-data.md")


@data_pages.get("/account/close")
@signed_in
@recently_proved("data.closing_page", guarded_only=True)
def closing_page() -> Response:
    """Say what goes and what stays, and ask for the password."""
    return _closing_page(ClosingForm())


@data_pages.post("/account/close")
@signed_in
@recently_proved("data.closing_page", guarded_only=True)
@limited_by(own_password_limits, lambda error: _closing_page(ClosingForm(), error))
@asks_others
def close_account() -> Response | AnyResponse:
    """Shut the account for good, end its billing at Stripe, and then erase the person, at once or by the worker."""
    form, reader_id = ClosingForm(), signed_in_reader().id
    if not form.validate():
        return _closing_page(form, status=400)

    def rule(session: Session) -> None:
        reader = session.get_one(Reader, reader_id)
        check_password(reader, form.password_again.data or "")
        begin_closing(session, reader)

    try:
        write(rule)
    except PaidspanError as error:
        return _closing_page(form, error)
    uncount_try()
    language = locale()
    end_session()
    is_done = finish_closing(current_billing(), reader_id, language)
    answer = redirect(url_for("data.closed_page", later=None if is_done else 1), 303)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@data_pages.get("/closed")
@public
def closed_page() -> str:
    """Say to who was here that the account is closed, or will be."""
    return render_template("personal_data/closed.html", later="later" in request.args)


def _closing_page(form: ClosingForm, error: PaidspanError | None = None, status: int = 200) -> Response:
    held = get_held_subscription(read_session(), signed_in_reader().id, current_billing().mode)
    return show_form("personal_data/close.html", form, error, status, held=held)


def _file(text: str, content_type: str, name: str) -> Response:
    answer = Response(text, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
