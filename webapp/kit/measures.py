"""Numbers of this process for whoever watches, each in a place of its own in memory.

Where somebody watches (`keep_in`) that memory is a file of the instance, which the other processes read: a scrape
reaches one of them. Whoever comes after a process that ended goes on counting in its file, so that no counter falls.
"""

import fcntl
import os
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from mmap import ACCESS_READ, mmap
from os import SEEK_END
from pathlib import Path
from threading import Lock
from typing import IO

from webapp.kit.clock import machine_now

_PLACES, _PLACE_BYTES, _NUMBER_BYTES = 2048, 256, 8
_SIZE = _PLACES * _PLACE_BYTES
_KEY_BYTES = _PLACE_BYTES - _NUMBER_BYTES
_NUMBERS = _PLACE_BYTES // _NUMBER_BYTES  # how many fit where a key and its number are
_SEPARATOR, _GAUGE = "\x1f", "="
_FORGOTTEN_SECONDS = 7 * 24 * 3600  # the files of a host that is gone, as of a container of before
MeasureKey = tuple[str, ...]  # a name, then the values of its labels


@dataclass(frozen=True, slots=True)
class ProcessNumbers:
    """What one process counted, and how it stands (`gauges`), if it lives."""

    counted: Mapping[MeasureKey, float]
    gauges: Mapping[MeasureKey, float]


class Measures:
    """Numbers under keys. A place that was looked up once may be counted up without asking again, by one thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._places: dict[str, int] = {}
        self._folder: Path | None = None
        self._file: IO[bytes] | None = None  # whose lock says that this process lives
        self._use(bytearray(_SIZE))

    def _use(self, memory: bytearray | mmap) -> None:
        self._memory = memory
        self.numbers = memoryview(memory).cast("d")
        self._places = {key: place for place, key in enumerate(_keys(memory), start=1)}

    def keep_in(self, folder: Path, version: str) -> None:
        """Have the numbers in a file of this folder from now on; what another version counted begins anew."""
        folder.mkdir(mode=0o700, exist_ok=True)
        _delete_forgotten(folder)
        self._folder, self._file = folder, _claim(folder)
        head = version.encode()[:_KEY_BYTES]
        is_of_this_version = self._file.read(_KEY_BYTES).rstrip(b"\0") == head
        if self._file.seek(0, SEEK_END) < _SIZE:
            self._file.truncate(_SIZE)  # never shorter: who reads it may be of another version
        memory = mmap(self._file.fileno(), _SIZE)
        if not is_of_this_version:
            memory[:] = bytes(_SIZE)
        memory[: len(head)] = head
        self._use(memory)
        for key, place in self._places.items():
            if key.startswith(_GAUGE):
                self.numbers[_number_of(place)] = 0.0

    def close(self) -> None:
        """Let go of the file, as the system does when a process ends; what is counted from now on nobody sees."""
        self._use(bytearray(_SIZE))
        if self._file is not None:
            self._file.close()
        self._folder = self._file = None

    def place(self, name: str, *labels: str) -> int:
        """Return where in `numbers` something is counted; in the first place, which nobody reads, where all are taken.

        Labels are words of ours alone, never of who asks: what a stranger sends would take all places.
        """
        return self._place(_SEPARATOR.join((name, *labels)))

    def _place(self, key: str) -> int:
        with self._lock:
            place = self._places.get(key)
            if place is None:
                place, written = len(self._places) + 1, key.encode()
                if place >= _PLACES or len(written) > _KEY_BYTES:
                    return _number_of(0)
                self._places[key] = place
                begin = place * _PLACE_BYTES
                self._memory[begin : begin + len(written)] = written
        return _number_of(place)

    def add(self, name: str, *labels: str, by: float = 1.0) -> None:
        """Count something, from whichever thread."""
        number = self.place(name, *labels)
        with self._lock:
            self.numbers[number] += by

    def show(self, name: str, *labels: str, value: float) -> None:
        """Show how something stands at this moment."""
        self.numbers[self._place(_GAUGE + _SEPARATOR.join((name, *labels)))] = value

    def read_all(self) -> list[ProcessNumbers]:
        """Return the numbers of all processes of this host, those that ended, too; of this one where none are kept."""
        if self._folder is None:
            return [_read(self._memory, lives=True)]
        found = []
        for path in sorted(self._folder.glob(f"{_host()}.*")):
            with (
                suppress(OSError, ValueError),
                path.open("rb") as file,
                mmap(file.fileno(), 0, access=ACCESS_READ) as kept,
            ):
                found.append(_read(kept, lives=not _is_free(file)))
        return found


def _number_of(place: int) -> int:
    return (place + 1) * _NUMBERS - 1


def _keys(memory: bytearray | mmap) -> Iterator[str]:
    for begin in range(_PLACE_BYTES, len(memory), _PLACE_BYTES):
        if not memory[begin]:
            return
        yield bytes(memory[begin : begin + _KEY_BYTES]).rstrip(b"\0").decode()


def _read(memory: bytearray | mmap, *, lives: bool) -> ProcessNumbers:
    counted: dict[MeasureKey, float] = {}
    gauges: dict[MeasureKey, float] = {}
    with memoryview(memory) as whole, whole.cast("d") as numbers:
        for place, key in enumerate(_keys(memory), start=1):
            is_gauge, value = key.startswith(_GAUGE), numbers[_number_of(place)]
            if not is_gauge:
                counted[tuple(key.split(_SEPARATOR))] = value
            elif lives:
                gauges[tuple(key.removeprefix(_GAUGE).split(_SEPARATOR))] = value
    return ProcessNumbers(counted, gauges)


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:60]


def _claim(folder: Path) -> IO[bytes]:
    """Return the first file of this host that no living process has; the system takes it back from who ends."""
    for number in count():
        file = os.fdopen(os.open(folder / f"{_host()}.{number}", os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
        else:
            return file
    raise AssertionError


def _is_free(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _delete_forgotten(folder: Path) -> None:
    for path in folder.iterdir():
        with suppress(OSError):
            if machine_now().timestamp() - path.stat().st_mtime > _FORGOTTEN_SECONDS and not path.name.startswith(
                f"{_host()}."
            ):
                path.unlink()


this_process = Measures()
