"""A library moved to PostgreSQL and back at size: `python -m tests.postgresql.move_at_size [DOCUMENTS READERS]`."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from argon2 import PasswordHasher

from tests.factories.postgres_database import SERVER, new_postgres_database
from tests.factories.postgres_server import DURABLE, postgres_server
from tests.postgresql.moved_house import FILLED, Houses, Library, fill, pages, rows
from webapp.accounts import passwords
from webapp.kit import sqlite_engine
from webapp.kit.database import Database
from webapp.operations.database_move import MovedTable, move_database

_T = TypeVar("_T")


def main(documents: int = 1000, readers: int = 2000) -> int:
    """Build, move there and back, compare; return 1 where anything differs."""
    passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    sqlite_engine.SYNCHRONOUS = "OFF"  # nobody waits for the disk
    with TemporaryDirectory() as name, postgres_server(DURABLE) as server:
        os.environ[SERVER] = server.url()
        folder, houses = Path(name), Houses(Path(name))
        try:
            old = houses.open_old()
            library = _timed(f"{documents} documents, {readers} readers", lambda: fill(old, folder, documents, readers))
            return there_and_back(houses, library)
        finally:
            houses.close()


def there_and_back(houses: Houses, library: Library) -> int:
    """Move what the only open house has, there and back, and say what came of it."""
    (old,) = houses.opened
    there, back = new_postgres_database(), f"sqlite:///{houses.folder / 'back.sqlite'}"
    moved = _timed("to PostgreSQL", lambda: _move(old.url, there))
    moved_back = _timed("back to SQLite", lambda: _move(there, back))
    print({one.name: one.rows for one in moved})
    held = [rows(house.database) for house in (old, houses.open(there), houses.open(back))]
    seen = _timed("pages, three times", lambda: [pages(house, library) for house in houses.opened])
    differences = [
        *(name for name in held[0] if not held[0][name] == held[1][name] == held[2][name]),
        *(one.name for one, again in zip(moved, moved_back, strict=True) if one != again),
        *(what for what in seen[0] if not seen[0][what] == seen[1][what] == seen[2][what]),
        *(f"nothing in {name}" for name in FILLED if not held[0][name]),
    ]
    print(f"{len(held[0])} tables, {sum(map(len, held[0].values()))} rows, {len(seen[0])} pages of three who ask")
    print(f"{len(differences)} differences {differences[:9] or ''}")
    return 1 if differences else 0


def _move(source: str, target: str) -> list[MovedTable]:
    told: list[MovedTable] = []
    taken, given = Database(source), Database(target)
    move_database(taken, given, told.append)
    taken.close()
    given.close()
    return told


def _timed(what: str, do: Callable[[], _T]) -> _T:
    begun = time.perf_counter()
    done = do()
    print(f"{what}: {time.perf_counter() - begun:.1f} s", flush=True)
    return done


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
