"""What a folder lets this process do: whose it is, whether it can be written to and locked, and what still fits."""

import errno
import fcntl
import os
import pwd
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from webapp.kit.translatable import _

LEAST_FREE = 20_000_000  # bytes: below that SQLite's log of writes and a mail or two still fit
LEAST_FILES = 100  # that can still be made
MOUNTS = Path("/proc/self/mountinfo")
# SQLite's log of writes wants memory that all its users share: they must be on one machine (sqlite.org/wal.html).
_OVER_A_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "lustre", "afs", "ncpfs", "davfs"}
_FUSE_OVER_A_NETWORK = ("sshfs", "s3fs", "rclone", "gluster", "ceph", "davfs", "smb", "goofys", "gcsfuse", "blobfuse")
_EFFECTIVE = os.access in os.supports_effective_ids
_PUT_ELSEWHERE = _("Put the folder on a disk of this machine, or use PostgreSQL (PAIDSPAN_DATABASE_URL).")
CANNOT_LOCK = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, in a sentence, and the mend."""

    sentence: str
    mend: str


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system, and where it is mounted."""

    place: str
    kind: str

    @property
    def is_over_a_network(self) -> bool:
        """Whether its files lie on another machine."""
        kind, _dot, fuse = self.kind.partition(".")
        return kind in _OVER_A_NETWORK or fuse.startswith(_FUSE_OVER_A_NETWORK)


def find_folder_trouble(folder: Path) -> Trouble | None:
    """Return what keeps this process from working in a folder, None where nothing does, or where there is none."""
    try:
        folder.stat()
    except FileNotFoundError:
        return _find_parent_trouble(folder)
    except OSError as error:
        return denied_trouble(folder) if error.errno in {errno.EACCES, errno.EPERM} else None
    if is_read_only(folder):
        return read_only_trouble(folder)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=_EFFECTIVE):
        return denied_trouble(folder)
    return _find_room_trouble(folder) or _find_file_trouble(folder)


def is_read_only(folder: Path) -> bool:
    """Return whether nothing can be written on the file system of a folder.

    After an error of its disk ext4 takes nothing more, which statvfs need not say: a file without a name is tried.
    """
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return True
    with suppress(AttributeError, OSError):  # another system than Linux; what else may be wrong, others look at
        try:
            os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600))
        except OSError as error:
            return error.errno == errno.EROFS
    return False


def _find_parent_trouble(folder: Path) -> Trouble | None:
    """Return what keeps a folder that is not there from being made."""
    present = next((parent for parent in folder.absolute().parents if parent.is_dir()), None)
    if present is None:
        return None
    if os.statvfs(present).f_flag & os.ST_RDONLY:
        return read_only_trouble(present)
    if os.access(present, os.W_OK | os.X_OK, effective_ids=_EFFECTIVE):
        return None
    user = user_name(os.geteuid())
    return Trouble(
        _("%(path)s cannot be made: %(user)s may not write to %(parent)s.", path=folder, user=user, parent=present),
        _("Make it for %(user)s: install -d -m 700 -o %(user)s %(path)s.", user=user, path=folder.absolute()),
    )


def _find_room_trouble(folder: Path) -> Trouble | None:
    """Return that nothing at all fits any more; what is merely short is no reason to stop."""
    left, files = free_bytes(folder), free_files(folder)
    return full_trouble(folder) if left < os.statvfs(folder).f_frsize or files == 0 else None


def _find_file_trouble(folder: Path) -> Trouble | None:
    """Return that a file which paidspan writes to cannot be written to."""
    names = ("secret.key", "settings.toml", "paidspan.sqlite", "jobs.sqlite", "jobs.lock", "start.lock")
    for path in (folder / name for name in names):
        wanted = os.R_OK if path.suffix in {".key", ".toml"} else os.R_OK | os.W_OK
        if path.exists() and not os.access(path, wanted, effective_ids=_EFFECTIVE):
            return denied_trouble(path)
    return None if can_lock(folder) else lock_trouble(folder)


def denied_trouble(path: Path) -> Trouble:
    """Return that this user may not use a file or folder."""
    owner, user = owner_of(path), user_name(os.geteuid())
    whole = path if path.is_dir() else path.parent
    if owner == user:
        sentence = _("%(path)s may not be read and written by its owner, %(owner)s.", path=path, owner=owner)
        return Trouble(sentence, _("Give it back: chmod -R u+rwX %(path)s.", path=whole))
    users = {"owner": owner, "user": user}
    return Trouble(
        _("%(path)s belongs to %(owner)s, and this runs as %(user)s, who may not use it.", path=path, **users),
        _("Run it as %(owner)s, or give it away: chown -R %(user)s %(path)s.", path=whole, **users),
    )


def read_only_trouble(path: Path) -> Trouble:
    """Return that nothing can be written on the file system of a path."""
    mount = find_mount(path)
    place = mount.place if mount else "/"
    return Trouble(
        _("%(path)s is on a file system that can only be read.", path=path),
        _("Mount it for writing: mount -o remount,rw %(place)s (a volume of a container: without :ro).", place=place),
    )


def full_trouble(path: Path) -> Trouble:
    """Return that nothing fits any more on the file system of a path."""
    sentence = _("The disk of %(path)s is full: %(bytes)s bytes are left.", path=path, bytes=free_bytes(path))
    if free_files(path) == 0:
        sentence = _("The disk of %(path)s holds as many files as it can (its inodes are used up).", path=path)
    return Trouble(sentence, _("Make room there, or move the folder to a larger disk."))


def lock_trouble(path: Path) -> Trouble:
    """Return that files cannot be locked there."""
    mount = find_mount(path)
    return Trouble(
        _("SQLite cannot lock files in %(path)s (%(kind)s).", path=path, kind=mount.kind if mount else "?"),
        _PUT_ELSEWHERE,
    )


def find_network_trouble(folder: Path) -> Trouble | None:
    """Return that a database in a folder would lie on another machine, where locks may be no locks."""
    mount = find_mount(folder)
    if mount is None or not mount.is_over_a_network:
        return None
    return Trouble(
        _(
            "%(path)s lies on another machine (%(kind)s), which SQLite is not made for: what is written there may be "
            "lost.",
            path=folder,
            kind=mount.kind,
        ),
        _PUT_ELSEWHERE,
    )


def free_bytes(folder: Path) -> int:
    """Return how many bytes still fit for this user."""
    return shutil.disk_usage(folder).free


def free_files(folder: Path) -> int | None:
    """Return how many files can still be made, None where the file system counts none."""
    found = os.statvfs(folder)
    return found.f_favail if found.f_files else None


def has_room(folder: Path) -> bool:
    """Whether an installation can go on to write in a folder."""
    files = free_files(folder)
    return free_bytes(folder) >= LEAST_FREE and (files is None or files >= LEAST_FILES)


def can_lock(folder: Path) -> bool:
    """Whether files of a folder can be locked, as far as one is there to try: without waiting, and for no time."""
    try:
        with (folder / "secret.key").open("rb") as file:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in CANNOT_LOCK
    return True


def find_mount(path: Path) -> Mount | None:
    """Return the file system that a path is on, None where the system does not say (proc(5), mountinfo)."""
    try:
        lines = MOUNTS.read_text().splitlines()
    except OSError:
        return None
    absolute = Path(os.path.realpath(path))
    # "36 35 98:0 / /srv rw,noatime shared:1 - ext4 /dev/sda rw": the place is the fifth, the kind follows the dash
    found = [Mount(line.split()[4].replace("\\040", " "), line.partition(" - ")[2].split()[0]) for line in lines]
    holding = [mount for mount in found if absolute.is_relative_to(mount.place)]
    return max(reversed(holding), key=lambda mount: len(mount.place), default=None)


def owner_of(path: Path) -> str:
    """Return who a path belongs to; of one that cannot be looked at, its folder's owner."""
    try:
        return user_name(path.stat().st_uid)
    except OSError:
        return "?" if path == path.parent else owner_of(path.parent)


def user_name(number: int) -> str:
    """Return a user's name, or the number where it has none, as in a container."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
