"""The command that gives money back."""

import click

from webapp.billing.models import Receipt
from webapp.billing.publisher_refunds import RefundPlan, find_receipt, give_back, plan_refund
from webapp.kit import clock
from webapp.kit.languages import gettext, money
from webapp.operations.opened_installation import instance_option, moment, open_installation
from webapp.operations.opened_sandbox import money_of


@click.command("refund", epilog="Example: paidspan stripe refund 000012 --amount 5.00")
@click.argument("payment", metavar="RECEIPT|PAYMENT|SUBSCRIPTION|PURCHASE")
@click.option("--amount", help="Only this much, like 5.00 (default: all that is left).")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@instance_option
def refund_command(payment: str, amount: str | None, instance: str | None, *, yes: bool) -> None:
    """Give a payment back; shows first what follows from that.

    Names a receipt's number, a payment intent, a subscription (its latest payment) or the beginning of a purchase.
    """
    with open_installation(instance) as (_settings, billing):
        receipt = find_receipt(billing, payment)
        plan = plan_refund(billing, receipt, money_of(amount, receipt.currency) if amount else None)
        click.echo(_line(plan.receipt, plan.email))
        click.echo("\t".join((gettext("gives back"), money(plan.amount), _consequence(plan))))
        if not yes:
            click.confirm(gettext("Give this back?"), abort=True)
        click.echo(_line(give_back(billing, plan), plan.email))


def _line(receipt: Receipt, email: str) -> str:
    given_back = gettext("%(amount)s given back", amount=money(receipt.given_back))
    what = receipt.title or receipt.kind
    return "\t".join((f"{receipt.number:06}", email, what, money(receipt.paid), moment(receipt.paid_at), given_back))


def _consequence(plan: RefundPlan) -> str:
    """Return what follows for access, in a sentence."""
    if plan.ends_at is not None:
        if plan.ends_at <= clock.now():
            return gettext("access ends now, and subscription %(id)s is cancelled", id=plan.subscription)
        return gettext(
            "access goes on until %(moment)s, which was paid for besides; subscription %(id)s ends then",
            moment=moment(plan.ends_at),
            id=plan.subscription,
        )
    if plan.closes:
        return gettext("what this opened is closed at once")
    return gettext("access stays as it is")
