"""Setting up Stripe as a walk: each step with how it stands, and what to do next."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select

from webapp.billing.context import BillingContext
from webapp.billing.endpoint_health import check_endpoint
from webapp.billing.gateway.account_facts import read_account
from webapp.billing.gateway.client import StripeRefusedError
from webapp.billing.models import Plan
from webapp.billing.stripe_setup import (
    SetupStep,
    current_plan_wishes,
    endpoint_url,
    learn_products,
    set_up_endpoint,
    set_up_plans,
    set_up_portal,
)
from webapp.kit.errors import PaymentsUnavailableError
from webapp.kit.translatable import _
from webapp.settings import Mode


class StepState(StrEnum):
    """How a step stands."""

    DONE = "done"
    TO_DO = "to-do"
    LATER = "later"  # it waits for one before it


@dataclass(frozen=True, slots=True)
class WalkStep:
    """One step: its name, how it stands, what is so, and what to do (empty where nothing is)."""

    name: str
    state: StepState
    sentence: str
    next: str = ""


_KEY, _ACCOUNT, _EVENTS, _PRICES = _("Key"), _("Account"), _("Events"), _("Prices")
_SET_UP = _("Press “Set up at Stripe” below.")


def setup_walk(billing: BillingContext) -> list[WalkStep]:
    """Return the steps, from the key to the first event; what Stripe does not answer is said, and nothing is raised."""
    key = _key_step(billing)
    if key.state is not StepState.DONE:
        waiting = [WalkStep(name, StepState.LATER, _("This waits for the key.")) for name in (_ACCOUNT, _EVENTS)]
        return [key, *waiting, _prices_step(billing)]
    return [key, _account_step(billing), *_event_steps(billing), _prices_step(billing)]


def set_up_at_stripe(billing: BillingContext) -> list[SetupStep]:
    """Make what is missing at Stripe, prices, portal and endpoint, as plans are sold now; return what was done.

    Raise PaymentsUnavailableError.
    """
    with billing.database.reading() as session:
        wishes = current_plan_wishes(session, billing.mode)
    learn_products(billing)
    return [*set_up_plans(billing, wishes), set_up_portal(billing), set_up_endpoint(billing)]


def _key_step(billing: BillingContext) -> WalkStep:
    if billing.mode is Mode.SANDBOX:
        return WalkStep(
            _KEY,
            StepState.TO_DO,
            _("There is no key: the sandbox answers, and no money moves."),
            _("Copy the secret key at Stripe (Developers, API keys). Who runs the server sets it there."),
        )
    if billing.mode is Mode.TEST:
        return WalkStep(_KEY, StepState.DONE, _("A key of Stripe's test mode is set: no money moves yet."))
    return WalkStep(_KEY, StepState.DONE, _("A live key is set."))


def _account_step(billing: BillingContext) -> WalkStep:
    try:
        account = read_account(billing.gateway)
    except StripeRefusedError as error:
        sentence = _("Stripe refuses the key: %(said)s.", said=error.said.rstrip("."))
        return WalkStep(_ACCOUNT, StepState.TO_DO, sentence, _("Set another key on the server."))
    except PaymentsUnavailableError:
        return _away(_ACCOUNT)
    if account is None:
        return WalkStep(_ACCOUNT, StepState.DONE, _("The key works; being restricted, it may not see the account."))
    told = {"id": account.id, "country": account.country}
    if not account.charges_enabled:
        return WalkStep(
            _ACCOUNT,
            StepState.TO_DO,
            _("Account %(id)s (%(country)s) may not take payments yet.", **told),
            _("Give what Stripe's dashboard asks for (Settings, Account)."),
        )
    return WalkStep(_ACCOUNT, StepState.DONE, _("Account %(id)s (%(country)s) takes payments.", **told))


def _event_steps(billing: BillingContext) -> Iterator[WalkStep]:
    try:
        problems = check_endpoint(billing)
    except PaymentsUnavailableError:
        yield _away(_EVENTS)
        return
    for problem in problems:
        yield WalkStep(_EVENTS, StepState.TO_DO, problem, _SET_UP if "stripe setup" in problem else "")
    if not problems:
        sentence = _("Stripe sends its events to %(url)s.", url=endpoint_url(billing))
        yield WalkStep(_EVENTS, StepState.DONE, sentence)


def _prices_step(billing: BillingContext) -> WalkStep:
    with billing.database.reading() as session:
        sold = select(func.count(Plan.id)).where(Plan.mode == billing.mode, Plan.active)
        count = session.scalar(sold) or 0
    if not count:
        return WalkStep(_PRICES, StepState.TO_DO, _("No plan is on sale."), _SET_UP)
    return WalkStep(_PRICES, StepState.DONE, _("%(count)s plans are on sale.", count=count))


def _away(name: str) -> WalkStep:
    return WalkStep(name, StepState.TO_DO, _("Stripe does not answer."), _("Look again in a few minutes."))
