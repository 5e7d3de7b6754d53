"""How a server's process stands, looked at each second: its threads, its loop, its memory."""

import asyncio
from collections import deque
from collections.abc import Mapping

from webapp.front.routes import Work
from webapp.front.thread_pool import ThreadPool
from webapp.kit.measures import this_process
from webapp.observability.start import show_process

_EVERY = 1.0  # seconds
_MINUTE = 60  # samples


async def sample_for_ever(pools: Mapping[Work, ThreadPool]) -> None:
    """Show how this process stands, again and again."""
    now = asyncio.get_running_loop().time
    lags: deque[float] = deque(maxlen=_MINUTE)
    while True:
        expected = now() + _EVERY
        await asyncio.sleep(_EVERY)
        lags.append(now() - expected)
        this_process.show("event_loop_lag_seconds", value=max(0.0, *lags))
        show_pools(pools)
        show_process("server")


def show_pools(pools: Mapping[Work, ThreadPool]) -> None:
    """Show how many threads there are of each kind, how many of them work, and how many requests wait for one."""
    for work, pool in pools.items():
        this_process.show("threads", work.value, value=pool.threads)
        this_process.show("threads_busy", work.value, value=min(pool.held, pool.threads))
        this_process.show("requests_waiting", work.value, value=max(0, pool.held - pool.threads))
