"""Granian as it serves us: its settings, and workers that come back however often they end."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketSpec  # type: ignore[attr-defined]  # granian's own
from granian.server.mp import MPServer

from webapp.front.listen import Listen, raise_file_limit
from webapp.observability.log_lines import JsonLines, is_json

BACKLOG = 8192
CONNECTIONS = 8192  # of one worker, idle ones too
HEADER_SECONDS = 15  # to send a whole header; so long a connection may be idle, too
UNREAD_SECONDS = 60  # so long a reader may take nothing of an answer (tcp(7), TCP_USER_TIMEOUT)
LARGEST_HEADER = 65_536  # bytes
STOP_SECONDS = 7  # a worker that has not ended by then is killed: SIGTERM ends everything within ten
_QUICK_SECONDS = 5.0
_JSON = {"formatters": {name: {"()": JsonLines} for name in ("generic", "access")}}  # of granian's own lines
_MOST_FAILURES = 3


class Supervisor(MPServer):
    """Granian's server of several processes, whose own loop ends all of them where one ends twice in a short time.

    `on_stop` is called when it is told to stop, before its workers end.
    """

    def __init__(self, target: str, listen: Listen, on_stop: Callable[[], None]) -> None:
        super().__init__(
            target,
            address=listen.host,
            port=listen.port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            workers=listen.workers,
            backlog=BACKLOG,
            backpressure=CONNECTIONS,
            http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=LARGEST_HEADER),
            websockets=False,
            log_level=LogLevels.error,
            log_dictconfig=_JSON if is_json() else None,
            log_access=False,
            workers_kill_timeout=STOP_SECONDS,
        )
        self._on_stop = on_stop
        self._failures = 0
        self._number = os.getpid()
        raise_file_limit()
        _lose_no_signal_in_forks()

    def _init_shared_socket(self) -> None:
        """Listen here for a worker that is alone: who comes while it is away waits until it is back.

        Several have a socket each, among which the system shares out who comes; one that is away has none.
        """
        if self.workers > 1 or sys.platform != "linux":
            super()._init_shared_socket()  # type: ignore[no-untyped-call]  # granian's own
            return
        held = SocketSpec(self.bind_addr, self.bind_port, BACKLOG).build()
        self._shd = held  # type: ignore[assignment]  # likewise
        self._sso = socket.socket(fileno=held.get_fd())
        self._sso.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_SECONDS * 1000)
        self._sso.listen(BACKLOG)

    def _serve_loop(self, spawn_target: Callable[..., None], target_loader: Callable[..., object]) -> None:
        while self._wait_for_news():
            ended = self._take_ended()
            if self._failures >= _MOST_FAILURES:
                self.interrupt_children += ended  # for which granian exits with 1
                break
            self._respawn_workers(ended, spawn_target, target_loader)
            if self.reload_signal:
                self._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]  # granian's own
        self._on_stop()

    def _wait_for_news(self) -> bool:
        """Wait until a worker ended or a signal came; return whether to go on."""
        self.main_loop_interrupt.wait()
        self.main_loop_interrupt.clear()
        return not self.interrupt_signal

    def _take_ended(self) -> list[int]:
        """Return the numbers of the workers that ended, one at a time, for threads of granian add to their list."""
        ended = []
        while self.interrupt_children:
            ended.append(self.interrupt_children.pop(0))
            self._count_failure(ended[-1])
        return ended

    def signal_handler_interrupt(self, *_signal: object) -> None:
        """Have everything end; in a worker that was just forked, and has no handler of its own yet, end that."""
        if os.getpid() != self._number:
            os._exit(0)
        self.interrupt_signal = True
        self.main_loop_interrupt.set()

    def _count_failure(self, number: int) -> None:
        """Count the workers that failed by themselves as soon as they were there: more of them would fail as well.

        One that was killed, or had lived for a while, begins the count anew.
        """
        worker = self.wrks[number]
        failed = (worker.inner.exitcode or 0) > 0 and time.monotonic() - worker.birth < _QUICK_SECONDS
        self._failures = self._failures + 1 if failed else 0


def _lose_no_signal_in_forks() -> None:
    """Have a signal that comes to a process just forked wait until Python's own work after the fork is done.

    That work forgets the signals that came before it, and a worker told to end in that moment would have to be killed.
    """
    ends = (signal.SIGTERM, signal.SIGINT)

    def let_through() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)

    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, ends),
        after_in_parent=let_through,
        after_in_child=let_through,
    )
