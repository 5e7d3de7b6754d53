"""How old what is shown may be: one number that grows with every change to a table that pages for all are made from.

It grows in the transaction of the change, by whichever session makes it, so no rule has to remember to say so. An older
database, restored, counts the same numbers once more: the moment of the last change tells them apart.
"""

from datetime import datetime
from typing import cast

from sqlalchemy import event, update
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, UOWTransaction, mapped_column, sessionmaker

from webapp.kit import clock
from webapp.kit.prepared_query import PreparedQuery
from webapp.kit.table_base import Base

Version = tuple[int, datetime]
_ONLY = 1
_COUNTED, _SEEN = "freshness counted in", "freshness seen in"


class ContentVersion(Base):
    """The only row: how many transactions have changed what pages show, and when the last of them did."""

    __tablename__ = "freshness"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    changed_at: Mapped[datetime]


_ROW = PreparedQuery((ContentVersion,), lambda query: query.where(ContentVersion.id == _ONLY))


def current_version(session: Session) -> Version:
    """Return the version of everything this session sees from here on; asked for once in a transaction that reads."""
    transaction, known = session.info.get(_SEEN, (None, None))
    if known is not None and transaction is session.get_transaction():
        return cast("Version", known)
    found = _ROW.first(session)
    assert found is not None
    version: Version = found[0].version, found[0].changed_at
    if _COUNTED not in session.info:
        session.info[_SEEN] = session.get_transaction(), version
    return version


def track_changes(sessions: sessionmaker[Session]) -> None:
    """Have the version grow with each transaction of these sessions that changes a table marked `__shown__`."""
    event.listen(sessions, "after_flush", _after_flush)
    event.listen(sessions, "do_orm_execute", _on_execute)


def _after_flush(session: Session, _context: UOWTransaction) -> None:
    if any(_shown(row) for row in (*session.new, *session.dirty, *session.deleted)):
        _grow(session)


def _on_execute(state: ORMExecuteState) -> None:
    writes = state.is_insert or state.is_update or state.is_delete
    if writes and state.bind_mapper is not None and _shown(state.bind_mapper.class_):
        _grow(state.session)


def _shown(row: object) -> bool:
    return bool(getattr(row, "__shown__", False))


def _grow(session: Session) -> None:
    transaction = session.get_nested_transaction() or session.get_transaction()
    if session.info.get(_COUNTED) is transaction:
        return
    session.info[_COUNTED] = transaction
    session.info.pop(_SEEN, None)
    grown = {"version": ContentVersion.version + 1, "changed_at": clock.now()}
    session.connection().execute(update(ContentVersion).where(ContentVersion.id == _ONLY).values(grown))
