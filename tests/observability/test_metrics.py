"""`/metrics`: who may see it, that it is what Prometheus reads, and that no stranger makes it grow."""

import re
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event

from tests.factories.shelf import REPORT
from tests.observability.conftest import BEARER, TOKEN
from webapp.front.routes import Work
from webapp.kit import clock
from webapp.kit.heartbeat import beat
from webapp.kit.http import database as database_of
from webapp.kit.measures import this_process
from webapp.observability import queue_lengths
from webapp.observability.metric_table import OF_INSTALLATION, OF_PROCESSES
from webapp.settings import SettingsError, load_settings

GUIDE = Path(__file__).parents[2] / "docs" / "operating.md"
TABLE = {metric.name: metric for metric in (*OF_PROCESSES, *OF_INSTALLATION)}


def samples(house):
    """Return all that is told, by name and labels."""
    families = text_string_to_metric_families(house.metrics())
    return {(one.name, *sorted(one.labels.items())): one.value for family in families for one in family.samples}


def value(house, name, **labels):
    return samples(house).get((f"paidspan_{name}", *sorted(labels.items())))


def test_prometheus_reads_it_and_it_tells_what_the_table_says(house):
    families = {family.name: family for family in text_string_to_metric_families(house.metrics())}
    told = {name.removesuffix("_total"): metric for name, metric in TABLE.items()}
    assert set(families) == set(told)
    for name, family in families.items():
        assert (family.type, family.documentation) == (told[name].kind.value, told[name].says)
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(told[name].labels)


def test_the_guide_has_the_same_table():
    rows = re.findall(r"^\| `(paidspan_\w+)`(?: \(([^)]*)\))? \| (.+) \|$", GUIDE.read_text(), re.MULTILINE)
    assert {name: (labels, says) for name, labels, says in rows} == {
        name: (", ".join(metric.labels), metric.says) for name, metric in TABLE.items()
    }


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"Bearer another")],
        [(b"authorization", f"Bearer {TOKEN}x".encode())],
        [(b"authorization", f"bearer {TOKEN}".encode())],
        [(b"authorization", "Bearer ä".encode("latin-1"))],
        [*BEARER, *BEARER],
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_without_the_token_it_is_a_page_that_is_not_there(house, open_house, headers, method):
    shown, other = house.ask("/metrics", method, headers), open_house().ask("/metrics", method, headers)
    assert (shown.status, shown.headers, shown.body) == (other.status, other.headers, other.body)
    assert shown.status == 404


def test_the_token_opens_nothing_else(house):
    for path in ("/metrics/", "/Metrics", "/metrics?x=1&y=2#", "/metrics%2f"):
        opened = house.ask(path, headers=BEARER).status
        assert opened == (200 if path.startswith("/metrics?") else 404), path
    assert house.ask("/metrics", "POST", BEARER).status == 404


def test_what_is_asked_is_counted_by_rule_and_status(house, shelf):
    slug = shelf.put(REPORT).slug
    for _ in range(3):
        assert house.ask(f"/d/{slug}").status == 200
    assert house.ask(f"/d/{slug}/pdf/of/nothing").status == 404
    assert house.ask("/login", "POST", [(b"content-length", b"9999999")]).status == 413
    told = samples(house)

    def count(**labels):
        return told.get(("paidspan_requests_total", *sorted(labels.items())), 0)

    memory = told["paidspan_answers_from_memory_total", ("status", "200")]
    assert count(route="/d/<slug>", method="GET", status="2xx") + memory == 3
    assert count(route="none", method="GET", status="4xx") == 1
    assert count(route="/login", method="POST", status="4xx") == 1
    assert told["paidspan_refused_requests_total", ("status", "413")] == 1
    assert told["paidspan_request_duration_seconds_count", ("work", "reading")] >= 2
    assert slug not in house.metrics()


@pytest.mark.sqlite("memory")
def test_answers_from_memory_are_counted(house):
    for _ in range(5):
        house.ask("/", headers=[(b"accept-language", b"en")])
    told = samples(house)
    assert told["paidspan_answers_from_memory_total", ("status", "200")] == 4
    assert told["paidspan_answers_not_in_memory_total",] == 1


def test_no_stranger_makes_it_grow(house):
    chance = Random(5)
    letters = 'abcXYZ019-._~%/é章 {}"\\\n=<>'
    methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW", "get", "X" * 99, "日"]

    def rush():
        for _ in range(500):
            path = "/" + "".join(chance.choices(letters, k=chance.randrange(60)))
            path = chance.choice(["", "/d", "/tag", "/static", "/api/v1", "/account", "/metrics"]) + path
            house.ask(path, chance.choice(methods), [(b"authorization", b"Bearer " + path.encode()[:20])])

    every = ["", "/d/x", "/tag/x", "/static/x", "/api/v1/x", "/account/x", "/metrics/x"]
    for method in methods:
        for path in every:
            house.ask(path or "/", method)
    rush()
    before = set(samples(house))
    rush()
    grown = set(samples(house)) - before
    assert not [one for one in grown if ("route", "none") in one]
    rules = {str(rule) for rule in house.app.url_map.iter_rules()} | {"none"}
    told = {dict(one[1:])["route"] for one in samples(house) if one[0] == "paidspan_requests_total"}
    assert told <= rules
    series = len(rules) * 4 * 5  # methods, classes of statuses
    assert len([one for one in samples(house) if one[0] == "paidspan_requests_total"]) < series < 2048 * 4


def test_it_is_told_while_no_thread_is_free(house, monkeypatch):
    for work in Work:
        monkeypatch.setattr(house.door._pools[work], "held", 10_000)
    assert house.ask("/").status == 503
    assert value(house, "refused_requests_total", status="503") == 1


def test_a_storm_of_scrapes_asks_the_database_once(house, monkeypatch):
    with house.app.app_context():
        engine = database_of().read_engine
    asked = []

    def note(_connection, _cursor, statement, *_more):
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    for _ in range(50):
        house.metrics()
    once = len(asked)
    assert 0 < once < 20
    monkeypatch.setattr(queue_lengths.time, "monotonic", lambda: 1e12)
    house.metrics()
    assert len(asked) == 2 * once
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.sqlite("query plans")
def test_what_the_database_is_asked_has_an_index(house):
    with house.app.app_context():
        opened = database_of()
    asked = []
    event.listen(
        opened.read_engine, "before_cursor_execute", lambda _c, _u, said, given, *_m: asked.append((said, given))
    )
    house.metrics()
    with opened.read_engine.connect() as connection:
        for statement, given in [one for one in asked if one[0].lstrip().upper().startswith("SELECT")]:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]
            assert all(step.startswith("SEARCH") or "USING" in step for step in plan), (statement, plan)


def test_a_database_that_does_not_answer_is_told(house, monkeypatch):
    assert value(house, "database_answers") == 1
    with house.app.app_context():
        opened = database_of()
    from sqlalchemy.exc import OperationalError

    def fails():
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(opened, "read_sessions", fails)
    monkeypatch.setattr(queue_lengths.time, "monotonic", lambda: 1e12)
    told = samples(house)
    assert told["paidspan_database_answers",] == 0
    assert ("paidspan_mails_waiting",) not in told


def test_the_worker_s_heartbeat_has_an_age(house, monkeypatch):
    assert value(house, "worker_heartbeat_age_seconds") == float("inf")
    with house.app.app_context():
        database_of().write(lambda session: beat(session) and None)
    later = clock.machine_now() + timedelta(seconds=90)
    monkeypatch.setattr(clock, "machine_now", lambda: later)
    monkeypatch.setattr(queue_lengths.time, "monotonic", lambda: 1e12)
    assert 90 <= value(house, "worker_heartbeat_age_seconds") < 95


def test_what_processes_count_is_joined(house, tmp_path):
    this_process.keep_in(tmp_path / "metrics", "1")
    other = type(this_process)()
    other.keep_in(tmp_path / "metrics", "1")
    for number, process in enumerate((this_process, other), start=1):
        process.add("stripe_calls", "answered", by=number)
        process.show("event_loop_lag_seconds", value=number)
        process.show("processes", "server", value=1)
    told = samples(house)
    assert told["paidspan_stripe_calls_total", ("outcome", "answered")] == 3
    assert told["paidspan_event_loop_lag_seconds",] == 2
    assert told["paidspan_processes", ("process", "server")] == 2
    other.close()


def test_a_token_that_can_be_tried_out_is_refused(instance):
    with pytest.raises(SettingsError, match="PAIDSPAN_METRICS_TOKEN must have 16 characters"):
        load_settings(instance=instance, metrics_token="short")
