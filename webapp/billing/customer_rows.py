"""A list of customers as a spreadsheet or Stripe's dashboard writes it: `customer_id,email`, each row with its line."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from webapp.accounts.email_addresses import parse_email
from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _

_CUSTOMER, _EMAIL = ("customer_id", "customer", "id"), ("email", "e-mail")  # Stripe's own export has “id” and “Email”
_PREFIX = "cus_"


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One row that can be used: who is whose."""

    line: int
    customer_id: str
    email: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that cannot be used, and why."""

    line: int
    problem: str


def read_customer_rows(content: bytes) -> list[CustomerRow | BadRow]:
    """Return the rows of a CSV file in UTF-8; raise InvalidInputError where it is none, or lacks a column."""
    try:
        written = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(_("The file is not in UTF-8."), _("Save it as CSV UTF-8.")) from error
    table = csv.reader(io.StringIO(written, newline=""))
    try:
        header = [name.strip().lower() for name in next(table, [])]
        return list(_rows(table, _column(header, _CUSTOMER), _column(header, _EMAIL)))
    except csv.Error as error:
        raise InvalidInputError(_("Line %(line)s: %(error)s.", line=table.line_num, error=error), "") from error


def _column(header: list[str], names: tuple[str, ...]) -> int:
    found = next((header.index(name) for name in names if name in header), None)
    if found is None:
        raise InvalidInputError(
            _("The first line names no column “%(name)s”.", name=names[0]), _("Write it like customer_id,email.")
        )
    return found


def _rows(table: Iterator[list[str]], customer: int, email: int) -> Iterator[CustomerRow | BadRow]:
    seen: dict[str, int] = {}
    begin = 2
    for cells in table:
        line, begin = begin, table.line_num + 1  # type: ignore[attr-defined]  # a csv.reader counts its lines
        if not any(cell.strip() for cell in cells):
            continue
        row = _row(line, cells, customer, email)
        if isinstance(row, CustomerRow) and row.customer_id in seen:
            row = BadRow(line, _("%(id)s stands in line %(line)s, too", id=row.customer_id, line=seen[row.customer_id]))
        if isinstance(row, CustomerRow):
            seen[row.customer_id] = line
        yield row


def _row(line: int, cells: list[str], customer: int, email: int) -> CustomerRow | BadRow:
    if len(cells) <= max(customer, email):
        return BadRow(line, _("a column is missing"))
    customer_id, address = cells[customer].strip(), cells[email].strip()
    if not customer_id.startswith(_PREFIX):
        return BadRow(line, _("“%(typed)s” is no id of a customer; it begins with cus_", typed=customer_id))
    try:
        return CustomerRow(line, customer_id, parse_email(address).written)
    except InvalidInputError:
        return BadRow(line, _("“%(typed)s” is no e-mail address", typed=address))
