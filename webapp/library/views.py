"""The library of a reader: its lists, and what is put into them from a document's page."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.permissions import signed_in
from webapp.kit.errors import InvalidInputError
from webapp.kit.http import no_store, read_session, write
from webapp.kit.limits import limited
from webapp.kit.paging import Page
from webapp.kit.translatable import _
from webapp.library import lists
from webapp.library.lists import get_listed_document
from webapp.library.models import ANCHOR_LENGTH
from webapp.library.owner import LibraryOwner, current_owner
from webapp.library.reading_positions import (
    ReportedPosition,
    forget_reading,
    remove_bookmark,
    remove_bookmark_by_id,
    save_position,
    set_bookmark,
)

library_pages = Blueprint("library", __name__)
library_pages.after_request(no_store)
_FEW = 5


@library_pages.get("/library")
@signed_in
def library() -> str:
    """Show what a reader reads, bookmarked, bought and noted, a few of each."""
    session, owner = read_session(), current_owner()
    return render_template(
        "library/library.html",
        unfinished=lists.list_history(session, owner, limit=_FEW, unfinished=True),
        bookmarks=lists.list_bookmarks(session, owner, limit=_FEW),
        bought=lists.list_bought(session, owner, limit=_FEW),
        noted=lists.list_noted(session, owner, limit=_FEW),
    )


@library_pages.get("/library/history")
@signed_in
def history() -> str:
    """Show what a reader read, the latest first."""
    return _list("history", lists.list_history(read_session(), current_owner(), request.args.get("after")))


@library_pages.get("/library/bookmarks")
@signed_in
def bookmarks() -> str:
    """Show all bookmarks."""
    return _list("bookmarks", lists.list_bookmarks(read_session(), current_owner(), request.args.get("after")))


@library_pages.get("/library/bought")
@signed_in
def bought() -> str:
    """Show all documents that are the reader's by themselves."""
    return _list("bought", lists.list_bought(read_session(), current_owner(), request.args.get("after")))


@library_pages.get("/library/notes")
@signed_in
def noted() -> str:
    """Show all documents with notes."""
    return _list("noted", lists.list_noted(read_session(), current_owner(), request.args.get("after")))


@library_pages.post("/library/history/forget")
@signed_in
@limited()
def forget() -> AnyResponse:
    """Forget one document that was read, or all of them."""
    slug, owner = request.form.get("document"), current_owner()
    write(lambda session: forget_reading(session, owner.reader_id, _id_of(session, owner, slug) if slug else None))
    return redirect(url_for("library.history"), 303)


@library_pages.post("/d/<slug>/position")
@signed_in
@limited()
def position(slug: str) -> AnyResponse:
    """Keep how far a reader came in a document, as the open page tells it."""
    form, owner = request.form, current_owner()
    told = ReportedPosition(
        view=form.get("view", ""),
        turn=form.get("turn", 0, type=int),
        permille=form.get("permille", None, type=int),
        passage=form.get("passage", ""),
        anchor=form.get("anchor", ""),
    )
    write(lambda session: save_position(session, owner.reader_id, _id_of(session, owner, slug), told, owner.now))
    return Response(status=204)


@library_pages.post("/d/<slug>/bookmark")
@signed_in
@limited()
def bookmark(slug: str) -> AnyResponse:
    """Bookmark a document or a section of it, or take that back, as the form says."""
    anchor, owner = request.form.get("anchor", ""), current_owner()
    if len(anchor) > ANCHOR_LENGTH:
        raise InvalidInputError(_("There is no such section."))
    keep = request.form.get("keep") != "no"

    def rule(session: Session) -> None:
        if keep:
            set_bookmark(session, owner.reader_id, _id_of(session, owner, slug), anchor, owner.now)
        else:
            remove_bookmark(session, owner.reader_id, _id_of(session, owner, slug), anchor)

    write(rule)
    return redirect(url_for("reading.document", slug=slug, _anchor=anchor or None), 303)


@library_pages.post("/library/bookmarks/<int(max=9999999999):number>/remove")
@signed_in
@limited()
def delete_bookmark(number: int) -> AnyResponse:
    """Take a bookmark out of the list; its number stands for a heading that the reader may not read any more."""
    reader_id = current_owner().reader_id
    write(lambda session: remove_bookmark_by_id(session, reader_id, number))
    return redirect(url_for("library.bookmarks"), 303)


def _list(kind: str, listing: Page[object]) -> str:
    return render_template("library/library_list.html", kind=kind, listing=listing)


def _id_of(session: Session, owner: LibraryOwner, slug: str) -> int:
    return get_listed_document(session, owner, slug).id
