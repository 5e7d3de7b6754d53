"""A document's page of notes, and all notes as a file."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.access.current_standing import current_standing
from webapp.access.open_document import OpenedDocument, open_document
from webapp.access.policy import get_unlocked_documents
from webapp.accounts.permissions import signed_in
from webapp.kit.errors import ConflictError, InvalidInputError, PaidspanError
from webapp.kit.http import no_store, read_session, write
from webapp.kit.limits import limited
from webapp.kit.request_costs import takes_long
from webapp.library.highlight_html import visible_text
from webapp.library.highlights import (
    HighlightRequest,
    add_highlight,
    change_note,
    get_highlight,
    list_notes,
    remove_highlight,
)
from webapp.library.lists import get_listed_document
from webapp.library.notes_export import note_chapters, write_notes_markdown
from webapp.library.owner import LibraryOwner, current_owner
from webapp.library.text_quote import Searchable, TextQuote

note_pages = Blueprint("highlights", __name__)
note_pages.after_request(no_store)


@note_pages.get("/d/<slug>/notes")
@signed_in
def document_notes(slug: str) -> str:
    """Show what a reader marked in a document, and the form for marking more without a script."""
    return _page(slug)


@note_pages.post("/d/<slug>/notes")
@signed_in
@limited()
def add_highlight_to_document(slug: str) -> AnyResponse:
    """Mark a passage, with a note where there is one."""
    form, owner = request.form, current_owner()
    quote = TextQuote(
        form.get("exact", ""), form.get("prefix", ""), form.get("suffix", ""), form.get("position", 0, type=int)
    )
    try:
        opening, text = _opened(slug, owner)
        place = owner.reader_id, opening.document.id
        wish = HighlightRequest(quote, form.get("note", ""))
        made = write(lambda session: add_highlight(session, place, text, wish, owner.now))
    except (InvalidInputError, ConflictError) as error:
        return Response(_page(slug, error=error), error.status)
    return redirect(url_for("reading.document", slug=slug, _anchor=f"highlight-{made.number}"), 303)


@note_pages.post("/d/<slug>/notes/<int(max=9999999999):number>")
@signed_in
@limited()
def save_note(slug: str, number: int) -> AnyResponse:
    """Give a marked passage another note."""
    owner = current_owner()

    def change(session: Session) -> None:
        row = get_highlight(session, owner.reader_id, get_listed_document(session, owner, slug).id, number)
        change_note(row, request.form.get("note", ""), owner.now)

    try:
        write(change)
    except InvalidInputError as error:
        return Response(_page(slug, error=error), error.status)
    return redirect(url_for("highlights.document_notes", slug=slug, _anchor=f"note-{number}"), 303)


@note_pages.post("/d/<slug>/notes/<int(max=9999999999):number>/remove")
@signed_in
@limited()
def delete_highlight(slug: str, number: int) -> AnyResponse:
    """Remove a highlight and its note."""
    owner = current_owner()

    def remove(session: Session) -> None:
        remove_highlight(session, owner.reader_id, get_listed_document(session, owner, slug).id, number)

    write(remove)
    return redirect(url_for("highlights.document_notes", slug=slug), 303)


@note_pages.get("/library/notes.md")
@signed_in
@limited()
@takes_long
def export_notes() -> Response:
    """Return all notes of a reader as a Markdown file, the passages as far as they may read them now."""
    text = render_template(
        "library/notes.txt", chapters=note_chapters(read_session(), current_owner()), plain=write_notes_markdown
    )
    answer = Response(text, content_type="text/markdown; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="notes.md"'
    return answer


def _page(slug: str, error: PaidspanError | None = None) -> str:
    owner = current_owner()
    opening, text = _opened(slug, owner)
    found = opening.document
    in_full = found.id in get_unlocked_documents(owner.standing, owner.now)
    page = list_notes(
        read_session(), (owner.reader_id, found.id), text, in_full=in_full, after=request.args.get("after")
    )
    return render_template(
        "library/notes.html", document=found, edition=opening.edition, page=page, in_full=in_full, error=error
    )


def _opened(slug: str, owner: LibraryOwner) -> tuple[OpenedDocument, Searchable]:
    """Return a document as far as the reader may read it, and the text of it."""
    opening = open_document(read_session(), slug, current_standing, owner.now)
    return opening, Searchable(visible_text(opening.edition.html))
