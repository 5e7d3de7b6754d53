"""The commands about readers that the desk has buttons for: user find, import, enable, sign-out, note."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from webapp.accounts.activity_log import Activity, log_activity
from webapp.accounts.looked_after import put_into_use
from webapp.accounts.models import Membership, Reader
from webapp.accounts.reclaiming import end_access
from webapp.accounts.registration import get_reader
from webapp.accounts.staff_notes import add_staff_note
from webapp.billing.reader_import import ImportLine, LineOutcome, import_readers, plan_import
from webapp.billing.reader_search import ReaderFilter, ask_whose, find_reader_of_number, find_readers, names_one
from webapp.billing.reader_table import read_table
from webapp.documents.decoding import DecodingError, decode
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError, NotFoundError
from webapp.kit.languages import gettext
from webapp.kit.translatable import _
from webapp.operations.opened_installation import instance_option, moment, open_database, open_installation, settings_of

_MOST = 50


@click.command("find", epilog="Example: paidspan user find wang")
@click.argument("typed", metavar="BEGINNING|NUMBER")
@click.option("--holds", type=click.Choice([word.value for word in Membership]), help="Only who holds this.")
@instance_option
def find_users(typed: str, holds: str | None, instance: str | None) -> None:
    """Find readers by the beginning of an address or name, a receipt's number, or an id of Stripe's.

    Lists fifty at most, each with role and what they hold.
    """
    with open_installation(instance) as (_settings, billing):
        if names_one(typed):
            with billing.database.reading() as session:
                owner = find_reader_of_number(session, typed, billing.mode)
            owner = owner or ask_whose(billing, typed)
            with billing.database.reading() as session:
                found = [session.get_one(Reader, owner)] if owner else []
        else:
            wanted = ReaderFilter(typed, Membership(holds) if holds else None)
            with billing.database.reading() as session:
                found = list(find_readers(session, wanted, most=_MOST).rows)
    if not found:
        raise NotFoundError(_("No reader is found by “%(typed)s”.", typed=typed), "")
    for reader in found:
        click.echo("\t".join((reader.email, reader.name, reader.role, reader.membership)))


@click.command("import", epilog="Example: paidspan user import readers.csv --dry-run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would become of each line.")
@instance_option
def import_users(file: Path, *, dry_run: bool, instance: str | None) -> None:
    """Bring readers in from a table with the columns email, name, until, reason; done twice, nothing changes.

    With a day under “until” (or “forever”) they are given everything until its end. Nobody is written to.
    """
    settings = settings_of(instance)
    zone = ZoneInfo(settings.timezone)
    try:
        rows = read_table(decode(file.read_bytes()).text, zone, clock.now().astimezone(zone).date())
    except DecodingError as error:
        raise InvalidInputError(str(error), "") from error
    with open_database(settings) as database:
        if dry_run:
            with database.reading() as session:
                lines = plan_import(session, rows)
        else:
            lines = import_readers(database, rows)
    for line in lines:
        click.echo(_told(line))
    if any(line.outcome is LineOutcome.REFUSED for line in lines):
        raise SystemExit(1)


@click.command("enable", epilog="Example: paidspan user enable wang@example.com")
@click.argument("email")
@instance_option
def enable_user(email: str, instance: str | None) -> None:
    """Take an account into use again that was disabled; what was cancelled at Stripe stays so."""
    _change(instance, email, lambda _session, reader: put_into_use(reader), "enabled")


@click.command("sign-out", epilog="Example: paidspan user sign-out wang@example.com")
@click.argument("email")
@instance_option
def sign_out_user(email: str, instance: str | None) -> None:
    """Sign an account out everywhere, and end its access tokens and private feeds."""
    _change(instance, email, end_access, "signed out")


@click.command("note", epilog="Example: paidspan user note wang@example.com 'Asked for an invoice.'")
@click.argument("email")
@click.argument("text")
@instance_option
def note_user(email: str, text: str, instance: str | None) -> None:
    """Note something about a reader, who finds it in the download of their data."""
    _change(
        instance, email, lambda session, reader: add_staff_note(session, reader.id, None, text, clock.now()), "noted"
    )


def _change(instance: str | None, email: str, act: Callable[[Session, Reader], object], done: str) -> None:
    def rule(session: Session) -> str:
        reader = get_reader(session, email)
        act(session, reader)
        log_activity(session, None, Activity(done, "reader", reader.id), clock.now())
        return reader.email

    with open_database(settings_of(instance)) as database:
        address = database.write(rule)
    click.echo(f"{address}\t{done}")


def _told(line: ImportLine) -> str:
    problem = line.problem
    why = f"{gettext(problem.args[0])} {gettext(problem.hint)}".strip() if problem else _until(line.until)
    return "\t".join((str(line.line), line.email, line.outcome, why)).rstrip("\t")


def _until(ends_at: datetime | None) -> str:
    return gettext("until %(day)s", day=moment(ends_at)) if ends_at else ""
