"""Who asks, where the page itself is remembered: found by the rules that views follow, at a quarter of their cost."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, Request
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from typing_extensions import override
from werkzeug.sansio.http import parse_cookie

from webapp.accounts.authentication import device_of_token
from webapp.accounts.login import device_token_in
from webapp.kit import clock
from webapp.kit.http import database
from webapp.reading.shared_answers import KnownReader, known_reader_of

_CSRF_SALT = "wtf-csrf-token"  # Flask-WTF's

log = logging.getLogger(__name__)


class ReaderLookup:
    """Looks up readers by the cookies of their browsers. Used from the event loop alone, and waits for nobody.

    No transaction is needed, which would cost as much as a query: their version is what is read first.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._csrf = URLSafeTimedSerializer(app.config["WTF_CSRF_SECRET_KEY"], salt=_CSRF_SALT)
        with app.app_context():
            self._connection = database().read_engine.connect()
        self._connection.exec_driver_sql("PRAGMA busy_timeout = 0")
        self._connection.rollback()
        self._session = _PreparedSession(self._connection)

    def find(self, cookies: bytes) -> KnownReader | None:
        """Return who sends these cookies, None where only a view can tell."""
        try:
            with self._app.app_context():
                return self._known(cookies.decode("latin-1"))
        except OperationalError:
            return None  # it is locked
        except Exception:
            log.exception("who asks could not be looked up")
            return None
        finally:
            if self._connection.in_transaction():  # where somebody listens to statements
                self._connection.rollback()

    def _known(self, cookies: str) -> KnownReader | None:
        sent = cast("Request", _Cookies(parse_cookie(cookies)))
        kept: Mapping[str, Any] = self._app.session_interface.open_session(self._app, sent) or {}
        token, now = device_token_in(kept), clock.now()
        found = device_of_token(self._session, token, now) if token else None
        if found is None:
            return None
        return known_reader_of(self._session, found, str(self._csrf.dumps(kept["csrf_token"])), now)

    def close(self) -> None:
        """Let go of the database."""
        self._connection.invalidate()  # others wait for a lock, and shall not get this one
        self._connection.close()


@dataclass(frozen=True, slots=True)
class _Cookies:
    """All of a request that a session is read from."""

    cookies: Mapping[str, str]


class _PreparedSession(Session):
    """A session for prepared queries, which need its connection alone."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(autoflush=False)
        self._kept = connection

    @override
    def connection(self, bind_arguments: Any = None, execution_options: Any = None) -> Connection:
        return self._kept
