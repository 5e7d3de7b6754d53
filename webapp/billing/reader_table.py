"""A table of readers as a spreadsheet writes it, read line by line: addresses, names, until when, why."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from webapp.accounts.email_addresses import EmailAddress, parse_email
from webapp.accounts.reader_names import clean_name
from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _

LONGEST_REASON = 200
MOST_LINES = 20_000
# What the first line calls each column; people's spreadsheets have many more, which are left alone.
_TITLES = (
    {"email", "e-mail", "email address", "mail", "邮箱", "电子邮箱", "邮箱地址", "电子邮件", "邮件地址"},
    {"name", "full name", "姓名", "名字", "称呼"},
    {"until", "grant until", "access until", "有效期至", "到期", "到期日", "截止日期", "开通至"},
    {"reason", "note", "原因", "理由", "备注"},
)
_Places = tuple[int | None, ...]  # of address, name, last day and reason in a line
_USUAL: _Places = (0, 1, 2, 3)
_DAY = re.compile(r"(20\d\d|21\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_FOR_GOOD = {"forever", "for good", "no end", "永久", "长期", "不限"}


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of the table: whose account, and what shall be given; `until` with `gives`: None is without an end."""

    line: int
    address: EmailAddress
    name: str
    gives: bool
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class UnusableRow:
    """One line that cannot be used: what stands there, what is wrong with it, and what to do."""

    line: int
    typed: str
    problem: InvalidInputError


def read_table(text: str, zone: ZoneInfo, today: date) -> list[TableRow | UnusableRow]:
    """Return what each line of a table says; raise InvalidInputError where it is none, or far too long.

    A day is the last on which what is given is open, in the publisher's `zone`.
    """
    lines = [(line, cells) for line, cells in _lines(text.removeprefix("\ufeff")) if any(cells)]
    if not lines:
        raise InvalidInputError(_("The table is empty."), _("Put an e-mail address into its first column."))
    if len(lines) > MOST_LINES:
        raise InvalidInputError(
            _("The table has more than %(most)s lines.", most=MOST_LINES), _("Split it into several.")
        )
    places = _places(lines[0][1])
    rows: list[TableRow | UnusableRow] = []
    seen: dict[str, int] = {}
    for line, cells in lines[1:] if places else lines:
        row = _row(line, cells, places or _USUAL, zone, today)
        if isinstance(row, TableRow):
            first = seen.setdefault(row.address.key, line)
            if first != line:
                row = UnusableRow(
                    line,
                    row.address.written,
                    InvalidInputError(
                        _("Line %(first)s has the same address.", first=first), _("Keep one of the two.")
                    ),
                )
        rows.append(row)
    return rows


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each line with its number; a table is split at what its first line has most of."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, [_as_written(cell.strip()) for cell in cells]
    except csv.Error:
        raise InvalidInputError(
            _("Line %(line)s cannot be read as part of a table.", line=reader.line_num),
            _("Save the table as CSV once more."),
        ) from None


def _as_written(cell: str) -> str:
    """Return a cell without the sign that our own tables put before one that a spreadsheet would reckon."""
    return cell[1:] if cell.startswith(("'=", "'+", "'-", "'@")) else cell


def _places(titles: list[str]) -> _Places | None:
    """Return where each column is by the titles in the first line; None where that names no addresses."""
    plain = [title.lower().replace("_", " ") for title in titles]
    places = tuple(next((at for at, title in enumerate(plain) if title in known), None) for known in _TITLES)
    return None if places[0] is None else places


def _row(line: int, cells: list[str], places: _Places, zone: ZoneInfo, today: date) -> TableRow | UnusableRow:
    typed, name, until, reason = (cells[at] if at is not None and at < len(cells) else "" for at in places)
    try:
        address, called, why = parse_email(typed), clean_name(name), clean_reason(reason)
        gives, ends_at = _read_until(until, zone, today)
    except InvalidInputError as problem:
        return UnusableRow(line, typed, problem)
    return TableRow(line, address, called, gives, ends_at, why)


def clean_reason(typed: str) -> str:
    """Return why somebody is given something, as it is kept; raise InvalidInputError where it is too long."""
    if len(typed.strip()) > LONGEST_REASON:
        raise InvalidInputError(
            _("The reason is too long."), _("Write at most %(most)s characters.", most=LONGEST_REASON)
        )
    return typed.strip()


def _read_until(typed: str, zone: ZoneInfo, today: date) -> tuple[bool, datetime | None]:
    """Return whether something is given, and until when: the end of the day that is named."""
    if not typed:
        return False, None
    if typed.lower() in _FOR_GOOD:
        return True, None
    day = read_day(typed)
    if day < today:
        raise InvalidInputError(_("The day “%(typed)s” is over.", typed=typed), _("Write a day that is to come."))
    return True, last_second_of(day, zone)


def last_second_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the last second of a day, so that what ends then is said to be open until that day."""
    return datetime.combine(day, time(23, 59, 59), zone)


def read_day(typed: str) -> date:
    """Return the day that was typed, the year first, as forms and spreadsheets write it; raise InvalidInputError."""
    found = _DAY.fullmatch(typed.strip().partition(" ")[0])
    try:
        return date(*map(int, found.groups())) if found else date.fromisoformat("")
    except ValueError:
        raise InvalidInputError(
            _("“%(typed)s” is no day.", typed=typed[:40]), _("Write the year first, like 2027-05-12.")
        ) from None
