"""What there is to read and to buy."""

from typing import Any

from flask import Response, jsonify

from webapp.access.current_standing import standing_by_rules
from webapp.access.open_document import OpenedDocument, open_document
from webapp.access.policy import Reason
from webapp.accounts.api_tokens import Scope
from webapp.accounts.bearer_auth import current_token_holder
from webapp.accounts.models import Reader
from webapp.api import schemas
from webapp.api.blueprint import Blueprint
from webapp.api.serializers import SerializedDocument, SerializedOffer, serialize_document, serialize_offers
from webapp.billing.plans import offers_for, plans_on_sale
from webapp.documents.catalogue import DocumentFilter, catalogue_page
from webapp.documents.discovery import year_span
from webapp.kit import clock
from webapp.kit.cacheable import cacheable
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import PaymentRequiredError
from webapp.kit.http import read_session
from webapp.kit.languages import zone
from webapp.kit.limits import limited
from webapp.kit.request_costs import searches
from webapp.kit.translatable import _
from webapp.reading.gate_card import gate_card
from webapp.reading.shared_answers import note_shared_answer
from webapp.search.results import ResultLink, Results, results_for
from webapp.search.tokenizer import parse_query

document_api = Blueprint("api", "What there is to read and to buy.")


@document_api.route("/documents")
@document_api.operation("listDocuments", 422)
@cacheable("after", "limit", "tag", "language", "year", "sort", "fields")
@document_api.arguments(schemas.ListArguments, location="query")
@document_api.response(200, schemas.ListingSchema)
def list_documents(asked: dict[str, Any]) -> Response:
    """List what is published."""
    begins, ends = year_span(asked["year"], zone()) if "year" in asked else (None, None)
    wanted = DocumentFilter(asked.get("tag"), asked.get("language"), begins, ends, asked["sort"] == "published_at")
    page = catalogue_page(read_session(), wanted, after=asked.get("after"), limit=asked["limit"])
    cards = schemas.DocumentInListSchema(only=asked.get("fields_"), many=True)
    return jsonify(documents=cards.dump(page.rows), after=page.after)


@document_api.route("/documents/<slug>")
@document_api.operation("getDocument", 404, 410, scope=Scope.DOCUMENTS)
@cacheable()
@document_api.response(200, schemas.DocumentSchema)
def get_document(slug: str) -> SerializedDocument:
    """Return a document as far as you may read it."""
    return _serialized(_opened(slug))


@document_api.route("/documents/<slug>/full")
@document_api.operation("getFullDocument", 402, 404, 410, scope=Scope.DOCUMENTS)
@cacheable()
@document_api.response(200, schemas.DocumentSchema)
def get_full_document(slug: str) -> SerializedDocument:
    """Return all of a document, or what opens it."""
    opening = _opened(slug)
    if opening.reason is not None:
        raise _closed(opening, opening.reason)
    return _serialized(opening)


@document_api.route("/search")
@searches
@document_api.operation("search", 422, scope=Scope.DOCUMENTS)
@cacheable("q", "after", "limit", "tag")
@limited()
@document_api.arguments(schemas.SearchArguments, location="query")
@document_api.response(200, schemas.HitsSchema)
def search_documents(asked: dict[str, Any]) -> Results:
    """Find documents by words in their titles, tags and texts, as far as you may read these."""
    place = ResultLink(asked.get("tag"), asked.get("after"), asked["limit"])
    return results_for(read_session(), parse_query(asked["q"]), standing_by_rules(_reader()), clock.now(), place)


@document_api.route("/plans")
@document_api.operation("listPlans")
@cacheable()
@document_api.response(200, schemas.PriceListSchema)
def list_plans() -> dict[str, list[SerializedOffer]]:
    """List what opens everything, and for how much; the same for everybody."""
    return {"plans": serialize_offers(plans_on_sale(read_session(), current_settings().mode))}


def _reader() -> Reader | None:
    held = current_token_holder()
    return held.reader if held else None


def _opened(slug: str) -> OpenedDocument:
    return open_document(read_session(), slug, lambda: standing_by_rules(_reader()), clock.now())


def _serialized(opening: OpenedDocument) -> SerializedDocument:
    note_shared_answer(opening, clock.now())
    return serialize_document(opening)


def _closed(opening: OpenedDocument, reason: Reason) -> PaymentRequiredError:
    """Return why a document is closed to who asks, and what opens it, as its gate would."""
    reader = _reader()
    offers = offers_for(read_session(), current_settings().mode, opening.document.id, reader.id if reader else None)
    card = gate_card(reason, offers, "", None)
    helping = serialize_offers(card.offers if card.sells else (), opening.document.slug)
    told_offers = schemas.OfferSchema(many=True).dump(helping)
    what, hint = (card.notice.what, card.notice.hint) if card.notice else (_("The full text is for payers."), None)
    return PaymentRequiredError(what, hint, {"reason": reason, "offers": told_offers})
