"""The commands about Stripe: setup, status, sync; those about readers' money are beside it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import click
from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.endpoint_health import check_endpoint, last_delivery
from webapp.billing.models import PlanKind
from webapp.billing.publisher_alerts import SENTENCES, AlertCode, latest_alerts
from webapp.billing.reconcile import last_reconciled, reconcile_all, reconcile_events, sum_drift
from webapp.billing.stripe_outbox import count_waiting_commands
from webapp.billing.stripe_setup import (
    FIRST_PLANS,
    PlanWish,
    SetupStep,
    current_plan_wishes,
    learn_products,
    set_up_endpoint,
    set_up_plans,
    set_up_portal,
)
from webapp.billing.sync import count_behind
from webapp.billing.webhook_inbox import count_waiting_events
from webapp.kit import clock
from webapp.kit.email_queue import email_backlog
from webapp.kit.errors import InvalidInputError, PaymentsUnavailableError
from webapp.kit.heartbeat import Heartbeat, WorkerState, find_heartbeat, worker_state
from webapp.kit.languages import gettext, money
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.operations.cli_promo import promo_group
from webapp.operations.cli_refund import refund_command
from webapp.operations.cli_stripe_adopt import adopt_command
from webapp.operations.duration import DURATION
from webapp.operations.opened_installation import changed, instance_option, moment, open_installation
from webapp.settings import Settings

_F = TypeVar("_F", bound=Callable[..., Any])


@click.group()
def stripe_group() -> None:
    """Stripe: set the account up, see how it stands, compare."""


def _price_option(kind: PlanKind, what: str) -> Callable[[_F], _F]:
    return click.option(f"--{kind}", metavar="AMOUNT", help=f"{what}; “none” takes it off sale.")


@stripe_group.command(
    epilog="Example: paidspan stripe setup --year 198 --month 25 --pass 30 --currency cny --trial-days 7"
)
@_price_option(PlanKind.YEAR, "Price of a year")
@_price_option(PlanKind.MONTH, "Price of a month")
@_price_option(PlanKind.PASS, "Price of a pass")
@click.option("--pass-days", type=click.IntRange(1, 3660), help="How long a pass lasts.")
@click.option("--currency", help="Currency of all of them, like cny.")
@click.option("--trial-days", type=click.IntRange(0, 730), help="How long a subscription is free at first.")
@click.option("--dry-run", is_flag=True, help="Only show what readers will see; make nothing.")
@instance_option
def setup_command(
    instance: str | None,
    currency: str | None,
    pass_days: int | None,
    trial_days: int | None,
    *,
    dry_run: bool,
    **amounts: str | None,
) -> None:
    """Make products, prices, the portal and the webhook endpoint; what is there already is kept.

    First it shows what readers will see, and the amounts as Stripe counts them. What is not given stays as it is sold
    now. A new price is for new buyers: who subscribed before keeps theirs.
    """
    with open_installation(instance) as (_settings, billing):
        with billing.database.reading() as session:
            present = current_plan_wishes(session, billing.mode)
        wishes = [
            _wished(one, typed, currency, pass_days, trial_days)
            for one in _every_kind(present)
            if (typed := amounts[one.kind]) != "none" and (typed is not None or one in present)
        ]
        for wish in wishes:
            click.echo(_preview(wish))
        if dry_run:
            return
        learn_products(billing)
        for done in [*set_up_plans(billing, wishes), set_up_portal(billing), set_up_endpoint(billing)]:
            click.echo(_line(done))


def _every_kind(present: list[PlanWish]) -> list[PlanWish]:
    sold = {wish.kind: wish for wish in present}
    return [sold.get(wish.kind, wish) for wish in FIRST_PLANS]


def _wished(
    one: PlanWish, typed: str | None, currency: str | None, pass_days: int | None, trial_days: int | None
) -> PlanWish:
    """Return how a plan shall be sold: at the amount that was typed, else as it is sold now."""
    try:
        price = _price(one.price, typed, currency)
    except ValueError as error:
        raise InvalidInputError(f"--{one.kind}: {gettext(error.args[0])}", "") from error
    days = pass_days if one.kind is PlanKind.PASS and pass_days else one.days
    trial = trial_days if trial_days is not None and one.kind.recurring else one.trial_days
    return replace(one, price=price, days=days, trial_days=trial)


def _price(present: Money, typed: str | None, currency: str | None) -> Money:
    if typed is not None:
        return Money.parse(typed, currency or present.currency)
    if currency is not None and currency.lower() != present.currency:
        raise ValueError(_("A new currency needs new amounts; give them too."))
    return present


def _preview(wish: PlanWish) -> str:
    """Return what readers will see of a plan's price, and the same as Stripe has it."""
    at_stripe = gettext(
        "%(amount)s %(currency)s at Stripe", amount=wish.price.minor_units, currency=wish.price.currency
    )
    return "\t".join((gettext("readers will see"), f"plan {wish.kind}", money(wish.price), at_stripe))


def _line(done: SetupStep) -> str:
    return "\t".join(filter(None, (done.did, done.what, done.said)))


@stripe_group.command(epilog="Example: paidspan stripe sync --since 3d")
@click.option(
    "--since", type=DURATION, metavar="DURATION", help="Look at the events of this time only, like 3d or 12h."
)
@click.option("--all", "from_the_beginning", is_flag=True, help="Compare from the very beginning.")
@instance_option
def sync_command(instance: str | None, since: timedelta | None, *, from_the_beginning: bool) -> None:
    """Compare with Stripe and mend what differs; prints how much was looked at, and how many grants changed."""
    with open_installation(instance) as (_settings, billing):
        if since is not None:
            run = reconcile_events(billing, clock.now() - since)
        else:
            run = reconcile_all(billing, from_the_beginning=from_the_beginning)
        objects = gettext("%(count)s objects", count=run.targets)
        click.echo(f"compared\t{objects}\t{changed(run.drift)}")


@stripe_group.command(epilog="Example: paidspan stripe status")
@instance_option
def status_command(instance: str | None) -> None:
    """Show keys, mode, webhook health, drift and what the publisher must know."""
    with open_installation(instance) as (settings, billing):
        with billing.database.reading() as session:
            for name, value in _state(session, settings, billing):
                click.echo(f"{gettext(name)}\t{value}")
            alerts = latest_alerts(session, billing.mode)
        for problem in _endpoint_problems(billing):
            click.echo(f"webhook\t{gettext(problem)}")
        for alert in alerts:
            kind, sentence = gettext("alert"), gettext(SENTENCES[AlertCode(alert.code)], about=alert.about)
            click.echo(f"{kind}\t{moment(alert.created_at)}\t{sentence}")


def _endpoint_problems(billing: BillingContext) -> list[str]:
    try:
        return check_endpoint(billing)
    except PaymentsUnavailableError as error:
        return [error.args[0]]


def _state(session: Session, settings: Settings, billing: BillingContext) -> Iterator[tuple[str, object]]:
    key, none = settings.stripe_secret_key, gettext("none yet")
    yield _("mode"), billing.mode
    yield _("key"), f"{key[:8]}…{key[-4:]}" if key else gettext("none: the sandbox answers, no money moves")
    yield (
        _("webhook secret"),
        gettext("set") if billing.gateway.webhook_secret else gettext("missing: the endpoint is not there"),
    )
    received = last_delivery(session, billing.mode)
    yield _("last event"), moment(received) if received else none
    yield _("events waiting"), count_waiting_events(session, billing.mode)
    yield _("objects behind"), count_behind(session, billing.mode)
    yield _("commands waiting"), count_waiting_commands(session, billing.mode)
    yield _("mails waiting"), email_backlog(session).waiting
    yield _("background worker"), _worker_state(find_heartbeat(session))
    for whole, name in ((False, _("last look at events")), (True, _("last full comparison"))):
        run = last_reconciled(session, billing.mode, whole=whole)
        yield name, f"{moment(run.finished_at)}, {changed(run.drift)}" if run and run.finished_at else none
    yield _("drift in 30 days"), sum_drift(session, billing.mode, clock.now() - timedelta(days=30))


def _worker_state(last: Heartbeat | None) -> str:
    match worker_state(last):
        case WorkerState.WORKS:
            return gettext("works")
        case WorkerState.SILENT if last:
            return gettext("silent since %(moment)s: end it, and it is started again", moment=moment(last.beat_at))
        case _:
            return gettext("not running: run paidspan serve, or paidspan jobs run")


for command in (adopt_command, promo_group, refund_command):
    stripe_group.add_command(command)
