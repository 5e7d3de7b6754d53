"""Folders in which something is written before it is put in place whole; those of killed processes are taken away."""

import fcntl
import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp


@contextmanager
def staging_folder(target: Path) -> Iterator[Path]:
    """Make a folder beside a target, for its owner alone, and take away what of it was not put in place.

    Its maker holds its lock, which the system takes back from a process that was killed: one that nobody holds was left
    behind, and goes. Where folders cannot be locked (NFS) it stays, in nobody's way.
    """
    prefix = f".{target.name}.unfinished-"
    for left in target.parent.glob(f"{glob.escape(prefix)}*"):
        _delete_abandoned(left)
    folder = Path(mkdtemp(dir=target.parent, prefix=prefix))
    with _descriptor(folder) as handle:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _delete_abandoned(folder: Path) -> None:
    with suppress(OSError), _descriptor(folder) as handle:  # somebody works in it, or has just put it in place
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _descriptor(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)
