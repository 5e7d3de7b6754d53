"""How a process of ours ends together with the one that started it, be that one killed with -9."""

import ctypes
import os
import signal
import sys
import time
from multiprocessing import parent_process
from threading import Thread

_PR_SET_PDEATHSIG = 1  # prctl(2)
_SECONDS = 0.5


def end_with_parent(parent: int | None = None) -> None:
    """End this process as soon as the one that started it is gone; an orphan would keep the port or the lease.

    `parent` is that one's number as it told it itself, for it may be gone before this process can ask; where
    multiprocessing started the process, it knows. Linux ends it (prctl(2), PR_SET_PDEATHSIG), elsewhere a thread looks.
    """
    if parent is None:
        started_by = parent_process()
        assert started_by is not None
        parent = started_by.pid
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        Thread(target=_watch, args=(parent,), name="parent watch", daemon=True).start()
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _watch(parent: int | None) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
