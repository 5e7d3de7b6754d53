"""The log: as people read it, or an object a line for programs; nothing leaves it unscrubbed."""

import json
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import TYPE_CHECKING

from flask.logging import default_handler
from typing_extensions import override

from webapp.kit.asked_request import AskedRequest, asked_request
from webapp.kit.measures import this_process
from webapp.observability.scrubbing import scrub

if TYPE_CHECKING:
    from threading import ExceptHookArgs

ACCESS = "paidspan.access"  # the logger of requests
_OF_ACCESS = ("status", "ms", "remembered")  # what a line of it tells besides
_HERE = Path(__file__).parents[1]
_MOST_FRAMES = 60
_Told = dict[str, object]
log = logging.getLogger(__name__)
_requests = logging.getLogger(ACCESS)


def _count(record: logging.LogRecord) -> None:
    """Count a line that tells of an error, where it is written."""
    if record.levelno >= logging.ERROR:
        this_process.add("errors_logged")


class TextLines(logging.Formatter):
    """Lines as another formatter writes them, scrubbed."""

    def __init__(self, inner: logging.Formatter | None) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()

    @override
    def format(self, record: logging.LogRecord) -> str:
        _count(record)
        return scrub(self._inner.format(record))


class JsonLines(logging.Formatter):
    """An object a line. Of an exception it has kind and place: what one says may hold anything."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        _count(record)
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told: _Told = {
            "time": moment.replace("+00:00", "Z"),  # RFC 3339
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        asked = getattr(record, "asked", None) or asked_request()
        if asked is not None:
            told |= {"request_id": asked.id, "method": asked.method, "route": asked.route}
        told |= {name: getattr(record, name) for name in _OF_ACCESS if hasattr(record, name)}
        if record.exc_info and record.exc_info[1] is not None:
            told["exception"] = list(_told_errors(record.exc_info[1]))
        return json.dumps(told, ensure_ascii=False)


def _told_errors(error: BaseException) -> Iterator[_Told]:
    """Yield kind and place of an exception, then of what led to it."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield {"type": type(cause).__qualname__, "frames": _frames(cause.__traceback__)}
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _frames(traceback: TracebackType | None) -> list[str]:
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in extract_tb(traceback)[-_MOST_FRAMES:]]


def _short(filename: str) -> str:
    """Return a file's name without where it is installed."""
    path = Path(filename)
    if path.is_relative_to(_HERE):
        return f"webapp/{path.relative_to(_HERE).as_posix()}"
    return filename.rpartition("site-packages/")[2]


def log_as_text() -> None:
    """Have the log be as it is without us (Flask's lines, bare ones of others), but scrubbed."""
    for handler in (default_handler, logging.lastResort):
        if handler is not None and not isinstance(handler.formatter, TextLines):
            handler.setFormatter(TextLines(handler.formatter))


def log_as_json() -> None:
    """Have the whole log be objects, from `info` on what is ours, from `warning` on what others say."""
    handler = logging.StreamHandler()  # standard error
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [kept for kept in root.handlers if not isinstance(kept.formatter, JsonLines)]
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in ("webapp", ACCESS):
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_end
    threading.excepthook = _log_end_of_thread


def is_json() -> bool:
    """Return whether this process writes its log as objects."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)


def log_request(asked: AskedRequest, status: int, seconds: float, *, remembered: bool = False) -> None:
    """Write the line of a request that was answered."""
    told = {"asked": asked, "status": status, "ms": round(seconds * 1000, 2), "remembered": remembered}
    _requests.info("request", extra=told)


def _log_end(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
    else:
        log.critical("a process ends", exc_info=(kind, error, traceback))


def _log_end_of_thread(ended: "ExceptHookArgs") -> None:
    if ended.exc_value is not None:
        told = (ended.exc_type, ended.exc_value, ended.exc_traceback)
        log.critical("a thread ends", exc_info=told)
