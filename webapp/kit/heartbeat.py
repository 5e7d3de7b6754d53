"""The background worker's heartbeat: a row that it writes again and again, so that others see when it does not.

It is written where all of its work is: a worker that is killed, stopped, or locked out of the database is silent.
"""

import socket
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.kit import clock
from webapp.kit.table_base import Base

BEAT_SECONDS = 10.0
SILENCE = timedelta(minutes=1)
_WORKER = "worker"


class Heartbeat(Base):
    """When a process last worked, by the machine's own time; one that ends as it should takes its row along."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    beat_at: Mapped[datetime]
    host: Mapped[str] = mapped_column(String(64), default="", server_default="")


class WorkerState(Enum):
    """How the background worker is."""

    WORKS = "works"
    SILENT = "silent"
    NOT_RUNNING = "not running"


def beat(session: Session) -> datetime | None:
    """Note that the worker works; return since when it had been silent, None where it had not."""
    now, row = clock.machine_now(), session.get(Heartbeat, _WORKER)
    if row is None:
        session.add(Heartbeat(name=_WORKER, beat_at=now, host=_host()))
        return None
    before, row.beat_at, row.host = row.beat_at, now, _host()
    return before if now - before > SILENCE else None


def end_heartbeat(session: Session) -> None:
    """Note that the worker ends as it should."""
    row = session.get(Heartbeat, _WORKER)
    if row is not None:
        session.delete(row)


def find_heartbeat(session: Session) -> Heartbeat | None:
    """Return when and where the worker last worked; None where none runs."""
    return session.get(Heartbeat, _WORKER)


def last_beat(session: Session) -> datetime | None:
    """Return when the worker last worked; None where none runs."""
    last = find_heartbeat(session)
    return last.beat_at if last else None


def worker_state(last: Heartbeat | None) -> WorkerState:
    """Return how a worker is whose last beat was this."""
    if last is None:
        return WorkerState.NOT_RUNNING
    return WorkerState.SILENT if clock.machine_now() - last.beat_at > SILENCE else WorkerState.WORKS


def _host() -> str:
    return socket.gethostname()[:64]
