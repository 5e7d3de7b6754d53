"""Leaks of lists, feeds, addresses of others, and error pages."""

from dataclasses import replace

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import object_session

from tests.surface.mutants.planting import full_of, leak, pairs_of, replaced, unlock
from webapp.documents import catalogue
from webapp.documents.catalogue import get_cards
from webapp.documents.full_editions import FullEdition, full_html
from webapp.feeds import views as feeds
from webapp.kit import http
from webapp.kit.http import read_session
from webapp.reading import views

LISTS = ("reading.catalogue", "reading.tagged", "reading.archived")


@leak(*LISTS)
def a_card_with_an_excerpt_of_all(patch):
    """List cut their excerpt themselves, from the record."""

    def wrong(right):
        def _card(document):
            return replace(right(document), summary=full_of(document.id, object_session(document)).text[:200])

        return _card

    replaced(patch, catalogue, "_card", wrong)


@leak(*LISTS)
def an_order_by_what_all_of_it_says(patch):
    """A list by interest, length or quality is sorted by a figure of the whole text."""

    def wrong(right):
        def catalogue_page(session, *args, **more):
            page, of_id = right(session, *args, **more), dict(_texts(session))
            ids = {card.slug: id_ for id_, card in get_cards(session, of_id).items()}
            by_words = sorted(page.rows, key=lambda card: len(set(of_id[ids[card.slug]])))
            return replace(page, rows=tuple(by_words))

        return catalogue_page

    replaced(patch, views, "catalogue_page", wrong)


def _texts(session):
    return [tuple(row) for row in session.execute(select(FullEdition.document_id, FullEdition.text))]


@leak("reading.document")
def relatives_by_all_words(patch):
    """Related articles are found by the likeness of whole texts."""

    def related_to(session, document, limit=4):
        own = pairs_of(full_of(document.id, session).text)
        cards = get_cards(session, [id_ for id_, _ in _texts(session) if id_ != document.id])
        likeness = {id_: len(own & pairs_of(text)) for id_, text in _texts(session)}
        return [cards[id_] for id_ in sorted(cards, key=lambda id_: (-likeness[id_], id_))[:limit]]

    patch.setattr(views, "related_to", related_to)


@leak("feeds.latest_atom", "feeds.latest_json", "feeds.tagged_atom", "feeds.tagged_json")
def a_feed_with_the_full_text(patch):
    """Feeds are written from the records, and the paywall is in the page's template alone."""

    def wrong(right):
        def entries_of(documents, _full, *others):
            full = full_html(read_session(), [unlock(document.id) for document in documents])
            return right(documents, full, *others)

        return entries_of

    replaced(patch, feeds, "feed_entries", wrong)


@leak("feeds.private_atom", "feeds.private_json")
def a_private_feed_that_outlives_its_payment(patch):
    """The address of a member's feed is checked for being known, not for what its reader holds today."""
    patch.setattr(feeds, "unlocks", lambda _standing, ids, _now: list(map(unlock, ids)))


@leak("feeds.llms")
def a_list_for_models_with_all_summarised(patch):
    """What is written for language models is summarised from the whole."""

    def wrong(right):
        def latest_documents(session, *args):
            documents = right(session, *args)
            for document in documents:
                document.edition.summary = full_of(document.id, session).text[-100:]
            return documents

        return latest_documents

    replaced(patch, feeds, "latest_documents", wrong)


@leak("reading.oembed")
def an_embedded_excerpt_of_all(patch):
    """oEmbed, made for other sites' editors, carries an excerpt of the record."""

    def wrong(right):
        def published(slug):
            found, edition = right(slug)
            edition.title = full_of(found.id).text[:200]
            return found, edition

        return published

    replaced(patch, views, "_published", wrong)


@leak("reading.document")
def suggestions_of_the_page_that_is_not_there(patch):
    """The 404 page proposes what fits the words of the address, found in whole texts."""

    def wrong(right):
        def error_answer(error):
            page, words = right(error), request.path.rpartition("/")[2]
            fitting = [id_ for id_, text in _texts(read_session()) if words in text]
            titles = [card.title for card in get_cards(read_session(), fitting).values()]
            page.set_data(page.get_data(as_text=True) + " ".join(titles))
            return page

        return error_answer

    replaced(patch, http, "error_response", wrong)
