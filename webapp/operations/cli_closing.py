"""The commands that end accounts: user close."""

import click

from webapp.accounts.registration import get_reader
from webapp.kit.languages import gettext
from webapp.operations.cli_instance import instance_option, open_installation
from webapp.personal_data.account_closing import begin_closing, finish_closing


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
