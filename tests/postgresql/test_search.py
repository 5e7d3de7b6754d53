"""Search finds the same on both databases: 2,000 queries over a generated library, among all and among some."""

import random
from itertools import islice

import pytest

from bench.front_door.reports import BODIES, PLACES, REASONS, THINGS, written_reports
from tests.factories.postgres_database import empty_postgres_database
from tests.factories.shelf import Shelf
from webapp.access.policy import UnlockedDocuments
from webapp.documents.models import Document
from webapp.documents.publishing import withdraw
from webapp.factory import join_rooms
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.migrate import upgrade
from webapp.search.find import find_documents
from webapp.search.index import rebuild_index
from webapp.search.index_interface import IndexEntry
from webapp.search.tokenizer import parse_query
from webapp.search.tsvector import TsvectorIndexes

DOCUMENTS, QUERIES = 60, 2000
LONG = (
    "长卷\n\n" + "青川河水位报告。" * 3000 + "独一无二的结尾。##paidbegin##" + "付费的水位数字。" * 3000 + "##paidend##"
)
ODD = [
    "Ὀδύσσεια и «Кириллица» — naïve café x² 10^{-3}\n\nA text with_underscores, don't and C:\\temp 'quoted' words.",
    "简报 a.b.c\n\nword " * 40,
    "표제\n\n대한민국 국회도서관 " * 20,
]
REACHES = [UnlockedDocuments(), UnlockedDocuments(everything=True), UnlockedDocuments(documents=frozenset({3, 9, 62}))]


@pytest.fixture(scope="module")
def texts():
    return [*written_reports(DOCUMENTS, random.Random(4)), LONG, *ODD]


@pytest.fixture(scope="module")
def both(postgres, texts, tmp_path_factory):
    """Return the same library on SQLite and on PostgreSQL."""
    join_rooms()
    made = []
    for url in (f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/paidspan.sqlite", empty_postgres_database()):
        database = Database(url)
        upgrade(database)
        shelf = Shelf(database, tmp_path_factory.mktemp("texts"))
        for number, text in enumerate(texts):
            shelf.put(text, f"{number:03}.md", tags=(PLACES[number % 8],))
        made.append(database)
    yield made
    for database in made:
        database.close()


def queries(texts):
    """Yield words that stand together, words from anywhere, and what people type."""
    chance = random.Random(5)
    while True:
        text = chance.choice(texts)
        begin = chance.randrange(len(text))
        piece = text[begin : begin + chance.randrange(1, 9)]
        words = chance.sample([*PLACES, *BODIES, *THINGS, *REASONS], chance.randrange(1, 4))
        yield chance.choice([piece, piece, f'"{piece}"', " ".join(words), f"{words[0]} {piece}", piece[:2] + "*"])


def found(database, query, reach, tag):
    with database.reading() as session:
        hits = find_documents(session, parse_query(query), reach, tag)
    return sorted((hit.document_id, hit.in_full) for hit in hits.hits), hits.more


def test_both_find_the_same(both, texts):
    chance, something = random.Random(6), 0
    for query in islice(queries(texts), QUERIES):
        reach, tag = chance.choice(REACHES), chance.choice([None, None, PLACES[1]])
        on_sqlite, on_postgres = (found(one, query, reach, tag) for one in both)
        assert on_sqlite == on_postgres, query
        something += bool(on_sqlite[0])
    assert something > QUERIES / 4


def test_what_is_withdrawn_or_made_anew_is_found_on_both_alike(both):
    for database in both:
        with database.writing() as session:
            withdraw(session, session.get_one(Document, 2), clock.now())
        assert sum(rebuild_index(database)) == DOCUMENTS + 3
    for query in ("水位", "独一无二的结尾", "付费的水位", "图书馆"):
        first, second = (found(database, query, REACHES[1], None) for database in both)
        assert first == second
        assert 2 not in {document_id for document_id, _in_full in first[0]}


def test_a_vector_holds_what_one_may_hold():
    """Places below 16,384 and 256 of them for a word; each phrase stands whole in one of them."""
    words = ["the", "same"] * 5000 + [f"w{number}" for number in range(40_000)] + ["x" * 3000]
    entry = IndexEntry("title", "tag", "", " ".join(words), " ".join(f"o{n}" for n in range(90_000)), None, None)
    vectors = TsvectorIndexes().prepare(entry).by_table["search_public"]
    assert len(vectors) >= 40
    for vector in vectors:
        assert len(vector.encode()) < 1_000_000
        for word in vector.split(" "):
            places = [int(place[:-1]) for place in word.rpartition(":")[2].split(",")]
            assert max(places) < 16_384
            assert len(places) < 256
    pairs = {(words[number], words[number + 1]) for number in range(10_000, 50_000 - 1)}
    for first, second in random.Random(1).sample(sorted(pairs), 200):
        assert any(f"'{first}':" in vector and f"'{second}':" in vector for vector in vectors)
