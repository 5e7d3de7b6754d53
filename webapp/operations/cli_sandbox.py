"""The commands about the sandbox: time and trouble; what is done in the dashboard is beside it."""

from dataclasses import asdict, fields, replace
from datetime import timedelta
from decimal import Decimal

import click
from sqlalchemy import select

from webapp.accounts.models import Reader
from webapp.billing.context import BillingContext
from webapp.billing.models import Purchase
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError, NotFoundError
from webapp.kit.languages import gettext
from webapp.kit.translatable import _
from webapp.operations.cli_dashboard import DASHBOARD_COMMANDS
from webapp.operations.duration import DURATION
from webapp.operations.opened_installation import instance_option
from webapp.operations.opened_sandbox import hear_news, money_of, opened_sandbox
from webapp.stripe_sandbox.faults import Faults


@click.group()
def sandbox_group() -> None:
    """The sandbox: time, trouble, what was bought there, and what is done in Stripe's dashboard."""


for command in DASHBOARD_COMMANDS:
    sandbox_group.add_command(command)


@sandbox_group.command("advance", epilog="Example: paidspan sandbox advance 40d")
@click.argument("duration", type=DURATION)
@instance_option
def advance_time(duration: timedelta, instance: str | None) -> None:
    """Move the sandbox's time forward: renewals, retries, ends and expiries happen on the way."""
    with opened_sandbox(instance) as (stripe, billing):
        stripe.advance(duration)
        hear_news(billing)


@sandbox_group.command("replay", epilog="Example: paidspan sandbox replay --since 1d")
@click.option("--since", type=DURATION, metavar="DURATION", help="Only the events of this time (default: all).")
@instance_option
def replay_events(since: timedelta | None, instance: str | None) -> None:
    """Send events again; the running server gets them."""
    with opened_sandbox(instance) as (stripe, _billing):
        sent = stripe.replay(None if since is None else int((clock.now() - since).timestamp()))
        click.echo(gettext("%(sent)s events will be sent again", sent=sent))


@sandbox_group.command("tax", epilog="Example: paidspan sandbox tax 13")
@click.argument("percent", type=click.FloatRange(0, 100))
@instance_option
def set_tax_command(percent: float, instance: str | None) -> None:
    """Set the rate of tax, in percent, that is reckoned where PAIDSPAN_AUTOMATIC_TAX is on."""
    with opened_sandbox(instance) as (stripe, _billing):
        rate = Decimal(str(percent))
        stripe.set_tax_rate(rate)
        click.echo(f"{rate.normalize():f}%")


@sandbox_group.command("list", epilog="Example: paidspan sandbox list")
@instance_option
def list_purchases(instance: str | None) -> None:
    """List what was bought: purchase, reader, what, amount, how far it came."""
    with opened_sandbox(instance) as (_stripe, billing), billing.database.reading() as session:
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
    with opened_sandbox(instance) as (stripe, billing):
        bought = _purchase(billing, purchase)
        part = money_of(amount, bought.currency).minor_units if amount else None
        made = stripe.refund_purchase(bought.id, part, fails=fail)
        click.echo(f"{made.id}\t{made.price.shown('en')}\t{made.status}")
        hear_news(billing)


@sandbox_group.command("dispute", epilog="Example: paidspan sandbox dispute 5e0f --status won")
@click.argument("purchase")
@click.option("--status", default="needs_response", show_default=True, help="What the dispute has come to.")
@instance_option
def dispute_purchase(purchase: str, status: str, instance: str | None) -> None:
    """Have the latest payment of a purchase disputed, or move its dispute on."""
    with opened_sandbox(instance) as (stripe, billing):
        made = stripe.dispute_purchase(_purchase(billing, purchase).id, status)
        click.echo(f"{made.id}\t{made.status}")
        hear_news(billing)


@sandbox_group.command(
    "faults", epilog="Example: paidspan sandbox faults drop=1 timeout=5; paidspan sandbox faults off"
)
@click.argument("changes", nargs=-1, metavar="[NAME=VALUE…|off]")
@instance_option
def set_faults(changes: tuple[str, ...], instance: str | None) -> None:
    """Show what goes wrong on purpose, or change it: shares of calls from 0 to 1, seconds for delay and timeout."""
    with opened_sandbox(instance) as (stripe, _billing):
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
