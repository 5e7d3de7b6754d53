"""What there is to read and to buy."""

from typing import Any

from flask import Response, current_app, jsonify

from webapp.access.current import standing_by_rules
from webapp.access.opening import Opening, open_document
from webapp.access.policy import Reason, Standing
from webapp.accounts.access_tokens import Scope
from webapp.accounts.bearer_tokens import bearer
from webapp.accounts.models import Reader
from webapp.api import schemas
from webapp.api.blueprint import Blueprint
from webapp.api.serializers import Sold, Told, sold, told
from webapp.billing.plans import offers_for, plans_on_sale
from webapp.documents.catalogue import Wanted, catalogue_page
from webapp.documents.discovery import year_span
from webapp.kit import clock
from webapp.kit.errors import PaymentRequiredError
from webapp.kit.http import reading
from webapp.kit.languages import zone
from webapp.kit.page_caching import cacheable
from webapp.kit.translatable import _
from webapp.reading.gate_card import gate_card
from webapp.search.results import Place, Results, results_for
from webapp.search.tokenizer import parse

documents = Blueprint("api", "What there is to read and to buy.")


@documents.route("/documents")
@documents.operation("listDocuments", 422)
@cacheable("after", "limit", "tag", "language", "year", "sort", "fields")
@documents.arguments(schemas.ListArguments, location="query")
@documents.response(200, schemas.Listing)
def listing(asked: dict[str, Any]) -> Response:
    """List what is published."""
    begins, ends = year_span(asked["year"], zone()) if "year" in asked else (None, None)
    wanted = Wanted(asked.get("tag"), asked.get("language"), begins, ends, asked["sort"] == "published_at")
    page = catalogue_page(reading(), wanted, after=asked.get("after"), limit=asked["limit"])
    cards = schemas.DocumentInList(only=asked.get("fields_"), many=True)
    return jsonify(documents=cards.dump(page.cards), after=page.after)


@documents.route("/documents/<slug>")
@documents.operation("getDocument", 404, 410, scope=Scope.DOCUMENTS)
@cacheable()
@documents.response(200, schemas.Document)
def document(slug: str) -> Told:
    """Return a document as far as you may read it."""
    return told(_opened(slug))


@documents.route("/documents/<slug>/full")
@documents.operation("getFullDocument", 402, 404, 410, scope=Scope.DOCUMENTS)
@cacheable()
@documents.response(200, schemas.Document)
def full_document(slug: str) -> Told:
    """Return all of a document, or what opens it."""
    opening = _opened(slug)
    if opening.reason is not None:
        raise _closed(opening, opening.reason)
    return told(opening)


@documents.route("/search")
@documents.operation("search", 422, scope=Scope.DOCUMENTS)
@cacheable("q", "after", "limit", "tag")
@documents.arguments(schemas.SearchArguments, location="query")
@documents.response(200, schemas.Hits)
def search(asked: dict[str, Any]) -> Results:
    """Find documents by words in their titles, tags and texts, as far as you may read these."""
    place = Place(asked.get("tag"), asked.get("after"), asked["limit"])
    return results_for(reading(), parse(asked["q"]), standing_by_rules(_reader()), clock.now(), place)


@documents.route("/plans")
@documents.operation("listPlans")
@cacheable()
@documents.response(200, schemas.PriceList)
def plans() -> dict[str, list[Sold]]:
    """List what opens everything, and for how much; the same for everybody."""
    return {"plans": sold(plans_on_sale(reading(), current_app.config["MODE"]))}


def _reader() -> Reader | None:
    held = bearer()
    return held.reader if held else None


def _standing(document_id: int) -> Standing | None:
    return standing_by_rules(_reader(), document_id)


def _opened(slug: str) -> Opening:
    return open_document(reading(), slug, _standing, clock.now())


def _closed(opening: Opening, reason: Reason) -> PaymentRequiredError:
    """Return why a document is closed to who asks, and what opens it, as its gate would."""
    reader = _reader()
    offers = offers_for(reading(), current_app.config["MODE"], opening.document.id, reader.id if reader else None)
    card = gate_card(reason, offers, "", None)
    helping = sold(card.offers if card.sells else (), opening.document.slug)
    told_offers = schemas.Offer(many=True).dump(helping)
    what, mend = (card.notice.what, card.notice.mend) if card.notice else (_("The full text is for payers."), None)
    return PaymentRequiredError(what, mend, {"reason": reason, "offers": told_offers})
