"""A process of ours ends with the one that started it, be that one killed with -9."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
CHILD = """
import sys, time
from webapp.kit import parent_process
{ending}
print("ready", flush=True)
time.sleep(600)
"""
PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {child!r}, str(os.getpid())])
print(child.pid, flush=True)
child.wait()
"""
BY_SYSTEM = "parent_process.end_with_parent(int(sys.argv[1]))"
BY_LOOKING = "parent_process._SECONDS = 0.01; sys.platform = 'darwin'; " + BY_SYSTEM


def lives(number):
    try:
        os.kill(number, 0)
        return (Path("/proc") / str(number) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize("ending", [BY_SYSTEM, BY_LOOKING])
def test_a_child_ends_when_its_parent_is_killed(ending):
    program = PARENT.format(child=CHILD.format(ending=ending))
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        assert parent.stdout.readline() == b"ready\n"
        assert lives(child)
        parent.kill()
    end = time.monotonic() + PATIENCE_SECONDS
    while lives(child):
        assert time.monotonic() < end, "an orphan"
        time.sleep(0.01)


@pytest.mark.parametrize("ending", [BY_SYSTEM, BY_LOOKING])
def test_a_child_whose_parent_is_gone_before_it_asks_ends_at_once(ending):
    done = subprocess.run(
        [sys.executable, "-c", CHILD.format(ending=ending), "1"], cwd=ROOT, timeout=PATIENCE_SECONDS, check=False
    )
    assert done.returncode == -signal.SIGKILL


def test_a_process_that_multiprocessing_started_knows_its_parent():
    program = (
        "import multiprocessing as m, os\n"
        "from webapp.kit.parent_process import end_with_parent\n"
        "def main():\n    end_with_parent()\n    os._exit(7)\n"
        "child = m.get_context('fork').Process(target=main)\n"
        "child.start(); child.join(); print(child.exitcode)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, timeout=PATIENCE_SECONDS, check=True, capture_output=True
    )
    assert done.stdout == b"7\n"
