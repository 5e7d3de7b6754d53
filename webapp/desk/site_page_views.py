"""The pages of the house: their texts in both languages, looked at before they are saved, with every former one."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.activity_log import Activity
from webapp.accounts.login import signed_in_reader
from webapp.accounts.models import Reader
from webapp.accounts.permissions import Permission, requires
from webapp.desk.changes import change
from webapp.desk.comparisons import ShownComparison, show_comparison
from webapp.desk.desk_pages import desk_blueprint
from webapp.kit import clock
from webapp.kit.errors import NotFoundError, PaidspanError
from webapp.kit.http import read_session
from webapp.kit.languages import LOCALES
from webapp.kit.limits import limited
from webapp.kit.request_costs import largest_body
from webapp.manuscript import RenderedEdition
from webapp.site_pages.page_edits import (
    PAGES,
    PageChangedError,
    PageEdit,
    WantedEdit,
    check_page,
    get_edit,
    latest_edit,
    list_edits,
    save_page,
)
from webapp.site_pages.page_rendering import MAX_PAGE_BYTES
from webapp.site_pages.views import current_page_texts

site_page_desk = desk_blueprint("desk_site_pages", __name__)
_LANGUAGES = ", ".join(f'"{language}"' for language in LOCALES)
_ADDRESS = f"/pages/<any({', '.join(PAGES)}):name>/<any({_LANGUAGES}):language>"
_LONGEST_NUMBER = 9
_FORM_BYTES = MAX_PAGE_BYTES * 4  # three for each, as forms write what is not Latin, and room to be told of


@dataclass(frozen=True, slots=True)
class PageDraft:
    """A text as it stands in the form, on which change it is based, and what is shown beside it."""

    text: str
    based_on: int
    preview: RenderedEdition | None = None
    theirs: str | None = None
    error: PaidspanError | None = None


@dataclass(frozen=True, slots=True)
class PageRow:
    """How a page stands in one language."""

    name: str
    language: str
    origin: str
    title: str
    edited_at: datetime | None


@site_page_desk.get("/pages")
@requires(Permission.EDIT)
def list_pages() -> str:
    """Show how each page of the house stands in each language."""
    texts, session = current_page_texts(), read_session()
    rows = []
    for name in PAGES:
        for language in LOCALES:
            edit, shown = latest_edit(session, name, language), texts.shown_source(session, name, language)
            title = texts.read(session, name, language).title
            rows.append(PageRow(name, language, shown.origin, title, edit.edited_at if edit else None))
    return render_template("desk/site_pages.html", rows=rows)


@site_page_desk.get(_ADDRESS)
@requires(Permission.EDIT)
def edit_page(name: str, language: str) -> Response:
    """Show the text of a page to be changed, or a former one of it."""
    session = read_session()
    present = current_page_texts().shown_source(session, name, language)
    former = _asked_for(name, language, "from")
    text = (former.source or "") if former else present.text
    return _page(name, language, PageDraft(text, present.based_on))


@site_page_desk.post(_ADDRESS)
@requires(Permission.EDIT)
@limited()
@largest_body(_FORM_BYTES)
def submit_page(name: str, language: str) -> Response | AnyResponse:
    """Show what a text would look like, save it, or have the shipped one back."""
    text = request.form.get("source", "").replace("\r\n", "\n")
    based_on = request.form.get("based_on", 0, int)
    action = request.form.get("action", "preview")
    facts = current_page_texts().facts
    try:
        if action == "preview":
            return _page(name, language, PageDraft(text, based_on, check_page(text, name, facts)))
        source = None if action == "return" else text
        wanted = WantedEdit(name, language, source, based_on, signed_in_reader().id)
        change(lambda session: save_page(session, wanted, facts, clock.now()), _told)
    except PageChangedError as error:
        present = current_page_texts().shown_source(read_session(), name, language)
        draft = PageDraft(text or present.text, present.based_on, theirs=present.text, error=error)
        return _page(name, language, draft)
    except PaidspanError as error:
        return _page(name, language, PageDraft(text, based_on, error=error))
    done = "returned" if source is None else "saved"
    return redirect(url_for("desk_site_pages.edit_page", name=name, language=language, done=done), 303)


def _told(edit: PageEdit) -> Activity:
    """Return what was done; the log holds no text."""
    action = "returned page" if edit.source is None else "changed page"
    return Activity(action, "page", f"{edit.name}.{edit.language}", after={"version": edit.id})


def _asked_for(name: str, language: str, argument: str) -> PageEdit | None:
    """Return the former text that the address names; raise NotFoundError where there is none."""
    number = request.args.get(argument)
    if number is None or request.method == "POST":
        return None
    is_number = number.isdecimal() and len(number) <= _LONGEST_NUMBER
    edit = get_edit(read_session(), name, language, int(number)) if is_number else None
    if edit is None:
        raise NotFoundError
    return edit


def _page(name: str, language: str, draft: PageDraft) -> Response:
    session = read_session()
    edits = list_edits(session, name, language)
    editors = {edit.edited_by for edit in edits if edit.edited_by}
    known = session.execute(select(Reader.id, Reader.email).where(Reader.id.in_(editors)))
    emails = dict(known.all())
    present = current_page_texts().shown_source(session, name, language)
    compared = _asked_for(name, language, "compare")
    both: ShownComparison | None = show_comparison(compared.source or "", present.text) if compared else None
    page = render_template(
        "desk/site_page.html",
        name=name,
        language=language,
        draft=draft,
        origin=present.origin,
        edits=edits,
        emails=emails,
        compared=compared,
        facts=current_page_texts().facts,
        both=both,
        done=request.args.get("done", ""),
    )
    return make_response(page, draft.error.status if draft.error else 200)
