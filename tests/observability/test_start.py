"""What is switched on, and what is loaded for it."""

import os
import subprocess
import sys
import threading

import pytest

from tests.front.serving import ROOT
from webapp.observability import tracing
from webapp.observability.start import COMMAND, count_for_others, start_watching
from webapp.settings import SettingsError, extras, load_settings

HEAVY = ("sentry_sdk", "opentelemetry", "prometheus_client", "webapp.observability.queue_lengths")
LOADED = """
import sys
from webapp.kit import parent_process
parent_process.end_with_parent = lambda: None
import webapp.front.served
print(sorted(set(sys.modules) & set(sys.argv[1:])))
"""


def loaded_with(instance, **settings):
    environment = os.environ | {"PAIDSPAN_INSTANCE": str(instance), "PYTHONPATH": str(ROOT), **settings}
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *HEAVY], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_server_loads_nothing_that_is_not_switched_on(instance):
    assert loaded_with(instance) == "[]"
    assert not (instance / "metrics").exists()
    with_token = {"PAIDSPAN_METRICS_TOKEN": "sixteen or more characters", "PAIDSPAN_LOG_FORMAT": "json"}
    ours = "['webapp.observability.queue_lengths']"
    assert loaded_with(instance, **with_token) == ours, "Prometheus' library is loaded by the first scrape"
    assert (instance / "metrics").is_dir()


@pytest.mark.parametrize(
    ("name", "given", "package"),
    [
        ("metrics_token", "sixteen or more characters", "prometheus_client"),
        ("sentry_dsn", "https://key@o1.ingest.sentry.io/2", "sentry_sdk"),
    ],
)
def test_what_is_switched_on_and_not_installed_is_said(instance, monkeypatch, name, given, package):
    found = extras.find_spec
    monkeypatch.setattr(extras, "find_spec", lambda asked: None if asked == package else found(asked))
    settings = load_settings(instance=instance, **{name: given})
    with pytest.raises(SettingsError, match=r"paidspan\[observability\]"):
        start_watching(settings, "server")


def test_where_nobody_watches_nothing_is_kept(instance):
    count_for_others(load_settings(instance=instance), "server")
    assert not (instance / "metrics").exists()


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "paidspan"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
    ],
)
def test_spans_are_wanted_where_opentelemetry_s_variables_say_so(environment, wanted, monkeypatch):
    assert tracing.is_tracing_wanted(environment) is wanted
    monkeypatch.setattr(tracing, "find_spec", lambda _name: None)
    assert not tracing.is_tracing_wanted(environment), "without its packages they say nothing to us"


def test_a_command_has_no_thread_that_sends_spans_for_serve_forks_its_workers(instance, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    before = set(threading.enumerate())
    start_watching(load_settings(instance=instance), COMMAND)
    assert not tracing.is_tracing()
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize("given", ["x", "https://o1.ingest.sentry.io/2", "https://key@host/", "key@host/2"])
def test_a_dsn_that_is_none_is_refused(instance, given):
    with pytest.raises(SettingsError, match="PAIDSPAN_SENTRY_DSN must be an address like"):
        load_settings(instance=instance, sentry_dsn=given)


def test_a_log_of_another_format_is_refused(instance):
    with pytest.raises(SettingsError, match="PAIDSPAN_LOG_FORMAT must be text or json"):
        load_settings(instance=instance, log_format="xml")
