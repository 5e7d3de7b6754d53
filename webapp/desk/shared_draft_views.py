"""Links for colleagues: made and revoked at the desk, and the page that they lead to, for whoever has one."""

from datetime import datetime
from io import BytesIO

from flask import Blueprint, Response, make_response, redirect, render_template, request, send_file, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.activity_log import Activity
from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import Permission, public, requires
from webapp.desk.changes import change
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.shared_draft_page import files_of_shared_draft, shared_article
from webapp.documents.attachments import ATTACHMENT_TYPES
from webapp.documents.desk_listing import get_desk_document
from webapp.documents.image_store import IMAGE_TYPES, image_store
from webapp.documents.shared_drafts import (
    DAYS,
    SEEN_EVERY,
    DraftSide,
    MadeLink,
    NewLink,
    SharedDraft,
    list_shared_drafts,
    note_use,
    open_shared_draft,
    revoke_shared_draft,
    share_draft,
)
from webapp.kit import clock
from webapp.kit.allowances import Allowance
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import NotFoundError, PaidspanError
from webapp.kit.http import absolute_url, no_store, read_session, write_when_sent
from webapp.kit.limits import limited
from webapp.kit.request_costs import fetches_files, takes_long

_TYPES = {**IMAGE_TYPES, **ATTACHMENT_TYPES}
_AS_A_READER = Allowance(60, 1)
_AS_PICTURES = Allowance(600, 0.1)

link_pages_of_desk = desk_blueprint("desk_links", __name__)
shared_draft_pages = Blueprint("shared_drafts", __name__)


@link_pages_of_desk.get("/documents/<int:document_id>/links")
@requires(Permission.EDIT)
def list_links(document_id: int) -> AnyResponse:
    """Show the links to a draft, and the form for another."""
    return _page(document_id)


@link_pages_of_desk.post("/documents/<int:document_id>/links")
@limited()
@requires(Permission.EDIT)
def make_link(document_id: int) -> AnyResponse:
    """Make a link and show it, this once."""
    reader, now, form = signed_in_reader(), clock.now(), request.form
    side = form.get("side", DraftSide.VISITOR, type=DraftSide)
    new = NewLink(side, form.get("days", 0, type=int), form.get("name", ""))
    try:
        made = change(
            lambda session: share_draft(session, get_desk_document(session, document_id), new, reader.id, now),
            Activity("shared the draft", "document", document_id, after={"as": side.value, "days": new.days}),
        )
    except PaidspanError as error:
        return _page(document_id, error=error)
    return _page(document_id, made=made)


@link_pages_of_desk.post("/documents/<int:document_id>/links/<int:link_id>/revoke")
@limited()
@requires(Permission.EDIT)
def revoke_link(document_id: int, link_id: int) -> AnyResponse:
    """Have a link lead nowhere any more."""
    now = clock.now()
    change(
        lambda session: revoke_shared_draft(session, document_id, link_id, now),
        lambda did: Activity("revoked a link", "document", document_id) if did else None,
    )
    return redirect(url_for("desk_links.list_links", document_id=document_id, done="revoked"), 303)


def _page(document_id: int, made: MadeLink | None = None, error: PaidspanError | None = None) -> AnyResponse:
    session, now = read_session(), clock.now()
    document = get_desk_document(session, document_id)
    page = render_template(
        "desk/links.html",
        document=document,
        links=list_shared_drafts(session, document_id),
        address=absolute_url("shared_drafts.shared_draft", token=made.token) if made else "",
        now=now,
        days=DAYS,
        sent={name: request.form.get(name, "") for name in ("side", "days", "name")},
        error=error,
        done=request.args.get("done", ""),
    )
    return make_response(page, error.status if error else 200)


@shared_draft_pages.get("/draft/<token>")
@takes_long
@limited(_AS_A_READER)
@public
def shared_draft(token: str) -> Response:
    """Show a draft to whoever has its link, as a visitor or as a subscriber would get it."""
    now = clock.now()
    link, document = open_shared_draft(read_session(), token, now)
    article = shared_article(read_session(), link, document, token, now)
    page = render_template(
        "desk/shared_draft.html",
        document=document,
        link=link,
        article=Markup(article) if article else None,  # noqa: S704 - our own page
    )
    return _noted(make_response(page), link, now)


@shared_draft_pages.get("/draft/<token>/<name>")
@fetches_files
@limited(_AS_PICTURES)
@public
def shared_file(token: str, name: str) -> Response:
    """Give a picture or an attachment of a draft to whoever has its link, where the side that it shows has it."""
    now = clock.now()
    link, document = open_shared_draft(read_session(), token, now)
    kind = name.rpartition(".")[2]
    data = None
    if kind in _TYPES and name in files_of_shared_draft(read_session(), link, document, now):
        data = image_store(current_settings()).read(name)
    if data is None:
        raise NotFoundError
    response = send_file(BytesIO(data), mimetype=_TYPES[kind], max_age=0)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if kind in ATTACHMENT_TYPES:
        response.headers["Content-Disposition"] = "attachment"
    return response


def _noted(response: Response, link: SharedDraft, now: datetime) -> Response:
    if link.last_used_at is not None and now - link.last_used_at < SEEN_EVERY:
        return response
    link_id = link.id
    return write_when_sent(response, lambda session: note_use(session, link_id, now))


@shared_draft_pages.after_request
def _kept_nowhere(response: Response) -> Response:
    """Have no cache keep it, no search engine list it, and no other site learn its address."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return no_store(response)
