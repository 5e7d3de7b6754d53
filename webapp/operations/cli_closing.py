"""The commands that end accounts: user close, merge."""

import click
from sqlalchemy.orm import Session

from webapp.accounts.registration import get_reader
from webapp.billing.outbox_runner import run_commands
from webapp.kit import clock
from webapp.kit.languages import gettext
from webapp.operations.opened_installation import instance_option, open_installation
from webapp.personal_data.account_closing import begin_closing, finish_closing
from webapp.personal_data.account_merging import merge_accounts


@click.command("close", epilog="Example: paidspan user close wang@example.com")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@instance_option
def close_user(email: str, *, yes: bool, instance: str | None) -> None:
    """Close an account for good: its subscriptions are ended at Stripe, then the person is erased, and told so.

    Orders and receipts stay, and name nobody. Where Stripe does not answer, the account is closing: nobody gets into
    it, and the worker erases it as soon as Stripe does.
    """
    with open_installation(instance) as (_settings, billing):
        with billing.database.reading() as session:
            reader_id = get_reader(session, email).id
        if not yes:
            click.confirm(gettext("Close the account %(email)s for good?", email=email), abort=True)
        billing.database.write(lambda session: begin_closing(session, get_reader(session, email)))
        is_done = finish_closing(billing, reader_id)
    click.echo(f"{email}\t{'closed' if is_done else 'closing'}")


@click.command("merge", epilog="Example: paidspan user merge wang@example.com wang@example.org")
@click.argument("giver", metavar="FROM")
@click.argument("taker", metavar="INTO")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@instance_option
def merge_users(giver: str, taker: str, *, yes: bool, instance: str | None) -> None:
    """Make two accounts of one person one: all that FROM has becomes INTO's, and FROM is erased. Both are told.

    Payments, access, notes and places go over; password, devices, tokens and private feeds of FROM end. What was paid
    for in both is given back once. Make sure that both are one person's: it cannot be undone.
    """
    with open_installation(instance) as (_settings, billing):

        def rule(session: Session) -> tuple[str, str]:
            goes, stays = get_reader(session, giver), get_reader(session, taker)
            told = goes.email, stays.email
            merge_accounts(session, goes, stays, billing.grace, clock.now())
            return told

        with billing.database.reading() as session:
            named = {"giver": get_reader(session, giver).email, "taker": get_reader(session, taker).email}
        if not yes:
            click.confirm(gettext("Merge the account %(giver)s into %(taker)s for good?", **named), abort=True)
        told = billing.database.write(rule)
        run_commands(billing)
    click.echo("\t".join([*told, "merged"]))
