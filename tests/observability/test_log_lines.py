"""Lines of the log: as text for people, as objects for programs, and each request with an id."""

import io
import json
import logging
import sys
import threading
import warnings
from logging import getLogger

import pytest
from flask.logging import default_handler
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.observability.conftest import TOKEN
from webapp.kit.asked_request import AskedRequest, answering, asked_request
from webapp.kit.measures import this_process
from webapp.kit.prepared_query import _fetch
from webapp.observability import log_lines
from webapp.observability.log_lines import ACCESS, TextLines, log_as_json, log_as_text

ID = b"x-request-id"


@pytest.fixture
def log(monkeypatch):
    """Write the log as objects; return what reads them."""
    root, said = getLogger(), io.StringIO()
    levels = {name: getLogger(name).level for name in ("", "webapp", ACCESS)}
    monkeypatch.setattr(sys, "stderr", said)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    before = root.handlers[:]
    log_as_json()
    yield lambda: [json.loads(line) for line in said.getvalue().splitlines()]
    root.handlers[:] = before
    logging.captureWarnings(capture=False)
    for name, level in levels.items():
        getLogger(name).setLevel(level)


def test_a_line_is_an_object(log):
    getLogger("webapp.kit.email_queue").warning("mail %s cannot be sent: %s", 7, "no such user wang@example.com")
    getLogger("webapp.kit").info("said")
    getLogger("urllib3").info("not said")
    first, second = log()
    assert first["message"] == "mail 7 cannot be sent: no such user [e-mail]"
    assert (first["level"], first["logger"]) == ("warning", "webapp.kit.email_queue")
    assert second["message"] == "said"
    assert "request_id" not in first


def test_a_line_within_a_request_bears_its_id(log):
    with answering(AskedRequest("one-of-many", "GET", "/d/<slug>")):
        getLogger("webapp").warning("odd")
    getLogger("webapp").warning("afterwards")
    within, afterwards = log()
    assert (within["request_id"], within["method"], within["route"]) == ("one-of-many", "GET", "/d/<slug>")
    assert "request_id" not in afterwards


def test_an_exception_is_told_by_kind_and_place_alone(log):
    secret = "what only a payer reads"

    def fails():
        try:
            {}[secret]
        except KeyError as error:
            raise ValueError(secret) from error

    try:
        fails()
    except ValueError:
        getLogger("webapp").exception("failed")
    (line,) = log()
    assert secret not in json.dumps(line)
    assert [one["type"] for one in line["exception"]] == ["ValueError", "KeyError"]
    assert "test_an_exception_is_told" in line["exception"][0]["frames"][0]


def test_what_ends_a_process_or_a_thread_is_an_object_too(log):
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    error = RuntimeError("secret")
    sys.excepthook(RuntimeError, error, None)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning("old way", DeprecationWarning, "file.py", 1)
    assert [(line["message"].split(":")[0], line["level"]) for line in log()] == [
        ("a thread ends", "critical"),
        ("a process ends", "critical"),
        ("file.py", "warning"),
    ]


def test_errors_that_are_logged_are_counted(log):
    getLogger("webapp").warning("odd")
    getLogger("webapp").error("wrong")
    assert this_process.read_all()[0].counted["errors_logged",] == 1


def test_text_stays_as_it_is_but_for_what_is_secret(monkeypatch):
    for handler in (default_handler, logging.lastResort):
        monkeypatch.setattr(handler, "formatter", handler.formatter)
    before = default_handler.formatter
    log_as_text()
    log_as_text()
    told = logging.LogRecord("webapp.factory", logging.ERROR, "http.py", 1, "from %s", ("192.0.2.7",), None)
    assert isinstance(default_handler.formatter, TextLines)
    assert default_handler.formatter.format(told) == before.format(told).replace("192.0.2.7", "[address]")
    assert logging.lastResort.formatter.format(told) == "from [address]"


def ids(house, path="/healthz", headers=()):
    sent = house.ask(path, headers=headers)
    return [value.decode() for name, value in sent.headers if name == ID]


def test_each_request_has_a_line_and_its_answer_the_id(log, open_house):
    house = open_house(log_format="json", metrics_token=TOKEN)
    (first,), (second,) = ids(house), ids(house, "/nowhere?q=secret")
    assert first != second
    lines = [line for line in log() if line["logger"] == ACCESS]
    assert [(line["request_id"], line["route"], line["status"]) for line in lines] == [
        (first, "/healthz", 200),
        (second, "none", 404),
    ]
    assert all(line["ms"] > 0 for line in lines)


@pytest.mark.sqlite("memory")
def test_an_answer_from_memory_has_an_id_of_its_own_and_else_the_same_bytes(log, open_house):
    house = open_house(log_format="json")
    answers = [house.ask("/") for _ in range(3)]
    lines = [line for line in log() if line["logger"] == ACCESS]
    assert [line["remembered"] for line in lines] == [False, True, True]
    assert len({dict(answer.headers)[ID] for answer in answers}) == 3
    first, *others = [
        (answer.status, sorted(one for one in answer.headers if one[0] not in {ID, b"date"}), answer.body)
        for answer in answers
    ]
    assert others == [first, first]


@pytest.mark.parametrize(
    ("given", "believed"),
    [
        ([b"from-the-proxy.1_x"], True),
        ([b"a" * 64], True),
        ([b"a" * 65], False),
        ([b"short"], False),
        ([b"with space in it"], False),
        ([b'{"json": "in it"}'], False),
        (["eins-zwei-drüben".encode("latin-1")], False),
        ([b"one-of-two", b"two-of-two"], False),
    ],
)
def test_a_proxy_s_id_is_taken_where_it_is_sane(log, open_house, given, believed):
    house = open_house(log_format="json", trusted_proxies=1)
    headers = [(ID, value) for value in given]
    (shown,) = ids(house, headers=headers)
    assert (shown.encode() == given[0]) is believed


def test_nobody_else_s_id_is_taken(log, open_house):
    house = open_house(log_format="json")
    assert ids(house, headers=[(ID, b"of-a-stranger")]) != ["of-a-stranger"]


def test_without_a_log_of_objects_there_are_no_ids(open_house):
    assert ids(open_house(metrics_token=TOKEN)) == []


def test_what_a_view_logs_bears_the_id_of_its_request_also_in_its_thread(log, open_house):
    house = open_house(log_format="json")
    seen = []

    def fails():
        seen.append(asked_request())
        getLogger("webapp.odd").warning("here")
        raise RuntimeError("a secret")

    house.app.testing = False
    house.app.view_functions["health.alive"] = fails
    sent = house.ask("/healthz", headers=[(b"accept-language", b"en")])
    (shown,) = [value.decode() for name, value in sent.headers if name == ID]
    assert sent.status == 500
    assert f"please give this number: {shown}" in sent.body.decode()
    assert {line["request_id"] for line in log()} == {shown}
    assert [line["message"] for line in log()] == ["here", "Exception on /healthz [GET]", "request"]
    assert seen[0].id == shown
    assert "a secret" not in json.dumps(log())


def test_a_page_of_an_error_has_no_number_where_nobody_could_look_it_up(open_house):
    house = open_house()
    house.app.testing = False
    house.app.view_functions["health.alive"] = lambda: 1 / 0
    sent = house.ask("/healthz", headers=[(b"accept-language", b"en")])
    assert sent.status == 500
    assert b"number" not in sent.body


def test_files_of_libraries_are_named_without_where_they_are():
    assert log_lines._short("/srv/venv/lib/python3.11/site-packages/flask/app.py") == "flask/app.py"


def test_an_error_of_the_database_does_not_say_what_it_was_given(database):
    with pytest.raises(DBAPIError) as asked, database.reading() as session:
        session.execute(text("SELECT :given FROM nowhere"), {"given": "wang@example.com"})
    with pytest.raises(DBAPIError) as prepared, database.reading() as session:
        _fetch(session.connection(), "SELECT ? FROM nowhere", ["wang@example.com"])
    assert "wang" not in str(asked.value) + str(prepared.value)
