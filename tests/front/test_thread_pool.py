"""Threads of a kind are few, and so are those who may wait for one, and for how long."""

import asyncio
from contextlib import contextmanager
from threading import Event

import pytest

from webapp.front import thread_pool
from webapp.front.routes import Work
from webapp.front.thread_pool import ThreadPool
from webapp.kit import patience
from webapp.kit.errors import TooBusyError


@contextmanager
def pool_of(threads, waiting, kind=Work.READING):
    pool = ThreadPool(kind, threads, waiting)
    try:
        yield pool
    finally:
        pool.close()


class Busy:
    """Work that goes on until it is told to end."""

    def __init__(self):
        self.begun, self.end = Event(), Event()

    def __call__(self):
        self.begun.set()
        assert self.end.wait(60)
        return "done"

    async def occupy(self, pool):
        held = asyncio.create_task(pool.run(self))
        await asyncio.to_thread(self.begun.wait, 60)
        return held


def test_work_is_done_in_a_thread_and_its_errors_come_back():
    async def main(pool):
        assert await pool.run(lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 // 0)
        assert await pool.run(lambda: 8) == 8

    with pool_of(1, 0) as pool:
        asyncio.run(main(pool))


def test_who_finds_the_queue_full_is_told_at_once_and_the_others_are_served():
    async def main(pool):
        busy = Busy()
        held = await busy.occupy(pool)
        waiting = asyncio.create_task(pool.run(lambda: "waited"))
        await asyncio.sleep(0)
        with pytest.raises(TooBusyError):
            await pool.run(lambda: "never")
        busy.end.set()
        assert (await held, await waiting) == ("done", "waited")
        assert await pool.run(lambda: "later") == "later"

    with pool_of(1, 1) as pool:
        asyncio.run(main(pool))


def test_who_waited_too_long_is_told_so_and_nothing_is_done_for_them(monkeypatch):
    done = []

    async def main(pool):
        busy = Busy()
        held = await busy.occupy(pool)
        monkeypatch.setattr(thread_pool, "LONGEST_QUEUED", 0.0)
        waiting = asyncio.create_task(pool.run(lambda: done.append("too late")))
        await asyncio.sleep(0.01)
        busy.end.set()
        await held
        with pytest.raises(TooBusyError):
            await waiting

    with pool_of(1, 5) as pool:
        asyncio.run(main(pool))
    assert not done


@pytest.mark.parametrize(("kind", "counts"), [(Work.WRITING, True), (Work.LONG, False)])
def test_who_writes_waits_for_a_thread_and_for_other_writers_together_only_so_long(kind, counts):
    async def main(pool):
        busy = Busy()
        held = await busy.occupy(pool)
        waiting = asyncio.create_task(pool.run(patience._waited.get))
        await asyncio.sleep(0.05)
        busy.end.set()
        await held
        assert (await waiting > 0.01) is counts

    with pool_of(1, 5, kind) as pool:
        asyncio.run(main(pool))
    assert patience._waited.get() == 0
