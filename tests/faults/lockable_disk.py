"""A disk of a test's own that can only be read from one moment on, while a server has its files open.

The system lets nobody remount what is being written to, so both of what such a disk does are done: what is opened anew
is refused with EROFS (a read-only mount on top), and so is what goes into files that are open (they are immutable).
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LockableDisk:
    """Where a disk is mounted."""

    folder: Path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Have nothing be written meanwhile but to the log of a server that is open, beside its instance."""
        self._shell("chattr -R +i instance && mount --bind . . && mount -o remount,bind,ro $PWD")
        try:
            yield
        finally:
            self._shell("umount --lazy $PWD")
            self._shell("chattr -R -i instance")

    def _shell(self, command: str) -> None:
        done = subprocess.run(command, shell=True, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@contextmanager
def lockable_disk(folder: Path) -> Iterator[LockableDisk]:
    """Mount a disk of 64 MB until the end; raise OSError where that is not possible."""
    place, image = folder / "disk", folder / "image"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(64_000_000)
    for command in (["mkfs.ext4", "-q", image], ["mount", "-o", "loop", image, place]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(done.stderr.strip())
    try:
        yield LockableDisk(place)
    finally:
        while place.is_mount():
            subprocess.run(["umount", "--lazy", place], check=True)
