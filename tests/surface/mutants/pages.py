"""Leaks of a document's own page."""

from dataclasses import asdict, replace
from hashlib import sha256

from flask import make_response, request
from sqlalchemy import select

from tests.factories.html import attributes, texts
from tests.surface.mutants.planting import full_here, full_of, leak, replaced, unlock
from webapp.access import open_document
from webapp.documents.catalogue import find_document
from webapp.documents.models import Document, FormerSlug
from webapp.kit import cacheable
from webapp.kit.http import read_session
from webapp.reading import offline_views, views
from webapp.reading.offline_copies import OfflineCopy

PAGE = "reading.document"
FIRST_CHARACTERS = 200


@leak(PAGE)
def all_of_it_behind_an_overlay(patch):
    """The page carries the whole text and a script or a style hides it."""

    def right(found, _edition, _reason):
        full = full_of(found.id)
        return views._page("reading/full.html", found, full, marked=False, open=False, html=full.html)

    patch.setattr(views, "_preview", right)


@leak(PAGE)
def description_from_the_first_characters_of_all(patch):
    """The meta and Open Graph descriptions are cut from the text before the paywall is applied."""

    def wrong(right):
        def about(document, edition):
            return replace(right(document, edition), description=full_of(document.id).text[:FIRST_CHARACTERS])

        return about

    replaced(patch, views, "page_metadata", wrong)


@leak(PAGE)
def the_whole_article_in_structured_data(patch):
    """JSON-LD has an articleBody, so that search engines index what readers do not see."""

    def wrong(right):
        def about(document, edition):
            told = right(document, edition)
            body = full_of(document.id).text
            return replace(told, described=lambda: told.json_ld | {"articleBody": body})

        return about

    replaced(patch, views, "page_metadata", wrong)


@leak(PAGE)
def a_gate_that_tells_how_it_goes_on(patch):
    """The gate teases with the first words of what is behind it."""

    def wrong(right):
        def preview(found, edition, reason):
            page, html = right(found, edition, reason), full_of(found.id).html
            begins = "".join(texts(html, "#gate-1"))[:8]
            return page.replace('id="gate-1"', f'id="gate-1" title="{begins}"')

        return preview

    replaced(patch, views, "_preview", wrong)


@leak(PAGE)
def contents_of_the_full_edition(patch):
    """The table of contents lists the headings of the paid chapters."""

    def wrong(right):
        def page(template, found, edition, **more):
            edition.toc_rows = full_of(found.id).toc_rows
            return right(template, found, edition, **more)

        return page

    replaced(patch, views, "_page", wrong)


@leak(PAGE)
def pictures_of_the_paid_part_fetched_ahead(patch):
    """A Link header, or a preload in the head, names the pictures of the whole article."""

    def wrong(right):
        def preview(found, edition, reason):
            page, html = make_response(right(found, edition, reason)), full_of(found.id).html
            page.headers["Link"] = str(attributes(html, "img", "src")[-1:])
            return page

        return preview

    replaced(patch, views, "_preview", wrong)


@leak(PAGE)
def an_etag_of_the_full_text(patch):
    """The ETag is a hash of the record, so that it tells when and whether the paid part is what one guesses."""

    def wrong(right):
        def kept(made):
            full = full_here()
            return replace(right(made), etag=sha256(full.text.encode()).hexdigest()) if full else right(made)

        return kept

    replaced(patch, cacheable, "_kept", wrong)


@leak(PAGE)
def the_length_of_all_of_it(patch):
    """HEAD is answered from the stored article and not from the page: Content-Length is of the whole."""

    def wrong(right):
        def answer(kept):
            response, full = right(kept), full_here()
            if request.method == "HEAD" and full:
                response.headers["Content-Length"] = str(len(full.html.encode()))
            return response

        return answer

    replaced(patch, cacheable, "_answer", wrong)


@leak(PAGE)
def a_members_page_kept_for_all(patch):
    """The page cache keys on the address alone: what a member was shown is what the next visitor gets."""
    patch.setattr(cacheable, "is_anonymous", lambda: True)


def _opening_to(patch, is_trusted):
    def wrong(right):
        return lambda standing, document_id, now: (
            unlock(document_id) if is_trusted() else right(standing, document_id, now)
        )

    replaced(patch, open_document, "decide", wrong)


@leak(PAGE)
def a_crawler_that_is_believed(patch):
    """Whoever calls himself a search engine's crawler gets the article."""
    _opening_to(patch, lambda: "bot" in request.user_agent.string)


@leak(PAGE)
def a_first_click_that_is_free(patch):
    """Whoever comes from a search engine or a network, by the Referer, gets the article."""
    _opening_to(patch, lambda: "google" in (request.referrer or ""))


@leak(PAGE)
def an_address_that_is_believed(patch):
    """A forwarded address of the house's own network opens everything, and anybody can write that header."""
    _opening_to(patch, lambda: request.headers.get("X-Real-IP") == "127.0.0.1")


@leak(PAGE)
def a_version_for_printing(patch):
    """The view for printing, for readers of feeds or for editors' previews forgets the paywall."""
    _opening_to(patch, lambda: b"print=1" in request.query_string)


@leak("offline.still_readable")
def what_may_be_kept_is_told_of_every_document(patch):
    """What browsers ask about their copies answers, with a mark of the text, for what the reader may not read."""

    def wrong(_right):
        def keeping(slug):
            found = find_document(read_session(), slug)
            text = full_of(found.id).text if found and found.edition else ""
            return asdict(OfflineCopy(sha256(text.encode()).hexdigest(), "zh-CN", 1, ""))

        return keeping

    replaced(patch, offline_views, "_keeping", wrong)


@leak(PAGE)
def a_former_address_that_leads_to_a_draft(patch):
    """The address that a document once had leads to it, even to a draft, whose title stands in its own."""

    def wrong(_right):
        def current_slug(session, slug):
            named = select(Document.slug).join(FormerSlug, FormerSlug.document_id == Document.id)
            return session.scalar(named.where(FormerSlug.slug == slug)) or slug

        return current_slug

    replaced(patch, open_document, "current_slug", wrong)
