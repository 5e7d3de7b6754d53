"""Threads share heaps, unless the operator has chosen otherwise."""

import os
import platform
import re
import subprocess
import sys

import pytest

MANY_THREADS = """
import ctypes, threading
from webapp.kit.heaps import share_heaps
share_heaps()
together = threading.Barrier(12)
def hold():
    together.wait()
    kept = [bytes(5000) for _ in range(2000)]
    together.wait()
threads = [threading.Thread(target=hold) for _ in range(12)]
for one in threads: one.start()
for one in threads: one.join()
ctypes.CDLL(None).malloc_stats()
"""


def heaps(**environment):
    """Return how many heaps a process with many threads has."""
    command = [sys.executable, "-c", MANY_THREADS]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    return len(re.findall(r"^Arena \d+:", done.stderr, re.MULTILINE))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has heaps to share")
def test_threads_share_two_heaps_but_where_the_operator_says_how_many(monkeypatch):
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert heaps() <= 2
    assert heaps(MALLOC_ARENA_MAX="6") > 2
