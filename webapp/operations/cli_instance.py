"""The commands about the installation itself: instance show, adopt, reseal."""

from datetime import datetime
from functools import partial

import click
from sqlalchemy.orm import Session

from webapp.accounts.sealed_factors import factor_box, reseal_factors
from webapp.kit.errors import ConflictError
from webapp.kit.instance import secret_keys
from webapp.kit.instance_identity import adopt_instance, find_instance, find_rest_reason
from webapp.kit.languages import gap, gettext
from webapp.kit.translatable import _
from webapp.operations.opened_installation import instance_option, moment, open_database, settings_of


class NotOpenedError(ConflictError):
    """Something is sealed with a key that is not set."""

    hint = _("Set the key that sealed it as PAIDSPAN_OLD_SECRET_KEY; until then recovery codes let its owner in.")

    def __init__(self) -> None:
        super().__init__(_("Not everything opens with these keys."))


@click.group(name="instance")
def instance_group() -> None:
    """Look after the installation as a whole."""


@instance_group.command("show", epilog="Example: paidspan instance show")
@instance_option
def show_instance(instance: str | None) -> None:
    """Show the installation's id and version, where it last ran, its last backup, and whether it acts or rests."""
    settings = settings_of(instance)
    with open_database(settings) as database, database.reading() as session:
        known = find_instance(session)
        assert known is not None  # opening it has noted it
        reason = find_rest_reason(session, settings.base_url)
    facts = [
        ("id", known.instance_id),
        ("version", known.version or ""),
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


@instance_group.command("reseal", epilog="Example: paidspan instance reseal --instance /srv/paidspan")
@instance_option
def reseal_command(instance: str | None) -> None:
    """Seal with the present secret key what was sealed with the former one, PAIDSPAN_OLD_SECRET_KEY.

    These are the keys of authenticator apps. Once none is left, the former key need not be kept for them. Run again, it
    does nothing more; exit 1 where one opens with neither key.
    """
    settings = settings_of(instance)
    with open_database(settings) as database:
        box = factor_box(secret_keys(settings))
        done = database.write(partial(reseal_factors, box=box))
    told = {"resealed": done.anew, "sealed with this key already": done.before, "not opened": done.unopened}
    for what, count in told.items():
        click.echo(f"{count}\t{what}")
    if done.unopened:
        raise NotOpenedError


def _when(when: datetime | None) -> str:
    return moment(when) if when else gettext("never")
