"""The command that imports manuscripts."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from webapp.billing.plans import price_of, set_price
from webapp.documents.encoded_image import EncodedImage
from webapp.documents.image_store import image_store
from webapp.documents.importing import ImportAction, Importer, ImportOrder, ImportOutcome
from webapp.documents.models import Document
from webapp.documents.preparation import Options, unfit_tag
from webapp.documents.sources import STANDARD_INPUT, SourceKind, find_sources
from webapp.kit.languages import gettext
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.manuscript import tag_name
from webapp.operations.cli_source_options import (
    encoding_option,
    known_sources,
    paths_argument,
    problem_line,
    refuse_replacing_by_guess,
    replace_option,
    skipped_files,
)
from webapp.operations.opened_installation import instance_option, open_database, settings_of
from webapp.operations.progress_bar import progress_bar
from webapp.settings import Settings

FORMAT_CHOICES = click.Choice(["auto", *(kind.value for kind in SourceKind)])


@click.command(
    "import", epilog="Example: paidspan import reports/ --publish --tag 年度报告 --price 9.90 --currency cny"
)
@paths_argument
@click.option("--publish", is_flag=True, help="Publish what was imported.")
@click.option("--format", "format_", type=FORMAT_CHOICES, default="auto", show_default=True)
@encoding_option
@replace_option
@click.option("--tag", "tags", multiple=True, metavar="T", help="Tag to add; may be given several times.")
@click.option("--price", metavar="9.90", help="Sell each document by itself at this price.")
@click.option("--currency", default="cny", show_default=True, help="Currency of the price.")
@click.option("--repair", is_flag=True, help="Close a span that is left open, at the end of the text.")
@click.option("--open", "may_open", is_flag=True, help="Accept that text for payers becomes public.")
@click.option("--new-slug", is_flag=True, help="Make the address of each document anew of its title.")
@click.option("--duplicates", is_flag=True, help="Import what a document has already under another name, too.")
@click.option("--fetch-images", is_flag=True, help="Fetch pictures that lie on other sites, once, and keep them.")
@click.option("--dry-run", is_flag=True, help="Check only; write nothing.")
@instance_option
def import_command(  # noqa: PLR0913 - one parameter for each option
    *,
    paths: tuple[str, ...],
    publish: bool,
    format_: str,
    encoding: str,
    replace: bool,
    tags: tuple[str, ...],
    price: str | None,
    currency: str,
    repair: bool,
    may_open: bool,
    new_slug: bool,
    duplicates: bool,
    fetch_images: bool,
    dry_run: bool,
    instance: str | None,
) -> None:
    """Import files, folders, zip archives, or - for standard input.

    A document is known by its path relative to the given PATH: what is stored as before does nothing, what is read as
    another text makes a revision. One bad file stops none of the others. Links out of a folder are not followed.
    """
    refuse_replacing_by_guess(encoding, replace=replace)
    settings = settings_of(instance)
    reading = (_known_kind(format_), encoding, replace, repair, may_open, _tags(tags))
    known, zone = known_sources(paths, settings.max_source_bytes), ZoneInfo(settings.timezone)
    options = Options(*reading, currency, zone, known, fetch_images, _keeping(settings, dry_run=dry_run))
    pricing = (_pricing(price, currency), _is_priced(price), _price_by_author)
    order = ImportOrder(options, publish, dry_run, new_slug, duplicates, *pricing)
    done: Counter[ImportAction] = Counter()
    others: Counter[str] = Counter()
    sources = find_sources(list(paths), settings.max_source_bytes, sys.stdin.buffer, others)
    with open_database(settings, make=not dry_run) as database, _bar(paths, settings.max_source_bytes) as show:
        for outcome in Importer(database, order).run(sources):
            done[outcome.did] += 1
            _print_outcome(outcome)
            show(done.total())
    click.echo(_summary(done, others), err=True)
    sys.exit(1 if done[ImportAction.REFUSED] else 0)


def _keeping(settings: Settings, *, dry_run: bool) -> Callable[[EncodedImage], None]:
    """Return what stores a picture, or nothing where nothing may be written."""
    return (lambda _image: None) if dry_run else image_store(settings).keep


def _known_kind(name: str) -> SourceKind | None:
    return None if name == "auto" else SourceKind(name)


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    cleaned = tuple(dict.fromkeys(filter(None, map(tag_name, tags))))
    for sentence in filter(None, map(unfit_tag, cleaned)):
        raise click.UsageError(gettext(sentence))
    return cleaned


def _pricing(price: str | None, currency: str) -> Callable[[Session, Document], None]:
    if price is None:
        return lambda _session, _document: None
    try:
        money = Money.parse(price, currency)
    except ValueError as error:
        raise click.UsageError(gettext(error.args[0])) from error
    return lambda session, document: set_price(session, document.id, money)


def _is_priced(price: str | None) -> Callable[[Session, Document | None], bool]:
    def is_priced(session: Session, document: Document | None) -> bool:
        return price is not None or (document is not None and price_of(session, document.id) is not None)

    return is_priced


def _price_by_author(session: Session, document: Document, price: Money) -> None:
    set_price(session, document.id, price)


def _bar(paths: tuple[str, ...], most_bytes: int) -> AbstractContextManager[Callable[[int], None]]:
    def count() -> int | None:
        if STANDARD_INPUT in paths:
            return None
        return sum(1 for _source in find_sources(list(paths), most_bytes, sys.stdin.buffer))

    return progress_bar(gettext("importing"), count)


def _print_outcome(outcome: ImportOutcome) -> None:
    """Print the slug on standard output, findings on error."""
    for problem in outcome.problems:
        click.echo(problem_line(problem), err=True)
    if outcome.slug:
        click.echo(f"{outcome.slug}\t{outcome.did}\t{outcome.shown}")


def _summary(done: Counter[ImportAction], others: Counter[str]) -> str:
    """Return how many files what was done with, and of which kinds those are that nobody reads."""
    words = {
        ImportAction.ADDED: _("%(count)s added"),
        ImportAction.REVISED: _("%(count)s revised"),
        ImportAction.PUBLISHED: _("%(count)s published"),
        ImportAction.UNCHANGED: _("%(count)s unchanged"),
        ImportAction.CHECKED: _("%(count)s checked"),
        ImportAction.REFUSED: _("%(count)s refused"),
    }
    counted = [gettext(words[did], count=done[did]) for did in words if done[did]]
    if others or done[ImportAction.SKIPPED]:
        counted.append(skipped_files(others, done[ImportAction.SKIPPED]))
    return gettext(", ").join(counted) or gettext("nothing to import")
