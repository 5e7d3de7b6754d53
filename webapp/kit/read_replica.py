"""A copy of the database that may be read for visitors, as long as it shows what the database itself shows.

A copy is behind by a moment, and sometimes by hours. What a marker was moved away from must not be read there, so each
transaction on it is held to the version that the database has at that moment. Nothing that access depends on is asked
of it.
"""

import logging
import time

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from webapp.kit.content_version import Version, current_version
from webapp.kit.postgres_engine import NOTICED_SOON, postgres_reading_engine

_PATIENCE = 2  # seconds to connect
_LEFT_ALONE = 10.0  # seconds after it failed

log = logging.getLogger(__name__)


class ReadReplica:
    """Opens sessions on the copy; one that fails is left alone for a while."""

    def __init__(self, url: str) -> None:
        engine = postgres_reading_engine(url, _PATIENCE, connect_timeout=_PATIENCE, **NOTICED_SOON)
        self._sessions = sessionmaker(engine, expire_on_commit=False, autoflush=False)
        self._left_alone_until = 0.0
        self.close = engine.dispose

    def session_of(self, version: Version) -> Session | None:
        """Return a session in a transaction that sees this very version; None where there is none at this moment."""
        if time.monotonic() < self._left_alone_until:
            return None
        session = self._sessions()
        try:
            if current_version(session) == version:
                return session
        except DBAPIError as error:
            self.leave_alone(error)
        session.close()
        return None

    def leave_alone(self, error: DBAPIError) -> None:
        """Ask nothing of it for a while, since it failed."""
        log.warning("the database's copy is not read for %d s: %s", _LEFT_ALONE, error.orig)
        self._left_alone_until = time.monotonic() + _LEFT_ALONE
