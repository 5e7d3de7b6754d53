"""The commands about the sandbox: time and trouble."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from datetime import timedelta

import click
from sqlalchemy import select

from webapp.accounts.models import Reader
from webapp.billing.context import BillingContext, open_billing, open_sandbox
from webapp.billing.models import Purchase
from webapp.billing.reconcile import sync_missed_events
from webapp.kit import clock
from webapp.kit.errors import ConflictError, InvalidInputError, NotFoundError
from webapp.kit.languages import gettext
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.operations.cli_instance import changed, instance_option, moment, open_database, settings_of
from webapp.operations.duration import DURATION
from webapp.stripe_sandbox.faults import Faults
from webapp.stripe_sandbox.sandbox import Sandbox
from webapp.stripe_sandbox.stripe_errors import RefusedError


@contextmanager
def _open_sandbox(instance: str | None) -> Iterator[tuple[Sandbox, BillingContext]]:
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


@click.group()
def sandbox_group() -> None:
    """The sandbox: time, trouble, and what was bought there."""


@sandbox_group.command("advance", epilog="Example: paidspan sandbox advance 40d")
@click.argument("duration", type=DURATION)
@instance_option
def advance_time(duration: timedelta, instance: str | None) -> None:
    """Move the sandbox's time forward: renewals, retries, ends and expiries happen on the way."""
    with _open_sandbox(instance) as (stripe, billing):
        stripe.advance(duration)
        _hear(billing)


@sandbox_group.command("replay", epilog="Example: paidspan sandbox replay --since 1d")
@click.option("--since", type=DURATION, metavar="DURATION", help="Only the events of this time (default: all).")
@instance_option
def replay_events(since: timedelta | None, instance: str | None) -> None:
    """Send events again; the running server gets them."""
    with _open_sandbox(instance) as (stripe, _billing):
        sent = stripe.replay(None if since is None else int((clock.now() - since).timestamp()))
        click.echo(gettext("%(sent)s events will be sent again", sent=sent))


@sandbox_group.command("list", epilog="Example: paidspan sandbox list")
@instance_option
def list_purchases(instance: str | None) -> None:
    """List what was bought: purchase, reader, what, amount, how far it came."""
    with _open_sandbox(instance) as (_stripe, billing), billing.database.reading() as session:
        query = select(Purchase, Reader.email).join(Reader, Reader.id == Purchase.reader_id)
        rows = session.execute(query.where(Purchase.mode == billing.mode).order_by(Purchase.created_at))
        for purchase, email in rows:
            click.echo(f"{purchase.id}\t{email}\t{purchase.kind}\t{purchase.price.shown('en')}\t{purchase.state}")


@sandbox_group.command("refund", epilog="Example: paidspan sandbox refund 5e0f --amount 5.00")
@click.argument("purchase")
@click.option("--amount", help="Only this much, like 5.00 (default: all that is left).")
@click.option("--fail", is_flag=True, help="Let the refund fail afterwards, as banks sometimes do.")
@instance_option
def refund_purchase(purchase: str, amount: str | None, instance: str | None, *, fail: bool) -> None:
    """Give the latest payment of a purchase back, as if in Stripe's dashboard."""
    with _open_sandbox(instance) as (stripe, billing):
        bought = _purchase(billing, purchase)
        minor = _minor_units(amount, bought.currency)
        made = stripe.refund_purchase(bought.id, minor, fails=fail)
        click.echo(f"{made.id}\t{made.price.shown('en')}\t{made.status}")
        _hear(billing)


@sandbox_group.command("dispute", epilog="Example: paidspan sandbox dispute 5e0f --status won")
@click.argument("purchase")
@click.option("--status", default="needs_response", show_default=True, help="What the dispute has come to.")
@instance_option
def dispute_purchase(purchase: str, status: str, instance: str | None) -> None:
    """Have the latest payment of a purchase disputed, or move its dispute on."""
    with _open_sandbox(instance) as (stripe, billing):
        made = stripe.dispute_purchase(_purchase(billing, purchase).id, status)
        click.echo(f"{made.id}\t{made.status}")
        _hear(billing)


@sandbox_group.command(
    "faults", epilog="Example: paidspan sandbox faults drop=1 timeout=5; paidspan sandbox faults off"
)
@click.argument("changes", nargs=-1, metavar="[NAME=VALUE…|off]")
@instance_option
def set_faults(changes: tuple[str, ...], instance: str | None) -> None:
    """Show what goes wrong on purpose, or change it: shares of calls from 0 to 1, seconds for delay and timeout."""
    with _open_sandbox(instance) as (stripe, _billing):
        if changes:
            stripe.set_faults(Faults() if changes == ("off",) else _changed(stripe.faults(), changes))
        for name, value in asdict(stripe.faults()).items():
            click.echo(f"{name}\t{value}")


def _changed(present: Faults, changes: tuple[str, ...]) -> Faults:
    known = {field.name for field in fields(Faults)}
    given = {}
    for change in changes:
        name, _equals, value = change.partition("=")
        if name not in known:
            raise InvalidInputError(
                _("“%(name)s” is none of %(known)s.", name=name, known=", ".join(sorted(known))), ""
            )
        try:
            given[name] = float(value)
        except ValueError:
            raise InvalidInputError(
                _("“%(change)s” needs a number, like %(name)s=1.", change=change, name=name), ""
            ) from None
    try:
        return replace(present, **given)
    except ValueError as error:
        raise InvalidInputError(f"{error}.", "") from None


def _hear(billing: BillingContext) -> None:
    """Do at once what the webhooks would bring about, whether a server runs or not."""
    _things, changes = sync_missed_events(billing, None)
    click.echo(gettext("now %(moment)s", moment=moment(clock.now())) + f"\t{changed(len(changes))}")


def _purchase(billing: BillingContext, written: str) -> Purchase:
    """Return the purchase whose id begins like this; raise NotFoundError where there is none, or more than one."""
    with billing.database.reading() as session:
        query = select(Purchase).where(Purchase.mode == billing.mode, Purchase.id.startswith(written, autoescape=True))
        found = session.scalars(query.limit(2)).all()
    if len(found) != 1:
        what = _("Several purchases begin with “%(typed)s”.", typed=written)
        none = _("No purchase begins with “%(typed)s”.", typed=written)
        raise NotFoundError(what if found else none, _("paidspan sandbox list shows them."))
    return found[0]


def _minor_units(amount: str | None, currency: str) -> int | None:
    try:
        return None if amount is None else Money.parse(amount, currency).minor_units
    except ValueError as error:
        raise InvalidInputError(f"--amount: {gettext(error.args[0])}", "") from error
