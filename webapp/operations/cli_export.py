"""The command that writes the library out as the files it was made of."""

from pathlib import Path

import click

from webapp.documents.image_store import image_store
from webapp.documents.publishing import get_document_by_slug
from webapp.exports.atomic_folder import fill_folder
from webapp.exports.manuscript_export import ManuscriptExport, Selection
from webapp.kit.languages import gettext
from webapp.operations.opened_installation import instance_option, open_database, settings_of


@click.command("export", epilog="Example: paidspan export library/ --tag 年度报告")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--slug", "slugs", multiple=True, metavar="SLUG", help="Only this document; may be given several times.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="Only what has this tag; may be given several times.")
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
@instance_option
def export_command(
    *, folder: Path, slugs: tuple[str, ...], tags: tuple[str, ...], force: bool, instance: str | None
) -> None:
    """Write all manuscripts into a folder, markers and paid text included, so that import brings them back.

    Front matter says what is not in the text: slug, dates, tags, price, former slugs, and what is a draft. What was
    withdrawn comes back as a draft.
    """
    settings = settings_of(instance)
    with open_database(settings) as database, database.reading() as session:
        for slug in slugs:
            get_document_by_slug(session, slug)
        export = ManuscriptExport(session, image_store(settings), Selection(slugs, tags))
        done = fill_folder(folder.absolute(), export.files(), force=force)
    click.echo(gettext("%(count)s exported", count=done), err=True)
