"""Readers brought in from a table: who is new, who is there, what each is given; said before, then done in batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.mailed_tokens import MailedToken, Purpose
from webapp.accounts.models import Reader, Role
from webapp.accounts.reader_names import set_reader_name
from webapp.billing.grants import make_gift
from webapp.billing.memberships import settle_memberships
from webapp.billing.models import Grant, GrantSource
from webapp.billing.reader_table import TableRow, UnusableRow
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _

BATCH = 200


class LineOutcome(StrEnum):
    """What becomes, or became, of a line."""

    NEW = "new"
    NEW_WITH_ACCESS = "new-with-access"
    GIVEN = "given"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What becomes of one line, and why, where it is refused."""

    line: int
    email: str
    outcome: LineOutcome
    until: datetime | None = None
    problem: InvalidInputError | None = None


def plan_import(session: Session, rows: Sequence[TableRow | UnusableRow]) -> list[ImportLine]:
    """Return what would become of each line, and change nothing."""
    return [line for batch in _batches(rows) for line in _judge(session, batch)[0]]


def import_readers(database: Database, rows: Sequence[TableRow | UnusableRow]) -> list[ImportLine]:
    """Do what `plan_import` tells and return what became of each line; done twice, it changes nothing the second time.

    Owns its transactions: each batch is one, so that readers who write wait for no more than that.
    """
    done: list[ImportLine] = []
    for batch in _batches(rows):
        done += database.write(partial(import_batch, rows=batch))
    return done


def import_batch(session: Session, rows: Sequence[TableRow | UnusableRow]) -> list[ImportLine]:
    """Make the accounts of some lines that there are not, and give what they say."""
    now = clock.now()
    lines, readers = _judge(session, rows)
    done = {line.line for line in lines if line.outcome not in {LineOutcome.REFUSED, LineOutcome.UNCHANGED}}
    wanted = [row for row in rows if isinstance(row, TableRow) and row.line in done]
    for row in wanted:
        if row.address.key not in readers:
            readers[row.address.key] = _new_reader(row, now)
    session.add_all(readers.values())
    session.flush()  # all of them at once
    for row in wanted:
        reader = readers[row.address.key]
        if row.name and not reader.name:
            set_reader_name(reader, row.name)
        if row.gives:
            session.add(make_gift(reader.id, None, row.until, row.reason, now))
    settle_memberships(session, list(readers.values()))
    return lines


def _batches(rows: Sequence[TableRow | UnusableRow]) -> Iterator[Sequence[TableRow | UnusableRow]]:
    for begin in range(0, len(rows), BATCH):
        yield rows[begin : begin + BATCH]


def _judge(session: Session, rows: Sequence[TableRow | UnusableRow]) -> tuple[list[ImportLine], dict[str, Reader]]:
    """Return what becomes of some lines, and the accounts of theirs that there are."""
    keys = [row.address.key for row in rows if isinstance(row, TableRow)]
    readers = {one.email_key: one for one in session.scalars(select(Reader).where(Reader.email_key.in_(keys)))}
    left = select(MailedToken.email_key).where(
        MailedToken.purpose == Purpose.UNDO_CHANGE,
        MailedToken.email_key.in_(keys),
        MailedToken.used_at.is_(None),
        MailedToken.expires_at > clock.now(),
    )
    held_back = set(session.scalars(left))
    given = _open_gifts(session, [one.id for one in readers.values()])
    return [_become(row, readers, held_back, given) for row in rows], readers


def _become(
    row: TableRow | UnusableRow,
    readers: dict[str, Reader],
    held_back: set[str | None],
    given: set[tuple[int, datetime | None]],
) -> ImportLine:
    if isinstance(row, UnusableRow):
        return ImportLine(row.line, row.typed, LineOutcome.REFUSED, problem=row.problem)
    reader, email = readers.get(row.address.key), row.address.written
    if reader is None and row.address.key in held_back:
        problem = InvalidInputError(
            _("Another account had this address a few days ago and may still take it back."),
            _("Try again in a week."),
        )
        return ImportLine(row.line, email, LineOutcome.REFUSED, problem=problem)
    if reader is None:
        outcome = LineOutcome.NEW_WITH_ACCESS if row.gives else LineOutcome.NEW
        return ImportLine(row.line, email, outcome, row.until)
    if reader.disabled_at is not None:
        problem = InvalidInputError(_("This account is disabled."), _("Enable it first, if it should read again."))
        return ImportLine(row.line, reader.email, LineOutcome.REFUSED, problem=problem)
    if row.gives and (reader.id, row.until) not in given:
        return ImportLine(row.line, reader.email, LineOutcome.GIVEN, row.until)
    return ImportLine(row.line, reader.email, LineOutcome.UNCHANGED, row.until)


def _open_gifts(session: Session, reader_ids: list[int]) -> set[tuple[int, datetime | None]]:
    """Return until when who of these may read everything because it was given by hand."""
    gifts = select(Grant.reader_id, Grant.ends_at).where(
        Grant.reader_id.in_(reader_ids),
        Grant.source == GrantSource.COMPLIMENTARY,
        Grant.document_id.is_(None),
        Grant.is_not_over(clock.now()),
    )
    return {(reader_id, ends_at) for reader_id, ends_at in session.execute(gifts)}


def _new_reader(row: TableRow, now: datetime) -> Reader:
    """Make an account without a password: who has its mailbox gets in with a mailed link."""
    address = row.address
    reader = Reader(email=address.written, email_key=address.key, password_hash="", role=Role.READER, created_at=now)
    set_reader_name(reader, row.name)
    return reader
