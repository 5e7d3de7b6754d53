"""Spans, as a collector of this process takes them."""

import json

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from tests.factories.shelf import REPORT
from webapp.kit.asked_request import asked_request
from webapp.kit.database import Database
from webapp.kit.http import database as database_of
from webapp.kit.measures import this_process
from webapp.kit.spans import span
from webapp.observability import tracing
from webapp.observability.start import end_watching
from webapp.observability.tracing import summary_of
from webapp.operations import worker

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADER = [(b"traceparent", f"00-{TRACE}-{PARENT}-01".encode())]


@pytest.fixture
def spans():
    kept = InMemorySpanExporter()
    provider = tracing.trace("server", kept)

    def read():
        provider.force_flush()
        return kept.get_finished_spans()

    yield read
    tracing.stop_tracing()
    provider.shutdown()


def test_a_request_is_a_span_and_its_questions_to_the_database_hang_on_it(spans, open_house, shelf):
    slug = shelf.put(REPORT).slug
    house = open_house()
    assert house.ask(f"/d/{slug}?from=secret").status == 200
    found = {one.context.span_id: one for one in spans()}
    (request,) = [one for one in found.values() if one.kind.name == "SERVER"]
    assert request.name == "GET /d/<slug>"
    assert dict(request.attributes) | {"paidspan.request_id": ""} == {
        "http.request.method": "GET",
        "http.route": "/d/<slug>",
        "http.response.status_code": 200,
        "paidspan.request_id": "",
    }
    questions = [one for one in found.values() if one.parent and one.parent.span_id == request.context.span_id]
    assert {one.name.split()[0] for one in questions} >= {"SELECT"}
    told = "".join(one.to_json() for one in found.values())
    assert slug not in told
    assert "secret" not in told
    assert request.resource.attributes["service.name"] == "paidspan"


@pytest.mark.parametrize(("proxies", "believed"), [(0, False), (1, True)])
def test_a_trace_goes_on_where_a_trusted_proxy_says_so(spans, open_house, proxies, believed):
    open_house(trusted_proxies=proxies).ask("/healthz", headers=HEADER)
    (request,) = [one for one in spans() if one.kind.name == "SERVER"]
    assert (f"{request.context.trace_id:032x}" == TRACE) is believed
    assert (request.parent is not None and f"{request.parent.span_id:016x}" == PARENT) is believed


def test_an_error_is_a_kind_and_not_its_words(spans, open_house, database):
    house = open_house()
    house.app.testing = False

    def fails():
        assert asked_request() is not None
        with span("step"), database_of().reading() as session:
            session.connection().exec_driver_sql("SELECT secret FROM nowhere")

    house.app.view_functions["health.alive"] = fails
    assert house.ask("/healthz").status in {500, 503}
    told = {one.name: one for one in spans()}
    assert told["GET /healthz"].status.status_code is StatusCode.ERROR
    assert told["step"].status.status_code is StatusCode.ERROR
    assert told["step"].attributes["error.type"] in {"OperationalError", "ProgrammingError"}
    assert all(not one.events for one in told.values())
    assert "secret" not in "".join(one.to_json() for one in told.values())


def test_what_no_one_asked_for_makes_no_spans(spans, database: Database):
    with database.reading() as session:
        session.connection().exec_driver_sql("SELECT 1")
    assert spans() == ()


def test_a_statement_is_what_it_does_and_to_which_tables():
    assert summary_of("SELECT documents.id FROM documents JOIN readers ON x = 'wang'") == "SELECT documents readers"
    assert summary_of("INSERT INTO readers (email) VALUES (?)") == "INSERT readers"
    assert summary_of("-- secret\nSELECT 1") == "?"
    assert summary_of("") == "?"


def test_a_job_is_a_span_and_a_failure_is_counted(spans):
    with worker._job("events"):
        pass
    with pytest.raises(RuntimeError), worker._job("night"):
        raise RuntimeError("secret")
    assert [one.name for one in spans()] == ["job events", "job night"]
    assert this_process.read_all()[0].counted == {("worker_failures", "night"): 1}


def test_what_is_left_is_sent_at_the_end_of_a_process():
    kept = InMemorySpanExporter()
    provider = tracing.trace("worker", kept)
    try:
        with span("step"):
            pass
        end_watching()
        assert [one.name for one in kept.get_finished_spans()] == ["step"]
    finally:
        tracing.stop_tracing()
        provider.shutdown()
    end_watching()  # and where nothing is told, nothing is sent


def fails(_app, _database):
    raise RuntimeError("a secret")


def test_a_job_of_a_process_of_its_own_that_fails_is_logged_there_and_counted_here(settings, capfd):
    told = settings.model_copy(update={"log_format": "json"})
    worker._apart(told, fails)
    line = capfd.readouterr().err
    assert json.loads(line)["message"] == "fails stumbled"
    assert "a secret" not in line
    assert this_process.read_all()[0].counted == {("worker_failures", "fails"): 1}
