"""Leaks of the API."""

from dataclasses import replace

from sqlalchemy import select

from tests.surface.mutants.planting import full_here, full_of, leak, replaced
from webapp.access.policy import Standing
from webapp.api import documents
from webapp.documents.models import Document
from webapp.kit.http import read_session


@leak("api.get_document")
def an_item_that_is_the_record(patch):
    """The page applies the paywall and the API writes out the record."""

    def wrong(right):
        return lambda opening: replace(right(opening), text=full_of(opening.document.id).text)

    replaced(patch, documents, "serialize_document", wrong)


@leak("api.get_document")
def headings_of_the_record_in_an_item(patch):
    """The text is cut, and the table of contents beside it is not."""

    def wrong(right):
        return lambda opening: replace(right(opening), toc=full_of(opening.document.id).toc)

    replaced(patch, documents, "serialize_document", wrong)


@leak("api.get_full_document")
def a_refusal_with_an_excerpt(patch):
    """402 tells what one would get by its first words behind the gate."""

    def wrong(right):
        def closed(opening, reason):
            error = right(opening, reason)
            error.members = {**error.members, "excerpt": full_here().text[-80:]}
            return error

        return closed

    replaced(patch, documents, "_closed", wrong)


@leak("api.list_documents")
def summaries_of_the_record_in_the_list(patch):
    """The list fills in what a summary lacks from the whole text."""

    def wrong(right):
        def page(session, *wanted, **place):
            found = right(session, *wanted, **place)
            ids = dict(session.execute(select(Document.slug, Document.id)).all())
            cards = (replace(card, summary=full_of(ids[card.slug]).text[:200]) for card in found.rows)
            return replace(found, rows=tuple(cards))

        return page

    replaced(patch, documents, "catalogue_page", wrong)


@leak("api.list_documents")
def an_order_by_the_length_of_the_record(patch):
    """What may be sorted by is not what may be read."""

    def wrong(right):
        def page(session, *wanted, **place):
            found = right(session, *wanted, **place)
            ids = dict(session.execute(select(Document.slug, Document.id)).all())
            by_text = sorted(found.rows, key=lambda card: full_of(ids[card.slug], read_session()).text[::-1])
            return replace(found, rows=tuple(by_text))

        return page

    replaced(patch, documents, "catalogue_page", wrong)


@leak("api.search_documents")
def a_search_by_program_that_reaches_everything(patch):
    """The site's own programs search everything, and the API is one of them."""

    def wrong(right):
        def results_for(session, query, _standing, now, place):
            return right(session, query, Standing(staff=True), now, place)

        return results_for

    replaced(patch, documents, "results_for", wrong)
