"""The commands about accounts: user add, disable, confirm, recover, reset-2fa, list."""

import sys
from collections.abc import Mapping
from functools import partial

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.devices import end_other_devices
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Reader, Role
from webapp.accounts.passkeys import drop_factors
from webapp.accounts.registration import confirm_email, disable_reader, get_reader, register
from webapp.accounts.second_factor import FactorChange, tell_change
from webapp.billing.closed_accounts import stop_charging
from webapp.billing.outbox_runner import run_commands
from webapp.billing.stripe_outbox import commands_about
from webapp.kit import clock, randomness
from webapp.kit.errors import ConflictError
from webapp.kit.languages import gettext
from webapp.kit.translatable import _
from webapp.operations.opened_installation import instance_option, open_database, open_installation, settings_of


@click.group()
def user_group() -> None:
    """Accounts: readers, editors, publishers."""


@user_group.command("add", epilog="Example: paidspan user add wang@example.com --role editor")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="reader", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@instance_option
def add_user(email: str, role: str, *, password_stdin: bool, instance: str | None) -> None:
    """Make an account; without a password a one-time one is made and printed once."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else randomness.token(9)
    new = partial(
        register, email=email, password=password, role=Role(role), now=clock.now(), one_time=not password_stdin
    )
    with open_database(settings_of(instance), make=True) as database:
        reader = database.write(new)
    click.echo(
        reader.email
        if password_stdin
        else reader.email + "\t" + gettext("one-time password: %(password)s", password=password)
    )


@user_group.command("disable", epilog="Example: paidspan user disable wang@example.com")
@click.argument("email")
@instance_option
def disable_user(email: str, instance: str | None) -> None:
    """Take an account out of use and sign it out everywhere; it is not charged again.

    Its subscriptions are cancelled at Stripe at once, and what it has open at the checkout is closed; where Stripe does
    not answer, as soon as it does.
    """

    def rule(session: Session) -> tuple[str, list[str]]:
        reader = get_reader(session, email)
        disable_reader(session, reader, clock.now())
        return reader.email, stop_charging(session, reader.id)

    with open_installation(instance) as (_settings, billing):
        address, stopped = billing.database.write(rule)
        run_commands(billing)
        with billing.database.reading() as session:
            commands = commands_about(session, stopped)
    click.echo(f"{address}\tdisabled")
    for command in commands:
        ended = command.last_error or "done" if command.done_at else "waiting"
        click.echo(f"{command.kind}\t{command.target_id}\t{ended}")


@user_group.command("confirm", epilog="Example: paidspan user confirm wang@example.com")
@click.argument("email")
@instance_option
def confirm_user(email: str, instance: str | None) -> None:
    """Mark the address of an account as its owner's."""

    def rule(session: Session) -> str:
        reader = get_reader(session, email)
        confirm_email(reader, clock.now())
        return reader.email

    with open_database(settings_of(instance)) as database:
        address = database.write(rule)
    click.echo(f"{address}\tconfirmed")


@user_group.command("recover", epilog="Example: paidspan user recover wang@example.com")
@click.argument("email")
@instance_option
def recover_user(email: str, instance: str | None) -> None:
    """Print a link with which the owner of an account chooses a new password.

    It works once, and for 30 minutes: for when mail is down. Make sure that it is the owner whom you give it to.
    """

    def rule(session: Session) -> str:
        reader = get_reader(session, email)
        if reader.disabled_at is not None:
            raise ConflictError(_("This account is disabled."), _("Nobody can sign in to it."))
        return make_mailed_token(session, reader, Purpose.RECOVER, clock.now())

    settings = settings_of(instance)
    with open_database(settings) as database:
        token = database.write(rule)
    click.echo(f"{settings.base_url}/recover/{token}")


@user_group.command("reset-2fa", epilog="Example: paidspan user reset-2fa wang@example.com")
@click.argument("email")
@instance_option
def reset_second_factor(email: str, instance: str | None) -> None:
    """Turn two-step sign-in off for an account whose owner has lost app and recovery codes; its passkeys end, too.

    Make sure that it is the owner who asks: a password alone signs in from then on, and every device has to. The owner
    is told by mail.
    """

    def rule(session: Session) -> str:
        reader = get_reader(session, email)
        if not drop_factors(session, reader.id):
            raise ConflictError(_("This account has no second factor and no passkey."), _("There is nothing to reset."))
        end_other_devices(session, reader.id, here=0)
        tell_change(session, reader, FactorChange.RESET, "", clock.now())
        return reader.email

    with open_database(settings_of(instance)) as database:
        address = database.write(rule)
    click.echo(f"{address}\treset")


@user_group.command("list", epilog="Example: paidspan user list")
@instance_option
def list_users(instance: str | None) -> None:
    """List all accounts: address, role, since when, and whether they are disabled.

    Where an account cannot be signed in to by its address, its line says why: an older one may have the same address in
    another writing.
    """
    with open_database(settings_of(instance)) as database, database.reading() as session:
        readers = session.scalars(select(Reader).order_by(Reader.email)).all()
    by_key = {reader.email_key: reader for reader in readers}
    for reader in readers:
        state = _state_of(reader)
        told = (reader.email, reader.role, f"{reader.created_at:%Y-%m-%d}", state, _barred(reader, by_key))
        click.echo("\t".join(told).rstrip("\t"))


def _state_of(reader: Reader) -> str:
    if reader.closing_at:
        return "closed" if reader.erased_at else "closing"
    return "disabled" if reader.disabled_at else "active"


def _barred(reader: Reader, by_key: Mapping[str, Reader]) -> str:
    """Return why an account cannot be signed in to by its address; empty where it can."""
    if reader.has_address or reader.erased_at:
        return ""
    holder = by_key.get(reader.email_key.rpartition(" ")[0])
    if holder is None:
        return gettext("cannot be signed in to: this is no e-mail address any more")
    return gettext("cannot be signed in to: another writing of %(email)s", email=holder.email)
