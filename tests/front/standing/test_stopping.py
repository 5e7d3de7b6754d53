"""SIGTERM ends everything within ten seconds, cuts no answer that can still be given, and leaves nobody behind."""

import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.front.attackers import HALF, SLOW
from tests.front.raw import RawClient
from tests.front.serving import PATIENCE_SECONDS, end, running, start_module, start_product, wait_until
from tests.front.standing.conftest import SETTINGS
from webapp.front.supervisor import STOP_SECONDS

IN_FLIGHT, SLOW_CLIENTS = 200, 30
MOMENTS = {
    "at once": lambda site: True,
    "before it greets": lambda site: site.log.stat().st_size > 0 or site.process.poll() is not None,
    "when the worker in the background is there": lambda site: len(site.processes()) > 1,
    "when the web worker is there": lambda site: len(site.processes()) > 2,
}

TOLD_JUST_AFTER_FORK = """
import os, signal, time
from webapp.front.listen import Listen
from webapp.front.supervisor import Supervisor

Supervisor("nothing:loaded", Listen("127.0.0.1", 0, 1), lambda: None)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
child = os.fork()
if not child:
    time.sleep(5)
    os._exit(1)
os.kill(child, signal.SIGTERM)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_sigterm_cuts_no_answer_however_slow_others_are(town):
    gate = town.instance.with_name("gate")
    site = start_module("tests.front.gated", town.instance, GATE=str(gate), **SETTINGS)
    with running(site):
        slow = [RawClient(site.port) for _ in range(3 * SLOW_CLIENTS)]
        for number, client in enumerate(slow):
            client.send([SLOW.begins + b"a", HALF.begins, b"POST /login HTTP/1.1\r\nHost: x\r\n"][number % 3])
        readers = [RawClient(site.port) for _ in range(IN_FLIGHT)]
        for reader in readers:
            reader.get("/tags", town.cookie)
        assert site.ask("POST", "/login", form={}).status == 400  # by other threads: the loop has taken in all of them
        site.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        time.sleep(0.5)
        gate.touch()
        answers = [reader.answer() for reader in readers]
        site.process.wait(timeout=PATIENCE_SECONDS)
        took = time.monotonic() - begun
        assert {(answer.status, answer.is_whole) for answer in answers} == {(200, True)}
        assert site.process.returncode == 0
        assert took < 2 * STOP_SECONDS
        assert not site.processes()
        for client in [*slow, *readers]:
            client.close()


def test_who_asks_for_nothing_holds_nothing_up(town):
    site = start_module("tests.front.impatient", town.instance, **SETTINGS)
    with running(site):
        idle = [RawClient(site.port) for _ in range(20)]
        for client in idle[10:]:
            client.get("/healthz")
            assert client.answer().status == 200
        begun = time.monotonic()
        site.stop()
        assert time.monotonic() - begun < STOP_SECONDS, "it was killed"
        for client in idle:
            assert client.rest() == b""
            client.close()


@pytest.mark.parametrize(("moment", "by"), [*zip(MOMENTS, [signal.SIGTERM, signal.SIGINT] * 3, strict=False)])
def test_a_server_that_is_starting_ends_when_it_is_told_to(town, moment, by):
    site = start_product(town.instance, **SETTINGS)
    try:
        wait_until(lambda: MOMENTS[moment](site))
        begun = time.monotonic()
        site.stop(by)
        assert time.monotonic() - begun < STOP_SECONDS, "it was killed"
        wait_until(lambda: not site.processes())
    finally:
        end(site)


def test_a_worker_that_was_just_forked_ends_when_it_is_told_to():
    """Its supervisor once waited seven seconds and killed it: Python forgets the signals of that moment."""
    told = subprocess.run([sys.executable, "-c", TOLD_JUST_AFTER_FORK], timeout=PATIENCE_SECONDS, check=False)
    assert told.returncode == 0


def test_two_first_starts_at_once_both_serve(tmp_path):
    instance = tmp_path / "new" / "instance"
    instance.parent.mkdir()
    sites = [start_product(instance, PAIDSPAN_LOCALE="en") for _ in range(2)]
    try:
        for site in sites:
            site.wait("/readyz")
            assert "River" in site.ask("GET", "/").text
        passwords = [line for site in sites for line in site.log.read_text().splitlines() if "one-time" in line]
        assert len(passwords) == 1, "two publishers"
    finally:
        for site in sites:
            end(site)
        shutil.rmtree(instance.parent)
