"""Files that were uploaded and are not imported yet: their bytes rest for a day, reached by who uploaded them alone."""

import errno
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.documents.archives import name_refusal
from webapp.documents.decoding import is_encoding
from webapp.documents.import_models import ImportJob, ImportStage, StagedFile, StoredOutcome
from webapp.documents.sources import SourceError, SourceFile, Unreadable, find_sources
from webapp.kit import randomness
from webapp.kit.database import Database
from webapp.kit.errors import ConflictError, InvalidInputError, NotFoundError, PaidspanError
from webapp.kit.file_store import FileStore, FilesUnavailableError
from webapp.kit.translatable import _

STAGING = "staging"  # the folder of the store
RESTS = timedelta(days=1)
OUTCOMES_KEPT = timedelta(days=30)
MOST_FILES = 500
_TOKEN_BYTES = 16
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
StagedSource = SourceFile | Unreadable


class DiskFullError(PaidspanError):
    """There is no room for what was uploaded."""

    status = 507
    hint = _("Make room, or ask whoever looks after the server, and upload it again.")

    def __init__(self) -> None:
        super().__init__(_("The disk of the server is full: nothing of this upload was kept."))


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file: the name that its sender gave it, which may be a path, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Staged:
    """A file whose bytes rest in the store."""

    name: str
    token: str
    size: int


def put_aside(store: FileStore, uploads: list[Upload]) -> list[Staged]:
    """Keep the bytes of uploaded files, all or none.

    Raise InvalidInputError for a name that is none, DiskFullError, FilesUnavailableError.
    """
    named = [replace(upload, name=_fitting_name(upload.name)) for upload in uploads]
    if not named or len(named) > MOST_FILES:
        sentence = _("Choose the files to import, at most %(most)s at once.", most=MOST_FILES)
        raise InvalidInputError(sentence, _("Many files come in one zip archive."))
    kept: list[Staged] = []
    with keeping_files(lambda: _delete(store, [file.token for file in kept])):
        for upload in named:
            kept.append(Staged(upload.name, randomness.token(_TOKEN_BYTES), len(upload.data)))
            store.put(_path(kept[-1].token), upload.data)
    return kept


@contextmanager
def keeping_files(undo: Callable[[], None]) -> Iterator[None]:
    """Do something that keeps files; where that fails nothing of it is left. Raise what a person is told of it."""
    try:
        yield
    except (OSError, FilesUnavailableError) as error:
        with suppress(OSError, FilesUnavailableError):
            undo()
        if isinstance(error, FilesUnavailableError):
            raise
        raise (DiskFullError() if error.errno in _FULL else FilesUnavailableError(str(error))) from error


def begin_import(session: Session, reader_id: int, staged: Iterable[Staged], now: datetime) -> str:
    """Begin an import of files that rest in the store; return the name by which it is reached."""
    job = ImportJob(
        id=randomness.token(_TOKEN_BYTES),
        reader_id=reader_id,
        stage=ImportStage.STAGED,
        created_at=now,
        changed_at=now,
        encodings={},
        tags=[],
    )
    session.add(job)
    session.flush()
    add_staged(session, job, staged, now)
    return job.id


def add_staged(session: Session, job: ImportJob, staged: Iterable[Staged], now: datetime) -> None:
    """Add files to an import that has not begun; one of a name that is there already takes its place."""
    if job.stage is not ImportStage.STAGED:
        raise ConflictError(_("This import has begun already."), _("Upload these files as another one."))
    for file in staged:
        session.merge(StagedFile(job_id=job.id, name=file.name, token=file.token, size=file.size, staged_at=now))
    job.changed_at = now
    session.flush()


def get_import(session: Session, job_id: str, reader_id: int) -> ImportJob:
    """Return an import of somebody; raise NotFoundError for one of somebody else, as for one that there is not."""
    job = session.get(ImportJob, job_id)
    if job is None or job.reader_id != reader_id:
        raise NotFoundError(_("There is no such import."), _("Uploads rest for a day, then they are deleted."))
    return job


def name_encoding(session: Session, job: ImportJob, shown: str, encoding: str) -> None:
    """Have a file, by the name under which it is shown, read in an encoding; raise InvalidInputError for none."""
    if not is_encoding(encoding):
        raise InvalidInputError(_("There is no encoding named %(name)s.", name=encoding[:40]))
    job.encodings = {**job.encodings, shown: encoding}
    session.flush()


def staged_files(session: Session, job_id: str) -> list[StagedFile]:
    """Return what was uploaded for an import, by name."""
    query = select(StagedFile).where(StagedFile.job_id == job_id).order_by(StagedFile.name)
    return list(session.scalars(query))


@contextmanager
def unpacked(
    store: FileStore, files: Iterable[StagedFile], encodings: dict[str, str], most_bytes: int
) -> Iterator[list[StagedSource]]:
    """Yield the sources of uploaded files, named as their sender named them, while they lie in a folder of their own.

    Raise FilesUnavailableError where one is not there any more.
    """
    with TemporaryDirectory(prefix="paidspan-import-") as folder:
        root = Path(folder) / "files"
        root.mkdir()
        archives: list[str] = []
        for file in files:
            data = store.read(_path(file.token))
            if data is None:
                raise FilesUnavailableError("staged file is missing")
            path = (root if not file.name.lower().endswith(".zip") else Path(folder) / "archives") / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            archives += [str(path)] if path.suffix.lower() == ".zip" else []
        found = find_sources([str(root), *archives], most_bytes, BytesIO())
        yield list(_told_apart(_renamed(source, folder, encodings) for source in found))


def _told_apart(sources: Iterable[StagedSource]) -> Iterator[StagedSource]:
    """Yield sources, but for the second of a name, which would be taken for a revision of the first."""
    seen: set[str | None] = set()
    for source in sources:
        key = source.key if isinstance(source, SourceFile) else None
        if key in seen:
            error = SourceError("same-name", _("Another file of this import has this name; import it by itself."))
            yield Unreadable(source.shown, error)
            continue
        seen.add(key or "")
        yield source


def _renamed(source: StagedSource, folder: str, encodings: dict[str, str]) -> StagedSource:
    shown = source.shown.removeprefix(f"{folder}/").removeprefix("files/").removeprefix("archives/")
    if isinstance(source, Unreadable):
        return replace(source, shown=shown)
    return replace(source, shown=shown, encoding=encodings.get(shown, ""))


def discard_import(session: Session, job: ImportJob) -> None:
    """Forget an import that has not begun; its bytes go with the next tidying up."""
    if job.stage in {ImportStage.WAITING, ImportStage.RUNNING}:
        raise ConflictError(_("This import is running."), _("Cancel it first."))
    for table in (StagedFile, StoredOutcome):
        session.execute(delete(table).where(table.job_id == job.id))
    session.delete(job)
    session.flush()


def forget_staged(store: FileStore, database: Database, now: datetime) -> int:
    """Forget uploads that nobody imported for a day, and outcomes after thirty; return how many files were deleted."""
    old = select(ImportJob.id).where(ImportJob.stage == ImportStage.STAGED, ImportJob.changed_at < now - RESTS)
    failed = select(ImportJob.id).where(ImportJob.stage == ImportStage.FAILED, ImportJob.changed_at < now - RESTS)
    over = select(ImportJob.id).where(
        ImportJob.stage.in_([ImportStage.DONE, ImportStage.CANCELLED, ImportStage.FAILED]),
        ImportJob.changed_at < now - OUTCOMES_KEPT,
    )

    def forget(session: Session) -> None:
        session.execute(delete(StagedFile).where(StagedFile.job_id.in_(failed)))
        gone = [*session.scalars(old), *session.scalars(over)]
        for table, column in ((StagedFile, StagedFile.job_id), (StoredOutcome, StoredOutcome.job_id)):
            session.execute(delete(table).where(column.in_(gone)))
        session.execute(delete(ImportJob).where(ImportJob.id.in_(gone)))

    with database.reading() as session:
        has_old = any(session.scalar(query.limit(1)) is not None for query in (old, failed, over))
    if has_old:
        database.write(forget)
    with database.reading() as session:
        wanted = {_path(token) for token in session.scalars(select(StagedFile.token))}
    before = (now - RESTS).timestamp()  # an upload keeps its bytes before the rows that name them
    unwanted = [file for file in store.files(STAGING) if file.name not in wanted]
    gone = [file for file in unwanted if file.changed_at < before]
    for file in gone:
        store.delete(file.name)
    return len(gone)


def _fitting_name(name: str) -> str:
    fitting = name.replace("\\", "/").lstrip("/")
    refusal = name_refusal(fitting)
    if not fitting or refusal:
        raise InvalidInputError(refusal.args[0] if refusal else _("This file has no name."), _("Give it another name."))
    return fitting


def _delete(store: FileStore, tokens: Iterable[str]) -> None:
    for token in tokens:
        store.delete(_path(token))


def _path(token: str) -> str:
    return f"{STAGING}/{token[:2]}/{token}"
