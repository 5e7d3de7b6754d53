"""All that can happen to several hosts, once: what is printed stands in the report of the tests."""

import subprocess
import sys

import pytest

from tests.cluster.network import missing
from tests.cluster.scenarios import SCENARIOS
from tests.cluster.shared_servers import missing_programs

_SECONDS = 900


def test_nothing_acknowledged_is_lost_whatever_happens_to_hosts(record_property):
    reason = missing_programs() or missing()
    if reason:
        pytest.skip(reason)
    command = [sys.executable, "-m", "tests.cluster"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-6000:]
    assert "acknowledged writes lost: 0" in done.stdout
    assert done.stdout.count(" requests, ") == len(SCENARIOS)
    record_property("several hosts", done.stdout)
