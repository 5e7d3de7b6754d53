"""What this layer remembers, and may answer again without Flask: only what is still what Flask would answer."""

import logging
from datetime import datetime

from flask import Flask

from webapp.front.postgres_versions import PostgresVersions
from webapp.front.question import Question
from webapp.front.raw_answer import RawAnswer, as_raw
from webapp.front.reader_lookup import ReaderLookup
from webapp.front.shared_pages import SharedPages
from webapp.front.sqlite_versions import SqliteVersions
from webapp.front.versions import Versions
from webapp.front.visitors_answers import VisitorsAnswers
from webapp.front.wsgi_bridge import Answer
from webapp.kit import clock
from webapp.kit.answer_notes import AnswerNotes
from webapp.kit.current_settings import settings_in
from webapp.kit.http import database
from webapp.reading.shared_answers import SharedAnswer

log = logging.getLogger(__name__)


class AnswerMemory:
    """Remembers answers and finds them again. Used from the event loop alone."""

    def __init__(self, versions: Versions, readers: ReaderLookup | None, most_bytes: int) -> None:
        self._versions = versions
        self._readers = readers
        self._visitors = VisitorsAnswers(most_bytes)
        self._shared = SharedPages(versions, most_bytes)

    async def start(self) -> None:
        """Begin what goes on beside the requests."""
        await self._versions.start()

    def find(self, question: Question) -> RawAnswer | None:
        """Return the answer to a question of everybody's as everything stands, None where Flask is to be asked.

        That is asked, too, where this fails: it is there to be fast, and nobody goes without an answer for it.
        """
        try:
            return self._visitors.find_unchanging(question) or self._find_public(question)
        except Exception:
            log.exception("what is remembered could not be found")
            return None

    async def find_shared(self, question: Question) -> RawAnswer | None:
        """Return the answer to somebody who shows credentials, as `find` does."""
        try:
            return await self._find_shared(question, clock.now()) if question.plain else None
        except Exception:
            log.exception("what is remembered could not be found")
            return None

    def _find_public(self, question: Question) -> RawAnswer | None:
        version = None if question.credentials else self._versions.of_content()
        return None if version is None else self._visitors.find(question, version)

    async def _find_shared(self, question: Question, now: datetime) -> RawAnswer | None:
        found = await self._shared.find(question, now)
        if found is not None or self._readers is None or not await self._shared.lacks_reader(question, now):
            return found
        reader = self._readers.find(question.credentials)
        if reader is None:
            return None
        self._shared.keep_reader(question, reader)
        return await self._shared.find(question, now)

    def notes_for(self, question: Question) -> AnswerNotes:
        """Return where Flask notes what is known of its answer."""
        return AnswerNotes(known_reader=self._shared.known_reader(question) if question.credentials else None)

    def keep(self, question: Question, notes: AnswerNotes, answer: Answer) -> None:
        """Keep what Flask answered, as far as its notes say for whom else it is; where that fails it is not kept."""
        try:
            self._keep(question, notes, answer)
        except Exception:
            log.exception("an answer could not be remembered")

    def _keep(self, question: Question, notes: AnswerNotes, answer: Answer) -> None:
        raw = as_raw(answer)
        if raw is None:
            return
        if notes.unchanging:
            self._visitors.keep_unchanging(question, raw)
        elif notes.visitors_version is not None and not question.credentials:
            self._visitors.keep(question, raw, notes.visitors_version)
        elif isinstance(notes.shared, SharedAnswer) and question.credentials and question.plain:
            self._shared.keep(question, notes.shared, raw)

    async def close(self) -> None:
        """Let go of the database."""
        await self._versions.close()
        if self._readers is not None:
            self._readers.close()


def open_memory(app: Flask) -> AnswerMemory:
    """Return the memory of an application.

    Where its database is a server, readers are not looked up: that takes several questions in a row.
    """
    most_bytes = settings_in(app).remembered_mb * 1_000_000
    with app.app_context():
        url = database().url
    if url.get_backend_name() == "sqlite":
        return AnswerMemory(SqliteVersions(str(url.database)), ReaderLookup(app), most_bytes)
    return AnswerMemory(PostgresVersions(url), None, most_bytes)
