"""A document's page of notes, and all notes as a file."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.access.current import standing_here
from webapp.access.opening import Opening, open_document
from webapp.access.policy import reach
from webapp.accounts.permissions import signed_in
from webapp.kit.errors import ConflictError, InvalidInputError, PaidspanError
from webapp.kit.http import no_store, reading, writing
from webapp.library.highlight_html import text_of
from webapp.library.highlights import Wish, add_highlight, change_note, highlight_of, notes_page, remove_highlight
from webapp.library.lists import volume_named
from webapp.library.notes_export import chapters, in_markdown
from webapp.library.owner import Owner, owner_here
from webapp.library.text_quote import Quote, Searchable

notes = Blueprint("notes", __name__)
notes.after_request(no_store)


@notes.get("/d/<slug>/notes")
@signed_in
def of_document(slug: str) -> str:
    """Show what a reader marked in a document, and the form for marking more without a script."""
    return _page(slug)


@notes.post("/d/<slug>/notes")
@signed_in
def add(slug: str) -> AnyResponse:
    """Mark a passage, with a note where there is one."""
    form, owner = request.form, owner_here()
    quote = Quote(
        form.get("exact", ""), form.get("prefix", ""), form.get("suffix", ""), form.get("position", 0, type=int)
    )
    try:
        opening, text = _opened(slug, owner)
        with writing() as session:
            place = owner.reader_id, opening.document.id
            made = add_highlight(session, place, text, Wish(quote, form.get("note", "")), owner.now)
    except (InvalidInputError, ConflictError) as error:
        return Response(_page(slug, error=error), error.status)
    return redirect(url_for("reading.document", slug=slug, _anchor=f"highlight-{made.number}"), 303)


@notes.post("/d/<slug>/notes/<int(max=9999999999):number>")
@signed_in
def change(slug: str, number: int) -> AnyResponse:
    """Give a marked passage another note."""
    owner = owner_here()
    try:
        with writing() as session:
            row = highlight_of(session, owner.reader_id, volume_named(session, owner, slug).id, number)
            change_note(row, request.form.get("note", ""), owner.now)
    except InvalidInputError as error:
        return Response(_page(slug, error=error), error.status)
    return redirect(url_for("notes.of_document", slug=slug, _anchor=f"note-{number}"), 303)


@notes.post("/d/<slug>/notes/<int(max=9999999999):number>/remove")
@signed_in
def remove(slug: str, number: int) -> AnyResponse:
    """Remove a highlight and its note."""
    owner = owner_here()
    with writing() as session:
        remove_highlight(session, owner.reader_id, volume_named(session, owner, slug).id, number)
    return redirect(url_for("notes.of_document", slug=slug), 303)


@notes.get("/library/notes.md")
@signed_in
def export() -> Response:
    """Return all notes of a reader as a Markdown file, the passages as far as they may read them now."""
    text = render_template("library/notes.txt", chapters=chapters(reading(), owner_here()), plain=in_markdown)
    answer = Response(text, content_type="text/markdown; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="notes.md"'
    return answer


def _page(slug: str, error: PaidspanError | None = None) -> str:
    owner = owner_here()
    opening, text = _opened(slug, owner)
    found = opening.document
    in_full = found.id in reach(owner.standing, owner.now)
    page = notes_page(reading(), (owner.reader_id, found.id), text, in_full=in_full, after=request.args.get("after"))
    return render_template(
        "library/notes.html", document=found, edition=opening.edition, page=page, in_full=in_full, error=error
    )


def _opened(slug: str, owner: Owner) -> tuple[Opening, Searchable]:
    """Return a document as far as the reader may read it, and the text of it."""
    opening = open_document(reading(), slug, standing_here, owner.now)
    return opening, Searchable(text_of(opening.edition.html))
