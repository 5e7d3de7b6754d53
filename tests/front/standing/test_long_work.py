"""Long work has threads of its own: however much of it there is, who reads and who writes is answered."""

from tests.front.raw import RawClient
from tests.front.serving import running, start_module
from tests.front.standing.conftest import SETTINGS

FILES = 40  # ten for each thread


def test_who_reads_does_not_wait_for_files_that_are_being_made(town):
    gate = town.instance.with_name("gate")
    site = start_module("tests.front.gated", town.instance, GATE=str(gate), **SETTINGS)
    with running(site):
        waiting = [RawClient(site.port) for _ in range(FILES)]
        for client in waiting:
            client.get(f"{town.preview}.txt", town.cookie)
        form = {"csrf_token": town.house.token}
        for _ in range(5):
            for page, cookie in [(town.preview, ""), (town.preview, town.cookie), ("/", ""), ("/account", town.cookie)]:
                assert site.ask("GET", page, cookie).status == 200
            assert site.ask("POST", f"{town.preview}/bookmark", town.cookie, form).status == 303
        gate.touch()
        assert {client.answer().status for client in waiting} == {200}
        for client in waiting:
            client.close()
