"""Kills backups and restores at one call after another of theirs, and looks at what is left.

A program of its own, because what forks must hold no threads: `python -m
tests.operations.backup.killed_backups INSTANCE FOLDER [SERVER]`.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, inspect

import webapp.factory  # noqa: F401 - all tables are known
from tests.factories.postgres_database import OTHERS_LEAVE
from webapp.kit import sqlite_engine
from webapp.kit.errors import PaidspanError
from webapp.operations.backup.restore import restore_backup
from webapp.operations.backup.take import take_backup
from webapp.settings import load_settings

PARTS = ("/operations/backup/", "/tarfile.py", "/kit/migrate.py", "/kit/instance_identity.py", "/pathlib.py")
FILES = ("sandbox.sqlite", "secret.key", "settings.toml", "pages", "标志.svg")
MOST = int(os.environ.get("MOST_KILLS", "60"))  # kills of one kind, spread over all calls


def counted(run: Callable[[], object], die_at: int) -> int:
    """Run in a child that is killed at a call; return how many calls there were, 0 where it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        passed = 0

        def watch(frame, what, _argument) -> None:
            nonlocal passed
            if what in ("call", "return") and any(part in frame.f_code.co_filename for part in PARTS):
                passed += 1
                if passed == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(watch)
        run()
        sys.setprofile(None)
        os.write(writing, str(passed).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as answer:
        return int(answer.read() or 0)


def kill_all(run: Callable[[], object], look: Callable[[], list[str]]) -> tuple[int, list[str]]:
    """Kill a thing at moments spread over its whole length; return how often, and what was wrong after any of them."""
    calls, wrong = counted(run, 0), look()
    assert calls, "it fails by itself"
    moments = sorted({*range(1, calls, max(1, calls // MOST)), *range(calls - 12, calls)})
    for moment in moments:
        counted(run, moment)
        wrong += [f"kill {moment} of {calls}: {one}" for one in look()]
    return len(moments), wrong


class Target:
    """Where backups are put back: a folder, and a database in it or on a server."""

    def __init__(self, place: Path, server: str) -> None:
        self.place, self.server = place, server

    def restore(self, file: Path) -> object:
        return restore_backup(file, self.place, None)

    def look(self, file: Path) -> list[str]:
        """Return what is half done; take all of it away."""
        try:
            if self._is_unfinished():  # which the next restore into it puts right
                self.restore(file)
            elif not self.place.exists():
                return ["a database without its files"] if self.server and self._moments() else []
            restored = self._moments()
            names = {path.name for path in self.place.iterdir()} - {"paidspan.sqlite-wal", "paidspan.sqlite-shm"}
            wanted = set(FILES) if self.server else {*FILES, "paidspan.sqlite"}
            left = {"restore.unfinished"} if self.server else set()  # until the next command, which sees the database
            return [] if all(restored) and restored and names - left == wanted else [f"half restored: {names}"]
        finally:
            self.clear()

    def _is_unfinished(self) -> bool:
        return (self.place / "restore.unfinished").exists() and not self._moments()

    def _moments(self) -> list[object]:
        """Return when the database was restored; nothing where it is empty."""
        engine = create_engine(self.server or f"sqlite:///{self.place / 'paidspan.sqlite'}")
        try:
            with engine.connect() as connection:
                if not inspect(connection).has_table("instance"):
                    return []
                return list(connection.exec_driver_sql("SELECT restored_at FROM instance").scalars())
        finally:
            engine.dispose()

    def clear(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        if self.server:
            engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.exec_driver_sql(OTHERS_LEAVE)
                connection.exec_driver_sql("DROP SCHEMA public CASCADE")
                connection.exec_driver_sql("CREATE SCHEMA public")
            engine.dispose()


def main(instance: Path, folder: Path, server: str) -> None:
    sqlite_engine.SYNCHRONOUS = "OFF"
    folder.mkdir()
    settings = load_settings(instance=instance, secret_key="a secret that only the tests know" * 2)
    if server:
        os.environ["PAIDSPAN_DATABASE_URL"] = server
    file, target = folder / "backup", Target(folder / "restored", server)

    def look_at_backup() -> list[str]:
        """Whatever was killed, what stands there is whole."""
        try:
            target.restore(file)
        except (PaidspanError, OSError) as error:
            return [str(error)]
        target.clear()
        return []

    backups, wrong = kill_all(lambda: take_backup(settings, file, None), look_at_backup)
    take_backup(settings, file, None)
    left = [path.name for path in (*folder.iterdir(), *instance.glob(".*")) if path != file]
    restores, wrong_restores = kill_all(lambda: target.restore(file), lambda: target.look(file))
    target.restore(file)
    left += [path.name for path in folder.iterdir() if path not in (file, target.place)]
    wrong += wrong_restores + [f"left behind: {name}" for name in left]
    json.dump({"kills": {"backup": backups, "restore": restores}, "wrong": wrong}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
