"""Whether anything was committed to a SQLite database since, for a tenth of what it takes to ask.

In WAL mode all connections share an index of the log in memory. Its header counts the transactions, and is what a
commit writes last (sqlite.org/walformat.html, 2.1). It is read where SQLite has put it: to open its file here, and to
close it again, would end SQLite's own locks (sqlite.org/howtocorrupt.html, 2.2).
"""

import sqlite3
from ctypes import string_at
from pathlib import Path

_HEADER_BYTES = 48
_MAPS = Path("/proc/self/maps")  # proc(5): address, mode, offset, device, inode, path


class CommitWatch:
    """Watches a database through a connection, which stays open as long as it is asked; from one thread."""

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self._ask = connection.cursor().execute
        self._ask("SELECT 1 FROM sqlite_master").fetchall()  # which has SQLite open the index
        self._index = _address_of(f"{Path(path).resolve()}-shm")

    def mark(self) -> bytes | int:
        """Return a mark of all that is committed, another one after each commit; raise sqlite3.Error.

        Where the index is not seen, SQLite says how often others have committed (sqlite.org/pragma.html, data_version).
        """
        if self._index is not None:
            return string_at(self._index, _HEADER_BYTES)
        ((commits,),) = self._ask("PRAGMA data_version").fetchall()
        return int(commits)

    def close(self) -> None:
        """Look at nothing any more, before the connection goes: SQLite takes the index away with the last of them."""
        self._index = None


def _address_of(path: str) -> int | None:
    """Return where in memory the beginning of a file is; None where it is not, or nobody can tell."""
    lines = _MAPS.read_text().splitlines() if _MAPS.exists() else []
    for line in lines:
        address, _mode, offset, _device, _inode, *name = line.split(maxsplit=5)
        if name == [path] and not int(offset, 16):
            return int(address.partition("-")[0], 16)
    return None
