"""What an error of the database means to who asked, by what its driver says of it."""

import sqlite3

import pytest
from sqlalchemy.exc import DatabaseError, IntegrityError, InterfaceError, InternalError, OperationalError

from webapp.kit.database_trouble import error_of_database
from webapp.kit.errors import CannotSaveError, DatabaseAwayError, TooBusyError


class PostgresError(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("said by the server")
        self.sqlstate = sqlstate


def of_sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("said by SQLite")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("kind", "driver", "told"),
    [
        (OperationalError, of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), TooBusyError),
        (OperationalError, of_sqlite(sqlite3.SQLITE_FULL), CannotSaveError),
        (OperationalError, of_sqlite(sqlite3.SQLITE_READONLY_DIRECTORY), CannotSaveError),
        (OperationalError, of_sqlite(sqlite3.SQLITE_IOERR_WRITE), CannotSaveError),
        (OperationalError, of_sqlite(sqlite3.SQLITE_IOERR_READ), DatabaseAwayError),
        (DatabaseError, of_sqlite(sqlite3.SQLITE_CORRUPT), DatabaseAwayError),
        (IntegrityError, of_sqlite(sqlite3.SQLITE_CONSTRAINT_UNIQUE), None),
        (InternalError, PostgresError("25006"), CannotSaveError),
        (OperationalError, PostgresError("53100"), CannotSaveError),
        (OperationalError, PostgresError("55P03"), TooBusyError),
        (OperationalError, PostgresError("53300"), TooBusyError),
        (OperationalError, PostgresError("57P03"), DatabaseAwayError),
        (OperationalError, PostgresError(None), DatabaseAwayError),
        (IntegrityError, PostgresError("23505"), None),
    ],
)
def test_each_error_has_its_meaning(kind, driver, told):
    found = error_of_database(kind("SELECT 1", {}, driver))
    assert type(found) is (told or type(None))


def test_whatever_is_said_of_a_connection_that_was_lost_it_is_away():
    error = InterfaceError("SELECT 1", {}, PostgresError(None), connection_invalidated=True)
    assert isinstance(error_of_database(error), DatabaseAwayError)
    assert error_of_database(InterfaceError("SELECT 1", {}, PostgresError(None))) is None
