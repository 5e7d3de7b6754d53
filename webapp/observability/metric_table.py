"""All that `/metrics` tells, each with its sentence; docs/operating.md has the same table, and a test compares them."""

from dataclasses import dataclass
from enum import Enum

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds


class Kind(Enum):
    """What a number is: it only grows, stands as it is, or is one of many durations."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its key in `kit.measures` is its name without `paidspan_` and without its ending `_total`.

    `largest`: of several processes the largest counts, and not the sum.
    """

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ()
    largest: bool = False

    @property
    def key(self) -> str:
        """Under which name processes count it."""
        return self.name.removeprefix("paidspan_").removesuffix("_total")


def _counter(name: str, says: str, *labels: str) -> Metric:
    return Metric(f"paidspan_{name}_total", Kind.COUNTER, says, labels)


def _gauge(name: str, says: str, *labels: str, largest: bool = False) -> Metric:
    return Metric(f"paidspan_{name}", Kind.GAUGE, says, labels, largest)


# What each process counts, added up over all of this host.
OF_PROCESSES = (
    _counter("requests", "Requests that Flask was asked, or that were refused before it.", "route", "method", "status"),
    _counter("answers_from_memory", "Answers that were sent again without asking Flask.", "status"),
    _counter("answers_not_in_memory", "Questions that memory might have answered and Flask was asked."),
    _counter(
        "refused_requests", "Requests refused: too slow (408), large (413), often (429), or too busy (503).", "status"
    ),
    Metric(
        "paidspan_request_duration_seconds",
        Kind.HISTOGRAM,
        "How long requests took that Flask was asked, waiting for a thread included.",
        ("work",),
    ),
    _gauge("threads", "Threads that there are for each kind of work.", "work"),
    _gauge("threads_busy", "Threads at work.", "work"),
    _gauge("requests_waiting", "Requests that wait for a thread.", "work"),
    _gauge("event_loop_lag_seconds", "How late the loop was at most within the last minute.", largest=True),
    _gauge("processes", "Processes that live.", "process"),
    _gauge("resident_memory_bytes", "Memory that they hold.", "process"),
    _gauge("open_files", "Files that they have open; each connection is one.", "process"),
    _counter("database_writes", "Transactions that wrote, those begun anew included."),
    _counter("database_write_wait_seconds", "Seconds that writers waited for others (SQLite)."),
    _counter("database_write_retries", "Transactions begun anew because another writer came first (PostgreSQL)."),
    _counter("database_busy", "Writers that gave up waiting for others (SQLite)."),
    _counter("stripe_calls", "Calls of Stripe: answered, failed, or busy (not made).", "outcome"),
    _counter("stripe_call_seconds", "Seconds that calls of Stripe took."),
    _counter("worker_failures", "Errors that ended a turn of the background worker.", "job"),
    _counter("errors_logged", "Lines in the log that tell of an error."),
)
# What the database says of the whole installation, whichever host is asked; asked for once in five seconds.
OF_INSTALLATION = (
    _gauge("database_answers", "1 while the database can be asked; else what follows is not told."),
    _gauge("worker_heartbeat_age_seconds", "Since when the background worker is silent; +Inf where none runs."),
    _gauge("mails_waiting", "Mails that wait to be sent or tried again."),
    _gauge("mails_failed", "Mails that are not tried any more."),
    _gauge("stripe_events_waiting", "Events in the inbox that were not dealt with."),
    _gauge("stripe_oldest_event_age_seconds", "How long the oldest of them waits; 0 where none does."),
    _gauge("stripe_objects_behind", "Objects that must be fetched from Stripe again."),
    _gauge("stripe_commands_waiting", "Orders to Stripe that were not carried out."),
    _gauge("export_jobs", "Long files that wait, or could not be made.", "state"),
    _gauge("last_reconciliation_timestamp_seconds", "When a comparison with Stripe last ended.", "scope"),
    _gauge("last_reconciliation_drift", "Grants that it had to change.", "scope"),
    _gauge("last_backup_timestamp_seconds", "When a backup was last taken; not told where none was."),
    _gauge("resting", "1 while this installation sends nothing, being a copy."),
    _gauge("build_info", "1; which version this is.", "version", "python"),
)
