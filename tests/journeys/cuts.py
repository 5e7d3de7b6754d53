"""Where a report is cut: what a visitor may see last, and what only payers see."""

from dataclasses import dataclass
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "webapp/samples/annual-report-2025.txt"
BEGIN, END = "##paidbegin##", "##paidend##"


@dataclass(frozen=True)
class Cut:
    """What a visitor may see last, and what only payers see."""

    before: str
    after: str
    last: str
    slices: frozenset[str]


def cut_of(path: Path) -> Cut:
    """Return where a manuscript with one span is cut; its slices of eight characters stand in the span alone."""
    head, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    paid, _, tail = rest.partition(END)
    lines = [line for line in paid.split("\n") if line]
    public = head + tail
    runs = (line[start : start + 8] for line in lines for start in range(len(line) - 7))
    return Cut(head[-3:], lines[0][:6], lines[-1][-12:], frozenset(run for run in runs if run not in public))
