"""Kills flows at each of their commits, in our database's file and in Stripe's, and looks at what is left.

A program of its own, because what forks must hold no threads: `python -m tests.faults.kill_points FOLDER FLOW…` prints
as JSON, for each flow, how many kills there were and what was wrong.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path

from sqlalchemy.engine.default import DefaultDialect

from tests.factories.house import House, build_house
from tests.faults.flows import FLOWS, Flow
from tests.faults.tally import damage, loose_ends, tally_of
from webapp.billing.reconcile import reconcile_all
from webapp.billing.webhook_inbox import drain_inbox
from webapp.kit.limits import set_limits

MOST = 200


def die_at(moment: int) -> None:
    """Have this process killed at a moment: each commit is two, just before it and just after."""
    commit, passed = DefaultDialect.do_commit, 0

    def reach() -> None:
        nonlocal passed
        passed += 1
        if passed == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(dialect: DefaultDialect, connection) -> None:
        reach()
        commit(dialect, connection)
        reach()

    DefaultDialect.do_commit = watched


def killed(run: Callable[[], object], moment: int) -> bool:
    """Run a flow in a child process; return whether it was killed before its end."""
    child = os.fork()
    if child == 0:
        ended = 1
        try:
            die_at(moment)
            run()
            ended = 0
        finally:
            os._exit(ended)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the flow failed by itself"
    return False


def wrongs(house: House, flow: Flow, repair: Callable[[], object]) -> Iterator[str]:
    """Start the house again, step by step as it would happen; yields all that is not as it should be."""
    yield from (f"at once: {one}" for one in damage(house))
    drain_inbox(house.billing)
    yield from (f"after the start: {one}" for one in damage(house))
    repair()
    yield from (f"mended: {one}" for one in [*damage(house), *loose_ends(house)])
    if flow.mends_itself and tally_of(house) != flow.end:
        yield f"mended: {tally_of(house)}, not {flow.end}"
    for event in house.newsboy.events():
        house.newsboy.post(event)
    reconcile_all(house.billing)
    yield from (f"in the end: {one}" for one in [*damage(house), *loose_ends(house)])
    if tally_of(house) != flow.end:
        yield f"in the end: {tally_of(house)}, not {flow.end}"


def suffer(house: House, flow: Flow, copy: Path) -> tuple[int, list[str]]:
    """Kill a flow at each moment until it outlives them all; return how often that was, and what was wrong."""
    run, repair = flow.prepare(house)
    house.put_aside(copy)
    found = []
    for moment in range(1, MOST):
        if not killed(run, moment):
            return moment - 1, found
        found += [f"kill {moment}: {wrong}" for wrong in wrongs(house, flow, repair)]
        house.put_back(copy)
    raise AssertionError("a flow without an end")


def main(folder: Path, names: list[str]) -> None:
    set_limits(on=False)  # one reader buys more often than a person does
    house = build_house(folder / "instance")
    house.put_aside(folder / "empty")
    report = {}
    with redirect_stdout(sys.stderr):  # commands among the flows print
        for name in names:
            house.put_back(folder / "empty")
            report[name] = suffer(house, FLOWS[name], folder / "copy")
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
