"""The application that the server runs (ASGI): it takes in what is sent, and has Flask answer in a thread."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import IO

from flask import Flask

from webapp.front.answer_memory import open_memory
from webapp.front.asgi import AsgiScope, Receive, Send, send_bytes
from webapp.front.metrics_page import open_metrics_page
from webapp.front.own_answers import OwnAnswers
from webapp.front.question import Question, Questioner
from webapp.front.request_body import BodyReader, announced_length
from webapp.front.routes import Routes, Work
from webapp.front.sampling import sample_for_ever
from webapp.front.thread_pool import ThreadPool
from webapp.front.watched_request import RequestWatch, WatchedRequest
from webapp.front.wsgi_bridge import PIECE_BYTES, Answer, environ_of, run_wsgi
from webapp.kit.answer_notes import ANSWER_NOTES
from webapp.kit.asked_request import answering
from webapp.kit.current_settings import settings_in
from webapp.kit.errors import PaidspanError, TooBusyError
from webapp.observability.start import end_watching

# How many threads do what else than searching, and how many requests may wait for a thread of each kind. Making pages
# is Python's work, which one thread does at a time: eight of them spend half of it on taking turns.
_THREADS = {Work.READING: 2, Work.WRITING: 4, Work.LONG: 4, Work.ASKING: 32, Work.FETCHING: 16}
_WAITING = {
    Work.READING: 1024,
    Work.SEARCHING: 256,
    Work.WRITING: 256,
    Work.LONG: 64,
    Work.ASKING: 64,
    Work.FETCHING: 256,
}

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
        self._watch = RequestWatch(app)
        self._metrics = open_metrics_page(app)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer a request (ASGI 3)."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Say that everything is ready, then end what was begun (asgi.readthedocs.io, lifespan)."""
        sampling = asyncio.create_task(sample_for_ever(self._pools)) if self._metrics is not None else None
        while (await receive())["type"] != "lifespan.shutdown":
            await self._memory.start()
            await send({"type": "lifespan.startup.complete"})
        if sampling is not None:
            sampling.cancel()
        await self.close()
        await asyncio.to_thread(end_watching)
        await send({"type": "lifespan.shutdown.complete"})

    async def close(self) -> None:
        """End what was begun; nothing is asked any more."""
        await asyncio.to_thread(self._end_pools)
        await self._memory.close()

    def _end_pools(self) -> None:
        for pool in self._pools.values():
            pool.close()
        if self._metrics is not None:
            self._metrics.close()

    async def _answer(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter() if self._watch.names_remembered else 0.0
        question = self._questioner.read(scope)
        known = self._memory.find(question) if question else None
        if known is None and question and question.credentials:
            known = await self._memory.find_shared(question)
        if known is not None:
            self._watch.remembered(known.status)
            headers = self._watch.name_remembered(scope, known, begun) if begun else known.headers
            await send_bytes(send, known.status, headers, known.body)
        elif self._metrics is not None and self._metrics.is_asked(scope):
            await self._metrics.send(send)
        else:
            if question is not None:
                self._watch.not_remembered()
            await self._answer_anew(scope, receive, send, question)

    async def _answer_anew(self, scope: AsgiScope, receive: Receive, send: Send, question: Question | None) -> None:
        watched = self._watch.begin(scope, self._routes.find(scope["method"], scope["path"]), send)
        try:
            answer = await self._ask_flask(scope, receive, question, watched)
        except PaidspanError as error:
            await self._own_answers.send(scope, watched.send, error)
        except Exception:
            with answering(watched.asked):
                log.exception("a request was not answered")  # without its address, which may hold a token
            await self._own_answers.send(scope, watched.send)
        else:
            await self._send(watched, answer)

    async def _ask_flask(
        self, scope: AsgiScope, receive: Receive, question: Question | None, watched: WatchedRequest
    ) -> Answer:
        route = watched.route
        body, announced = b"", announced_length(dict(scope["headers"]))
        if announced is not None:
            body = await self._bodies.read(receive, announced, route.largest_body)
        try:
            environ = environ_of(scope, body)
            if question is not None:
                notes = environ[ANSWER_NOTES] = self._memory.notes_for(question)
            answer = await self._pools[route.work].run(
                lambda: watched.traced(lambda: run_wsgi(self._application, environ), _status_of)
            )
            if question is not None:
                self._memory.keep(question, notes, answer)
            return answer
        finally:
            self._bodies.release(len(body))

    async def _send(self, watched: WatchedRequest, answer: Answer) -> None:
        """Send an answer, then do what a view left for afterwards."""
        try:
            if isinstance(answer.body, bytes):
                await send_bytes(watched.send, answer.status, answer.headers, answer.body)
            else:
                await _send_file(watched.send, answer, answer.body)
        finally:
            if answer.writes:
                with suppress(TooBusyError):  # what is left for afterwards is noted by the next page, too
                    await self._pools[Work.WRITING].run(lambda: watched.named(answer.close))
            else:
                answer.close()


def _status_of(answer: Answer) -> int:
    return answer.status


async def _send_file(send: Send, answer: Answer, file: IO[bytes]) -> None:
    with file:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        while chunk := file.read(PIECE_BYTES):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
