"""Starts `paidspan` in processes that are forked from one which has imported it: real ones, and a second faster each.

A program of its own, because what forks must hold no threads: each line it reads says which command is to be run where,
each line it answers is an exit code.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from webapp.operations.cli import main

ROOT = Path(__file__).parents[2]
STREAMS = ("stdin", "stdout", "stderr")


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Forker:
    """The process that forks; `folder` is where its children's streams are kept."""

    process: subprocess.Popen[str]
    folder: Path

    def run(self, arguments: list[str], place: Path, environment: Mapping[str, str], given: str = "") -> Done:
        """Run a command in a folder and an environment; `given` is what it reads."""
        assert self.process.stdin
        assert self.process.stdout
        stdin, *printed = (self.folder / stream for stream in STREAMS)
        stdin.write_text(given)
        order = {"arguments": arguments, "place": str(place), "environment": dict(environment)}
        self.process.stdin.write(json.dumps(order | {"streams": str(self.folder)}) + "\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        return Done(code, *(stream.read_text() for stream in printed))


@contextmanager
def forking(folder: Path) -> Iterator[Forker]:
    # Not by -m: a command so called takes its own name from the module.
    command = [sys.executable, "-c", "from tests.operations.forking import fork_as_told; fork_as_told()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        yield Forker(process, folder)


def fork_as_told() -> None:
    """Fork for each order; the child is what was ordered."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            become(json.loads(line))
            end_with(main)
        _pid, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def become(order: dict) -> None:
    sys.argv = ["paidspan", *order["arguments"]]
    os.chdir(order["place"])
    os.environ.clear()
    os.environ.update(order["environment"])
    for number, stream in enumerate(STREAMS):
        how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
        os.dup2(os.open(Path(order["streams"], stream), how, 0o600), number)


def end_with(work: Callable[[], None]) -> NoReturn:
    """End this process as the interpreter would, but leaves taking down what was imported to the system."""
    code = 0
    try:
        work()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else bool(end.code)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:  # noqa: BLE001 - whatever it is, the test shall read it
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
