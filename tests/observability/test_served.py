"""An installation that is watched, as it is served: its processes are killed, and who takes its spans is away."""

import json
import os
import re
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path

import requests

from tests.front.serving import end, start_product, wait_until
from tests.observability.conftest import TOKEN

SETTINGS = {
    "PAIDSPAN_METRICS_TOKEN": TOKEN,
    "PAIDSPAN_LOG_FORMAT": "json",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",  # where nobody listens
}


def metrics(site):
    """Return what is told; who asks a worker that was just killed asks again."""
    told = []

    def ask():
        with suppress(requests.RequestException):
            headers = {"Authorization": f"Bearer {TOKEN}"}
            told.append(requests.get(f"http://127.0.0.1:{site.port}/metrics", headers=headers, timeout=60).text)
        return told

    wait_until(ask)
    return told[0]


def live(site):
    """Return how many processes of each kind tell that they live."""
    return dict(re.findall(r'paidspan_processes\{process="(\w+)"\} (\d)', metrics(site)))


def is_gone(site, number):
    return number not in site.processes()


def count(site):
    told = re.findall(r"^paidspan_(?:requests|answers_from_memory)_total\S* (\S+)$", metrics(site), re.MULTILINE)
    return sum(map(float, told))


def test_no_counter_falls_no_file_is_left_and_every_line_is_an_object(tmp_path):
    site = start_product(tmp_path / "instance", workers=2, **SETTINGS)
    try:
        site.wait()
        wait_until(lambda: live(site) == {"server": "2", "worker": "1"})
        for number in site.children():  # a worker of the server, or the one in the background
            before = count(site)
            os.kill(number, signal.SIGKILL)
            wait_until(partial(is_gone, site, number))
            wait_until(lambda: live(site) == {"server": "2", "worker": "1"})
            assert count(site) >= before
        assert len([*(tmp_path / "instance" / "metrics").iterdir()]) == 3
        site.stop()
        assert site.processes() == []
    finally:
        end(site)
    greeting, *lines = Path(site.log).read_text().split("shown only now)\n")
    said = [json.loads(line) for line in "".join(lines).splitlines()]
    assert "one-time password" in greeting
    messages = " ".join(line["message"] for line in said)
    assert "the background worker ended (-9)" in messages
    assert "Unexpected exit from worker" in messages
    assert "Traceback" not in messages
