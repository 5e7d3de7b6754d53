"""How a process of ours ends together with the one that started it, be that one killed with -9."""

import os
import signal
import time
from threading import Thread

_SECONDS = 0.5


def end_with_parent() -> None:
    """End this process when the one that started it is gone; an orphan would keep the port or the lease."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, name="lifeline", daemon=True).start()
