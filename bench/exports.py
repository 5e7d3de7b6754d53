"""How long files of a report of 9 kB take, the first time and from the store, and of one of 2 MB as jobs.

Figures of one run, to be read as ratios: python bench/exports.py
"""

import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.factories.shelf import Shelf
from webapp import create_app
from webapp.exports.export_jobs import render_waiting
from webapp.exports.file_formats import FileFormat
from webapp.kit.database import Database
from webapp.kit.http import database as database_of
from webapp.kit.migrate import upgrade
from webapp.settings import load_settings

BYTES = {"9 kB": 9_000, "2 MB": 2_000_000}
ALLOWED = {FileFormat.DOCX: 0.3, FileFormat.PDF: 1.0, FileFormat.EPUB: 0.3}  # seconds, the first time, for 9 kB
AGAIN = 20  # times
NUMERALS = "一二三四五六七八九十"


def report(size: int, chance: random.Random) -> str:
    """Return a public report of about so many bytes, of usual characters (GB 2312), with headings as reports have."""
    signs = [bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFA)]

    def words(shortest: int, longest: int) -> str:
        return "".join(chance.choices(signs, k=chance.randint(shortest, longest)))

    lines = ["关于版面与篇幅的报告"]
    length = number = 0
    while length < size:
        lines.append("，".join(words(6, 18) for _ in range(12)) + f"，同比增长{chance.randint(1, 90)}.5%。")
        if number % 20 == 0:
            lines[-1] = f"{NUMERALS[number // 20 % 10]}、{words(8, 12)}"
        elif number % 5 == 0:
            lines[-1] = f"（{NUMERALS[number // 5 % 10]}）{words(10, 14)}。{lines[-1]}"
        length += len(lines[-1].encode()) + 1
        number += 1
    return "\n".join(lines)


def seconds(ask: Callable[[], object]) -> float:
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start


def peak() -> float:
    """Return the most memory that this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        address = Database(f"sqlite:///{place / 'paidspan.sqlite'}")
        upgrade(address)
        address.close()
        app = create_app(load_settings(instance=place))
        with app.app_context():
            database = database_of()
        shelf, client = Shelf(database, place), app.test_client()
        slugs = {size: shelf.put(report(count, chance), f"{count}.txt").slug for size, count in BYTES.items()}
        for kind in FileFormat:
            path = f"/d/{slugs['9 kB']}.{kind}"
            first = seconds(lambda path=path: client.get(path))
            again = seconds(lambda path=path: [client.get(path) for _ in range(AGAIN)]) / AGAIN
            limit = f", {first / ALLOWED[kind]:.0%} of what it may take" if kind in ALLOWED else ""
            print(f"9 kB, {kind}: {first * 1000:.0f} ms{limit}; from the store {again / first:.0%} of that")
        for kind in FileFormat:
            path = f"/d/{slugs['2 MB']}.{kind}"
            assert client.get(path).status_code == 202
            taken = seconds(lambda: render_waiting(app, database))
            size = len(client.get(path).data)
            print(
                f"2 MB, {kind}: a job of {taken:.1f} s, {size / 1e6:.1f} MB; the process held {peak():.0f} MB at most"
            )
        database.close()


if __name__ == "__main__":
    main()
