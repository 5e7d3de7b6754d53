"""Imports as jobs: carried out by the worker, a batch to a transaction, cancelled between two, taken up after a kill.

What became of each file is written in the transaction that stored it: what is done is done once, and told once.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from webapp.documents.import_models import ImportJob, ImportStage, StagedFile, StoredOutcome
from webapp.documents.importing import ImportAction, Importer, ImportOrder, ImportOutcome
from webapp.documents.preparation import ImportProblem, unfit_tag
from webapp.documents.sources import SourceFile
from webapp.documents.staged_files import keeping_files, staged_files, unpacked
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.errors import ConflictError, InvalidInputError, PaidspanError
from webapp.kit.file_store import FileStore
from webapp.kit.money import Money
from webapp.kit.translatable import Filled, _
from webapp.manuscript import Severity, tag_name

MOST_STARTS = 5  # an import that ends the worker each time must not do so for ever
_WANTED = (ImportStage.WAITING, ImportStage.RUNNING)  # there is one worker: what is running without it was interrupted
_NEXT = select(ImportJob.id).where(ImportJob.stage.in_(_WANTED)).order_by(ImportJob.changed_at, ImportJob.id).limit(1)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """What shall become of the files of an import, as somebody chose it."""

    publish: bool = False
    may_open: bool = False
    repair: bool = False
    tags: tuple[str, ...] = ()
    price: Money | None = None


@dataclass(frozen=True, slots=True)
class ImportBench:
    """What the worker needs to carry out imports; `order_for` makes an order of choices, with prices."""

    database: Database
    store: FileStore
    order_for: Callable[[ImportChoices], ImportOrder]
    most_bytes: int
    batch_done: Callable[[], None] = field(default=lambda: None)


def choose_tags(written: str) -> tuple[str, ...]:
    """Return tags that were typed with commas between them; raise InvalidInputError."""
    tags = tuple(dict.fromkeys(filter(None, map(tag_name, written.replace("，", ",").split(",")))))
    for sentence in filter(None, map(unfit_tag, tags)):
        raise InvalidInputError(sentence, _("Choose a shorter tag without a slash."))
    return tags


def start_import(session: Session, job: ImportJob, choices: ImportChoices, now: datetime) -> bool:
    """Have the worker carry out an import, or what is left of one that failed; return whether it was not told so yet.

    Raise ConflictError.
    """
    if job.stage in _WANTED:
        return False
    if job.stage not in {ImportStage.STAGED, ImportStage.FAILED} or not staged_files(session, job.id):
        raise ConflictError(_("This import is over."), _("Upload the files again."))
    job.publish, job.may_open, job.repair = choices.publish, choices.may_open, choices.repair
    job.tags = list(choices.tags)
    job.price = choices.price.minor_units if choices.price else None
    job.currency = choices.price.currency if choices.price else ""
    job.stage, job.changed_at, job.tries, job.problem = ImportStage.WAITING, now, 0, ""
    session.flush()
    return True


def cancel_import(session: Session, job: ImportJob, now: datetime) -> bool:
    """Have an import end after the batch that is being stored; what is stored stays. Return whether it was going on."""
    if job.stage not in _WANTED or job.is_cancel_asked:
        return False
    job.is_cancel_asked = True
    if job.stage is ImportStage.WAITING:
        _end(session, job, ImportStage.CANCELLED, now)
    session.flush()
    return True


def has_waiting_imports(database: Database) -> bool:
    """Whether the worker has imports to carry out."""
    with database.reading() as session:
        return session.scalar(_NEXT) is not None


def run_waiting_imports(bench: ImportBench) -> int:
    """Carry out the imports that wait, and those that were interrupted, one after the other; return how many."""
    done = 0
    while has_waiting_imports(bench.database):
        job = bench.database.write(_begin_next)
        if job is not None:
            _deal_with(bench, job)
            done += 1
    return done


def _begin_next(session: Session) -> ImportJob | None:
    id_ = session.scalar(_NEXT)
    job = session.get(ImportJob, id_) if id_ else None
    if job is None:
        return None
    job.stage, job.changed_at = ImportStage.RUNNING, clock.now()
    job.tries += 1
    session.flush()
    return job


def _deal_with(bench: ImportBench, job: ImportJob) -> None:
    try:
        with keeping_files(lambda: None):
            is_whole = _import(bench, job)
    except PaidspanError as error:
        problem = str(error)
    except Exception:
        log.exception("import %s stumbled", job.id[:8])
        problem = str(_("The import stopped at an error of ours, which is in the log."))
    else:
        _finish(bench.database, job.id, ImportStage.DONE if is_whole else ImportStage.CANCELLED)
        return
    _finish(bench.database, job.id, ImportStage.FAILED, problem)


def _import(bench: ImportBench, job: ImportJob) -> bool:
    """Import what is left of a job; return whether that is all, since nobody cancelled it."""
    if job.tries > MOST_STARTS:
        raise PaidspanError(_("This import was interrupted again and again."))
    price = Money(job.price, job.currency) if job.price is not None else None
    order = bench.order_for(ImportChoices(job.publish, job.may_open, job.repair, tuple(job.tags), price))
    with bench.database.reading() as session:
        files = staged_files(session, job.id)
    with unpacked(bench.store, files, job.encodings, bench.most_bytes) as sources:
        known = {source.key for source in sources if isinstance(source, SourceFile)}
        order = replace(
            order,
            options=replace(order.options, known=lambda key: key in known),
            on_outcomes=lambda session, outcomes: _note(session, job.id, outcomes),
        )
        bench.database.write(lambda session: setattr(session.get_one(ImportJob, job.id), "total", len(sources)))
        done = job.done
        for _outcome in Importer(bench.database, order).run(islice(sources, done, None)):
            done += 1
            with bench.database.reading() as session:
                stored = session.get_one(ImportJob, job.id)
                is_cancelled, is_batch_end = stored.is_cancel_asked, stored.done == done
            if is_batch_end:
                bench.batch_done()
            if is_cancelled and done < len(sources):
                return False
    return True


def _note(session: Session, job_id: str, outcomes: Sequence[ImportOutcome]) -> None:
    """Write down what became of a batch, in its own transaction."""
    job = session.get_one(ImportJob, job_id)
    for position, outcome in enumerate(outcomes, start=job.done):
        problems = [_written(problem) for problem in outcome.problems]
        session.add(
            StoredOutcome(
                job_id=job_id,
                position=position,
                shown=outcome.shown[:1200],
                did=outcome.did,
                slug=outcome.slug,
                problems=problems,
            )
        )
    job.done += len(outcomes)
    job.tries = 1  # it gets on
    job.changed_at = clock.now()
    session.flush()


def _written(problem: ImportProblem) -> list[object]:
    """Return a finding as it is stored: its sentence and what fills it, to be said in any language."""
    message = problem.message
    said, values = (message.message, dict(message.values)) if isinstance(message, Filled) else (str(message), {})
    told = {name: value if isinstance(value, int | float) else str(value) for name, value in values.items()}
    return [problem.line, problem.column, problem.code, problem.severity, said, told]


def read_problems(stored: StoredOutcome) -> list[ImportProblem]:
    """Return the findings of an outcome."""
    found = []
    for line, column, code, severity, said, values in stored.problems:
        message = Filled(str(said), values) if values else str(said)  # type: ignore[arg-type]  # as _written wrote them
        place = (int(str(line)), int(str(column)))
        found.append(ImportProblem(stored.shown, *place, str(code), Severity(str(severity)), message))
    return found


def count_outcomes(session: Session, job_id: str) -> dict[ImportAction, int]:
    """Return how many files of an import became what."""
    query = select(StoredOutcome.did, func.count()).where(StoredOutcome.job_id == job_id)
    rows = session.execute(query.group_by(StoredOutcome.did)).all()
    return {row[0]: row[1] for row in rows}


def _finish(database: Database, job_id: str, stage: ImportStage, problem: str = "") -> None:
    def finish(session: Session) -> None:
        _end(session, session.get_one(ImportJob, job_id), stage, clock.now(), problem)

    database.write(finish)


def _end(session: Session, job: ImportJob, stage: ImportStage, now: datetime, problem: str = "") -> None:
    """End an import; unless it failed its uploads are not needed any more, and are tidied away."""
    job.stage, job.problem, job.changed_at = stage, problem[:500], now
    if stage is not ImportStage.FAILED:
        session.execute(delete(StagedFile).where(StagedFile.job_id == job.id))
    session.flush()
