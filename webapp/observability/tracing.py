"""Spans for OpenTelemetry, where its packages are installed and its own variables (OTEL_…) say where they go."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

from webapp.kit.asked_request import AskedRequest
from webapp.kit.spans import set_tracing
from webapp.kit.table_base import Base

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, Tracer

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_EXPORTERS = "OTEL_TRACES_EXPORTER"
_NEEDED = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")
_KEPT = "paidspan_span"  # in a connection's info
_FAILED = 500
SetStatus = Callable[[int], None]


class _Tracing:
    tracer: "Tracer | None" = None
    provider: "TracerProvider | None" = None


def is_tracing_wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether OpenTelemetry's variables ask for spans, and its packages are there."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get(_EXPORTERS) == "none":
        return False
    return any(environment.get(name) for name in (*_ENDPOINTS, _EXPORTERS)) and are_packages_there()


def is_tracing() -> bool:
    """Return whether this process traces."""
    return _Tracing.tracer is not None


def are_packages_there() -> bool:
    """Return whether OpenTelemetry is installed."""
    try:
        return all(find_spec(name) for name in _NEEDED)
    except ModuleNotFoundError:
        return False


def trace(process: str, exporter: "SpanExporter | None" = None) -> "TracerProvider":
    """Have spans of requests, of questions to the database, of calls to Stripe and of jobs be sent."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra of this package
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above

    own = {"service.version": version("paidspan"), "paidspan.process": process}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        own["service.name"] = "paidspan"
    provider = TracerProvider(resource=Resource.create(own))
    provider.add_span_processor(BatchSpanProcessor(exporter or _exporter()))
    _Tracing.tracer, _Tracing.provider = provider.get_tracer("paidspan", version("paidspan")), provider
    set_tracing(_begin)
    for name, listener in _LISTENERS.items():
        if not event.contains(Engine, name, listener):
            event.listen(Engine, name, listener)
    return provider


def send_spans() -> None:
    """Send the spans that wait to be sent."""
    if _Tracing.provider is not None:
        _Tracing.provider.force_flush()


def stop_tracing() -> None:
    """Begin no more spans."""
    _Tracing.tracer = _Tracing.provider = None
    set_tracing(None)
    for name, listener in _LISTENERS.items():
        if event.contains(Engine, name, listener):
            event.remove(Engine, name, listener)


def _exporter() -> "SpanExporter":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter  # noqa: PLC0415 - as above

    return ConsoleSpanExporter() if os.environ.get(_EXPORTERS) == "console" else OTLPSpanExporter()


@contextmanager
def _begin(name: str) -> "Iterator[Span | None]":
    """Begin a span as the present one; what goes wrong in it is a kind of error, never its words."""
    from opentelemetry.trace import StatusCode  # noqa: PLC0415 - as above

    assert _Tracing.tracer is not None
    with _Tracing.tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
        try:
            yield span
        except Exception as error:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(StatusCode.ERROR)
            raise


def request_span(
    asked: AskedRequest, parent: Mapping[str, str], begun: float
) -> "AbstractContextManager[SetStatus | None]":
    """Return the span of a request that began so many seconds after 1970; it is given its status when that is known.

    `parent` holds the headers `traceparent` and `tracestate`, where they are believed.
    """
    return nullcontext(None) if _Tracing.tracer is None else _request_span(_Tracing.tracer, asked, parent, begun)


@contextmanager
def _request_span(
    tracer: "Tracer", asked: AskedRequest, parent: Mapping[str, str], begun: float
) -> Iterator[SetStatus]:
    from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - as above
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415 - as above

    attributes = {"http.request.method": asked.method, "http.route": asked.route, "paidspan.request_id": asked.id}
    with tracer.start_as_current_span(
        f"{asked.method} {asked.route}",
        context=TraceContextTextMapPropagator().extract(parent),
        kind=SpanKind.SERVER,
        attributes=attributes,
        start_time=int(begun * 1e9),
        record_exception=False,
        set_status_on_exception=False,
    ) as span:

        def answered(status: int) -> None:
            span.set_attribute("http.response.status_code", status)
            if status >= _FAILED:
                span.set_attribute("error.type", str(status))
                span.set_status(StatusCode.ERROR)

        yield answered


def _before_query(connection: Any, _cursor: object, statement: str, *_more: object) -> None:  # noqa: ANN401 - an event
    """Begin the span of a question that is part of something which is traced: what it does, to which tables."""
    from opentelemetry.trace import SpanKind, get_current_span  # noqa: PLC0415 - as above

    if _Tracing.tracer is None or not get_current_span().is_recording():
        return
    summary = summary_of(statement)
    told = {
        "db.system.name": connection.dialect.name,
        "db.operation.name": summary.split()[0],
        "db.query.summary": summary,
    }
    span = _Tracing.tracer.start_span(summary, kind=SpanKind.CLIENT, attributes=told)
    connection.info.setdefault(_KEPT, []).append(span)


def _after_query(connection: Any, *_more: object) -> None:  # noqa: ANN401 - as above
    if connection.info.get(_KEPT):
        connection.info[_KEPT].pop().end()


def _query_failed(context: Any) -> None:  # noqa: ANN401 - as above
    from opentelemetry.trace import StatusCode  # noqa: PLC0415 - as above

    connection = context.connection
    if connection is not None and connection.info.get(_KEPT):
        span = connection.info[_KEPT].pop()
        span.set_attribute("error.type", type(context.original_exception).__qualname__)
        span.set_status(StatusCode.ERROR)
        span.end()


_LISTENERS: dict[str, Callable[..., None]] = {
    "before_cursor_execute": _before_query,
    "after_cursor_execute": _after_query,
    "handle_error": _query_failed,
}


def summary_of(statement: str) -> str:
    """Return what a statement does, and the tables of ours that it names; nothing else of its words."""
    words = statement.replace("(", " ").replace(",", " ").replace('"', " ").split()
    operation = words[0].upper() if words and words[0].isalpha() else "?"
    named = dict.fromkeys(word for word in words if word in Base.metadata.tables)
    return " ".join([operation, *list(named)[:5]])
