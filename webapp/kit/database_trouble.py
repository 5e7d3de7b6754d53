"""What a reader is told, and the log, where the database raises: that it is busy, away, or cannot be written to."""

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from webapp.kit.errors import CannotSaveError, DatabaseAwayError, PaidspanError, TooBusyError
from webapp.kit.folder_state import Trouble, find_folder_trouble, full_trouble, has_room

_PRIMARY = 0xFF  # SQLite's codes have the kind in their last byte (sqlite.org/rescode.html)
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNWRITABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY}
_DISK = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_FAILED_READS = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}
# PostgreSQL's appendix A. 25006: all of it can only be read, as a standby that was not told to write yet.
_READ_ONLY_STATE, _DISK_FULL_STATE = "25006", "53100"
_BUSY_STATES = ("40", "53", "55", "57014")  # came second, no room for more, locked, took too long


def error_of_database(error: DBAPIError) -> PaidspanError | None:
    """Return what a database's error means to who asked; None where it is a mistake of ours."""
    driver = error.orig
    if isinstance(driver, sqlite3.Error):
        return _error_of_sqlite(error, getattr(driver, "sqlite_errorcode", sqlite3.SQLITE_BUSY))
    state = getattr(driver, "sqlstate", None) or ""
    if state in {_READ_ONLY_STATE, _DISK_FULL_STATE}:
        return CannotSaveError()
    if not _is_of_the_server(error):
        return None
    return TooBusyError() if state.startswith(_BUSY_STATES) else DatabaseAwayError()


def _error_of_sqlite(error: DBAPIError, code: int) -> PaidspanError | None:
    kind = code & _PRIMARY
    if kind in _DAMAGED:
        return DatabaseAwayError()
    if kind in _UNWRITABLE or (kind in _DISK and code not in _FAILED_READS):
        return CannotSaveError()
    if not _is_of_the_server(error):
        return None
    return TooBusyError() if kind in _BUSY else DatabaseAwayError()


def _is_of_the_server(error: DBAPIError) -> bool:
    """Return whether an error is none of our statements'; that is all that some drivers say of what is damaged."""
    return isinstance(error, OperationalError) or type(error) is DatabaseError or error.connection_invalidated


def find_disk_trouble(folder: Path) -> Trouble | None:
    """Return what keeps a folder from being written to, for the log, which names the mend."""
    return find_folder_trouble(folder) or (None if has_room(folder) else full_trouble(folder))
