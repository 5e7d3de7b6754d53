"""The background worker's heartbeat: a row that it writes again and again, so that others see when it does not.

It is written where all of its work is: a worker that is killed, stopped, or locked out of the database is silent.
"""

from datetime import datetime, timedelta

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


def beat(session: Session) -> datetime | None:
    """Note that the worker works; return since when it had been silent, None where it had not."""
    now, row = clock.machine_now(), session.get(Heartbeat, _WORKER)
    if row is None:
        session.add(Heartbeat(name=_WORKER, beat_at=now))
        return None
    before, row.beat_at = row.beat_at, now
    return before if now - before > SILENCE else None


def end_heartbeat(session: Session) -> None:
    """Note that the worker ends as it should."""
    row = session.get(Heartbeat, _WORKER)
    if row is not None:
        session.delete(row)


def last_beat(session: Session) -> datetime | None:
    """Return when the worker last worked; None where none runs."""
    row = session.get(Heartbeat, _WORKER)
    return row.beat_at if row else None


def is_silent(beat_at: datetime | None) -> bool:
    """Return whether a worker whose last beat was then does not work."""
    return beat_at is None or clock.machine_now() - beat_at > SILENCE
