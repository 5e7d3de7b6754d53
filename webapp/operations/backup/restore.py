"""Putting a backup back: all of it is unpacked, looked through and brought to this version beside its place."""

import os
import shutil
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from webapp.kit.database import Database
from webapp.kit.errors import ConflictError
from webapp.kit.file_store import sync_folder
from webapp.kit.instance_identity import note_restored
from webapp.kit.migrate import upgrade
from webapp.kit.staging import staging_folder
from webapp.kit.translatable import _
from webapp.operations.backup.archive import unpack_archive
from webapp.operations.backup.copied_database import DATABASE, DUMP, SANDBOX
from webapp.operations.backup.damage import DamagedArchiveError, ForeignArchiveError
from webapp.operations.backup.manifest import Manifest
from webapp.operations.backup.postgres_restore import restore_dump
from webapp.operations.backup.unfinished import UNFINISHED, refuse_used
from webapp.settings import PREFIX, SettingsError, load_settings


def restore_backup(file: Path, target: Path, passphrase: bytes | None) -> Manifest:
    """Make an installation of a backup in a new or empty folder, and return what the backup says of itself.

    Where its database was PostgreSQL, it goes into the empty one that PAIDSPAN_DATABASE_URL names, here or in the
    settings of the backup. Nothing is there until all of it is, and it rests until it is adopted. Raise ConflictError
    where there is something already, and what `unpack_archive` raises.
    """
    place = target.resolve()
    refuse_used(place)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with staging_folder(place) as folder:
        manifest = unpack_archive(file, folder, passphrase, partial(_approve, place=place))
        url = _server_address(manifest, folder)
        _verify_databases(folder, manifest)
        os.sync()
        if url:
            _restore_server(url, folder, place, manifest)
        else:
            _bring_up_to_date(folder)
            os.sync()
            _put_in_place(folder, place)
    sync_folder(place.parent)
    return manifest


def _restore_server(url: str, folder: Path, place: Path, manifest: Manifest) -> None:
    """Put dump and files in place together: the files are marked until the database holds what belongs to them."""
    dump = folder / DUMP

    def put_files() -> None:
        dump.unlink()
        (folder / UNFINISHED).touch(0o600)
        _put_in_place(folder, place)

    database = Database(url)
    try:
        restore_dump(database, dump, manifest.schema_step, put_files)
    finally:
        database.close()
    (place / UNFINISHED).unlink()


def _server_address(manifest: Manifest, folder: Path) -> str:
    """Return where a dump goes, empty for an archive of SQLite; raise ConflictError where the settings name the other.

    They are those of the environment, then those of the backup.
    """
    url = _database_url(folder)
    is_dump, is_server = _holds(manifest, DUMP), url.startswith("postgresql")
    if is_dump and not is_server:
        raise ConflictError(
            _("This is a backup of a PostgreSQL database, and PAIDSPAN_DATABASE_URL names none."),
            _("Name an empty one and restore there; then paidspan db move carries it over to SQLite."),
        )
    if is_server and not is_dump:
        raise ConflictError(
            _("This is a backup of an SQLite database, and PAIDSPAN_DATABASE_URL names PostgreSQL."),
            _("Unset it and restore; then paidspan db move carries it over."),
        )
    return url if is_dump else ""


def _database_url(folder: Path) -> str:
    try:
        return load_settings(instance=folder).database_url
    except SettingsError:  # which every other command says
        return os.environ.get(f"{PREFIX}DATABASE_URL", "")


def _holds(manifest: Manifest, name: str) -> bool:
    return any(entry.name == name for entry in manifest.files)


def _approve(manifest: Manifest, place: Path) -> None:
    """Raise where a backup lacks its database, or is larger than what the disk has left."""
    if _holds(manifest, DATABASE) == _holds(manifest, DUMP):
        raise ForeignArchiveError
    needed, free = sum(entry.size for entry in manifest.files), shutil.disk_usage(place.parent).free
    if needed > free:
        raise ConflictError(
            _("The backup holds %(needed)s bytes, and %(free)s are free here.", needed=needed, free=free),
            _("Make room, or restore into a folder on another disk."),
        )


def _verify_databases(folder: Path, manifest: Manifest) -> None:
    for name in (DATABASE, SANDBOX):
        if (folder / name).exists() and not _holds_together(folder / name):
            raise DamagedArchiveError(_("The backup is damaged: %(file)s does not hold together.", file=name))
    if not (folder / DATABASE).exists():
        return
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        has_steps = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        steps = connection.execute("SELECT version_num FROM alembic_version").fetchall() if has_steps else []
    if steps != [(manifest.schema_step,)]:
        raise ForeignArchiveError


def _holds_together(path: Path) -> bool:
    """Whether SQLite finds nothing wrong with a database, nor a row that refers to none."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchall()
            return found == [("ok",)] and not connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error:
        return False


def _bring_up_to_date(folder: Path) -> None:
    """Take the steps that are missing, and note that this was restored: where it last ran stays noted."""
    database = Database(f"sqlite:///{folder / DATABASE}")
    try:
        upgrade(database)
        database.write(partial(note_restored, base_url=""))
    finally:
        database.close()


def _put_in_place(folder: Path, place: Path) -> None:
    try:
        folder.replace(place)  # onto nothing, or an empty folder
    except OSError as error:
        raise ConflictError(
            _("%(folder)s cannot be put in place: %(error)s.", folder=place, error=error.strerror),
            _("Name a folder that is not there yet; one that a disk is mounted on cannot be replaced."),
        ) from error
