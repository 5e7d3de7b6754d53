"""What keeps a command from its work, said in one sentence with the mend instead of what the system calls it."""

import errno
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from webapp.kit.folder_state import (
    CANNOT_LOCK,
    Trouble,
    denied_trouble,
    find_folder_trouble,
    find_network_trouble,
    full_trouble,
    lock_trouble,
    read_only_trouble,
)
from webapp.kit.sqlite_engine import sqlite_file
from webapp.kit.translatable import _
from webapp.settings import Settings

# How SQLite says that its locks, or the memory that its users share, are not to be had (sqlite.org/rescode.html).
_NO_LOCKS = {
    "SQLITE_PROTOCOL",
    "SQLITE_IOERR_LOCK",
    "SQLITE_IOERR_RDLOCK",
    "SQLITE_IOERR_UNLOCK",
    "SQLITE_IOERR_CHECKRESERVEDLOCK",
    "SQLITE_IOERR_SHMOPEN",
    "SQLITE_IOERR_SHMMAP",
    "SQLITE_IOERR_SHMLOCK",
    "SQLITE_NOLFS",
}
_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}


class _Present:
    settings: Settings | None = None


def remember_settings(settings: Settings) -> None:
    """Note with which installation a command works, so that what goes wrong can be looked into there."""
    _Present.settings = settings


def explain_system_error(error: OSError) -> Trouble | None:
    """Return what is wrong where the system refuses something; None where it says so well enough itself."""
    path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else _present_folder()
    if path is None:
        return None
    place = path if _is_folder(path) else path.parent
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return full_trouble(place)
    if error.errno in CANNOT_LOCK:
        return lock_trouble(place)
    if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return None
    installed = _present_folder()
    if installed is not None and installed in {path, place}:
        found = find_folder_trouble(installed)
        if found is not None:
            return found
    return (
        read_only_trouble(place) if error.errno == errno.EROFS else denied_trouble(path if _is_there(path) else place)
    )


def explain_database_error(error: BaseException | None) -> Trouble:
    """Return what is wrong where the driver of a database refuses something."""
    said = " ".join(str(error).split()).rstrip(".")
    sentence = _("The database cannot be used: %(error)s.", error=said)
    if not isinstance(error, sqlite3.Error):
        return Trouble(sentence, _("Is its server there, and PAIDSPAN_DATABASE_URL right? paidspan doctor looks."))
    found = _explain_sqlite(getattr(error, "sqlite_errorname", ""), _database_folder())
    return found or Trouble(sentence, _("paidspan doctor looks at what is wrong."))


def find_database_cause(error: BaseException | None) -> DBAPIError | None:
    """Return the refusal of a database that something failed for: the sandbox's is told as Stripe's that is away."""
    while error is not None and not isinstance(error, DBAPIError):
        error = error.__cause__
    return error


def _explain_sqlite(name: str, folder: Path | None) -> Trouble | None:
    if folder is None or not folder.is_dir():
        return None
    if name in _DAMAGED:
        return damage_trouble(folder)
    if name.startswith("SQLITE_FULL"):
        return full_trouble(folder)
    if name in _NO_LOCKS:
        return lock_trouble(folder)
    found = find_folder_trouble(folder)
    return find_network_trouble(folder) if found is None and name.startswith("SQLITE_BUSY") else found


def damage_trouble(folder: Path) -> Trouble:
    """Return that a database's file is damaged."""
    return Trouble(
        _("The database in %(folder)s is damaged, or is none.", folder=folder),
        _("Stop paidspan, keep a copy of the folder, and restore the last backup: paidspan restore."),
    )


def _present_folder() -> Path | None:
    return _Present.settings.instance if _Present.settings else None


def _database_folder() -> Path | None:
    file = sqlite_file(_Present.settings.database) if _Present.settings else None
    return file.parent if file else _present_folder()


def _is_folder(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir()
    return False


def _is_there(path: Path) -> bool:
    with suppress(OSError):
        return path.exists()
    return False
