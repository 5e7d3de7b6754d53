"""kill -9 in the middle of an import: run again, nothing double, nothing missing."""

import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from tests.factories.empty_database import empty_database
from tests.factories.shelf import REPORT
from webapp.documents.full_editions import FullEdition, Revision
from webapp.documents.models import Document, PublicEdition
from webapp.kit.database import Database

FILES = 400
ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "webapp"]
# The same command, which is killed at a commit: at an odd moment just before it, at an even one just after.
KILLED = """
import sys
from tests.faults.kill_points import die_at
from webapp.operations.cli import main
die_at(int(sys.argv.pop(1)))
main()
"""
MOMENTS = (8, 11)


def counts(path):
    database = Database(f"sqlite:///{path}")
    try:
        with database.reading() as session:
            return [session.scalar(select(func.count()).select_from(table)) for table in TABLES]
    finally:
        database.close()


TABLES = (Document, Revision, PublicEdition, FullEdition)


def test_a_killed_import_goes_on_where_it_was(tmp_path):
    folder, instance = tmp_path / "reports", tmp_path / "instance"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number:04}.txt").write_text(REPORT.replace("年度报告", f"年度报告{number}", 1))
    instance.mkdir()
    path = instance / "paidspan.sqlite"
    path.write_bytes(empty_database())
    arguments = ["import", str(folder), "--publish", "--instance", str(instance)]
    before = 0
    for moment in MOMENTS:
        killed = [sys.executable, "-c", KILLED, str(moment), *arguments]
        assert subprocess.run(killed, capture_output=True, check=False, cwd=ROOT).returncode == -signal.SIGKILL
        documents, revisions, public, full = counts(path)
        assert before < documents < FILES, "it was to be killed in the middle"
        assert documents == revisions == public == full, "nothing half written"
        before = documents
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert counts(path) == [FILES] * len(TABLES)
    assert f"{FILES - before} added, {before} unchanged" in done.stderr
