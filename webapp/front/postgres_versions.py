"""How old what is remembered may be, as PostgreSQL says: heard for what everybody sees, asked for each reader.

What everybody sees is as it was a second ago at most: the server tells of each change (LISTEN; migration 0028), and is
asked twice a second besides, for what it told may be lost. Who asks and what they hold is asked at each request; those
that come while it answers are asked about together.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL
from typing_extensions import override

from webapp.front.versions import ReaderState, Versions
from webapp.kit.content_version import Version
from webapp.kit.postgres_engine import NOTICED_SOON, driver_arguments
from webapp.library.reading_positions import is_unfinished

if TYPE_CHECKING:
    from psycopg import AsyncConnection

_ASKED_EVERY = 0.4  # seconds, where nothing is told
_KNOWN_FOR = 1.0  # seconds after it was asked
_PATIENCE = 1.0  # seconds that a request waits; then Flask is asked, which says what is the matter
_AGAIN_AFTER = 0.5  # seconds between two tries to connect
_CONTENT = "SELECT version, changed_at FROM freshness WHERE id = 1"
_READERS = """
SELECT freshness.version, freshness.changed_at, reader_versions.version, reading_positions.permille,
    EXISTS (SELECT 1 FROM bookmarks WHERE reader_id = asked.reader AND document_id = asked.document)
    OR EXISTS (SELECT 1 FROM highlights WHERE reader_id = asked.reader AND document_id = asked.document)
FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY AS asked (reader, document, place)
JOIN freshness ON freshness.id = 1
LEFT JOIN reader_versions ON reader_versions.reader_id = asked.reader
LEFT JOIN reading_positions ON reading_positions.reader_id = asked.reader
    AND reading_positions.document_id = asked.document
ORDER BY asked.place
"""
_Asked = tuple[int, int]  # a reader and a document

log = logging.getLogger(__name__)


class PostgresVersions(Versions):
    """Asks PostgreSQL over two connections of its own, which come back by themselves."""

    def __init__(self, url: URL) -> None:
        self._arguments = {**driver_arguments(url), **NOTICED_SOON}
        self._tasks: list[asyncio.Task[None]] = []
        self._content: Version | None = None
        self._content_asked_at = 0.0
        self._waiting: dict[_Asked, asyncio.Future[ReaderState | None]] = {}
        self._come = asyncio.Event()
        self._answers_since: float | None = None  # when the question was asked that is not answered yet
        self._is_there = False

    @override
    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._stay_connected(self._follow_content)),
            asyncio.create_task(self._stay_connected(self._answer_readers)),
        ]

    @override
    def of_content(self) -> Version | None:
        return self._content if time.monotonic() - self._content_asked_at < _KNOWN_FOR else None

    @override
    async def ask(self, reader_id: int, document_id: int) -> ReaderState | None:
        if not self._is_there or self._is_stuck():
            return None
        asked = reader_id, document_id
        answer = self._waiting.get(asked)
        if answer is None:
            answer = self._waiting[asked] = asyncio.get_running_loop().create_future()
            self._come.set()
        try:
            return await asyncio.wait_for(asyncio.shield(answer), _PATIENCE)
        except TimeoutError:
            return None

    def _is_stuck(self) -> bool:
        """Return whether the server has kept a question for long: nobody needs to wait behind it."""
        return self._answers_since is not None and time.monotonic() - self._answers_since > _PATIENCE

    async def _stay_connected(self, work: Callable[["AsyncConnection[Any]"], Awaitable[None]]) -> None:
        """Do a work, which goes on until its connection ends, over one connection after the other."""
        from psycopg import AsyncConnection  # noqa: PLC0415 - an extra of this package

        has_failed = False
        while True:
            try:
                async with await AsyncConnection.connect(**self._arguments, autocommit=True) as connection:
                    has_failed = False
                    await work(connection)
            except Exception as error:  # noqa: BLE001 - whatever it is: it is tried again, and pages are made meanwhile
                if not has_failed:
                    log.warning("versions are not known, every page is made anew: %s", error)
                has_failed = True
            await asyncio.sleep(_AGAIN_AFTER)

    async def _follow_content(self, connection: "AsyncConnection[Any]") -> None:
        await connection.execute("LISTEN content_changed")
        while True:
            asked_at = time.monotonic()
            row = await (await connection.execute(_CONTENT)).fetchone()
            assert row is not None
            self._content, self._content_asked_at = _version(*row), asked_at
            async for _told in connection.notifies(timeout=_ASKED_EVERY, stop_after=1):
                pass

    async def _answer_readers(self, connection: "AsyncConnection[Any]") -> None:
        self._is_there = True
        asked: dict[_Asked, asyncio.Future[ReaderState | None]] = {}
        try:
            while await self._come.wait():
                self._come.clear()
                asked, self._waiting = self._waiting, {}
                self._answers_since = time.monotonic()
                given = [reader for reader, _document in asked], [document for _reader, document in asked]
                rows = await (await connection.execute(_READERS, given)).fetchall()
                self._answers_since = None
                for answer, row in zip(asked.values(), rows, strict=True):
                    answer.set_result(_state(*row))
        finally:
            self._is_there, self._answers_since = False, None
            for answer in (*asked.values(), *self._waiting.values()):
                if not answer.done():
                    answer.set_result(None)
            self._waiting = {}

    @override
    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _state(number: int, changed_at: datetime, reader: int | None, permille: int | None, kept: bool) -> ReaderState:  # noqa: FBT001 - a row
    return ReaderState(_version(number, changed_at), reader, kept or is_unfinished(permille or 0))


def _version(number: int, changed_at: datetime) -> Version:
    return number, changed_at.replace(tzinfo=UTC)
