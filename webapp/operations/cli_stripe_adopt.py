"""The command that takes over customers which were at Stripe before."""

import sys
from collections import Counter
from pathlib import Path

import click

from webapp.billing.adoption import Adoption, AdoptionEnd, adopt_customers, adopt_product
from webapp.billing.context import BillingContext
from webapp.billing.customer_rows import BadRow, read_customer_rows
from webapp.billing.gateway.client import MissingAtStripeError
from webapp.kit.languages import gettext
from webapp.kit.translatable import _
from webapp.operations.opened_installation import changed, instance_option, open_installation

_SAID = {
    AdoptionEnd.ADOPT: _("becomes this account's customer"),
    AdoptionEnd.HELD: _("is this account's customer already"),
    AdoptionEnd.NO_ACCOUNT: _("there is no such account yet; run this again when there is"),
    AdoptionEnd.UNCONFIRMED: _("whose address this is is not confirmed: paidspan user confirm, then run this again"),
    AdoptionEnd.DISABLED: _("the account is disabled"),
    AdoptionEnd.ANOTHER_READER: _("is another account's customer already"),
    AdoptionEnd.SUBSCRIBES: _("the account has a subscription by another customer of this currency"),
    AdoptionEnd.UNKNOWN: _("Stripe has no such customer in this mode"),
    AdoptionEnd.DELETED: _("was deleted at Stripe"),
}


@click.command("adopt", epilog="Example: paidspan stripe adopt customers.csv --apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "apply_", is_flag=True, help="Write it (default: only show what would be done).")
@click.option("--product", "products", multiple=True, metavar="ID", help="A product sold before that opens all, too.")
@instance_option
def adopt_command(file: Path, instance: str | None, products: tuple[str, ...], *, apply_: bool) -> None:
    """Take over customers that were at Stripe before, from a CSV file with the columns customer_id,email.

    Each becomes the customer of the account with that address, and what it has subscribed to of your products opens.
    What another system sold is named by --product, once for each. Accounts are not made, and nothing is changed at
    Stripe. Lines that cannot be used are named, and exit 1.
    """
    rows = read_customer_rows(file.read_bytes())
    bad = [row for row in rows if isinstance(row, BadRow)]
    for row in bad:
        click.echo(gettext("line %(line)s: %(problem)s", line=row.line, problem=gettext(row.problem)), err=True)
    ends: Counter[AdoptionEnd] = Counter()
    with open_installation(instance) as (_settings, billing):
        for product_id in products:
            click.echo(_product_line(billing, product_id, apply=apply_))
        for done in adopt_customers(billing, (row for row in rows if not isinstance(row, BadRow)), apply=apply_):
            ends[done.end] += 1
            click.echo(_line(done, applied=apply_))
    click.echo("\t".join(f"{end} {count}" for end, count in sorted(ends.items())))
    if (products or ends[AdoptionEnd.ADOPT]) and not apply_:
        click.echo(gettext("Nothing was written; do it with --apply."), err=True)
    if bad or any(end.refused for end in ends):
        sys.exit(1)


def _product_line(billing: BillingContext, product_id: str, *, apply: bool) -> str:
    try:
        name = adopt_product(billing, product_id, apply=apply)
    except MissingAtStripeError:
        raise click.ClickException(gettext("Stripe has no product %(id)s in this mode.", id=product_id)) from None
    return "\t".join((product_id, name, gettext("opens what your plans do")))


def _line(done: Adoption, *, applied: bool) -> str:
    row, opened = done.row, changed(len(done.changes)) if applied and done.changes else ""
    told = (str(row.line), row.customer_id, row.email, done.currency, gettext(_SAID[done.end]), opened)
    return "\t".join(told).rstrip("\t")
