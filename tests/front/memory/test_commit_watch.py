"""A mark of all that is committed: another one after each commit, whoever made it, and the same until then."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from webapp.front.commit_watch import CommitWatch

pytestmark = pytest.mark.sqlite("a file is watched")

ELSEWHERE = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit(); c.close()"


@pytest.fixture(params=["wal", "delete"])
def path(request, tmp_path):
    path = str(tmp_path / "a folder" / "kept.sqlite")
    (tmp_path / "a folder").mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {request.param}")
        connection.executescript("CREATE TABLE kept (word TEXT)")
    return path


@pytest.fixture
def watch(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        watch = CommitWatch(path, connection)
        yield watch
        watch.close()


def commit(path, statement="INSERT INTO kept VALUES ('x')"):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


def commit_elsewhere(path, statement="INSERT INTO kept VALUES ('y')"):
    subprocess.run([sys.executable, "-c", ELSEWHERE, path, statement], check=True)


def checkpoint(path):
    commit(path)
    commit(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    commit(path)


CHANGES = {
    "a commit of this process": commit,
    "a commit of another process": commit_elsewhere,
    "another table": lambda path: commit(path, "CREATE TABLE other (word TEXT)"),
    "commits around a checkpoint": checkpoint,
    "many": lambda path: [commit(path) for _ in range(3000)],
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_commit_gives_another_mark(change, path, watch):
    before = watch.mark()
    CHANGES[change](path)
    after = watch.mark()
    assert before != after == watch.mark()


def test_what_is_read_or_taken_back_changes_nothing(path, watch):
    before = watch.mark()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT * FROM kept").fetchall()
        connection.execute("INSERT INTO kept VALUES ('x')")
        connection.rollback()
    assert watch.mark() == before


def test_marks_are_read_in_memory_where_the_log_has_an_index(path, watch):
    with closing(sqlite3.connect(path)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    seen = sys.platform == "linux" and mode == "wal"
    assert isinstance(watch.mark(), bytes if seen else int)


def test_a_watch_that_is_closed_reads_nothing(path):
    connection = sqlite3.connect(path)
    watch = CommitWatch(path, connection)
    watch.close()
    connection.close()
    with pytest.raises(sqlite3.Error):
        watch.mark()


@pytest.mark.parametrize("path", ["wal"], indirect=True)
def test_nothing_is_seen_through_the_index_that_sqlite_has_not_committed(path, watch):
    before = watch.mark()
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.executemany("INSERT INTO kept VALUES (?)", [("x" * 4000,)] * 2000)  # more than its cache holds
        assert watch.mark() == before
        writer.commit()
    assert watch.mark() != before
