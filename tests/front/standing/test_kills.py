"""Any process may be killed at any moment: what serves comes back, and nothing is left of a server that is dead."""

import random
import sys

from tests.front.kills import Killer, kill
from tests.front.serving import running, start_product
from tests.front.standing.conftest import SETTINGS

PAUSE = 0.5


def test_what_is_killed_comes_back(town):
    killer = Killer(town.instance, 2, town.preview, random.Random(2), PAUSE)
    took = killer.kill_children(6)
    sys.stdout.write(f"answered again after {took} s\n")


def test_who_comes_while_the_only_web_worker_is_away_waits_until_it_is_back(town):
    with running(start_product(town.instance, **SETTINGS)) as site:
        for _ in range(2):
            for number in site.children():
                kill(number)
            assert site.ask("GET", town.preview).status == 200  # not: connection refused


def test_nothing_is_left_of_a_server_that_is_dead_and_a_new_one_serves(town):
    killer = Killer(town.instance, 2, town.preview, random.Random(1), PAUSE)
    gone = killer.kill_supervisors(1)
    sys.stdout.write(f"nothing was left after {gone} s\n")
