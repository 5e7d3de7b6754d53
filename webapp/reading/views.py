"""The catalogue and the document page."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from webapp.accounts.login import current_reader
from webapp.accounts.policy import public
from webapp.billing.plans import offers_for
from webapp.documents.catalogue import catalogue_page, find_document
from webapp.documents.full import Edition, read_full
from webapp.documents.models import Document, State
from webapp.kit import clock
from webapp.kit.caching import cacheable
from webapp.kit.errors import NotFoundError, WithdrawnError
from webapp.kit.http import reading
from webapp.kit.wording import _
from webapp.manuscript.html import split_gates
from webapp.reading.access import HouseRules, Preview, decide, outlives_withdrawal, shown_as_staff, standing_of
from webapp.reading.gate import gate_card

pages = Blueprint("reading", __name__)


@pages.get("/")
@public
@cacheable("after", "tag")
def catalogue() -> str | Response:
    """Shows what is published, newest first."""
    wanted = request.args.get("tag")
    if wanted:
        return redirect(url_for("reading.tagged", tag=wanted), 303)
    page = catalogue_page(reading(), after=request.args.get("after"))
    return render_template("reading/catalogue.html", page=page, tag=None)


@pages.get("/tags/<tag>")
@public
@cacheable("after")
def tagged(tag: str) -> str:
    """Shows what is published under a tag."""
    page = catalogue_page(reading(), tag=tag, after=request.args.get("after"))
    if not page.cards and not request.args.get("after"):
        raise NotFoundError(_("No published document has this tag."))
    return render_template("reading/catalogue.html", page=page, tag=tag)


@pages.get("/d/<slug>")
@public
@cacheable("plan")
def document(slug: str) -> str:
    """Shows a document: all of it to who may read it, the preview and its gate to everybody else."""
    found = find_document(reading(), slug)
    if found is None or found.published_at is None:
        raise NotFoundError(_("There is no such document."))
    if found.edition is not None and not found.edition.gates:
        return _page("reading/full.html", found, found.edition, marked=False, open=True)
    rules = HouseRules(current_app.config["MODE"], current_app.config["CONFIRM_EMAIL"])
    standing = standing_of(reading(), current_reader(), rules, found.id)
    decision = decide(standing, found.id, clock.now())
    if isinstance(decision, Preview):
        return _preview(found, decision)
    if found.state is State.WITHDRAWN and not outlives_withdrawal(decision):
        raise WithdrawnError
    full = read_full(reading(), decision)
    return _page("reading/full.html", found, full, marked=shown_as_staff(decision), open=False)


def _preview(found: Document, decision: Preview) -> str:
    edition = found.edition
    if edition is None:
        raise WithdrawnError
    reader = current_reader()
    offers = offers_for(reading(), current_app.config["MODE"], found.id, reader.id if reader else None)
    card = gate_card(decision.reason, offers, request.args.get("plan", ""), FlaskForm() if reader else None)
    return _page("reading/preview.html", found, edition, parts=split_gates(edition.html), card=card)


def _page(template: str, found: Document, edition: Edition, **more: object) -> str:
    """Answers a document's page; its length is the same number for who reads the preview and who reads it all."""
    total = found.edition.all_characters if found.edition else edition.characters
    return render_template(template, document=found, edition=edition, total=total, **more)
