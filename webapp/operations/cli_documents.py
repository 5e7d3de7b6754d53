"""The commands about documents: publish, withdraw."""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from webapp.documents.models import Document
from webapp.documents.publishing import get_document_by_slug
from webapp.documents.publishing import publish as publish_document
from webapp.documents.publishing import withdraw as withdraw_document
from webapp.kit import clock
from webapp.kit.errors import PaidspanError
from webapp.kit.languages import gap, gettext
from webapp.kit.translatable import _
from webapp.operations.opened_installation import instance_option, open_database, settings_of


@click.command(epilog="Example: paidspan publish 2025-年度报告")
@click.argument("slugs", nargs=-1, required=True, metavar="SLUG...")
@click.option("--open", "may_open", is_flag=True, help="Accept that text for payers becomes public.")
@instance_option
def publish_command(*, slugs: tuple[str, ...], may_open: bool, instance: str | None) -> None:
    """Publish the latest revision of documents."""
    did = ("published", _("was published already"))
    zone = ZoneInfo(settings_of(instance).timezone)

    def rule(session: Session, document: Document) -> bool:
        return publish_document(session, document, clock.now(), zone=zone, may_open=may_open)

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
