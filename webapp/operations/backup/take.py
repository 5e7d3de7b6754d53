"""Taking a backup while the installation serves."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import make_url

from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.errors import ConflictError
from webapp.kit.instance_identity import note_backup
from webapp.kit.migrate import is_current
from webapp.kit.translatable import _
from webapp.operations.backup.archive import describe_file, write_archive
from webapp.operations.backup.manifest import FORMAT, Manifest
from webapp.operations.backup.staging import staging_folder, sync_folder
from webapp.settings import Settings

DATABASE, SANDBOX = "paidspan.sqlite", "sandbox.sqlite"
_PICTURES = "SELECT 'uploads/' || substr(hash, 1, 2) || '/' || hash || '.' || kind FROM images"
_PATIENCE = 15  # seconds for another process that holds all of the file


def take_backup(settings: Settings, file: Path, passphrase: bytes | None) -> Manifest:
    """Write a backup of an installation and return what is in it; it is at its place when it is whole, or not at all.

    The database is copied first: Stripe (or the sandbox) may know more than it, never less, and the pictures that it
    names are kept for a day after nobody asks for them any more.
    """
    if file.is_dir():
        raise ConflictError(_("%(path)s is a folder.", path=file), _("Name a file."))
    if not file.parent.is_dir():  # it may be a disk that is not mounted
        raise ConflictError(_("There is no folder %(folder)s.", folder=file.parent), _("Make it, or name another."))
    database = _database_file(settings)
    # Copies lie in the instance folder: where the backup goes, nothing may be readable without its passphrase.
    with staging_folder(settings.instance / "backup") as copies, staging_folder(file) as folder:
        copy, whole = copies / DATABASE, folder / "archive"
        _copy_database(database, copy)
        sources = {DATABASE: copy, **dict(_other_files(settings, copies, copy))}
        manifest = _describe(copy, sources)
        write_archive(whole, manifest, sources, passphrase)
        whole.replace(file)
        sync_folder(file.parent)
    _note(settings)
    return manifest


def _database_file(settings: Settings) -> Path:
    """Return the file of the database; raise ConflictError where it is none."""
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite":  # here pg_dump would be run
        raise ConflictError(
            _("A database on a server cannot be backed up by this command yet."),
            _("Use its own tool (pg_dump), and keep a copy of the instance folder."),
        )
    path = Path(url.database or "")
    if not path.is_file():
        raise ConflictError(_("There is no database at %(path)s.", path=path), "")
    return path


def _copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database as it is at one moment, what stands in its log included, while others write."""
    address = f"file:{quote(str(source.resolve()))}?mode=ro"
    with (
        _said_plainly(source),
        closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None)) as live,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # all of it in the one file


@contextmanager
def _said_plainly(source: Path) -> Iterator[None]:
    """Raise ConflictError where SQLite cannot read a database."""
    try:
        yield
    except sqlite3.Error as error:
        raise ConflictError(_("%(path)s cannot be backed up: %(error)s.", path=source, error=error), "") from error


def _other_files(settings: Settings, folder: Path, database: Path) -> Iterator[tuple[str, Path]]:
    """Yield all other files with their names in the archive; small ones are copied, lest they change meanwhile."""
    sandbox = settings.instance / SANDBOX
    if settings.sandbox and sandbox.is_file():
        _copy_database(sandbox, folder / SANDBOX)
        yield SANDBOX, folder / SANDBOX
    for name in _small_files(settings):
        copy = folder / "small" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((settings.instance / name).read_bytes())
        yield name, copy
    for name in _read(database, _PICTURES) if _has_table(database, "images") else []:
        if (settings.instance / name).is_file():  # paidspan audit names those that are gone
            yield name, settings.instance / name


def _small_files(settings: Settings) -> Iterator[str]:
    """Yield the names of the secret, the settings and what the publisher wrote, without hidden files (`.git`)."""
    folder = settings.instance.resolve()
    own = [folder / "secret.key", folder / "settings.toml", (folder / settings.wordmark).resolve()]
    for path in [*own, *sorted((folder / "pages").rglob("*"))]:
        if path.is_file() and path.is_relative_to(folder):
            name = path.relative_to(folder)
            if not any(part.startswith(".") for part in name.parts):
                yield name.as_posix()


def _describe(database: Path, sources: dict[str, Path]) -> Manifest:
    (step,) = _read(database, "SELECT version_num FROM alembic_version")
    ids = _read(database, "SELECT instance_id FROM instance") if _has_table(database, "instance") else []
    return Manifest(
        format=FORMAT,
        paidspan=version("paidspan"),
        schema_step=step,
        instance=next(iter(ids), ""),
        made_at=clock.machine_now(),
        files=tuple(describe_file(name, path) for name, path in sources.items()),
    )


def _read(database: Path, question: str) -> list[str]:
    """Return the first column of what a copied database says."""
    with _said_plainly(database), closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute(question)]


def _has_table(database: Path, name: str) -> bool:
    """Whether a database has a table; one of an earlier version is backed up as it is."""
    return name in _read(database, "SELECT name FROM sqlite_master WHERE type = 'table'")


def _note(settings: Settings) -> None:
    """Note when the last backup was made; a database that this version has not brought up to date stays as it is."""
    database = Database(settings.database)
    try:
        if is_current(database):
            database.write(note_backup)
    finally:
        database.close()
