"""What is stored, looked at as it lies in its tables."""

from sqlalchemy import func, select

from webapp.kit.database import Database
from webapp.kit.table_base import Base


def count_rows(database: Database, table: type) -> int:
    """Return how many rows a table has."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def everything_stored(database: Database) -> dict[str, str]:
    """Return all rows of each table, as text."""
    with database.reading() as session:
        tables = {table.name: session.execute(select(table)).all() for table in Base.metadata.sorted_tables}
    return {name: repr([tuple(row) for row in rows]) for name, rows in tables.items()}
