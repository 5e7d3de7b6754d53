"""What a document's page tells machines about it: links, Open Graph, JSON-LD; from the public edition alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from webapp.documents.models import Document, PublicEdition
from webapp.kit.current_settings import current_settings
from webapp.kit.http import absolute_url
from webapp.reading.link_preview_image import can_be_drawn

GATE_SELECTOR = ".paid-gate"
_DESCRIPTION_LENGTH = 160


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """A published document, as search engines and networks are told of it."""

    title: str
    description: str
    language: str
    address: str
    picture: str | None
    published_at: datetime
    updated_at: datetime
    tags: tuple[str, ...]
    authors: tuple[str, ...]
    byline: str
    described: Callable[[], dict[str, object]]

    @property
    def json_ld(self) -> dict[str, object]:
        """The article as schema.org describes it."""
        return self.described()


def page_metadata(document: Document, edition: PublicEdition) -> PageMetadata:
    """Return what is told of a published document (its tags loaded)."""
    address = absolute_url("reading.document", slug=document.slug)
    drawn = can_be_drawn(edition.title)
    picture = absolute_url("reading.document_picture", slug=document.slug) if drawn else None
    description = _shortened(edition.summary)
    tags = tuple(row.tag for row in document.tags)
    assert document.published_at is not None
    return PageMetadata(
        title=edition.title,
        description=description,
        language=edition.language,
        address=address,
        picture=picture,
        published_at=document.published_at,
        updated_at=edition.changed_at,
        tags=tags,
        authors=tuple(edition.authors),
        byline=edition.byline,
        described=lambda: _json_ld(document, edition, description, address, picture),
    )


def _json_ld(
    document: Document, edition: PublicEdition, description: str, address: str, picture: str | None
) -> dict[str, object]:
    """Return the article as schema.org describes it, with what is behind a gate named as Google asks for it."""
    assert document.published_at is not None
    settings = current_settings()
    house = {"@type": "Organization", "name": settings.site_name, "url": settings.base_url}
    told: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": edition.title,
        "description": description,
        "inLanguage": edition.language,
        "datePublished": document.published_at.isoformat(),
        "dateModified": edition.changed_at.isoformat(),
        "url": address,
        "mainEntityOfPage": address,
        "author": [{"@type": "Person", "name": name} for name in edition.authors] or house,
        "publisher": house,
        "keywords": [row.tag for row in document.tags],
        "isAccessibleForFree": not edition.gates,
    }
    if edition.subtitle:
        told["alternativeHeadline"] = edition.subtitle
    if edition.collection:
        told["isPartOf"] = {"@type": "CreativeWorkSeries", "name": edition.collection}
    if picture:
        told["image"] = picture
    if edition.gates:
        gate = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": GATE_SELECTOR}
        told["hasPart"] = [gate]
    return told


def _shortened(summary: str) -> str:
    words = " ".join(summary.split())
    return words if len(words) <= _DESCRIPTION_LENGTH else f"{words[: _DESCRIPTION_LENGTH - 1].rstrip()}…"
