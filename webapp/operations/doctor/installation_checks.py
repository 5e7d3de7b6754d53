"""Whether settings can be read and the instance folder can be worked in."""

import resource
import stat
from collections.abc import Iterator
from pathlib import Path

from webapp.kit.folder_state import (
    Trouble,
    find_folder_trouble,
    find_network_trouble,
    free_bytes,
    free_files,
    full_trouble,
    has_room,
    owner_of,
)
from webapp.kit.instance import mark_of_key
from webapp.kit.instance_identity import find_instance, find_rest_reason
from webapp.kit.languages import gettext, number
from webapp.kit.translatable import _
from webapp.operations.doctor.diagnosis import Diagnosis, defect, good, warning
from webapp.operations.doctor.examined_installation import ExaminedInstallation
from webapp.settings import Env
from webapp.settings.extras import needed_extras

_SHORT_OF_ROOM = 1_000_000_000  # bytes: a backup, some downloads and pictures still fit
_FEW_FILES = 10_000
_FEWEST_HANDLES = 4096  # each connection of a reader's is one
_OTHERS = stat.S_IROTH | stat.S_IWOTH | stat.S_IXOTH


def check_settings(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether settings can be read, and would do for production where that is asked for."""
    for what, wrong in examined.wrong_settings:
        sentence = _("%(name)s: %(wrong)s.", name=what or "settings.toml", wrong=gettext(wrong).rstrip(".。"))
        yield defect(sentence, _("Set it right in the environment or in settings.toml; README.md lists all."))
    if not examined.wrong_settings:
        sandbox = examined.known.sandbox and examined.known.env is not Env.PRODUCTION
        yield good(_("All can be read (sandbox: no money moves).") if sandbox else _("All can be read."))


def check_extras(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether what the settings ask for is installed."""
    needed = [*needed_extras(examined.known)]
    missing = [extra for extra in needed if not extra.is_installed]
    for extra in missing:
        told = {"setting": f"PAIDSPAN_{extra.setting.upper()}", "module": extra.module}
        sentence = _("%(setting)s needs %(module)s, which is not installed.", **told)
        yield defect(sentence, _("Install it: pip install 'paidspan[%(extra)s]'.", extra=extra.name))
    if needed and not missing:
        yield good(_("What the settings ask for is installed."))


def check_folder(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the instance folder is there and this user can work in it."""
    trouble = find_folder_trouble(examined.folder)
    if trouble is not None:
        yield _from(trouble)
    elif not examined.folder.is_dir():
        sentence = _("There is no folder %(folder)s.", folder=examined.folder.absolute())
        yield defect(sentence, _("Check --instance; paidspan serve makes one."))
    else:
        owner = owner_of(examined.folder)
        yield good(_("%(folder)s can be worked in; it belongs to %(owner)s.", folder=examined.folder, owner=owner))


def check_owners(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether all files belong to whom the folder does: one that root made is one that the server cannot write to."""
    if not examined.folder.is_dir():
        return
    owner = examined.folder.stat().st_uid
    others = [path.name for path in sorted(examined.folder.iterdir()) if path.lstat().st_uid != owner]
    if others:
        told = {"files": ", ".join(others[:5]), "owner": owner_of(examined.folder), "folder": examined.folder}
        yield defect(
            _("%(files)s in %(folder)s do not belong to %(owner)s, to whom the folder does.", **told),
            _("Give them back: chown -R %(owner)s %(folder)s.", **told),
        )
    else:
        yield good(_("All files belong to whom the folder does."))


def check_permissions(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether others on this machine can read what the folder holds."""
    if not examined.folder.is_dir():
        return
    enter = examined.folder.stat().st_mode & stat.S_IXOTH
    readable = [path.name for path in _private_files(examined.folder) if path.stat().st_mode & _OTHERS and enter]
    if readable:
        yield defect(
            _("Everybody on this machine can read %(files)s.", files=", ".join(readable)),
            _("Keep it to its owner: chmod -R go= %(folder)s.", folder=examined.folder),
        )
    else:
        yield good(_("Nobody else on this machine can read database, secret key and settings."))


def _private_files(folder: Path) -> list[Path]:
    return [folder, *(path for pattern in ("*.sqlite*", "secret*", "settings.toml") for path in folder.glob(pattern))][
        1:
    ]


def check_disk(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether there is room for what comes, as /readyz asks."""
    if not examined.folder.is_dir():
        return
    left, files = free_bytes(examined.folder), free_files(examined.folder)
    room = number(left // 1_000_000)
    if not has_room(examined.folder):
        yield _from(full_trouble(examined.folder))
    elif left < _SHORT_OF_ROOM or (files is not None and files < _FEW_FILES):
        sentence = _("Little room is left: %(room)s MB, %(files)s files.", room=room, files=files)
        yield warning(sentence, _("Make room there, or move the folder to a larger disk."))
    else:
        yield good(_("%(room)s MB are free.", room=room))


def check_file_system(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the database's file lies on a disk of this machine."""
    file = examined.database_file
    if file is None:
        return
    trouble = find_network_trouble(file.parent)
    yield warning(trouble.sentence, trouble.mend) if trouble else good(_("The database is on a disk of this machine."))


def check_handles(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether a server may have as many connections open as readers come by; it takes all that it is allowed to."""
    del examined
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < _FEWEST_HANDLES:
        yield warning(
            _("A process here may have %(most)s files open; each connection is one.", most=hard),
            _("Raise it: LimitNOFILE=65536 in the unit of systemd, or ulimit -Hn."),
        )
    else:
        yield good(_("Enough files may be open at once."))


def check_identity(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether this installation acts, or rests as a copy of another one."""
    with examined.opened.reading() as session:
        reason = find_rest_reason(session, examined.known.base_url)
    if reason is None:
        yield good(_("It acts: mails and orders to Stripe are sent."))
    else:
        sentence = _("It rests, sends no mail and asks nothing of Stripe: %(reason)s", reason=gettext(reason))
        yield warning(sentence, _("Make sure that no other copy runs, then: paidspan instance adopt."))


def check_secret(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether this host has the secret key with which a server last started on the database."""
    with examined.opened.reading() as session:
        known = find_instance(session)
    if not examined.secrets:
        sentence = _("There is no secret key, or it cannot be read: %(path)s.", path=examined.folder / "secret.key")
        yield defect(sentence, _("Restore it from a backup; with a new one everybody signs in again."))
    elif known is not None and known.key_mark not in {None, *map(mark_of_key, examined.secrets)}:
        yield defect(
            _("A server last started on this database with another secret key."),
            _("Give all hosts the same PAIDSPAN_SECRET_KEY, the former one as PAIDSPAN_OLD_SECRET_KEY."),
        )
    else:
        yield good(_("The secret key is the one with which a server last started."))


def _from(trouble: Trouble) -> Diagnosis:
    return defect(trouble.sentence, trouble.mend)
