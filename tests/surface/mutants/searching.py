"""Leaks of search."""

from dataclasses import replace

from sqlalchemy import text

from tests.surface.mutants.planting import full_of, leak, replaced
from webapp.access.policy import UnlockedDocuments
from webapp.search import results
from webapp.search.fts5 import Fts5Indexes

SEARCH = "search.results"


@leak(SEARCH)
def a_hit_count_from_the_full_index(patch):
    """The list is filtered by what one may read and the number above it is not: an oracle for any phrase."""
    patch.setattr(results, "get_unlocked_documents", lambda _standing, _now: UnlockedDocuments(everything=True))


@leak(SEARCH)
def snippets_from_the_full_text(patch):
    """The passage around the words is cut from the record."""

    def wrong(right):
        def shown(session, query, hits, standing, now):
            whole = [full_of(hit.document_id, session).text for hit in hits]
            found = right(session, query, hits, standing, now)
            pairs = zip(found, whole, strict=True)
            return tuple(replace(one, passage=results.snippet(text[-150:], query)) for one, text in pairs)

        return shown

    replaced(patch, results, "_shown", wrong)


@leak(SEARCH)
def ranks_by_the_full_text(patch):
    """Scores come from statistics over texts that the reader may not read."""

    def wrong(right):
        def best(self, connection, table, asked):
            words = ["".join(phrase.shown) for phrase in asked.phrases]
            rows = connection.execute(text("SELECT document_id, text FROM full_editions"))
            score = {id_: sum(map(whole.count, words)) for id_, whole in rows}
            return sorted(right(self, connection, table, asked), key=lambda id_: (-score[id_], id_))

        return best

    replaced(patch, Fts5Indexes, "best", wrong)
