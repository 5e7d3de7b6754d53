"""kill -9 at every commit, in our file and in Stripe's: what was paid is never lost, and nothing is there twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.flows import FLOWS

# So that this cannot become empty: each commit is two kills, one just before it and one just after.
FEWEST = {"buy": 12, "come back": 4, "news": 6, "command": 14, "operator": 2}


@pytest.mark.parametrize("kind", sorted({name.partition(":")[0] for name in FLOWS}))
def test_a_kill_at_any_commit_loses_nothing_and_doubles_nothing(kind, folder):
    names = [name for name in FLOWS if name.startswith(f"{kind}:")]
    command = [sys.executable, "-m", "tests.faults.kill_points", str(folder), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    for name in names:
        kills, found = report[name]
        sys.stdout.write(f"{name}: {kills} kills\n")
        assert found == [], name
        assert kills >= FEWEST[kind], name
