"""Workers come back however often they end, unless they fail as soon as they are there."""

import time
from types import SimpleNamespace

import pytest

from tests.factories.ports import free_port
from tests.front.serving import end, start_module, wait_until
from webapp.front.listen import Listen
from webapp.front.supervisor import Supervisor

KILLED, FAILED, ENDED = -9, 1, 0


@pytest.fixture
def supervisor():
    made = Supervisor("no.such:application", Listen("127.0.0.1", free_port(), 2), lambda: None)
    made.wrks = [None, None]
    return made


def ends(supervisor, *codes, after=0.0, number=0):
    """Have workers end one after the other; return how many failures were counted."""
    for code in codes:
        supervisor.wrks[number] = SimpleNamespace(inner=SimpleNamespace(exitcode=code), birth=time.monotonic() - after)
        supervisor.interrupt_children.append(number)
        assert supervisor._take_ended() == [number]
    return supervisor._failures


@pytest.mark.parametrize(
    ("codes", "failures"),
    [
        ([FAILED], 1),
        ([FAILED] * 3, 3),
        ([FAILED, FAILED, KILLED], 0),
        ([FAILED, KILLED, FAILED], 1),
        ([FAILED, ENDED, FAILED], 1),
        ([KILLED] * 9, 0),
        ([None], 0),
    ],
)
def test_what_counts_is_to_fail_by_oneself(supervisor, codes, failures):
    assert ends(supervisor, *codes) == failures


def test_a_worker_that_lived_for_a_while_begins_the_count_anew(supervisor):
    assert ends(supervisor, FAILED, FAILED) == 2
    assert ends(supervisor, FAILED, after=60) == 0


def test_workers_that_fail_in_turn_are_counted_together(supervisor):
    assert ends(supervisor, FAILED) + ends(supervisor, FAILED, number=1) == 3


def test_several_that_ended_are_taken_together_and_once(supervisor):
    supervisor.wrks = [SimpleNamespace(inner=SimpleNamespace(exitcode=KILLED), birth=0.0)] * 2
    supervisor.interrupt_children += [1, 0]
    assert supervisor._take_ended() == [1, 0]
    assert supervisor._take_ended() == []


def test_news_are_waited_for_and_a_signal_ends_that(supervisor):
    supervisor.main_loop_interrupt.set()
    assert supervisor._wait_for_news()
    supervisor.signal_handler_interrupt()
    assert not supervisor._wait_for_news()


def test_a_server_whose_workers_fail_at_once_gives_up(tmp_path):
    site = start_module("tests.front.failing", tmp_path / "instance")
    try:
        wait_until(lambda: site.process.poll() is not None)
        assert site.process.returncode == 1
        assert site.log.read_text().count("Unexpected exit from worker-1") == 3
        assert not site.processes()
    finally:
        end(site)
