"""Imports that somebody of the staff began at the desk: what was uploaded, and what became of it. Holds paid text."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.documents.importing import ImportAction
from webapp.kit.table_base import Base, enum_column

_TOKEN_LENGTH = 32


class ImportStage(StrEnum):
    """How far an import is."""

    STAGED = "staged"  # its files are looked at, and nothing is kept yet
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ImportJob(Base):
    """An import, by a name that nobody guesses; only who began it reaches it.

    `encodings` are what was said of files, by the names under which they are shown. `done` of `total` files were dealt
    with, each in the transaction that stored it.
    """

    __tablename__ = "import_jobs"
    __table_args__ = (
        Index("ix_import_jobs_reader_id_created_at", "reader_id", "created_at"),
        Index("ix_import_jobs_stage", "stage"),
    )

    id: Mapped[str] = mapped_column(String(_TOKEN_LENGTH), primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"))
    stage: Mapped[ImportStage] = mapped_column(enum_column(ImportStage))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    encodings: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    publish: Mapped[bool] = mapped_column(default=False)
    may_open: Mapped[bool] = mapped_column(default=False)
    repair: Mapped[bool] = mapped_column(default=False)
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    price: Mapped[int | None]  # in the smallest unit of the currency
    currency: Mapped[str] = mapped_column(String(3), default="")
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    is_cancel_asked: Mapped[bool] = mapped_column(default=False)
    problem: Mapped[str] = mapped_column(String(500), default="")


class StagedFile(Base):
    """A file that was uploaded; its bytes rest in the store under a name that nobody guesses, for a day."""

    __tablename__ = "staged_files"

    job_id: Mapped[str] = mapped_column(ForeignKey("import_jobs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(1000), primary_key=True)
    token: Mapped[str] = mapped_column(String(_TOKEN_LENGTH))
    size: Mapped[int]
    staged_at: Mapped[datetime]


class StoredOutcome(Base):
    """What became of one file of an import; `problems` are places, codes and sentences."""

    __tablename__ = "import_outcomes"

    job_id: Mapped[str] = mapped_column(ForeignKey("import_jobs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    shown: Mapped[str] = mapped_column(String(1200))
    did: Mapped[ImportAction] = mapped_column(enum_column(ImportAction))
    slug: Mapped[str] = mapped_column(String(120), default="")
    problems: Mapped[list[list[object]]] = mapped_column(JSON, default=list)
