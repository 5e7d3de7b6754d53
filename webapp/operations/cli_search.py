"""The commands about the search index."""

import time

import click
from sqlalchemy import func, select

from webapp.documents.models import Document, State
from webapp.kit.database import Database
from webapp.kit.languages import gettext
from webapp.operations.opened_installation import instance_option, open_database, settings_of
from webapp.operations.progress_bar import progress_bar
from webapp.search.index import rebuild_index


@click.group(name="search")
def search_group() -> None:
    """Look after the search index."""


@search_group.command("rebuild", epilog="Example: paidspan search rebuild")
@instance_option
def rebuild_search(instance: str | None) -> None:
    """Make the indexes anew from what is published; until it is done, search finds less."""
    with open_database(settings_of(instance)) as database:
        begun = time.perf_counter()
        done = _rebuilt(database)
    seconds = max(time.perf_counter() - begun, 0.001)
    click.echo(gettext("%(done)s documents indexed, %(rate)s a second", done=done, rate=round(done / seconds)))


def _rebuilt(database: Database) -> int:
    done = 0
    with progress_bar(gettext("indexing"), lambda: _total(database)) as show:
        for count in rebuild_index(database):
            done += count
            show(done)
    return done


def _total(database: Database) -> int | None:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Document.state == State.PUBLISHED))
