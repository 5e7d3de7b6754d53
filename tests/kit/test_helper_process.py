"""A process that is asked: what it returns, and when it ends."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from webapp.kit import helper_process
from webapp.kit.helper_process import HelperProcess

PATIENCE_SECONDS = 60


@pytest.fixture
def helper():
    helper = HelperProcess("tests.factories.asked_beside")
    yield helper
    helper._end()


def is_there(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(number: int) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while is_there(number):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_one_process_answers_all_that_is_asked(helper):
    with ThreadPoolExecutor(8) as threads:
        numbers = {done.result() for done in [threads.submit(helper.ask, "number") for _time in range(40)]}
    assert len(numbers) == 1
    assert numbers != {os.getpid()}
    assert helper.ask("double", "字") == "字字"


def test_what_goes_wrong_there_is_told_here_and_it_goes_on(helper):
    number = helper.ask("number")
    with pytest.raises(RuntimeError, match="FileNotFoundError"):
        helper.ask("size_of", "/no/such/file")
    with pytest.raises(RuntimeError, match="pickle"):
        helper.ask("what_cannot_be_sent")
    with pytest.raises(RuntimeError, match="KeyError"):
        helper.ask("remove", "/no/such/file")
    assert helper.ask("number") == number


def test_one_that_was_killed_is_started_again(helper):
    number = helper.ask("number")
    os.kill(number, signal.SIGKILL)
    assert helper.ask("number") != number


def test_it_ends_when_nobody_asks_and_is_there_again_when_somebody_does(helper, monkeypatch):
    monkeypatch.setattr(helper_process, "IDLE_SECONDS", 0.05)
    number = helper.ask("number")
    wait_until_gone(number)
    assert helper.ask("number") != number


def test_a_fork_has_a_process_of_its_own_and_leaves_that_of_its_parent(helper):
    number = helper.ask("number")
    mine, theirs = os.pipe()
    forked = os.fork()
    if forked == 0:
        os.write(theirs, str(helper.ask("number")).encode())
        os._exit(0)
    os.waitpid(forked, 0)
    other = int(os.read(mine, 100))
    os.close(mine)
    os.close(theirs)
    assert other not in {number, os.getpid()}
    wait_until_gone(other)
    assert helper.ask("number") == number
