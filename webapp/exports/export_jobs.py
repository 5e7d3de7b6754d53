"""Files that take long, or whose edition must be rendered anew first, are made by the worker.

A row says what is wanted and how far it is.
"""

import logging
from datetime import datetime, timedelta
from enum import StrEnum

from flask import Flask
from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.documents.full_editions import Edition, edition_blocks, read_full
from webapp.documents.models import Document, PublicEdition
from webapp.documents.rerender import rerender_document
from webapp.documents.unlock import Ground, Unlock
from webapp.exports.file_formats import EditionSide, ExportKey, FileFormat, export_key
from webapp.exports.render import export_store, render_file
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.errors import PaidspanError
from webapp.kit.table_base import Base, enum_column
from webapp.kit.translatable import _

MOST_TRIES = 3  # a file that ends the worker each time must not do so for ever
AGAIN = timedelta(minutes=5)  # after which a failed one may be asked for anew
_ASK_THE_PUBLISHER = _("Please try again in a few minutes, and tell the publisher if it goes on.")
log = logging.getLogger(__name__)


class Stage(StrEnum):
    """How far a file is."""

    WAITING = "waiting"
    READING = "reading"
    WRITING = "writing"
    KEEPING = "keeping"
    FAILED = "failed"


PERCENT = {Stage.WAITING: 0, Stage.READING: 10, Stage.WRITING: 30, Stage.KEEPING: 95, Stage.FAILED: 0}


class ExportJob(Base):
    """A long file that somebody waits for; gone when it is made."""

    __tablename__ = "export_jobs"
    __table_args__ = (UniqueConstraint("document_id", "side", "kind"), Index("ix_export_jobs_stage", "stage"))

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    side: Mapped[EditionSide] = mapped_column(enum_column(EditionSide))
    kind: Mapped[FileFormat] = mapped_column(enum_column(FileFormat))
    stage: Mapped[Stage] = mapped_column(enum_column(Stage))
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(String(500), default="")
    hint: Mapped[str] = mapped_column(String(500), default="")
    asked_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    @property
    def percent(self) -> int:
        """How far it is, of a hundred."""
        return PERCENT[self.stage]


_WAITING = select(ExportJob).where(ExportJob.stage != Stage.FAILED).order_by(ExportJob.asked_at, ExportJob.id).limit(1)


def get_export_job(session: Session, what: ExportKey) -> ExportJob | None:
    """Return the row of a file that is waited for."""
    one = (ExportJob.document_id == what.document_id, ExportJob.side == what.side, ExportJob.kind == what.kind)
    return session.scalar(select(ExportJob).where(*one))


def is_requested(job: ExportJob | None, now: datetime) -> bool:
    """Whether the worker need not be asked: a file that failed rests a while before it is tried again."""
    return job is not None and (job.stage is not Stage.FAILED or now < job.changed_at + AGAIN)


def request_export(session: Session, what: ExportKey, now: datetime) -> ExportJob:
    """Have the worker make a file."""
    job = get_export_job(session, what)
    if job is None:
        job = ExportJob(document_id=what.document_id, side=what.side, kind=what.kind)
        session.add(job)
    if not is_requested(job if job.id else None, now):
        job.stage, job.tries, job.problem, job.hint = Stage.WAITING, 0, "", ""
        job.asked_at = job.changed_at = now
    return job


def render_waiting(app: Flask, database: Database) -> int:
    """Make the files that are waited for, one after the other; return how many were dealt with.

    There is one worker, so that one which is half made was interrupted, and is begun anew.
    """
    done = 0
    while (job := _next(database)) is not None:
        if job.tries > MOST_TRIES:
            _fail(database, job, PaidspanError(_("This file could not be made."), _ASK_THE_PUBLISHER))
        else:
            _deal_with(app, database, job)
        done += 1
    return done


def count_export_jobs(session: Session) -> tuple[int, int]:
    """Return how many files are waited for, and how many could not be made; the table holds no others."""
    failed = select(func.count()).where(ExportJob.stage == Stage.FAILED)
    count, given_up = session.scalar(select(func.count(ExportJob.id))) or 0, session.scalar(failed) or 0
    return count - given_up, given_up


def has_waiting_exports(database: Database) -> bool:
    """Whether the worker has files to make."""
    with database.reading() as session:
        return session.scalar(_WAITING) is not None


def _next(database: Database) -> ExportJob | None:
    if not has_waiting_exports(database):
        return None  # without waiting for the database's one writer
    return database.write(_begin_next)


def _begin_next(session: Session) -> ExportJob | None:
    job = session.scalar(_WAITING)
    if job is not None:
        job.stage, job.changed_at = Stage.READING, clock.now()
        job.tries += 1
    return job


def _deal_with(app: Flask, database: Database, job: ExportJob) -> None:
    try:
        _make(app, database, job)
    except PaidspanError as error:
        _fail(database, job, error)
    except Exception:
        log.exception("%s of document %d could not be made", job.kind, job.document_id)
        _fail(database, job, PaidspanError(_("This file could not be made."), _ASK_THE_PUBLISHER))
    else:
        done = delete(ExportJob).where(ExportJob.id == job.id)
        database.write(lambda session: session.execute(done))


def _make(app: Flask, database: Database, job: ExportJob) -> None:
    """Make a file and keep it; nothing, where its edition is gone meanwhile."""
    rerender_document(database, job.document_id)
    with database.reading() as session:
        slug = session.scalar(select(Document.slug).where(Document.id == job.document_id))
        edition = _edition(session, job)
        tree = edition_blocks(session, edition) if edition else None
    if edition is None or slug is None:
        return
    _tell(database, job, stage=Stage.WRITING)
    made = render_file(app, edition, tree, slug, job.kind)
    _tell(database, job, stage=Stage.KEEPING)
    export_store(app).put(export_key(edition, job.kind), made)


def _edition(session: Session, job: ExportJob) -> Edition | None:
    """Return what is to be written; whether somebody may have it is asked when it is handed out."""
    if job.side is EditionSide.PUBLIC:
        return session.get(PublicEdition, job.document_id)
    return read_full(session, Unlock(job.document_id, Ground.SYSTEM))


def _tell(database: Database, job: ExportJob, **told: object) -> None:
    now_so = update(ExportJob).where(ExportJob.id == job.id).values(changed_at=clock.now(), **told)
    database.write(lambda session: session.execute(now_so))


def _fail(database: Database, job: ExportJob, error: PaidspanError) -> None:
    _tell(database, job, stage=Stage.FAILED, problem=str(error), hint=error.hint)
