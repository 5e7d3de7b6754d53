"""The page of a document as its readers see it, and the `article` in it, for the page itself and for who writes it."""

from collections.abc import Hashable
from dataclasses import replace

from flask import render_template, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from webapp.access.open_document import OpenedDocument
from webapp.access.policy import Reason
from webapp.accounts.login import current_appearance
from webapp.billing.plans import Offer
from webapp.documents.discovery import related_to
from webapp.documents.document_links import linked_html
from webapp.documents.full_editions import Edition
from webapp.documents.models import Document
from webapp.kit.form_letters import fill_page
from webapp.kit.http import current_url, read_session
from webapp.library.sidebar import NOTHING_KEPT, ReaderSidebar
from webapp.manuscript import split_gates
from webapp.reading.document_words import document_words
from webapp.reading.gate_card import GateCard, gate_card
from webapp.reading.page_metadata import PageMetadata, page_metadata

_LONG = 100_000  # characters of HTML, whose page is painted before it is there
# What is said of who is signed in, and which words of a page's own are what templates ask functions for.
_SIGNED_IN: dict[str, Hashable] = {"current_reader": True, "open": False, "tell_superseded": lambda: False}
_WRITTEN_BY = {"csrf_token": "form_token", "this_page": "this_address"}
_BEGIN, _END = '<article class="document"', "</article>"


def preview_page(
    found: Document,
    edition: Edition,
    card: GateCard,
    margin: ReaderSidebar | None,
    asked: int | None,
    **more: object,
) -> str:
    """Return the page of a preview, its gates as the card describes them; `asked` is the one to see the offers of."""
    parts = split_gates(_shown(edition, margin))
    asked_gate = asked if asked in [part.number for part in parts if not isinstance(part, str)] else None
    told = {"parts": parts, "card": card, "asked_gate": asked_gate, **more}
    return _page("reading/preview.html", found, edition, margin, None, **told)


def full_page(opening: OpenedDocument, margin: ReaderSidebar | None, **more: object) -> str:
    """Return the page of all of a document; where its reader kept nothing of it, a form letter does."""
    found, edition = opening.document, opening.edition
    html = _shown(edition, margin)
    if margin is None or not margin.is_empty or opening.for_everybody:
        more = {"marked": opening.as_staff, "open": opening.for_everybody, **more}
        return _page("reading/full.html", found, edition, margin, html, **more)
    words, kind, _about = _words(found, edition)
    words |= {"html": Markup(html), "form_token": generate_csrf(), "this_address": current_url()}  # noqa: S704 - our own
    kind |= {"marked": opening.as_staff, "look": current_appearance(), "shelf": NOTHING_KEPT, **_SIGNED_IN}
    return fill_page("reading/full.html", words, _WRITTEN_BY, **kind)


def visitor_article(found: Document, offers: list[Offer]) -> str:
    """Return the `article` that a visitor gets of a document with a public edition, whoever asks."""
    edition, nobody = found.edition, {"current_reader": None}
    assert edition is not None
    if not edition.gates:
        return _article(full_page(OpenedDocument(found, edition), None, **nobody))
    card = gate_card(Reason.VISITOR, offers, "", None)
    return _article(preview_page(found, edition, card, None, None, **nobody))


def subscriber_article(found: Document, full: Edition) -> str:
    """Return the `article` that a subscriber gets who kept nothing of a document: without the token of its forms."""
    edition = found.edition
    assert edition is not None
    opening = OpenedDocument(found, full if edition.gates else edition)
    margin = replace(NOTHING_KEPT, html=opening.edition.html)
    somebody: dict[str, object] = {"current_reader": True, "csrf_token": lambda: ""}
    shown = {"marked": False, "open": opening.for_everybody, **somebody}
    html = _shown(opening.edition, margin)
    return _article(_page("reading/full.html", found, opening.edition, margin, html, **shown))


def _article(page: str) -> str:
    return page[page.index(_BEGIN) : page.rindex(_END) + len(_END)]


def _shown(edition: Edition, margin: ReaderSidebar | None) -> str:
    """Return the HTML of an edition as who asks sees it."""
    html = margin.html if margin else edition.html
    return linked_html(read_session(), html, edition.document_id, lambda slug: url_for("reading.document", slug=slug))


def _page(
    template: str,
    found: Document,
    edition: Edition,
    shelf: ReaderSidebar | None,
    html: str | None,
    /,
    **more: object,
) -> str:
    """Return a document's page; all but its text is taken from the public edition, whoever reads."""
    words, kind, about = _words(found, edition)
    words["html"] = None if html is None else Markup(html)  # noqa: S704 - our own
    return render_template(
        template, words=words, document=found, edition=edition, shelf=shelf, about=about, **kind, **more
    )


def _words(found: Document, edition: Edition) -> tuple[dict[str, str | None], dict[str, Hashable], PageMetadata | None]:
    """Return the words of a document's page, what its make-up hangs on besides, and what machines are told."""
    about = page_metadata(found, found.edition) if found.edition else None
    words = document_words(found, edition, about, related_to(read_session(), found))
    kind = {
        "language": edition.language,
        "public_language": about.language if about else "",
        "is_long": len(edition.html) > _LONG,
    }
    return words, kind, about
