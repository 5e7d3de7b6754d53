"""How fast pages are served, beside bare applications under the same server: figures of one run, to be read as ratios.

python -m bench.serving writes them into bench/RESULTS.md; --documents and --readers say how large the library is.
python -m bench.serving --minute asks a small library for a minute, and fails where a ratio is under half of its goal.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import median

from bench.front_door.felt import measure_felt
from bench.front_door.library import Library, stock_library
from bench.front_door.load import refuse_missing_wrk
from bench.front_door.measuring import (
    Figures,
    Shape,
    compare,
    keep_answer,
    measure_first_views,
    measure_product,
    measure_row,
)
from bench.front_door.results import HOW_TO_READ, bare_table, keep_section, machine, row_line, table
from bench.front_door.rows import Row, reading_rows, searches, writing_rows
from bench.front_door.servers import BARE, PRODUCT, ROOT, bare_servers, product_server, seconds_to_first_byte

# In a minute there is no time for a process to learn the documents of (d') from its first answers: it knows them.
MINUTE, WHOLE, SHORT = Shape(0.6, 3, 0, awake=200), Shape(3, 3, 4), Shape(2, 3, 0)
MINUTE_KINDS, MINUTE_ROWS = ("wsgi", "flask"), {"c", "d", "d'", "e, catalogue", "g"}
MINUTE_LIBRARY = (200, 3_000)
LITTLE_LIBRARY = (60, 1_000)  # what the large one is compared with: as many documents as lists show
HALF_OF_GOALS = 0.5
STARTS = 3
GROWTH = "Growth, of lists as long as they get and of the same documents, when everybody has been met:"
FELT = "As a reader feels it who comes for the first time, in Chromium, 40 ms away, on a processor a quarter as fast:"
Memory = dict[str, float]


def measure_rows(
    library: Library, rows: list[Row], folder: Path, kinds: tuple[str, ...], shape: Shape, alone: tuple[Row, ...] = ()
) -> tuple[list[Figures], list[Memory]]:
    """Return the figures of rows, and what the product's worker held before and after it answered them.

    Those `alone` are compared with nothing.
    """
    answers = folder / "answers"
    answers.mkdir()
    with product_server(library.instance) as product:
        held = [product.memory()]
        for row in rows:
            keep_answer(row, product, answers)
        with bare_servers(answers, kinds) as bare:
            servers = {**bare, PRODUCT: product}
            figures = [_told(measure_row(row, servers, folder, shape)) for row in rows if not row.restarts]
        figures += [_told(measure_product(row, product, shape)) for row in alone]
        held.append(product.memory())
    with bare_servers(answers, kinds) as bare:
        start = lambda: product_server(library.instance)  # noqa: E731
        figures += [_told(measure_first_views(row, start, bare, folder, shape)) for row in rows if row.restarts]
    return sorted(figures, key=lambda one: one.row.letter), held


def _told(figures: Figures) -> Figures:
    print(row_line(figures), flush=True)
    return figures


def count_statements(library: Library, rows: list[Row]) -> dict[str, tuple[int, int]]:
    """Return how many statements of SQL the first request of each row takes, the first time and again."""
    command = [sys.executable, "-m", "bench.front_door.statements"]
    asked = json.dumps([row.requests.example().decode("latin-1") for row in rows])
    environment = os.environ | {"PAIDSPAN_INSTANCE": str(library.instance), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, input=asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    counted = json.loads(done.stdout.splitlines()[-1])
    return {row.letter: (first, again) for row, (first, again) in zip(rows, counted, strict=True)}


def measure_growth(little: Library, large: Library, folder: Path) -> list[str]:
    """Return how many requests a large library answers for each that a little one does, of the same documents."""
    of_little, of_large = (reading_rows(one, folder / one.instance.name, little.slugs) for one in (little, large))
    sizes = [f"{one.documents:,} documents, {one.readers:,} readers: requests/s" for one in (little, large)]
    lines = [f"| row | {' | '.join(sizes)} | ratio |", "|---|--:|--:|--:|"]
    with product_server(little.instance) as one, product_server(large.instance) as other:
        for row, same in zip(of_little, of_large, strict=True):
            # The sitemap of a large library is another one: it names its parts.
            if row.letter[0] in "cde" and not row.restarts and row.letter != "e, sitemap":
                few, many = compare([(one, row.requests), (other, same.requests)], SHORT)
                lines.append(f"| ({row.letter}) | {few:,.0f} | {many:,.0f} | {many / few:.2f} |")
                print(lines[-1], flush=True)
    return lines


def measure_writing(library: Library, folder: Path) -> list[Figures]:
    """Return the figures of what is written, behind a proxy that says where each request comes from."""
    rows = writing_rows(library, folder)
    with product_server(library.instance, trusted_proxies="1") as product:
        return [_told(measure_product(row, product, WHOLE)) for row in rows]


def minute(folder: Path) -> int:
    """Print the ratios of a small library; return 1 where one is under half of its goal."""
    library = stock_library(folder / "small", *MINUTE_LIBRARY, indexed=False)
    rows = [row for row in reading_rows(library, folder / "asked") if row.letter in MINUTE_ROWS]
    figures, _held = measure_rows(library, rows, folder, MINUTE_KINDS, MINUTE)
    missed = [line for one in figures for line in one.misses(HALF_OF_GOALS)]
    wrong = [f"({one.row.letter}) {one.wrong} answers were errors" for one in figures if one.wrong]
    print("\n".join(["", *missed, *wrong]) if missed or wrong else "every ratio is above half of its goal")
    return 1 if missed or wrong else 0


def whole(folder: Path, documents: int, readers: int) -> int:
    """Measure everything and keep it; return 1 where an answer was an error."""
    print(f"a library of {documents:,} documents and {readers:,} readers: this takes some minutes", flush=True)
    large = stock_library(folder / "large", documents, readers)
    little = stock_library(folder / "little", *LITTLE_LIBRARY)
    rows, found = reading_rows(large, folder / "asked"), searches(large, folder / "asked")
    figures, held = measure_rows(large, rows, folder, BARE, WHOLE, alone=(found,))
    statements = count_statements(large, [row for row in rows if not row.restarts])
    growth = measure_growth(little, large, folder / "grown")
    figures += measure_writing(large, folder / "asked")
    begun = median(seconds_to_first_byte(large.instance) for _ in range(STARTS))
    lines = [
        f"{date.today().isoformat()}; {machine()} Library: {documents:,} documents, {readers:,} readers.",  # noqa: DTZ011
        *("", HOW_TO_READ, *table(figures, statements), "", *bare_table(figures)),
        *("", *_memory_table(held), "", GROWTH, "", *growth, ""),
        f"First byte of `paidspan serve` on this instance: {begun:.2f} s (median of {STARTS}).",
        *("", FELT, "", *measure_felt(large)),
    ]
    keep_section(lines)
    missed = [line for one in figures for line in one.misses(1)]
    print("\n".join(["", *lines[1:], "", *(f"missed: {line}" for line in missed)]))
    return 1 if any(one.wrong for one in figures) else 0


def _memory_table(held: list[Memory]) -> list[str]:
    lines = ["| the worker holds (MB) | RSS | PSS | USS |", "|---|--:|--:|--:|"]
    named = zip(("when it has started", "after all rows of reading"), held, strict=True)
    return [*lines, *(f"| {name} | {one['RSS']:.0f} | {one['PSS']:.0f} | {one['USS']:.0f} |" for name, one in named)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.serving", description=__doc__)
    parser.add_argument("--minute", action="store_true", help="the short form")
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--readers", type=int, default=1_000_000)
    asked = parser.parse_args()
    refuse_missing_wrk()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        return minute(folder) if asked.minute else whole(folder, asked.documents, asked.readers)


if __name__ == "__main__":
    sys.exit(main())
