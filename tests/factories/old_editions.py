"""Editions as an older version of the renderer left them."""

from sqlalchemy import Table, select, update

from webapp.documents.full_editions import FullEdition
from webapp.documents.models import Document, PublicEdition
from webapp.kit.database import Database

TABLES = (Document.__table__, PublicEdition.__table__, FullEdition.__table__)


def make_old(database: Database, **shown: object) -> None:
    """Have all editions be of a renderer that knew of no trees, and that showed something else where it is said."""
    with database.writing_plainly() as connection:
        for kind in (PublicEdition, FullEdition):
            connection.execute(update(kind.__table__).values(tree=None, renderer_version=0, **shown))


def stored_rows(database: Database, *tables: Table) -> list[dict[str, object]]:
    """Return all that documents and editions, or these tables, hold."""
    with database.reading() as session:
        ordered = [select(table).order_by(*table.primary_key) for table in tables or TABLES]
        return [dict(row._mapping) for query in ordered for row in session.connection().execute(query)]
