"""The sandbox of an instance, opened for a command, and its news heard at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from webapp.billing.context import BillingContext, open_billing, open_sandbox
from webapp.billing.reconcile import sync_missed_events
from webapp.kit import clock
from webapp.kit.errors import ConflictError, InvalidInputError
from webapp.kit.languages import gettext
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.operations.opened_installation import changed, moment, open_database, settings_of
from webapp.stripe_sandbox.sandbox import Sandbox
from webapp.stripe_sandbox.stripe_errors import RefusedError


@contextmanager
def opened_sandbox(instance: str | None) -> Iterator[tuple[Sandbox, BillingContext]]:
    """Open the sandbox of an instance; what Stripe would refuse is one line."""
    settings = settings_of(instance)
    if not settings.sandbox:
        raise ConflictError(_("A Stripe key is set, so there is no sandbox here."), _("Use an instance without a key."))
    with open_database(settings) as database:
        sandbox = open_sandbox(settings)
        assert sandbox is not None
        try:
            yield sandbox, open_billing(settings, database, sandbox)
        except RefusedError as refusal:
            raise ConflictError(_("The sandbox refuses: %(refusal)s", refusal=refusal), "") from refusal


def hear_news(billing: BillingContext) -> None:
    """Do at once what the webhooks would bring about, whether a server runs or not."""
    _things, changes = sync_missed_events(billing, None)
    click.echo(gettext("now %(moment)s", moment=moment(clock.now())) + f"\t{changed(len(changes))}")


def money_of(typed: str, currency: str) -> Money:
    """Return the money that the option `--amount` writes; raise InvalidInputError for none."""
    try:
        return Money.parse(typed, currency)
    except ValueError as error:
        raise InvalidInputError(f"--amount: {gettext(error.args[0])}", "") from error
