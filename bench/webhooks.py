"""Two hundred signed events a second: how they are taken, and what reading notices; figures of one run.

A real server on its sandbox, 200 readers who have just paid and of whose payments it knows nothing, and their events
sent by a process of its own. Run by `make bench`.
"""

import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from threading import local

import stripe
from flask import Flask

from tests.factories.crowd import readers_who_paid
from webapp import create_app
from webapp.billing.context import current_billing, sandbox_of
from webapp.billing.gateway.client import to_json
from webapp.billing.gateway.targets import SYNCED_TYPES
from webapp.billing.webhook_inbox import count_waiting_events
from webapp.operations.first_start import prepare_instance
from webapp.settings import load_settings
from webapp.stripe_sandbox.faults import Faults

RATE, SECONDS, READERS, SENDERS = 200, 10, 200, 16
DOUBLED = 0.1
_connections = local()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> int:
    """Send a request over this thread's own connection and return the status."""
    if not hasattr(_connections, "line"):
        _connections.line = HTTPConnection("127.0.0.1", port, timeout=30)
    _connections.line.request(method, path, body, headers or {})
    answer = _connections.line.getresponse()
    answer.read()
    return answer.status


def news_of(app: Flask) -> tuple[list[dict], str]:
    """Return a realistic mix of events about what was bought, and the secret that signs them."""
    with app.app_context():
        billing = current_billing()
    readers_who_paid(billing, sandbox_of(app), READERS)
    page = billing.gateway.client.v1.events.list({"limit": 100})
    real = [to_json(event) for event in page.auto_paging_iter()]
    chance = random.Random(1)
    ours = [event for event in real if event["data"]["object"]["object"] in SYNCED_TYPES]
    events = [chance.choice(real if chance.random() < DOUBLED else ours) for _ in range(RATE * SECONDS)]
    named = [event | {"id": f"evt_bench_{number}"} for number, event in enumerate(events)]
    return [
        chance.choice(named) if chance.random() < DOUBLED else event for event in named
    ], billing.gateway.webhook_secret


def send(port: int, events: list[dict], secret: str) -> list[tuple[int, float]]:
    """Send events at the rate, each at its time; return status and seconds of each."""
    begin = time.perf_counter() + 0.5

    def one(numbered: tuple[int, dict]) -> tuple[int, float]:
        number, event = numbered
        body = json.dumps(event)
        signature = stripe.WebhookSignature.generate_signature_header(body, secret)
        time.sleep(max(0.0, begin + number / RATE - time.perf_counter()))
        start = time.perf_counter()
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        status = ask(port, "POST", "/webhooks/stripe", body.encode(), headers)
        return status, time.perf_counter() - start

    with ThreadPoolExecutor(SENDERS) as senders:
        return list(senders.map(one, enumerate(events)))


def pages_a_second(port: int, count: int = 200) -> float:
    start = time.perf_counter()
    for _ in range(count):
        assert ask(port, "GET", "/") == 200
    return count / (time.perf_counter() - start)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        instance = Path(folder) / "instance"
        settings = load_settings(instance=instance, base_url=f"http://127.0.0.1:{port}")
        prepare_instance(settings)
        app = create_app(settings)
        sandbox_of(app).set_faults(Faults(drop=1))  # the sandbox's own postman stays out of it
        events, secret = news_of(app)
        command = [sys.executable, "-m", "webapp", "serve", "--port", str(port)]
        environment = os.environ | {"PAIDSPAN_INSTANCE": str(instance)}
        server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(port)
            calm = pages_a_second(port)
            start = time.perf_counter()
            answers = send(port, events, secret)
            spent = time.perf_counter() - start - 0.5
            report(answers, spent, calm, emptied(app))
        finally:
            server.terminate()
            server.wait(timeout=20)


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            if ask(port, "GET", "/readyz") == 200:
                return
        except OSError:
            del _connections.line
        time.sleep(0.1)
    raise SystemExit("the server did not come up")


def emptied(app: Flask) -> float:
    """Return how many seconds the inbox needs until nothing waits in it."""
    with app.app_context():
        billing = current_billing()
    start = time.perf_counter()
    while time.perf_counter() - start < 120:
        with billing.database.reading() as session:
            if count_waiting_events(session, billing.mode) == 0:
                return time.perf_counter() - start
        time.sleep(0.2)
    raise SystemExit("the inbox is not empty after two minutes")


def report(answers: list[tuple[int, float]], spent: float, calm: float, emptying: float) -> None:
    statuses = Counter(status for status, _seconds in answers)
    times = sorted(seconds * 1000 for _status, seconds in answers)
    errors = sum(count for status, count in statuses.items() if status >= 300)
    print(f"signed events    {len(answers)} in {spent:.1f} s: {len(answers) / spent:.0f} a second, {errors} errors")
    print(f"dealt with       {statuses[204]} at once, {statuses[202]} kept; inbox empty after {emptying:.1f} s")
    print(f"answer           median {statistics.median(times):.1f} ms, 95 % {times[len(times) * 95 // 100]:.1f} ms")
    print(f"                 longest {times[-1]:.0f} ms")
    print(f"pages            {calm:.0f} a second from one reader: {len(answers) / spent / calm:.2f} events a page")
    if errors:
        raise SystemExit("there were errors")


if __name__ == "__main__":
    main()
