"""The life of a reader, in a house that tells all it can: numbers, lines, reports, spans. None of them names anything.

Processes as they are served: a server in which a page fails, the background worker, and commands.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
import requests

from tests.factories.html import parse
from tests.factories.ports import free_port
from tests.factories.shelf import REPORT
from tests.front.serving import _PROGRAM, ROOT, end, start, wait_until
from tests.observability.receivers import attributes_of, receiving_on_this_machine
from webapp.operations.first_start import prepare_instance
from webapp.settings import load_settings

TOKEN = "canary-token-of-prometheus"
EMAIL, PASSWORD, SOURCE = "canary.reader@example.com", "canary password of hers", "203.0.113.77"
PLANTED, SEARCHED, PAID = "canary-that-was-planted", "canarysearched", "金丝雀付费正文"
CARD = {"method": "card", "card_number": "4242424242424242", "expiry": "12/34", "cvc": "123"}
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@dataclass
class Browser:
    """A reader's browser, behind a proxy; it keeps each secret that it is given."""

    address: str
    secrets: set[str] = field(default_factory=set)

    def __post_init__(self):
        self.session = requests.Session()
        self.session.headers.update({"X-Forwarded-For": SOURCE, "Accept-Language": "en", "User-Agent": "canary-agent"})

    def get(self, path, **more):
        return self._keep(self.session.get(self.address + path, **more))

    def send(self, page, path="", **fields):
        """Fill in the form of a page."""
        form = next(one for one in parse(self.get(page).text).css("form") if one.css_first('[name="csrf_token"]'))
        hidden = {one.attributes["name"]: one.attributes.get("value") or "" for one in form.css("input[type=hidden]")}
        return self._keep(self.session.post(self.address + (path or page), {**hidden, **fields}))

    def _keep(self, answer):
        for one in (*answer.history, answer):
            self.secrets |= {value for value in one.cookies.values() if len(value) > 12}
        return answer


@pytest.fixture
def told(tmp_path):
    """Return the receivers and the environment of processes that tell them everything."""
    with receiving_on_this_machine() as sentry, receiving_on_this_machine() as collector:
        port = free_port()
        yield (
            sentry,
            collector,
            {
                "PAIDSPAN_INSTANCE": str(tmp_path / "instance"),
                "PAIDSPAN_BASE_URL": f"http://127.0.0.1:{port}",
                "PAIDSPAN_LOG_FORMAT": "json",
                "PAIDSPAN_METRICS_TOKEN": TOKEN,
                "PAIDSPAN_SENTRY_DSN": f"http://{'c' * 32}@127.0.0.1:{sentry.port}/7",
                "PAIDSPAN_TRUSTED_PROXIES": "1",
                "PAIDSPAN_SIGN_UP_SECONDS": "0",
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
                "OTEL_BSP_SCHEDULE_DELAY": "200",
                "CANARY": PLANTED,
            },
        )


def command(environment, *given):
    done = subprocess.run(
        [sys.executable, "-m", "webapp", *given],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def live(browser, environment):
    """Sign up, read, search, pay, be refunded, forget the password; meet what is not there, and what fails."""
    browser.send("/signup", email=EMAIL, password=PASSWORD)
    browser.get("/search", params={"q": SEARCHED})
    browser.get(f"/d/{SEARCHED}")
    ordered = browser.send("/account", "/checkout", plan="pass", document="", next="/")
    assert "/sandbox/checkout/" in ordered.url
    browser.secrets.add(ordered.url.rpartition("/")[2])
    assert browser.send(ordered.url.removeprefix(browser.address), **CARD).status_code == 200
    browser.session.post(
        f"{browser.address}/webhooks/stripe", b'{"canary": 1}', headers={"Stripe-Signature": "t=1,v1=canarysigned"}
    )
    purchase = command(environment, "sandbox", "list").stdout.split("\t")[0]
    command(environment, "sandbox", "refund", purchase)
    browser.send("/recover", email=EMAIL)
    browser.get(f"/recover/{'canarytoken' * 4}")
    browser.get("/api/v1/account", headers={"Authorization": "Bearer canary-api-token-0123456789"})
    trace = {"X-Request-ID": "proxy.gave-this_1", "traceparent": f"00-{TRACE}-{PARENT}-01"}
    failed = browser.get("/tags", params={"q": SEARCHED}, headers=trace)
    assert failed.status_code == 500
    return failed


def test_nothing_that_is_told_names_anybody_or_anything(told, tmp_path):
    sentry, collector, environment = told
    prepare_instance(load_settings(instance=tmp_path / "instance"))
    report = tmp_path / "canaryreport.txt"
    report.write_text(REPORT.replace("只有付费读者", PAID))
    command(environment, "import", str(report), "--publish")
    port, log = int(environment["PAIDSPAN_BASE_URL"].rpartition(":")[2]), tmp_path / "log"
    server = start(
        [sys.executable, "-c", _PROGRAM, "tests.observability.planted:application", str(port)], port, log, environment
    )
    worker = start([sys.executable, "-m", "webapp", "jobs", "run"], port, log, environment)
    try:
        server.wait()
        browser = Browser(environment["PAIDSPAN_BASE_URL"])
        failed = live(browser, environment)
        wait_until(lambda: server.answers("/readyz/worker"))
        wait_until(lambda: any(attributes_of(span).get("http.route") == "/tags" for span in collector.spans()))
        wait_until(sentry.events)
        metrics = requests.get(f"{browser.address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    finally:
        end(worker)
        end(server)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    everything = "\n".join(
        [log.read_text(), metrics, (sentry.everything + collector.everything).decode("utf-8", "replace")]
    )
    mailed = re.findall(
        r"/(?:recover|confirm)\S*?/([\w-]{20,})",
        "".join(p.read_text() for p in (tmp_path / "instance" / "outbox").glob("*")),
    )
    assert mailed
    for secret in [
        EMAIL,
        PASSWORD,
        SOURCE,
        PLANTED,
        SEARCHED,
        PAID,
        TOKEN,
        CARD["card_number"],
        "canary",
        *browser.secrets,
        *mailed,
    ]:
        assert secret not in everything.replace("tests/observability", ""), secret
    check_lines(lines)
    check_reports(sentry.events())
    check_spans(collector.spans())
    assert failed.headers["X-Request-ID"] == "proxy.gave-this_1"
    assert "give this number: proxy.gave-this_1" in failed.text
    assert 'paidspan_requests_total{method="GET",route="/tags",status="5xx"} 1.0' in metrics
    assert 'paidspan_processes{process="worker"} 1.0' in metrics
    assert "paidspan_worker_heartbeat_age_seconds +Inf" not in metrics


def check_lines(lines):
    failed = [line for line in lines if line.get("request_id") == "proxy.gave-this_1"]
    assert [line["level"] for line in failed] == ["error", "info"]
    told, answered = failed
    assert (told["method"], told["route"]) == ("GET", "/tags")
    assert [one["type"] for one in told["exception"]] == ["RuntimeError", "OperationalError", "OperationalError"]
    assert (
        told["exception"][0]["frames"][-1].startswith("tests/observability/planted.py:")
        or "planted.py" in told["exception"][0]["frames"][-1]
    )
    assert (answered["logger"], answered["status"]) == ("paidspan.access", 500)
    for line in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert {"time", "level", "logger", "message"} <= set(line)
    assert len({line["request_id"] for line in lines if "status" in line}) == len(
        [line for line in lines if "status" in line]
    )


def check_reports(events):
    (event,) = events
    assert [one["type"] for one in event["exception"]["values"]][-1] == "RuntimeError"
    assert event["tags"] == {"process": "server", "request_id": "proxy.gave-this_1", "method": "GET", "route": "/tags"}
    assert set(event) <= {
        "event_id",
        "timestamp",
        "platform",
        "level",
        "logger",
        "release",
        "environment",
        "sdk",
        "tags",
        "logentry",
        "exception",
        "type",
    }
    assert all("vars" not in frame for one in event["exception"]["values"] for frame in one["stacktrace"]["frames"])


def check_spans(spans):
    (failed,) = [span for span in spans if attributes_of(span).get("paidspan.request_id") == "proxy.gave-this_1"]
    assert (failed.trace_id.hex(), failed.parent_span_id.hex()) == (TRACE, PARENT)
    assert attributes_of(failed)["http.response.status_code"] == 500
    names = {span.name for span in spans}
    assert {"GET /tags", "POST /checkout", "POST /webhooks/stripe", "stripe"} <= names
    kinds = {attributes_of(span).get("db.operation.name") for span in spans}
    assert {"SELECT", "INSERT", "UPDATE"} <= kinds
    named = [span.name for span in spans if attributes_of(span).get("db.query.summary")]
    assert "SELECT documents" in {" ".join(name.split()[:2]) for name in named}
