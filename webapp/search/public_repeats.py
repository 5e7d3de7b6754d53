"""Whether a paid text stands somewhere in the library where everybody reads it: its sentences, asked of the index."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.models import Document, PublicEdition
from webapp.search.index_interface import Asked
from webapp.search.indexes import indexes_of
from webapp.search.tokenizer import parse_query

SENSIBLE_LENGTH = 12  # characters, white space aside: what is shorter may stand anywhere for reasons of its own
_MOST_SENTENCES = 300  # that are asked for; of more, the longest
_MOST_PLACES = 3  # that are told of one sentence
_LONGEST_PHRASE = 60
# "甲。乙" and "One. Two"; quotation marks, which a query reads for itself
_ENDS = re.compile('[\n。！？；!?;"“”「」]|[.…](?:\\s|$)')


@dataclass(frozen=True, slots=True)
class PublicRepeat:
    """A passage of a paid text that a public text holds as well."""

    passage: str
    slug: str
    title: str


def find_public_repeats(session: Session, paid: str, public: str, own_id: int) -> list[PublicRepeat]:
    """Return the sentences of a paid text that other documents publish.

    What its own document shows publicly, `public`, is left out: the findings tell of that.
    """
    connection = session.connection()
    indexes, found = indexes_of(connection), []
    for passage in _sentences(paid, _dense(public)):
        query = parse_query(f'"{passage[:_LONGEST_PHRASE]}"')
        ids = indexes.newest(connection, "search_public", Asked(query.phrases), _MOST_PLACES + 1) if query else []
        found += list(_repeats(session, passage, [id_ for id_ in ids if id_ != own_id][:_MOST_PLACES]))
    return found


def _sentences(paid: str, public: str) -> Iterator[str]:
    """Yield the sentences that are long enough to tell, the longest first."""
    parts = dict.fromkeys(" ".join(part.split()) for part in _ENDS.split(paid))
    telling = [part for part in parts if len(_dense(part)) >= SENSIBLE_LENGTH and _dense(part) not in public]
    yield from sorted(telling, key=len, reverse=True)[:_MOST_SENTENCES]


def _repeats(session: Session, passage: str, ids: Iterable[int]) -> Iterator[PublicRepeat]:
    """Yield the documents whose public text holds a passage in truth: the index may find what only looks alike."""
    columns = select(Document.slug, PublicEdition.title, PublicEdition.text).join(Document.edition)
    for slug, title, text in session.execute(columns.where(Document.id.in_(ids)).order_by(Document.id)):
        if _dense(passage[:_LONGEST_PHRASE]) in _dense(text):
            yield PublicRepeat(passage, slug, title)


def _dense(text: str) -> str:
    return "".join(text.split())
