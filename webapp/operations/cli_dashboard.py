"""The commands that do on the sandbox what somebody does in Stripe's dashboard, past us."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _
from webapp.operations.duration import DURATION
from webapp.operations.opened_installation import instance_option
from webapp.operations.opened_sandbox import hear_news, money_of, opened_sandbox
from webapp.stripe_sandbox import dashboard
from webapp.stripe_sandbox.dashboard import InvoiceMark
from webapp.stripe_sandbox.object_edits import edit_fields, find_object
from webapp.stripe_sandbox.unit_of_work import UnitOfWork


def _change(instance: str | None, action: Callable[[UnitOfWork], Any]) -> None:
    """Have something done at the sandbox, and show that and what the product makes of the news."""
    with opened_sandbox(instance) as (stripe, billing):
        click.echo(dashboard.line_of(stripe.write(action)))
        hear_news(billing)


def _ahead(uow: UnitOfWork, duration: timedelta | None) -> int | None:
    """Return the moment that far ahead, in seconds since 1970."""
    return None if duration is None else uow.now + int(duration.total_seconds())


_days_until_due = click.option(
    "--days-until-due", type=click.IntRange(0, 365), help="Send invoices, to be paid within so many days."
)


@click.group("subscription")
def subscription_group() -> None:
    """Subscriptions: create, change, pause, resume, cancel."""


@subscription_group.command(
    "create", epilog="Example: paidspan sandbox subscription create cus_1 price_1 --trial-days 7"
)
@click.argument("customer")
@click.argument("price")
@click.option("--quantity", default=1, show_default=True, type=click.IntRange(1), help="How many.")
@click.option("--trial-days", default=0, type=click.IntRange(0, 730), help="How long it is free at first.")
@_days_until_due
@instance_option
def create_subscription_command(
    customer: str, price: str, quantity: int, trial_days: int, days_until_due: int | None, instance: str | None
) -> None:
    """Begin a subscription for a customer by hand."""
    terms: Any = {"quantity": quantity, "trial_days": trial_days, "days_until_due": days_until_due}
    _change(instance, lambda uow: dashboard.create_subscription(uow, customer, price, **terms))


@subscription_group.command("price", epilog="Example: paidspan sandbox subscription price sub_1 --amount 298 --prorate")
@click.argument("subscription")
@click.option("--price", metavar="ID", help="A price that is there already.")
@click.option("--amount", help="A new price of the same product, of so much.")
@click.option("--interval", type=click.Choice(["day", "week", "month", "year"]), help="How often the new price is due.")
@click.option("--prorate", is_flag=True, help="Bill the difference at once.")
@instance_option
def change_price_command(
    subscription: str,
    price: str | None,
    amount: str | None,
    interval: str | None,
    instance: str | None,
    *,
    prorate: bool,
) -> None:
    """Put a subscription on another price."""
    if (price is None) == (amount is None):
        raise InvalidInputError(_("Name either --price or --amount."), "")

    def change(uow: UnitOfWork) -> dict[str, Any]:
        if price is not None:
            return dashboard.change_price(uow, subscription, price, prorate=prorate)
        money = money_of(amount or "", dashboard.currency_of(uow, subscription))
        return dashboard.change_amount(uow, subscription, money.minor_units, interval, prorate=prorate)

    _change(instance, change)


@subscription_group.command(
    "collect", epilog="Example: paidspan sandbox subscription collect sub_1 --days-until-due 30"
)
@click.argument("subscription")
@_days_until_due
@instance_option
def change_collection_command(subscription: str, days_until_due: int | None, instance: str | None) -> None:
    """Change how a subscription is collected: charged by itself unless invoices are to be sent."""
    _change(instance, lambda uow: dashboard.change_collection(uow, subscription, days_until_due))


@subscription_group.command(
    "pause", epilog="Example: paidspan sandbox subscription pause sub_1 --behavior void --for 30d"
)
@click.argument("subscription")
@click.option(
    "--behavior",
    type=click.Choice(["keep_as_draft", "mark_uncollectible", "void"]),
    default="void",
    show_default=True,
    help="What becomes of its invoices.",
)
@click.option("--for", "duration", type=DURATION, metavar="DURATION", help="How long (default: until it is resumed).")
@instance_option
def pause_command(subscription: str, behavior: str, duration: timedelta | None, instance: str | None) -> None:
    """Pause the collection of a subscription's payments."""
    _change(instance, lambda uow: dashboard.pause_collection(uow, subscription, behavior, _ahead(uow, duration)))


@subscription_group.command("resume", epilog="Example: paidspan sandbox subscription resume sub_1")
@click.argument("subscription")
@instance_option
def resume_command(subscription: str, instance: str | None) -> None:
    """Collect a subscription's payments again."""
    _change(instance, lambda uow: dashboard.resume_collection(uow, subscription))


@subscription_group.command("anchor", epilog="Example: paidspan sandbox subscription anchor sub_1 --in 10d")
@click.argument("subscription")
@click.option("--in", "duration", type=DURATION, metavar="DURATION", help="When the present period shall end.")
@instance_option
def move_anchor_command(subscription: str, duration: timedelta | None, instance: str | None) -> None:
    """Move the billing anchor: a new period now, at full price, or the end of this one, for which nothing is billed."""
    _change(instance, lambda uow: dashboard.move_billing_anchor(uow, subscription, _ahead(uow, duration)))


@subscription_group.command("cancel", epilog="Example: paidspan sandbox subscription cancel sub_1 --at-period-end")
@click.argument("subscription")
@click.option("--at-period-end", is_flag=True, help="Let it run to the end of its period.")
@instance_option
def cancel_command(subscription: str, instance: str | None, *, at_period_end: bool) -> None:
    """Cancel a subscription."""
    _change(instance, lambda uow: dashboard.cancel_subscription(uow, subscription, at_period_end=at_period_end))


@click.command("invoice", epilog="Example: paidspan sandbox invoice in_1 void")
@click.argument("invoice")
@click.argument("mark", type=click.Choice([mark.value for mark in InvoiceMark]))
@instance_option
def invoice_command(invoice: str, mark: str, instance: str | None) -> None:
    """Mark an invoice: paid (out of band), sent, uncollectible or void."""
    _change(instance, lambda uow: dashboard.mark_invoice(uow, invoice, InvoiceMark(mark)))


@click.command("delete-customer", epilog="Example: paidspan sandbox delete-customer cus_1")
@click.argument("customer")
@instance_option
def delete_customer_command(customer: str, instance: str | None) -> None:
    """Delete a customer; its subscriptions end at once."""
    _change(instance, lambda uow: dashboard.delete_customer(uow, customer))


@click.command("payment-link", epilog="Example: paidspan sandbox payment-link 5e0f --amount 1.00 --currency cny")
@click.argument("reference")
@click.option("--amount", default="1.00", show_default=True, help="What the other product costs.")
@click.option("--currency", default="cny", show_default=True, help="Its currency.")
@click.option("--price", metavar="ID", help="Sell this price instead.")
@instance_option
def payment_link_command(reference: str, amount: str, currency: str, price: str | None, instance: str | None) -> None:
    """Pay a payment link of another product, with a client_reference_id that was typed into its address."""
    sold = price or money_of(amount, currency)
    _change(instance, lambda uow: dashboard.pay_payment_link(uow, sold, reference))


@click.command("set", epilog="Example: paidspan sandbox set sub_1 metadata={} items.data.0.quantity=2")
@click.argument("object_id", metavar="OBJECT")
@click.argument("changes", nargs=-1, required=True, metavar="PATH=VALUE…")
@instance_option
def edit_command(object_id: str, changes: tuple[str, ...], instance: str | None) -> None:
    """Change any field of any object; a value is JSON, or else the text itself."""
    values = dict(_field(change) for change in changes)
    _change(instance, lambda uow: edit_fields(uow, object_id, values))


@click.command("show", epilog="Example: paidspan sandbox show sub_1")
@click.argument("object_id", metavar="OBJECT")
@instance_option
def show_command(object_id: str, instance: str | None) -> None:
    """Show an object as Stripe has it, as JSON."""
    with opened_sandbox(instance) as (stripe, _billing), stripe.reading() as uow:
        click.echo(json.dumps(find_object(uow, object_id), indent=2, ensure_ascii=False))


@click.command("objects", epilog="Example: paidspan sandbox objects subscription")
@click.argument("kind", required=False)
@instance_option
def list_objects_command(kind: str | None, instance: str | None) -> None:
    """List what there is: id, kind, status, amount, customer; of one kind, or all but the events."""
    with opened_sandbox(instance) as (stripe, _billing), stripe.reading() as uow:
        for line in dashboard.list_objects(uow, kind):
            click.echo(line)


def _field(change: str) -> tuple[str, object]:
    path, equals, value = change.partition("=")
    if not equals:
        raise InvalidInputError(_("“%(change)s” needs a value, like metadata={}.", change=change), "")
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


DASHBOARD_COMMANDS = (
    subscription_group,
    invoice_command,
    delete_customer_command,
    payment_link_command,
    edit_command,
    show_command,
    list_objects_command,
)
