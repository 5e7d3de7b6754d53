"""Folders in which something is written before it is put in place whole; those of killed processes are taken away."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp


@contextmanager
def staging_folder(target: Path) -> Iterator[Path]:
    """Make a folder beside a target, for its owner alone, and take away what of it was not put in place.

    Its maker holds its lock, which the system takes back from a process that was killed: one that nobody holds was left
    behind, and goes.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    prefix = f".{target.name}.unfinished-"
    for left in target.parent.glob(f"{_literally(prefix)}*"):
        _delete_abandoned(left)
    folder = Path(mkdtemp(dir=target.parent, prefix=prefix))
    handle = _lock(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lock(folder: Path) -> int:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


def _delete_abandoned(folder: Path) -> None:
    try:
        handle = _lock(folder)
    except OSError:
        return  # somebody works in it, or has just put it in place
    shutil.rmtree(folder, ignore_errors=True)
    os.close(handle)


def _literally(name: str) -> str:
    """Return a name for a pattern that finds just this name."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
