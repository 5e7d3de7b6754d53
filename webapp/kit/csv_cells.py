"""Tables as CSV (RFC 4180) that spreadsheets open without running what strangers wrote into a cell."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")  # how a cell begins that a spreadsheet takes for a formula (OWASP)
_BYTE_ORDER_MARK = "\ufeff"  # by which Excel knows UTF-8


def defused(cell: object) -> object:
    """Return a cell that a spreadsheet shows as it is; numbers stay numbers."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    return f"'{cell}" if cell.startswith(_RUNS) else cell


def csv_lines(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a table line by line, its head first."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, row in enumerate(chain([head], rows)):
        writer.writerow([defused(cell) for cell in row])
        yield (_BYTE_ORDER_MARK if number == 0 else "") + buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
