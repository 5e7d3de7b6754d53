"""The library of a reader: its lists, and what is put into them from a document's page."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.permissions import signed_in
from webapp.kit.errors import InvalidInputError
from webapp.kit.http import no_store, reading, writing
from webapp.kit.translatable import _
from webapp.library import lists
from webapp.library.lists import volume_named
from webapp.library.models import ANCHOR_LENGTH
from webapp.library.owner import owner_here
from webapp.library.reading_positions import (
    Told,
    forget_reading,
    keep_position,
    remove_bookmark,
    remove_bookmark_numbered,
    set_bookmark,
)

shelf = Blueprint("shelf", __name__)
shelf.after_request(no_store)
_FEW = 5


@shelf.get("/library")
@signed_in
def library() -> str:
    """Show what a reader reads, bookmarked, bought and noted, a few of each."""
    session, owner = reading(), owner_here()
    return render_template(
        "library/library.html",
        unfinished=lists.history(session, owner, limit=_FEW, unfinished=True),
        bookmarks=lists.bookmarks(session, owner, limit=_FEW),
        bought=lists.bought(session, owner, limit=_FEW),
        noted=lists.noted(session, owner, limit=_FEW),
    )


@shelf.get("/library/history")
@signed_in
def history() -> str:
    """Show what a reader read, the latest first."""
    return _list("history", lists.history(reading(), owner_here(), request.args.get("after")))


@shelf.get("/library/bookmarks")
@signed_in
def bookmarks() -> str:
    """Show all bookmarks."""
    return _list("bookmarks", lists.bookmarks(reading(), owner_here(), request.args.get("after")))


@shelf.get("/library/bought")
@signed_in
def bought() -> str:
    """Show all documents that are the reader's by themselves."""
    return _list("bought", lists.bought(reading(), owner_here(), request.args.get("after")))


@shelf.get("/library/notes")
@signed_in
def noted() -> str:
    """Show all documents with notes."""
    return _list("noted", lists.noted(reading(), owner_here(), request.args.get("after")))


@shelf.post("/library/history/forget")
@signed_in
def forget() -> AnyResponse:
    """Forget one document that was read, or all of them."""
    slug, owner = request.form.get("document"), owner_here()
    with writing() as session:
        forget_reading(session, owner.reader_id, volume_named(session, owner, slug).id if slug else None)
    return redirect(url_for("shelf.history"), 303)


@shelf.post("/d/<slug>/position")
@signed_in
def position(slug: str) -> AnyResponse:
    """Keep how far a reader came in a document, as the open page tells it."""
    form, owner = request.form, owner_here()
    told = Told(
        view=form.get("view", ""),
        turn=form.get("turn", 0, type=int),
        permille=form.get("permille", None, type=int),
        passage=form.get("passage", ""),
        anchor=form.get("anchor", ""),
    )
    with writing() as session:
        keep_position(session, owner.reader_id, volume_named(session, owner, slug).id, told, owner.now)
    return Response(status=204)


@shelf.post("/d/<slug>/bookmark")
@signed_in
def bookmark(slug: str) -> AnyResponse:
    """Bookmark a document or a section of it, or take that back, as the form says."""
    anchor, owner = request.form.get("anchor", ""), owner_here()
    if len(anchor) > ANCHOR_LENGTH:
        raise InvalidInputError(_("There is no such section."))
    with writing() as session:
        document_id = volume_named(session, owner, slug).id
        if request.form.get("keep") == "no":
            remove_bookmark(session, owner.reader_id, document_id, anchor)
        else:
            set_bookmark(session, owner.reader_id, document_id, anchor, owner.now)
    return redirect(url_for("reading.document", slug=slug, _anchor=anchor or None), 303)


@shelf.post("/library/bookmarks/<int(max=9999999999):number>/remove")
@signed_in
def remove(number: int) -> AnyResponse:
    """Take a bookmark out of the list; its number stands for a heading that the reader may not read any more."""
    with writing() as session:
        remove_bookmark_numbered(session, owner_here().reader_id, number)
    return redirect(url_for("shelf.bookmarks"), 303)


def _list(kind: str, listing: lists.Listing[object]) -> str:
    return render_template("library/library_list.html", kind=kind, listing=listing)
