"""The commands about the installation itself: instance show, adopt."""

from datetime import datetime

import click
from sqlalchemy.orm import Session

from webapp.kit.instance_identity import adopt_instance, find_rest_reason, note_instance
from webapp.kit.languages import gap, gettext
from webapp.operations.cli_instance import instance_option, moment, open_database, settings_of


@click.group(name="instance")
def instance_group() -> None:
    """Look after the installation as a whole."""


@instance_group.command("show", epilog="Example: paidspan instance show")
@instance_option
def show_instance(instance: str | None) -> None:
    """Show the installation's id, where it last ran, its last backup, and whether it acts or rests."""
    settings = settings_of(instance)
    with open_database(settings) as database, database.reading() as session:
        known = note_instance(session, settings.base_url)  # as opening it has noted it
        reason = find_rest_reason(session, settings.base_url)
    facts = [
        ("id", known.instance_id),
        ("base URL", known.base_url),
        ("last backup", _when(known.backed_up_at)),
        ("restored", _when(known.restored_at)),
        ("state", gettext("acts") if reason is None else gettext("rests:") + gap() + gettext(reason)),
    ]
    for name, fact in facts:
        click.echo(f"{name}\t{fact}")


@instance_group.command("adopt", epilog="Example: paidspan instance adopt --instance /srv/paidspan")
@instance_option
def adopt_here(instance: str | None) -> None:
    """Have an installation act where it runs now: send mails, webhooks and orders to Stripe that wait.

    One that was restored, or runs on another host or under another base URL than before, rests until then, lest it acts
    beside the one that it is a copy of. Make sure first that no other copy of it runs.
    """
    settings = settings_of(instance)

    def rule(session: Session) -> None:
        adopt_instance(session, settings.base_url)

    with open_database(settings) as database:
        database.write(rule)
    click.echo(f"{settings.base_url}\tadopted")


def _when(when: datetime | None) -> str:
    return moment(when) if when else gettext("never")
