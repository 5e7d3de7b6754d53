"""The database in which everything begins."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from webapp.kit.database import Database
from webapp.kit.migrate import upgrade


@cache
def empty_database() -> bytes:
    """Return the file of a database with all tables and nothing in them; making one takes a second, so it is kept."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "paidspan.sqlite")
        made = Database(f"sqlite:///{path}")
        upgrade(made)
        made.close()  # which brings all of it into the one file
        return path.read_bytes()
