"""The commands about promotion codes: make, list, deactivate."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import click

from webapp.billing.context import BillingContext
from webapp.billing.gateway.client import StripeRefusedError
from webapp.billing.gateway.promotions import (
    DiscountDuration,
    Promotion,
    deactivate_promotion,
    list_promotions,
    make_promotion,
)
from webapp.billing.plans import plans_on_sale
from webapp.kit.errors import ConflictError, InvalidInputError, NotFoundError
from webapp.kit.languages import gettext, money
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.operations.opened_installation import instance_option, moment, open_installation
from webapp.operations.opened_sandbox import money_of
from webapp.settings import Settings

_WHOLE = 100


@click.group("promo")
def promo_group() -> None:
    """Promotion codes: make, list, deactivate."""


@promo_group.command("make", epilog="Example: paidspan stripe promo make SPRING --percent 20 --months 3 --max 100")
@click.argument("code")
@click.option("--percent", help="So much of the price is taken off, like 20 or 12.5.")
@click.option("--amount", help="So much money is taken off, like 5.00.")
@click.option("--currency", help="Currency of the amount (default: that of the plans).")
@click.option("--months", type=click.IntRange(1, 120), help="Subscriptions are cheaper for so many months.")
@click.option("--forever", is_flag=True, help="Subscriptions are cheaper as long as they run (default: once).")
@click.option("--max", "most", type=click.IntRange(1), help="How often it may be used in all.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it may be used.")
@instance_option
def make_promo_command(  # noqa: PLR0913 - the options of the command
    code: str,
    *,
    percent: str | None,
    amount: str | None,
    currency: str | None,
    months: int | None,
    most: int | None,
    until: datetime | None,
    instance: str | None,
    forever: bool,
) -> None:
    """Make a promotion code, for all that is sold."""
    if (percent is None) == (amount is None):
        raise InvalidInputError(_("Name either --percent or --amount."), "")
    if forever and months:
        raise InvalidInputError(_("Name either --months or --forever."), "")
    with open_installation(instance) as (settings, billing):
        wish = Promotion(
            code,
            _percent(percent) if percent is not None else None,
            money_of(amount, currency or _usual_currency(billing)) if amount is not None else None,
            _bills(months, forever=forever),
            months,
            most,
            _end_of(until, settings) if until else None,
        )
        try:
            make_promotion(billing.gateway, wish)
        except StripeRefusedError as refusal:
            raise ConflictError(_("Stripe refuses: %(said)s", said=refusal.said), "") from refusal
    click.echo(_line(wish))


@promo_group.command("list", epilog="Example: paidspan stripe promo list")
@instance_option
def list_promos_command(instance: str | None) -> None:
    """List all codes: what each takes off, for how long, how often it was used, until when, and whether it holds."""
    with open_installation(instance) as (_settings, billing):
        for promotion in list_promotions(billing.gateway):
            click.echo(_line(promotion))


@promo_group.command("deactivate", epilog="Example: paidspan stripe promo deactivate SPRING")
@click.argument("code")
@instance_option
def deactivate_promo_command(code: str, instance: str | None) -> None:
    """Have a code taken by nobody any more; who has used it keeps what they have."""
    with open_installation(instance) as (_settings, billing):
        if not deactivate_promotion(billing.gateway, code):
            raise NotFoundError(
                _("There is no active code “%(code)s”.", code=code), _("paidspan stripe promo list shows all of them.")
            )
    click.echo(f"{code}\tinactive")


def _bills(months: int | None, *, forever: bool) -> DiscountDuration:
    if forever:
        return DiscountDuration.FOREVER
    return DiscountDuration.REPEATING if months else DiscountDuration.ONCE


def _percent(typed: str) -> Decimal:
    try:
        percent = Decimal(typed.strip().removesuffix("%"))
    except InvalidOperation:
        percent = Decimal(0)
    if not percent.is_finite() or not 0 < percent <= _WHOLE or percent != round(percent, 2):
        raise InvalidInputError(
            _("--percent: “%(typed)s” is no percentage; write it like 20 or 12.5.", typed=typed), ""
        )
    return percent


def _usual_currency(billing: BillingContext) -> str:
    """Return the currency of the plans; raise InvalidInputError where nothing is sold to take it from."""
    with billing.database.reading() as session:
        offers = plans_on_sale(session, billing.mode)
    if not offers:
        raise InvalidInputError(_("Name the currency of the amount with --currency."), "")
    return offers[0].price.currency


def _end_of(day: datetime, settings: Settings) -> datetime:
    """Return the end of a day where the publisher is."""
    return (day + timedelta(days=1)).replace(tzinfo=ZoneInfo(settings.timezone)).astimezone(UTC)


def _line(promotion: Promotion) -> str:
    until = gettext("until %(day)s", day=moment(promotion.expires_at)) if promotion.expires_at else ""
    used = f"{promotion.redeemed}/{promotion.max_redemptions}" if promotion.max_redemptions else f"{promotion.redeemed}"
    state = "active" if promotion.active else "inactive"
    off = money(promotion.amount) if isinstance(promotion.amount, Money) else f"{promotion.percent:f}%"
    return "\t".join((promotion.code, off, _duration(promotion), used, until, state))


def _duration(promotion: Promotion) -> str:
    if promotion.months:
        return gettext("%(count)s months", count=promotion.months)
    return gettext("forever") if promotion.duration is DiscountDuration.FOREVER else gettext("for one bill")
