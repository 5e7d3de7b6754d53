"""The application that the server runs (ASGI): it takes in what is sent, and has Flask answer in a thread."""

import asyncio
import logging
from contextlib import suppress
from typing import IO

from flask import Flask

from webapp.front.answer_memory import open_memory
from webapp.front.asgi import AsgiScope, Receive, Send, send_bytes
from webapp.front.own_answers import OwnAnswers
from webapp.front.question import Question, Questioner
from webapp.front.request_body import BodyReader, announced_length
from webapp.front.routes import Routes, Work
from webapp.front.thread_pool import ThreadPool
from webapp.front.wsgi_bridge import PIECE_BYTES, Answer, environ_of, run_wsgi
from webapp.kit.answer_notes import ANSWER_NOTES
from webapp.kit.current_settings import settings_in
from webapp.kit.errors import PaidspanError, TooBusyError

# How many threads do what else than searching, and how many requests may wait for a thread of each kind. Making pages
# is Python's work, which one thread does at a time: eight of them spend half of it on taking turns.
_THREADS = {Work.READING: 2, Work.WRITING: 4, Work.LONG: 4, Work.ASKING: 32}
_WAITING = {Work.READING: 1024, Work.SEARCHING: 256, Work.WRITING: 256, Work.LONG: 64, Work.ASKING: 64}

log = logging.getLogger(__name__)


class FrontDoor:
    """Flask behind a loop: a request takes a thread when all of it is there, and gives it back before it is sent."""

    def __init__(self, app: Flask) -> None:
        threads = {Work.SEARCHING: settings_in(app).threads, **_THREADS}
        self._application = app.wsgi_app
        self._routes = Routes(app)
        self._own_answers = OwnAnswers(app)
        self._questioner = Questioner(app)
        self._memory = open_memory(app)
        self._bodies = BodyReader()
        self._pools = {kind: ThreadPool(kind, threads[kind], _WAITING[kind]) for kind in Work}

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer a request (ASGI 3)."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Say that everything is ready, then end what was begun (asgi.readthedocs.io, lifespan)."""
        while (await receive())["type"] != "lifespan.shutdown":
            await self._memory.start()
            await send({"type": "lifespan.startup.complete"})
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def close(self) -> None:
        """End what was begun; nothing is asked any more."""
        await asyncio.to_thread(self._end_pools)
        await self._memory.close()

    def _end_pools(self) -> None:
        for pool in self._pools.values():
            pool.close()

    async def _answer(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        question = self._questioner.read(scope)
        known = self._memory.find(question) if question else None
        if known is None and question and question.credentials:
            known = await self._memory.find_shared(question)
        if known is not None:
            await send_bytes(send, known.status, known.headers, known.body)
            return
        try:
            answer = await self._ask_flask(scope, receive, question)
        except PaidspanError as error:
            await self._own_answers.send(scope, send, error)
        except Exception:
            log.exception("a request was not answered")  # without its address, which may hold a token
            await self._own_answers.send(scope, send)
        else:
            await self._send(send, answer)

    async def _ask_flask(self, scope: AsgiScope, receive: Receive, question: Question | None) -> Answer:
        route = self._routes.find(scope["method"], scope["path"])
        body, announced = b"", announced_length(dict(scope["headers"]))
        if announced is not None:
            body = await self._bodies.read(receive, announced, route.largest_body)
        try:
            environ = environ_of(scope, body)
            if question is None:
                return await self._pools[route.work].run(lambda: run_wsgi(self._application, environ))
            notes = environ[ANSWER_NOTES] = self._memory.notes_for(question)
            answer = await self._pools[route.work].run(lambda: run_wsgi(self._application, environ))
            self._memory.keep(question, notes, answer)
            return answer
        finally:
            self._bodies.release(len(body))

    async def _send(self, send: Send, answer: Answer) -> None:
        """Send an answer, then do what a view left for afterwards."""
        try:
            if isinstance(answer.body, bytes):
                await send_bytes(send, answer.status, answer.headers, answer.body)
            else:
                await _send_file(send, answer, answer.body)
        finally:
            if answer.writes:
                with suppress(TooBusyError):  # what is left for afterwards is noted by the next page, too
                    await self._pools[Work.WRITING].run(answer.close)
            else:
                answer.close()


async def _send_file(send: Send, answer: Answer, file: IO[bytes]) -> None:
    with file:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        while chunk := file.read(PIECE_BYTES):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
