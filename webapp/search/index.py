"""What the indexes hold: written with the edition it is made from, in the transaction that publishes."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from multiprocessing import get_context
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from webapp.documents.full_editions import full_texts
from webapp.documents.models import Document, DocumentTag, PublicEdition, State
from webapp.documents.unlock import Ground, Unlock
from webapp.kit.database import Database
from webapp.search.index_interface import IndexEntry, SearchIndexes
from webapp.search.indexes import indexes_of
from webapp.search.tokenizer import cut_words, load_dictionary, tokenize, tokenize_label

INDEX_BATCH = 500  # documents in a transaction
_AT_ONCE = 50  # of them in a statement
_MISSING = "state = 'published' AND NOT EXISTS (SELECT 1 FROM search_entries WHERE document_id = documents.id)"
_LEFT_OVER = """SELECT COUNT(*) FROM search_entries WHERE NOT EXISTS
    (SELECT 1 FROM documents WHERE id = search_entries.document_id AND state = 'published')"""


@dataclass(frozen=True, slots=True)
class IndexSource:
    """The texts of a document; `full` is None where all is public."""

    title: str
    tags: str
    public: str
    full: str | None


# What makes entries of many sources, in order: `map`, here or in a pool of processes.
Many = Callable[[Callable[[IndexSource], Any], Iterable[IndexSource]], Iterator[Any]]


def refresh_index(session: Session, document_ids: Collection[int]) -> None:
    """Make the rows of documents anew from their editions, and take those away that are not published."""
    connection = session.connection()
    for document_id in document_ids:
        indexes_of(connection).remove(connection, document_id)
    _write(session, list(document_ids))


def fill_index(database: Database) -> Iterator[int]:
    """Index what is published and in no index yet, a batch to a transaction; yields how many each batch was.

    Where that is much, cutting texts into words, which is most of the work, is shared among processes.
    """
    with ExitStack() as stack:
        done = 0
        many: Many = map
        while True:
            ids = database.write(partial(_fill_batch, after=done, many=many))
            if not ids:
                return
            done = ids[-1]
            yield len(ids)
            if many is map and len(ids) == INDEX_BATCH:
                pool = stack.enter_context(ProcessPoolExecutor(mp_context=get_context("spawn")))
                many = partial(pool.map, chunksize=25)


def count_index_gaps(session: Session) -> int:
    """Return how many documents the indexes are wrong about: published and missing, or there and not published."""
    connection = session.connection()
    missing = connection.scalar(text(f"SELECT COUNT(*) FROM documents WHERE {_MISSING}"))  # noqa: S608 - ours
    left_over = connection.scalar(text(_LEFT_OVER))
    return (missing or 0) + (left_over or 0)


def rebuild_index(database: Database) -> Iterator[int]:
    """Make all indexes anew; yields how many documents each batch was. Until it is done search finds less."""
    database.write(_empty)
    yield from fill_index(database)


def _empty(session: Session) -> None:
    connection = session.connection()
    indexes_of(connection).empty(connection)


def _fill_batch(session: Session, after: int, many: Many) -> list[int]:
    ids = _missing(session, after)
    _write(session, ids, many)
    return ids


def _missing(session: Session, after: int) -> list[int]:
    # By key and not by what is missing alone, so that each look goes on where the one before ended.
    query = f"SELECT id FROM documents WHERE id > :after AND {_MISSING} ORDER BY id LIMIT :batch"  # noqa: S608 - ours
    return [row[0] for row in session.connection().execute(text(query), {"after": after, "batch": INDEX_BATCH})]


def _write(session: Session, ids: list[int], many: Many = map) -> None:
    """Put those of these documents that are published into the indexes; they must not be there."""
    connection, sources = session.connection(), _sources(session, ids)
    indexes = indexes_of(connection)
    entries = zip(sources, many(partial(_entry, indexes), sources.values()), strict=True)
    # Some at a time, so that the database works while a pool goes on cutting.
    while some := dict(islice(entries, _AT_ONCE)):
        indexes.put(connection, some)


def _sources(session: Session, ids: list[int]) -> dict[int, IndexSource]:
    columns = (PublicEdition.document_id, PublicEdition.title, PublicEdition.text, PublicEdition.gate_rows)
    published = Document.state == State.PUBLISHED
    previews = session.execute(
        select(*columns).join(Document, Document.id == PublicEdition.document_id).where(published, Document.id.in_(ids))
    ).all()
    tags: defaultdict[int, list[str]] = defaultdict(list)
    labels = select(DocumentTag.document_id, DocumentTag.tag).where(DocumentTag.document_id.in_(ids))
    for document_id, tag in session.execute(labels.order_by(DocumentTag.tag)):
        tags[document_id].append(tag)
    full = full_texts(session, [Unlock(id_, Ground.SYSTEM) for id_, _title, _text, gates in previews if gates])
    return {id_: IndexSource(title, " ".join(tags[id_]), text, full.get(id_)) for id_, title, text, _gates in previews}


def _entry(indexes: SearchIndexes, source: IndexSource) -> Any:  # noqa: ANN401 - as these indexes have it
    load_dictionary()
    cut = cache(cut_words)  # most of a preview stands in the full text
    name, labels, public = tokenize_label(source.title), tokenize_label(source.tags), tokenize(source.public, cut)
    full = None if source.full is None else tokenize(source.full, cut)
    return indexes.prepare(
        IndexEntry(
            title=name.words,
            tags=labels.words,
            label_others=f"{name.others} {labels.others}",
            public=public.words,
            public_others=public.others,
            full=full.words if full else None,
            full_others=full.others if full else None,
        )
    )
