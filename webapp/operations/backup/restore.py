"""Putting a backup back: all of it is unpacked, looked through and brought to this version beside its place."""

import os
import shutil
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from webapp.kit.database import Database
from webapp.kit.errors import ConflictError
from webapp.kit.instance_identity import note_restored
from webapp.kit.migrate import upgrade
from webapp.kit.translatable import _
from webapp.operations.backup.archive import unpack_archive
from webapp.operations.backup.damage import DamagedArchiveError, ForeignArchiveError
from webapp.operations.backup.manifest import Manifest
from webapp.operations.backup.staging import staging_folder, sync_folder
from webapp.operations.backup.take import DATABASE, SANDBOX


def restore_backup(file: Path, target: Path, passphrase: bytes | None) -> Manifest:
    """Make an installation of a backup in a new or empty folder, and return what the backup says of itself.

    Nothing is there until all of it is, and it rests until it is adopted. Raise ConflictError where there is something
    already, and what `unpack_archive` raises.
    """
    place = target.resolve()
    _refuse_used(place)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with staging_folder(place) as folder:
        manifest = unpack_archive(file, folder, passphrase, partial(_approve, place=place))
        _verify_databases(folder, manifest)
        _bring_up_to_date(folder)
        os.sync()
        _put_in_place(folder, place)
    sync_folder(place.parent)
    return manifest


def _refuse_used(place: Path) -> None:
    if not place.exists():
        return
    if not place.is_dir():
        raise ConflictError(_("%(path)s is no folder.", path=place), _("Name a new or an empty one."))
    if any((place / name).exists() for name in (DATABASE, "secret.key")):
        raise ConflictError(
            _("There is an installation in %(folder)s.", folder=place),
            _("Stop its server and move the folder away, or restore into another: --instance DIR"),
        )
    if any(place.iterdir()):
        raise ConflictError(_("There is something in %(folder)s.", folder=place), _("Name a new or an empty folder."))


def _approve(manifest: Manifest, place: Path) -> None:
    """Raise where a backup lacks its database, or is larger than what the disk has left."""
    if DATABASE not in {entry.name for entry in manifest.files}:
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
