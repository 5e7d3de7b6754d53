"""The commands about documents: import, lint, publish, withdraw."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from webapp.billing.plans import price_of, set_price
from webapp.documents.importing import ImportAction, Importer, ImportOrder, ImportOutcome
from webapp.documents.models import Document
from webapp.documents.preparation import ImportProblem, Options, RefusedSource, not_yet, prepare, read_bytes, unfit_tag
from webapp.documents.publishing import get_document_by_slug
from webapp.documents.publishing import publish as publish_document
from webapp.documents.publishing import withdraw as withdraw_document
from webapp.documents.sources import STANDARD_INPUT, SourceFile, Unreadable, find_sources
from webapp.kit import clock
from webapp.kit.errors import PaidspanError
from webapp.kit.languages import gap, gettext
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.manuscript import Checked, Severity, SourceFormat
from webapp.operations.cli_instance import instance_option, open_database, settings_of

FORMAT_CHOICES = click.Choice(["auto", "text", "markdown", "docx", "html"])
_format_option = click.option("--format", "format_", type=FORMAT_CHOICES, default="auto", show_default=True)
_encoding_option = click.option("--encoding", default="auto", show_default=True, help="Name of the encoding.")
_paths = click.argument("paths", nargs=-1, required=True, metavar="PATH...")


@click.command(
    "import", epilog="Example: paidspan import reports/ --publish --tag 年度报告 --price 9.90 --currency cny"
)
@_paths
@click.option("--publish", is_flag=True, help="Publish what was imported.")
@_format_option
@_encoding_option
@click.option("--tag", "tags", multiple=True, metavar="T", help="Tag to add; may be given several times.")
@click.option("--price", metavar="9.90", help="Sell each document by itself at this price.")
@click.option("--currency", default="cny", show_default=True, help="Currency of the price.")
@click.option("--repair", is_flag=True, help="Close a span that is left open, at the end of the text.")
@click.option("--open", "may_open", is_flag=True, help="Accept that text for payers becomes public.")
@click.option("--dry-run", is_flag=True, help="Check only; write nothing.")
@instance_option
def import_command(  # noqa: PLR0913 - one parameter for each option
    *,
    paths: tuple[str, ...],
    publish: bool,
    format_: str,
    encoding: str,
    tags: tuple[str, ...],
    price: str | None,
    currency: str,
    repair: bool,
    may_open: bool,
    dry_run: bool,
    instance: str | None,
) -> None:
    """Import files, folders, zip archives, or - for standard input.

    A document is known by its path relative to the given PATH: unchanged bytes do nothing, changed ones make a
    revision. One bad file stops none of the others.
    """
    settings = settings_of(instance)
    options = Options(_known_format(format_), encoding, repair, may_open, _tags(tags))
    order = ImportOrder(options, publish, dry_run, _pricing(price, currency), _is_priced(price))
    sources = find_sources(list(paths), settings.max_source_bytes, sys.stdin.buffer)
    done: Counter[ImportAction] = Counter()
    with open_database(settings) as database, _progress(paths, settings.max_source_bytes) as advance:
        for outcome in Importer(database, order).run(sources):
            done[outcome.did] += 1
            advance(outcome)
    click.echo(_summary(done), err=True)
    sys.exit(1 if done[ImportAction.REFUSED] else 0)


@click.command(epilog="Example: paidspan lint report.txt --format json")
@_paths
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_encoding_option
@instance_option
def lint_command(*, paths: tuple[str, ...], output: str, encoding: str, instance: str | None) -> None:
    """Check manuscripts and print what was found; nothing is written."""
    most = settings_of(instance).max_source_bytes
    checked = (_checked(source, encoding) for source in find_sources(list(paths), most, sys.stdin.buffer))
    failed = _print_json(checked) if output == "json" else _print_problems(checked)
    sys.exit(1 if failed else 0)


@click.command(epilog="Example: paidspan publish 2025-年度报告")
@click.argument("slugs", nargs=-1, required=True, metavar="SLUG...")
@click.option("--open", "may_open", is_flag=True, help="Accept that text for payers becomes public.")
@instance_option
def publish_command(*, slugs: tuple[str, ...], may_open: bool, instance: str | None) -> None:
    """Publish the latest revision of documents."""
    did = ("published", _("was published already"))

    def rule(session: Session, document: Document) -> bool:
        return publish_document(session, document, clock.now(), may_open=may_open)

    _each(slugs, instance, did, rule)


@click.command(epilog="Example: paidspan withdraw 2025-年度报告")
@click.argument("slugs", nargs=-1, required=True, metavar="SLUG...")
@instance_option
def withdraw_command(slugs: tuple[str, ...], instance: str | None) -> None:
    """Take the public side of documents away; who bought one keeps reading it."""
    did = ("withdrawn", _("is not published"))
    _each(slugs, instance, did, lambda session, document: withdraw_document(session, document, clock.now()))


def _each(
    slugs: Iterable[str], instance: str | None, did: tuple[str, str], rule: Callable[[Session, Document], bool]
) -> None:
    """Apply a rule to each document; `did` says what it did where it changed something, and what where not."""
    failed = False
    with open_database(settings_of(instance)) as database:
        for slug in slugs:
            try:
                changed = database.write(partial(_apply, rule=rule, slug=slug))
                click.echo(f"{slug}\t{did[0] if changed else gettext(did[1])}")
            except PaidspanError as error:
                failed = True
                click.echo(f"paidspan: {gettext(error.args[0])}{gap()}{gettext(error.hint)}".rstrip(), err=True)
    sys.exit(1 if failed else 0)


def _apply(session: Session, rule: Callable[[Session, Document], bool], slug: str) -> bool:
    return rule(session, get_document_by_slug(session, slug))


def _known_format(name: str) -> SourceFormat | None:
    if name == "auto":
        return None
    if name in {"docx", "html"}:
        raise click.UsageError(gettext(not_yet(name.upper()).args[0]))
    return SourceFormat(name)


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    cleaned = tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
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


@contextmanager
def _progress(paths: tuple[str, ...], most_bytes: int) -> Iterator[Callable[[ImportOutcome], None]]:
    """Show a bar on a terminal, and each outcome as it comes: slugs on standard output, findings on error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _print_outcome
        return
    total = None if STANDARD_INPUT in paths else sum(1 for _ in find_sources(list(paths), most_bytes, sys.stdin.buffer))
    columns = (TextColumn(gettext("importing")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, redirect_stdout=sys.stdout.isatty()) as progress:
        task = progress.add_task("", total=total)

        def advance(outcome: ImportOutcome) -> None:
            _print_outcome(outcome)
            progress.advance(task)

        yield advance


def _print_outcome(outcome: ImportOutcome) -> None:
    for problem in outcome.problems:
        click.echo(_line(problem), err=True)
    if outcome.slug:
        click.echo(f"{outcome.slug}\t{outcome.did}\t{outcome.shown}")


def _line(problem: ImportProblem) -> str:
    return f"{problem.place}: {gettext(problem.message)}"


def _summary(done: Counter[ImportAction]) -> str:
    words = {
        ImportAction.ADDED: _("%(count)s added"),
        ImportAction.REVISED: _("%(count)s revised"),
        ImportAction.UNCHANGED: _("%(count)s unchanged"),
        ImportAction.CHECKED: _("%(count)s checked"),
        ImportAction.REFUSED: _("%(count)s refused"),
    }
    counted = (gettext(words[did], count=done[did]) for did in ImportAction if done[did])
    return gettext(", ").join(counted) or gettext("nothing to import")


def _checked(source: SourceFile | Unreadable, encoding: str) -> tuple[str, tuple[ImportProblem, ...], Checked | None]:
    data = read_bytes(source)
    if isinstance(data, RefusedSource) or isinstance(source, Unreadable):
        return source.shown, data.problems if isinstance(data, RefusedSource) else (), None
    prepared = prepare(source, data, Options(encoding=encoding))
    return source.shown, prepared.problems, prepared.checked


def _print_problems(checked: Iterable[tuple[str, tuple[ImportProblem, ...], Checked | None]]) -> bool:
    failed = False
    for _shown, problems, _checked in checked:
        for problem in problems:
            failed = failed or problem.severity is Severity.ERROR
            click.echo(_line(problem) + (gettext(" (warning)") if problem.severity is Severity.WARNING else ""))
    return failed


def _print_json(checked: Iterable[tuple[str, tuple[ImportProblem, ...], Checked | None]]) -> bool:
    failed, files = False, []
    for shown, problems, manuscript in checked:
        failed = failed or any(problem.severity is Severity.ERROR for problem in problems)
        files.append(_file_json(shown, problems, manuscript))
    click.echo(json.dumps({"files": files}, ensure_ascii=False, indent=2))
    return failed


def _file_json(shown: str, problems: tuple[ImportProblem, ...], checked: Checked | None) -> dict[str, object]:
    return {
        "path": shown,
        "title": checked.title if checked else None,
        "characters": checked.characters if checked else None,
        "public_characters": checked.public_characters if checked else None,
        "paid_characters": checked.paid_characters if checked else None,
        "spans": [
            {
                "line": span.line,
                "column": span.column,
                "end_line": span.end_line,
                "end_column": span.end_column,
                "characters": span.characters,
            }
            for span in (checked.manuscript.spans if checked else ())
        ],
        "findings": [
            {
                "code": problem.code,
                "severity": str(problem.severity),
                "line": problem.line,
                "column": problem.column,
                "message": gettext(problem.message),
            }
            for problem in problems
        ],
    }
