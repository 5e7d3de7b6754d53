"""What a process does to be seen, as its settings say; what they do not switch on is not even loaded."""

import os
import sys
from importlib.metadata import version
from threading import Thread

from webapp.kit.instance import known_secret_key
from webapp.kit.measures import this_process
from webapp.kit.translatable import _
from webapp.observability.log_lines import log_as_json, log_as_text
from webapp.observability.scrubbing import keep_secret
from webapp.observability.tracing import is_tracing_wanted, send_spans, trace
from webapp.settings import Settings, SettingsError
from webapp.settings.extras import OBSERVABILITY, needed_extras

COMMAND = "command"
_END_SECONDS = 2.0
_FOLDER = "metrics"  # in the instance


def refuse_missing_packages(settings: Settings) -> None:
    """Raise SettingsError where something is switched on that is not installed."""
    for extra in needed_extras(settings):
        if extra.name == OBSERVABILITY and not extra.is_installed:
            needs = _("needs a package that is not installed: pip install 'paidspan[observability]'")
            raise SettingsError((f"PAIDSPAN_{extra.setting.upper()}", needs))


def start_watching(settings: Settings, process: str) -> None:
    """Have this process be seen: its log, the errors it reports, its spans.

    `process` says which it is: server, worker or COMMAND. Called again where one becomes another, or is forked.
    """
    refuse_missing_packages(settings)
    keep_secret(settings, known_secret_key(settings.instance))
    (log_as_json if settings.log_format == "json" else log_as_text)()
    if settings.sentry_dsn:
        from webapp.observability.error_reports import report_errors  # noqa: PLC0415 - only who has a Sentry needs it

        report_errors(settings, process)
    if process != COMMAND and is_tracing_wanted():  # its thread must not be there when a server's processes are forked
        trace(process)


def end_watching() -> None:
    """Send what is left to be told, as far as that takes a moment: what multiprocessing began ends without more ado."""
    rest = Thread(target=_send_rest, name="rest", daemon=True)
    rest.start()
    rest.join(_END_SECONDS)


def _send_rest() -> None:
    if "sentry_sdk" in sys.modules:
        sys.modules["sentry_sdk"].flush(_END_SECONDS)
    send_spans()


def count_for_others(settings: Settings, process: str) -> None:
    """Have what this process counts be part of `/metrics`, where there is such a page."""
    if settings.metrics_token:
        this_process.keep_in(settings.instance / _FOLDER, version("paidspan"))
        show_process(process)


def show_process(process: str) -> None:
    """Show that this process lives, what memory it holds, and how many files it has open."""
    this_process.show("processes", process, value=1)
    memory, files = _resident_bytes(), _open_files()
    if memory is not None and files is not None:
        this_process.show("resident_memory_bytes", process, value=memory)
        this_process.show("open_files", process, value=files)


def _resident_bytes() -> int | None:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - each second, in the loop
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # another system than Linux
        return None


def _open_files() -> int | None:
    try:
        return os.stat("/proc/self/fd").st_size or len(os.listdir("/proc/self/fd"))  # noqa: PTH116, PTH208 - as above
    except OSError:
        return None
