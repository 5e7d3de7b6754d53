"""A document as an entry of a feed: its preview with a sentence at each gate, or all of it for who may read it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from urllib.parse import urljoin

from markupsafe import escape

from webapp.documents.models import Document, PublicEdition
from webapp.kit.languages import gettext, ngettext, number
from webapp.manuscript import GateSlot, direction_of, split_gates
from webapp.manuscript.inline_html import IMAGE_ADDRESS

Address = Callable[[str], str]
Linked = Callable[[str, int], str]  # the HTML of a document, with its links to others


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry; `html` is its content, which says its language; `id` stays whatever becomes of its address."""

    id: str
    address: str
    title: str
    authors: tuple[str, ...]
    byline: str
    summary: str
    html: str
    language: str
    tags: tuple[str, ...]
    published_at: datetime
    updated_at: datetime


def feed_entries(
    documents: Iterable[Document],
    full: dict[int, str],
    address: Address,
    linked: Linked,
    full_changes: Mapping[int, datetime] = MappingProxyType({}),
) -> list[FeedEntry]:
    """Return the entries of published documents.

    `full` holds the HTML of those that are shown whole, `full_changes` when that last changed: for who reads only the
    preview, a change of paid text is none.
    """
    return [
        _entry(document, full.get(document.id), address(document.slug), linked, full_changes.get(document.id))
        for document in documents
    ]


def _entry(
    document: Document, full: str | None, address: str, linked: Linked, full_change: datetime | None
) -> FeedEntry:
    edition, published_at = document.edition, document.published_at
    assert edition is not None
    assert published_at is not None
    shown = _preview(edition, address) if full is None else full
    return FeedEntry(
        id=document.feed_id or address,
        address=address,
        title=edition.title,
        authors=tuple(edition.authors),
        byline=edition.byline,
        summary=edition.summary,
        html=_whole_images(_spoken(edition.language, linked(shown, document.id)), address),
        language=edition.language,
        tags=tuple(row.tag for row in document.tags),
        published_at=published_at,
        updated_at=max(edition.changed_at, full_change or edition.changed_at),
    )


def _whole_images(html: str, address: str) -> str:
    """Return HTML whose pictures are found from anywhere, at the site of the document's own address."""
    return html.replace(f'<img src="{IMAGE_ADDRESS}', f'<img src="{escape(urljoin(address, IMAGE_ADDRESS))}')


def _spoken(language: str, html: str) -> str:
    return f'<div lang="{escape(language)}" dir="{direction_of(language)}">{html}</div>'


def _preview(edition: PublicEdition, address: str) -> str:
    parts, gates = split_gates(edition.html), edition.gates
    pieces = (
        part if isinstance(part, str) else _gate(part, gates[part.number - 1].characters, address) for part in parts
    )
    return "".join(pieces)


def _gate(slot: GateSlot, characters: int, address: str) -> str:
    """Return what stands in a feed instead of a paid span: how much it is, and where it can be read."""
    count = ngettext("%(shown)s character", "%(shown)s characters", characters, shown=number(characters))
    words = escape(gettext("%(count)s for payers", count=count))
    link = f'<a href="{escape(address)}#gate-{slot.number}">[{words}]</a>'
    return link if slot.inline else f"<p>{link}</p>"
