"""What was measured, as lines of Markdown; and the one section of bench/RESULTS.md that is this bench's."""

import os
import platform
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from bench.front_door.measuring import Figures
from bench.front_door.servers import BARE, PRODUCT

RESULTS = Path(__file__).parents[1] / "RESULTS.md"
HEADING = "## Serving"
_TITLE = "# Results\n\nWhat the benches last said; each section is written by the bench it names.\n"
HOW_TO_READ = """\
Written by `make bench` (`python -m bench.serving`). Read the ratios, for they are of one run: all servers were asked by
turns (A B C D A B C D …), and a figure is the median of its rounds. Each server is granian with one worker and the
product's own settings, in a process of its own. The bare ones (a WSGI function, a Flask view with 8 threads, an ASGI
function) hand out a body that lies ready, the one that the product answered to the row's first request. `wrk` asks
with -t1 -c16, without Accept-Encoding but in the row that says so. Nothing is pinned to a core: wrk shares the machine
with the server. Half load: a client of our own sends at half the rate of the product's full load, each request at its
time; what a request waits for a free connection counts. Bytes are those on the wire of an answer, its headers included.

(d): at each request one of 1,000 subscribers at random reads one of 100 documents at random. (d'): none of 20,000
readers has come since the server started, which knows none of the 100 documents either; (d'+): nor does anybody read
what another has read. For both it is started anew in each round, and has answered the last twenty requests when
it is asked the first. (f): subscribers search, for how often an account
may search is limited. (h) is written down, signing in with `PAIDSPAN_TRUSTED_PROXIES=1`, each from another address.
"""


def table(figures: Iterable[Figures], statements: Mapping[str, tuple[int, int]]) -> list[str]:
    """Return a table of rows; `statements` are those of SQL, the first time and again, by a row's letter."""
    heads = ["row", "", "requests/s", "× bare Flask", "× bare WSGI", "× bare ASGI", "goal", "p50, p99 (ms)"]
    heads += ["at half load (ms)", "not 2xx", "bytes", "SQL statements, first and again"]
    lines = [f"| {' | '.join(heads)} |", "|---|---|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|"]
    return [*lines, *(row_line(one, statements.get(one.row.letter)) for one in figures)]


def row_line(one: Figures, statements: tuple[int, int] | None = None) -> str:
    """Return the line of one row."""
    ours = one.full[PRODUCT]
    ratios = [f"{one.ratio(kind):.2f}" if kind in one.full else "" for kind in ("flask", "wsgi", "asgi")]
    goals = ", ".join(f"{goal} × {kind}" for kind, goal in one.row.goals.items())
    half = f"{one.half.p50:.1f}, {one.half.p99:.1f}" if one.half else ""
    counted = "{}, {}".format(*statements) if statements else ""
    cells = [
        *(f"({one.row.letter})", one.row.title, f"{ours.rate:,.0f}", *ratios, goals),
        *(f"{ours.p50:.1f}, {ours.p99:.1f}", half, str(one.wrong), f"{ours.size:,.0f}", counted),
    ]
    return f"| {' | '.join(cells)} |"


def bare_table(figures: Iterable[Figures]) -> list[str]:
    """Return what the bare applications did in the same rounds."""
    kinds = [kind for kind in BARE if any(kind in one.full for one in figures)]
    heads = ["row", *(f"bare {kind}, requests/s" for kind in kinds)]
    told = [one for one in figures if kinds and kinds[0] in one.full]
    rows = [[f"({one.row.letter})", *(f"{one.full[kind].rate:,.0f}" for kind in kinds)] for one in told]
    return [f"| {' | '.join(heads)} |", "|---" + "|--:" * len(kinds) + "|", *(f"| {' | '.join(row)} |" for row in rows)]


def machine() -> str:
    """Return on what was measured."""
    names = ("granian", "flask", "werkzeug", "jinja2", "sqlalchemy", "uvloop")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return f"{_processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}."


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def keep_section(lines: Iterable[str]) -> None:
    """Put this bench's section into the file; other sections stay as they are."""
    present = RESULTS.read_text("utf-8") if RESULTS.exists() else _TITLE
    others = re.sub(rf"(?ms)^{HEADING}$.*?(?=^## |\Z)", "", present).rstrip()
    RESULTS.write_text("\n".join([others, "", HEADING, "", *lines]) + "\n", "utf-8")
