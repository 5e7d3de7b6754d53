"""Where in a text something stands."""

from collections.abc import Iterable, Iterator


def _breaks(source: str, start: int, stop: int) -> int:
    pairs = source.count("\r\n", start, stop)
    return source.count("\n", start, stop) + source.count("\r", start, stop) - pairs


def line_columns(source: str, offsets: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Return line and column of each offset, 1-based, in characters; the offsets ascend.

    Looks at every stretch of the text once, however many offsets share one long line.
    """
    line, start, seen = 1, 0, 0
    for offset in offsets:
        line += _breaks(source, seen, offset)
        start = max(start, source.rfind("\n", seen, offset) + 1, source.rfind("\r", seen, offset) + 1)
        seen = max(seen, offset)
        yield line, offset - start + 1
