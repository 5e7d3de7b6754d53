"""A process beside this one, for libraries that hold much memory: it has it, and gives it back when nobody asks.

What it runs is a module that ends in `answer_questions`, naming the functions that may be asked for.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

from webapp.kit.parent_process import end_with_parent

IDLE_SECONDS = 300.0


class HelperProcess:
    """Has functions of a module run in its process, one at a time; it is started when it is asked and not there."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._begin()
        os.register_at_fork(after_in_child=self._leave)

    def _begin(self) -> None:
        self._lock = Lock()
        self._line: Connection | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, function: str, *given: object) -> Any:  # noqa: ANN401 - whatever the function returns
        """Return what a function returns there, which is run again where its process ends meanwhile."""
        with self._lock:
            try:
                returned, answer = self._answer(function, given)
            except (EOFError, OSError):  # it has ended, perhaps because nobody had asked for long
                self._end()
                returned, answer = self._answer(function, given)
        if returned:
            return answer
        raise answer

    def _answer(self, function: str, given: tuple[object, ...]) -> tuple[bool, Any]:
        if self._line is None:
            self._line, theirs = Pipe()
            told = (str(theirs.fileno()), str(os.getpid()), str(IDLE_SECONDS))
            with theirs:
                # In a session of its own: it ends with this process, and not before when a terminal says "stop".
                self._process = subprocess.Popen(  # noqa: S603 - this program's own command
                    [sys.executable, "-m", self._module, *told], pass_fds=[theirs.fileno()], start_new_session=True
                )
        self._line.send((function, given))
        answer: tuple[bool, Any] = self._line.recv()
        return answer

    def _end(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._line = self._process = None

    def _leave(self) -> None:
        """Leave the process to the one that this was forked from."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.returncode = 0  # it is not this process's to wait for
        self._begin()


def answer_questions(*functions: Callable[..., object]) -> None:
    """Be such a process: run these functions as they are asked for, until nobody asks for long."""
    line, parent, idle_seconds = Connection(int(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3])
    end_with_parent(parent)
    by_name = {function.__name__: function for function in functions}
    while line.poll(idle_seconds):
        try:
            name, given = line.recv()
        except EOFError:
            return
        try:
            line.send((True, by_name[name](*given)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is for who asked
            line.send((False, RuntimeError(f"{type(error).__name__}: {error}")))
