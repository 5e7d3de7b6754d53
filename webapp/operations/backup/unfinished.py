"""Files and a database on a server are put in place one after the other: what a kill between both leaves.

The files bear a mark until the database holds what belongs to them.
"""

import shutil
from pathlib import Path

from webapp.kit.database import Database
from webapp.kit.errors import ConflictError
from webapp.kit.migrate import has_tables
from webapp.kit.translatable import _
from webapp.operations.backup.copied_database import DATABASE
from webapp.settings import Settings, load_settings

UNFINISHED = "restore.unfinished"


def refuse_used(place: Path) -> None:
    """Raise ConflictError where a folder holds something; what is left of a restore that was killed goes."""
    if not place.exists():
        return
    if not place.is_dir():
        raise ConflictError(_("%(path)s is no folder.", path=place), _("Name a new or an empty one."))
    if (place / UNFINISHED).exists() and not _is_filled(load_settings(instance=place)):
        shutil.rmtree(place)
        return
    if any((place / name).exists() for name in (DATABASE, "secret.key")):
        raise ConflictError(
            _("There is an installation in %(folder)s.", folder=place),
            _("Stop its server and move the folder away, or restore into another: --instance DIR"),
        )
    if any(place.iterdir()):
        raise ConflictError(_("There is something in %(folder)s.", folder=place), _("Name a new or an empty folder."))


def settle_restore(settings: Settings) -> None:
    """Take the mark off files whose database is there; raise ConflictError where it is not."""
    mark = settings.instance / UNFINISHED
    if not mark.exists():
        return
    if not _is_filled(settings):
        raise ConflictError(
            _("A restore into %(folder)s was not finished.", folder=settings.instance.resolve()),
            _("Run paidspan restore once more."),
        )
    mark.unlink(missing_ok=True)


def _is_filled(settings: Settings) -> bool:
    database = Database(settings.database)
    try:
        return has_tables(database)
    finally:
        database.close()
