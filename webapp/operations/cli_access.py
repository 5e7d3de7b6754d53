"""The commands about access: grant, revoke, grants rebuild."""

from datetime import datetime, timedelta

import click
from sqlalchemy.orm import Session

from webapp.accounts.registration import get_reader
from webapp.billing.grants import grant_complimentary, rebuild_all_grants, revoke_complimentary
from webapp.documents.publishing import get_document_by_slug
from webapp.kit import clock
from webapp.kit.errors import NotFoundError
from webapp.kit.languages import gettext
from webapp.kit.translatable import _
from webapp.operations.opened_installation import instance_option, moment, open_database, settings_of

_document_option = click.option("--document", metavar="SLUG", help="One document (default: everything).")


@click.command("grant", epilog="Example: paidspan grant wang@example.com --days 30 --reason 'review copy'")
@click.argument("email")
@_document_option
@click.option("--days", type=click.IntRange(1, 36500), help="How long (default: without an end).")
@click.option("--reason", default="", help="A note for the publisher.")
@instance_option
def grant_access(email: str, document: str | None, days: int | None, reason: str, instance: str | None) -> None:
    """Give complimentary access."""

    def rule(session: Session) -> tuple[str, datetime | None]:
        reader, document_id = get_reader(session, email), _document_id(session, document)
        given = grant_complimentary(session, reader.id, document_id, days, reason[:200], clock.now())
        return reader.email, given.ends_at

    with open_database(settings_of(instance)) as database:
        address, ends_at = database.write(rule)
    ends = gettext("until %(day)s", day=moment(ends_at)) if ends_at else gettext("without an end")
    click.echo(f"{address}\t{document or gettext('everything')}\t{ends}")


@click.command("revoke", epilog="Example: paidspan revoke wang@example.com")
@click.argument("email")
@_document_option
@instance_option
def revoke_access(email: str, document: str | None, instance: str | None) -> None:
    """End complimentary access; what was bought stays."""
    what = document or gettext("everything")

    def rule(session: Session) -> str:
        reader = get_reader(session, email)
        if not revoke_complimentary(session, reader.id, _document_id(session, document), clock.now()):
            raise NotFoundError(
                _("%(email)s holds no complimentary grant for %(what)s.", email=reader.email, what=what), ""
            )
        return reader.email

    with open_database(settings_of(instance)) as database:
        address = database.write(rule)
    click.echo(f"{address}\t{document or gettext('everything')}\trevoked")


@click.group()
def grants_group() -> None:
    """Derived grants."""


@grants_group.command("rebuild", epilog="Example: paidspan grants rebuild")
@instance_option
def rebuild_grants_command(instance: str | None) -> None:
    """Make all derived grants anew from what is stored; prints what that changed."""
    settings = settings_of(instance)
    grace = timedelta(days=settings.grace_days)
    with open_database(settings) as database:
        changes = database.write(lambda session: rebuild_all_grants(session, settings.mode, grace))
    for change in changes:
        click.echo(f"{change.did}\treader {change.reader_id}\t{change.source}\t{change.source_id}")


def _document_id(session: Session, slug: str | None) -> int | None:
    return get_document_by_slug(session, slug).id if slug else None
