"""The commands about what an account is signed in to with: user password, rename."""

import sys

import click
from sqlalchemy.orm import Session

from webapp.accounts.address_change import rename_reader
from webapp.accounts.authentication import set_password
from webapp.accounts.reclaiming import end_access
from webapp.accounts.registration import get_reader
from webapp.kit import clock, randomness
from webapp.kit.languages import gettext
from webapp.operations.opened_installation import instance_option, open_database, settings_of


@click.command("password", epilog="Example: paidspan user password wang@example.com")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@instance_option
def change_user_password(email: str, *, password_stdin: bool, instance: str | None) -> None:
    """Give an account another password; without one a one-time password is made and printed once.

    All its devices are signed out, and its access tokens and private feeds end.
    """
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else randomness.token(9)

    def rule(session: Session) -> str:
        reader = get_reader(session, email)
        set_password(session, reader, password)
        reader.must_change_password = not password_stdin
        end_access(session, reader)
        return reader.email

    with open_database(settings_of(instance)) as database:
        address = database.write(rule)
    once = "" if password_stdin else "\t" + gettext("one-time password: %(password)s", password=password)
    click.echo(address + once)


@click.command("rename", epilog="Example: paidspan user rename wang@example.com wang@example.org")
@click.argument("old")
@click.argument("new")
@instance_option
def rename_user(old: str, new: str, instance: str | None) -> None:
    """Give an account another address, which is not confirmed; the former one is told.

    It is for when mail is down: make sure that both addresses are the owner's. Links that were mailed to the former one
    act no more.
    """

    def rule(session: Session) -> str:
        reader = get_reader(session, old)
        rename_reader(session, reader, new, clock.now())
        return reader.email

    with open_database(settings_of(instance)) as database:
        address = database.write(rule)
    click.echo(f"{address}\trenamed")
