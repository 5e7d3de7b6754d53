"""Editions as an older version of the renderer left them."""

from sqlalchemy import update

from webapp.documents.full_editions import FullEdition
from webapp.documents.models import PublicEdition
from webapp.kit.database import Database


def make_old(database: Database, **shown: object) -> None:
    """Have all editions be of a renderer that knew of no trees, and that showed something else where it is said."""
    with database.writing_plainly() as connection:
        for kind in (PublicEdition, FullEdition):
            connection.execute(update(kind.__table__).values(tree=None, renderer_version=0, **shown))
