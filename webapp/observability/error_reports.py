"""Errors told to Sentry: kind and place of each, and by which route; nothing that anybody sent, or that was read.

A report is written anew from what may be told, field by field: what a later version of the SDK adds stays here.
"""

import logging
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from webapp.kit.asked_request import asked_request
from webapp.observability.scrubbing import scrub
from webapp.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event

_Fields = Mapping[str, Any]
_OF_REPORT = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "sdk", "type")
_OF_ERROR = ("type", "module", "thread_id", "mechanism")
_OF_FRAME = ("filename", "function", "module", "lineno", "in_app", "context_line", "pre_context", "post_context")
_OF_MECHANISM = ("type", "handled", "exception_id", "parent_id", "source", "is_exception_group")


def report_errors(settings: Settings, process: str) -> None:
    """Have errors that are logged or end something be reported."""
    import sentry_sdk  # noqa: PLC0415 - an extra of this package
    from sentry_sdk.integrations import atexit, dedupe, excepthook, threading  # noqa: PLC0415 - as above
    from sentry_sdk.integrations.logging import LoggingIntegration, ignore_logger  # noqa: PLC0415 - as above

    for name in ("opentelemetry.*", "sentry_sdk.*"):  # what cannot be told to others is not told to Sentry
        ignore_logger(name)
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        release=f"paidspan@{version('paidspan')}",
        environment=settings.env.value,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None),
            excepthook.ExcepthookIntegration(),
            threading.ThreadingIntegration(propagate_scope=False),
            atexit.AtexitIntegration(callback=lambda _waiting, _seconds: None),
            dedupe.DedupeIntegration(),
        ],
        before_send=lambda event, _hint: _reported(event, process),
        before_breadcrumb=lambda _crumb, _hint: None,
        before_send_transaction=lambda _event, _hint: None,
    )


def _reported(event: "Event", process: str) -> "Event":
    """Return what of a report is sent."""
    said: _Fields = event
    told: dict[str, Any] = {**_some(said, _OF_REPORT), "tags": _tags(process)}
    if "logentry" in said:  # a literal of ours or of a library; what stood in its places is left out
        told["logentry"] = {"message": scrub(str(said["logentry"].get("message", "")))}
    if "exception" in said:
        told["exception"] = {"values": [_error(one) for one in said["exception"].get("values", ())]}
    return told  # type: ignore[return-value]  # as above


def _tags(process: str) -> dict[str, str]:
    asked = asked_request()
    if asked is None:
        return {"process": process}
    return {"process": process, "request_id": asked.id, "method": asked.method, "route": asked.route}


def _error(said: _Fields) -> dict[str, Any]:
    """Return an exception without what it says, which may hold anything."""
    frames = (said.get("stacktrace") or {}).get("frames", ())
    mechanism = _some(said.get("mechanism") or {}, _OF_MECHANISM)
    told = {**_some(said, _OF_ERROR), "mechanism": mechanism or {"type": "generic"}}
    return {**told, "stacktrace": {"frames": [_some(frame, _OF_FRAME) for frame in frames]}}


def _some(said: _Fields, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: said[name] for name in names if name in said}
