"""What the API tells that no rule answers by itself: a document with its access, and where an offer is bought."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from webapp.access.open_document import OpenedDocument
from webapp.billing.plans import Offer
from webapp.documents.document_links import linked_html
from webapp.kit.http import absolute_url, read_session
from webapp.manuscript import Gate, TocEntry


@dataclass(frozen=True, slots=True)
class SerializedDocument:
    """A document as `schemas.Document` tells it."""

    slug: str
    title: str
    subtitle: str
    authors: tuple[str, ...]
    collection: str
    summary: str
    tags: tuple[str, ...]
    language: str
    published_at: datetime
    updated_at: datetime
    access: str
    gates: tuple[Gate, ...]
    html: str
    text: str
    toc: tuple[TocEntry, ...]


@dataclass(frozen=True, slots=True)
class SerializedOffer:
    """An offer, and the page on which a reader buys it."""

    offer: Offer
    checkout: str


def serialize_document(opening: OpenedDocument) -> SerializedDocument:
    """Return a document as it is told; all but its text is taken from the public edition, whoever reads.

    A document that was withdrawn has none, and who bought it reads on: then there is only the full one.
    """
    document, edition, public_side = opening.document, opening.edition, opening.document.edition
    assert document.published_at is not None
    shown = public_side or edition
    return SerializedDocument(
        slug=document.slug,
        title=shown.title,
        subtitle=shown.subtitle,
        authors=tuple(shown.authors),
        collection=shown.collection,
        summary=public_side.summary if public_side else "",
        tags=tuple(row.tag for row in document.tags),
        language=shown.language,
        published_at=document.published_at,
        updated_at=shown.changed_at,
        access="preview" if opening.reason else "full",
        gates=public_side.gates if public_side else (),
        html=linked_html(read_session(), edition.html, document.id, _address),
        text=edition.text,
        toc=edition.toc,
    )


def _address(slug: str) -> str:
    return absolute_url("reading.document", slug=slug)


def serialize_offers(offers: Iterable[Offer], slug: str | None = None) -> list[SerializedOffer]:
    """Return offers with the pages on which they are bought, for one document where it is named."""
    return [
        SerializedOffer(offer, absolute_url("billing.confirm_order", plan=offer.code, document=slug))
        for offer in offers
    ]
