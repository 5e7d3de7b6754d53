"""The commands about documents: publish, withdraw."""

import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from webapp.documents.models import Document
from webapp.documents.publishing import get_document_by_slug
from webapp.documents.publishing import publish as publish_document
from webapp.documents.publishing import withdraw as withdraw_document
from webapp.documents.schedule import ScheduleOrder, schedule_publication, schedule_withdrawal
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError, PaidspanError
from webapp.kit.languages import gap, gettext
from webapp.kit.local_times import WhichTime, moment_of
from webapp.kit.translatable import _
from webapp.operations.opened_installation import instance_option, open_database, settings_of

_AT = click.option("--at", metavar="TIME", help='At a moment of the publisher\'s zone, as "2027-03-28 08:30".')


@click.command(epilog="Example: paidspan publish 2025-年度报告 --at '2027-03-28 08:30'")
@click.argument("slugs", nargs=-1, required=True, metavar="SLUG...")
@click.option("--open", "may_open", is_flag=True, help="Accept that text for payers becomes public.")
@_AT
@instance_option
def publish_command(*, slugs: tuple[str, ...], may_open: bool, at: str | None, instance: str | None) -> None:
    """Publish the latest revision of documents, at once or at a moment."""
    zone, did = ZoneInfo(settings_of(instance).timezone), ("published", _("was published already"))
    due_at = _moment(at, zone)

    def rule(session: Session, document: Document) -> bool:
        if due_at is None:
            return publish_document(session, document, clock.now(), zone=zone, may_open=may_open)
        schedule_publication(session, document, ScheduleOrder(due_at, clock.now(), may_open=may_open))
        return True

    _each(slugs, instance, did if due_at is None else (f"to be published at {_utc(due_at)}", ""), rule)


@click.command(epilog="Example: paidspan withdraw 2025-年度报告")
@click.argument("slugs", nargs=-1, required=True, metavar="SLUG...")
@_AT
@instance_option
def withdraw_command(slugs: tuple[str, ...], at: str | None, instance: str | None) -> None:
    """Take the public side of documents away, at once or at a moment; who bought one keeps reading it."""
    due_at = _moment(at, ZoneInfo(settings_of(instance).timezone))

    def rule(session: Session, document: Document) -> bool:
        if due_at is None:
            return withdraw_document(session, document, clock.now())
        schedule_withdrawal(session, document, ScheduleOrder(due_at, clock.now()))
        return True

    did = ("withdrawn", _("is not published"))
    _each(slugs, instance, did if due_at is None else (f"to be withdrawn at {_utc(due_at)}", ""), rule)


def _moment(at: str | None, zone: ZoneInfo) -> datetime | None:
    """Return a moment that was told; one that comes twice is told apart by "first" or "second" behind it."""
    if at is None:
        return None
    written, _space, which = at.strip().rpartition(" ")
    try:
        if which in set(WhichTime):
            return moment_of(written, zone, WhichTime(which))
        return moment_of(at, zone)
    except InvalidInputError as error:
        raise click.BadParameter(f"{gettext(error.args[0])}{gap()}{gettext(error.hint)}", param_hint="--at") from error


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


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
