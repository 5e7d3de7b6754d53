"""The commands about where an installation's data lie."""

import click

from webapp.factory import join_rooms
from webapp.kit.database import Database
from webapp.kit.languages import gettext, number
from webapp.operations.database_move import MovedTable, move_database


@click.group(name="db")
def database_group() -> None:
    """Look after the database."""


@database_group.command(
    "move", epilog="Example: paidspan db move sqlite:////srv/paidspan/paidspan.sqlite postgresql://paidspan@db/paidspan"
)
@click.argument("source")
@click.argument("target")
def move_command(source: str, target: str) -> None:
    """Carry an installation's database over to another, empty one: from SQLite to PostgreSQL, or back.

    Stop paidspan before. Each table is read back and compared; where anything is wrong, or somebody writes meanwhile,
    nothing is moved. Files of the instance folder stay where they are.
    """
    join_rooms()
    taken, given = Database(source), Database(target)
    try:
        move_database(taken, given, _show)
    finally:
        taken.close()
        given.close()
    click.echo(gettext("Everything is there. Set PAIDSPAN_DATABASE_URL to it, and start nothing on the former one."))


def _show(table: MovedTable) -> None:
    click.echo(f"{table.name:24}{number(table.rows):>12}  {table.checksum}")
