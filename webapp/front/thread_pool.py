"""Threads for what Flask answers, and a queue before them that ends in time."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TypeVar

from webapp.front.routes import Work
from webapp.kit.errors import TooBusyError
from webapp.kit.patience import having_waited

_T = TypeVar("_T")
LONGEST_QUEUED = 8.0  # seconds; who has waited for that long has left, or will


class ThreadPool:
    """So many threads, and so many that may wait for one. Used from the event loop alone."""

    def __init__(self, kind: Work, threads: int, waiting: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=kind.value)
        self._writes = kind is Work.WRITING
        self.threads = threads
        self._most = threads + waiting
        self.held = 0  # of requests: those that have a thread, and those that wait for one

    async def run(self, work: Callable[[], _T]) -> _T:
        """Do some work in a thread and return what it returns; raise TooBusyError where the queue is too long."""
        if self.held >= self._most:
            raise TooBusyError
        begun = time.monotonic()

        def run() -> _T:
            waited = time.monotonic() - begun
            if waited > LONGEST_QUEUED:
                raise TooBusyError
            with having_waited(waited) if self._writes else nullcontext():
                return work()

        self.held += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, run)
        finally:
            self.held -= 1

    def close(self) -> None:
        """End the threads once what they do is done."""
        self._executor.shutdown(wait=True, cancel_futures=True)
