"""Writes the migration from the tables as they are to the models: python tests/new_migration.py WHAT."""

import sys
import tempfile
from pathlib import Path

from alembic import command

import webapp.factory  # noqa: F401 - all tables are known once every room is
from webapp.kit import migrate
from webapp.kit.database import Database


def main(what: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'empty.sqlite'}")
        migrate.upgrade(database)
        with database.write_engine.connect() as connection:
            config = migrate.configuration()
            config.attributes["connection"] = connection
            command.revision(config, what, autogenerate=True)


if __name__ == "__main__":
    main(sys.argv[1])
