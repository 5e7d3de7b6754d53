"""What was lived and compared, counted."""

from collections import Counter
from collections.abc import Mapping

FIGURES: Counter[str] = Counter()
_TOLD = (
    "histories",
    "steps",
    "delivered",
    "dropped",
    "duplicated",
    "reordered",
    "two at once",
    "troubles",
    "edits",
    "syncs",
    "comparisons",
    "differences",
)


def in_words(figures: Mapping[str, int]) -> str:
    """Return the figures in one line."""
    return ", ".join(f"{figures.get(name, 0):,} {name}" for name in _TOLD)
