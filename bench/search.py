"""How fast search answers over a large library, and how fast it is indexed. Figures of one run, to be read as ratios.

python bench/search.py [DOCUMENTS]; with DATABASE=postgresql on a PostgreSQL of its own, which waits for the disk.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

import rjieba

import webapp.factory
from webapp.access.policy import UnlockedDocuments
from webapp.documents.full_editions import FullEdition
from webapp.documents.models import Document, DocumentTag, PublicEdition, State
from webapp.kit.database import Database
from webapp.kit.migrate import upgrade
from webapp.kit.postgres_engine import driver_arguments
from webapp.manuscript import RENDERER_VERSION
from webapp.search.find import find_documents
from webapp.search.index import INDEX_BATCH, fill_index
from webapp.search.tokenizer import parse_query

CHARACTERS = 3000  # of a document: about 9 kB
COMMON = ["工作", "发展", "报告", "全年", "情况"]
QUERIES = 400
TAG, TAGGED = "季度", 20  # one document in so many has the tag
BOUGHT = 500  # documents of a reader who bought them one by one


def vocabulary(chance: random.Random) -> list[str]:
    """Return words from the most frequent to the rarest: pairs of usual characters (GB 2312) that are words."""
    signs = [bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFA)]
    pairs = ("".join(chance.choices(signs, k=2)) for _ in range(3_000_000))
    made = list(dict.fromkeys(filter(rjieba.has_word, pairs)))
    return [*COMMON, *made]


def written(chance: random.Random, words: list[str], length: int) -> str:
    """Return a text whose words are as unequal as those of real ones (Zipf); the common ones stand in nine of ten."""
    parts, size = [], 0
    while size < length:
        place = min(int(chance.paretovariate(0.45)) - 1, len(words) - 1)
        if place < len(COMMON) and chance.random() < 0.7:
            place = chance.randrange(len(COMMON), len(words))
        parts.append(words[place] + ("，" if chance.random() < 0.12 else ""))
        size += len(parts[-1])
        if chance.random() < 0.01:
            parts.append(f" GDP {chance.randrange(2000, 2030)}。\n")
    return "".join(parts)


def library(database: Database, count: int, chance: random.Random, words: list[str]) -> None:
    """Put published documents into the tables, past import: half of each is for payers."""
    pool = [written(chance, words, CHARACTERS // 2) for _ in range(4000)]
    begun = datetime(2010, 1, 1, tzinfo=UTC)
    for first in range(1, count + 1, 1000):
        waiting: list[object] = []
        with database.writing() as session:
            for number in range(first, min(first + 1000, count + 1)):
                public, paid = chance.choice(pool), chance.choice(pool)
                moment = begun + timedelta(minutes=number)
                title = f"关于{chance.choice(words)}{chance.choice(words)}的报告 {number}"
                document, *editions = rows(number, moment, title, public, paid)
                session.add(document)
                waiting += editions
            session.flush()
            session.add_all(waiting)


def rows(number: int, moment: datetime, title: str, public: str, paid: str) -> list[object]:
    times = {
        "updated_at": moment,
        "changed_at": moment,
        "revision": 1,
        "language": "zh",
        "html": "",
        "toc_rows": [],
        "tree": "[]",
        "renderer_version": RENDERER_VERSION,
    }
    document = Document(
        id=number,
        slug=f"r{number}",
        title=title,
        source_hash="",
        state=State.PUBLISHED,
        created_at=moment,
        published_at=moment,
    )
    gates = [[1, len(paid), 1, 0, 0, False]]
    preview = {"title": title, "summary": "", "text": public, "gate_rows": gates, "characters": len(public)}
    full = {"title": title, "text": public + paid, "characters": len(public + paid)}
    tags = [DocumentTag(document_id=number, tag=TAG)] if number % TAGGED == 0 else []
    return [
        document,
        *tags,
        PublicEdition(document_id=number, **times, **preview),
        FullEdition(document_id=number, **times, **full),
    ]


def queries(chance: random.Random, words: list[str]) -> dict[str, list[str]]:
    rare, middle = words[5000:], words[50:2000]
    return {
        "rare words": chance.choices(rare, k=QUERIES),
        "words": chance.choices(middle, k=QUERIES),
        "pairs": [f"{chance.choice(middle)} {chance.choice(rare)}" for _ in range(QUERIES)],
        "common and other": [f"{chance.choice(COMMON)} {chance.choice(middle)}" for _ in range(QUERIES)],
        "phrases": [f'"{chance.choice(words[:300])}{chance.choice(words[:300])}"' for _ in range(QUERIES)],
        "any pair of characters": [side_by_side(chance, words, 2) for _ in range(QUERIES)],
        "any four characters": [side_by_side(chance, words, 4) for _ in range(QUERIES)],
        "in 90 % of all": chance.choices(COMMON, k=QUERIES),
        "two in 90 %": [" ".join(chance.sample(COMMON, 2)) for _ in range(QUERIES)],
    }


def side_by_side(chance: random.Random, words: list[str], length: int) -> str:
    """Return characters that stand side by side in a text, wherever its words begin and end."""
    return "".join(chance.choices(words[:2000], k=4))[1 : 1 + length]


def timed(database: Database, asked: list[str], reach: UnlockedDocuments, tag: str | None) -> list[float]:
    taken = []
    for query in asked:
        with database.reading() as session:
            start = time.perf_counter()
            find_documents(session, parse_query(query), reach, tag)
            taken.append((time.perf_counter() - start) * 1000)
    return taken


@contextmanager
def opened() -> Iterator[Database]:
    """Open an empty database, on PostgreSQL where that is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        if os.environ.get("DATABASE") != "postgresql":
            yield from _upgraded(f"sqlite:///{Path(folder) / 'library.sqlite'}")
            return
        from tests.factories.postgres_server import DURABLE, postgres_server  # noqa: PLC0415 - only where it is asked for

        with postgres_server(DURABLE) as served:
            yield from _upgraded(served.url())


def _upgraded(url: str) -> Iterator[Database]:
    database = Database(url)
    upgrade(database)
    yield database
    database.close()


def analyse(database: Database) -> None:
    """Have PostgreSQL count what its plans go by, as it does by itself within a minute, and tidy up its indexes."""
    if database.write_engine.dialect.name == "postgresql":
        import psycopg  # noqa: PLC0415 - only where it is asked for

        with psycopg.connect(**driver_arguments(database.url), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def main(count: int) -> None:
    chance = random.Random(7)
    words = vocabulary(chance)
    webapp.factory.join_rooms()
    with opened() as database:
        library(database, count, chance, words)
        start = time.perf_counter()
        for done in fill_index(database):
            assert done <= INDEX_BATCH
        rate = count / (time.perf_counter() - start)
        print(f"{count} documents of {CHARACTERS} characters indexed: {rate:.0f} a second", flush=True)
        analyse(database)
        bought = UnlockedDocuments(documents=frozenset(chance.sample(range(1, count + 1), BOUGHT)))
        measure(database, chance, words, bought)


def measure(database: Database, chance: random.Random, words: list[str], bought: UnlockedDocuments) -> None:
    """Ask everything as everybody, and print how long it took."""
    asking = [
        ("visitor", UnlockedDocuments(), None),
        ("subscriber", UnlockedDocuments(everything=True), None),
        (f"reader of {BOUGHT}", bought, None),
        ("visitor, of a tag", UnlockedDocuments(), TAG),
    ]
    for who, reach, tag in asking:
        everything: list[float] = []
        for kind, asked in queries(chance, words).items():
            taken = timed(database, asked, reach, tag)
            everything += taken
            print(f"{who}, {kind}: median {median(taken):.1f} ms, 95 % {quantiles(taken, n=20)[-1]:.1f} ms", flush=True)
        print(f"{who}, all: median {median(everything):.1f} ms, 95 % {quantiles(everything, n=20)[-1]:.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
