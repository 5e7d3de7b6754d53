"""Kills backups and restores at one call after another of theirs, and looks at what is left.

A program of its own, because what forks must hold no threads: `python -m
tests.operations.killed_backups INSTANCE FOLDER`.
"""

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import webapp.factory  # noqa: F401 - all tables are known
from webapp.kit import sqlite_engine
from webapp.kit.errors import PaidspanError
from webapp.operations.backup.restore import restore_backup
from webapp.operations.backup.take import take_backup
from webapp.settings import load_settings

PARTS = ("/operations/backup/", "/tarfile.py", "/kit/migrate.py", "/kit/instance_identity.py", "/pathlib.py")
MOST = 60  # kills of one kind, spread over all calls


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


def main(instance: Path, folder: Path) -> None:
    sqlite_engine.SYNCHRONOUS = "OFF"
    folder.mkdir()
    settings = load_settings(instance=instance, secret_key="a secret that only the tests know" * 2)
    file, place = folder / "backup", folder / "restored"

    def look_at_backup() -> list[str]:
        """Whatever was killed, what stands there is whole."""
        try:
            restore_backup(file, place, None)
        except (PaidspanError, OSError) as error:
            return [str(error)]
        remove(place)
        return []

    def look_at_restored() -> list[str]:
        if not place.exists():
            return []
        with closing(sqlite3.connect(place / "paidspan.sqlite")) as connection:
            found = connection.execute("SELECT restored_at FROM instance").fetchone()
            whole = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        names = {path.name for path in place.iterdir()} - {"paidspan.sqlite-wal", "paidspan.sqlite-shm"}
        complete = names == {"paidspan.sqlite", "sandbox.sqlite", "secret.key", "settings.toml", "pages", "标志.svg"}
        remove(place)
        return [] if found and found[0] and whole and complete else [f"half restored: {names}"]

    backups, wrong = kill_all(lambda: take_backup(settings, file, None), look_at_backup)
    take_backup(settings, file, None)
    left = [path.name for path in (*folder.iterdir(), *instance.glob(".*")) if path != file]
    restores, wrong_restores = kill_all(lambda: restore_backup(file, place, None), look_at_restored)
    restore_backup(file, place, None)
    left += [path.name for path in folder.iterdir() if path not in (file, place)]
    wrong += wrong_restores + [f"left behind: {name}" for name in left]
    json.dump({"kills": {"backup": backups, "restore": restores}, "wrong": wrong}, sys.stdout)


def remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
