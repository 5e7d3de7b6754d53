"""Two workers hear of the same reader at once: whatever the order of their steps, the newest truth stays, once."""

import sys
from functools import partial

import pytest
from sqlalchemy import delete, select, update

from tests.factories.house import build_house
from tests.faults.turns import orders, pause, pausing_at_stripe, run_mixed, steps_of
from webapp.billing.gateway.facts import TargetType
from webapp.billing.gateway.targets import find_sync_target
from webapp.billing.grants import rebuild_all_grants
from webapp.billing.models import Grant, Purchase, PurchaseState, Receipt
from webapp.billing.stripe_models import Alert, StripeCommand, StripeObject
from webapp.billing.sync import sync_target
from webapp.kit.email_queue import QueuedEmail

MOST = 300
FEWER = 100


@pytest.fixture
def house(folder, monkeypatch):
    built = build_house(folder / "instance")
    pausing_at_stripe(monkeypatch)
    yield built
    built.let_go()


def targets_paid(house, plans):
    """Pay each plan in a session of its own, opened as if the one before had been given up."""
    for plan in plans:
        house.buys(plan)
        with house.database.writing() as session:
            session.execute(update(Purchase).values(state=PurchaseState.EXPIRED))
    sessions = [purchase.session_id for purchase in house.cashier.purchases()]
    return [find_sync_target(house.billing.gateway, TargetType.CHECKOUT, session_id) for session_id in sessions]


def forget(house):
    """Have the house know nothing of what was paid."""
    with house.database.writing() as session:
        for table in (Grant, Receipt, StripeObject, StripeCommand, QueuedEmail, Alert):
            session.execute(delete(table))


def caught_up(house):
    """Whether nothing waits, and the grants are what Stripe last said."""
    with house.database.writing() as session:
        behind = session.scalars(select(StripeObject).where(StripeObject.wanted != StripeObject.applied)).all()
        return not behind and rebuild_all_grants(session, house.billing.mode, house.billing.grace) == []


def test_of_one_subscription_the_newest_truth_stays(house):
    (target,) = targets_paid(house, ["year"])
    subscriptions = house.billing.gateway.client.v1.subscriptions
    ends = False

    def old_news():
        sync_target(house.billing, target)

    def news_of_a_change():
        subscriptions.update(target.id, {"cancel_at_period_end": ends})
        pause()
        sync_target(house.billing, target)

    steps = steps_of(old_news), steps_of(news_of_a_change)
    mixtures = orders(*steps, MOST)
    for when in mixtures:
        ends = not ends
        run_mixed(old_news, news_of_a_change, when, sum(steps))
        with house.database.reading() as session:
            stored = session.get_one(StripeObject, target.id).bundle["subscription"]
        assert stored["cancel_at_period_end"] is ends, sorted(when)
        (grant,) = house.cashier.grants()
        assert int(grant.ends_at.timestamp()) - stored["items"]["data"][0]["current_period_end"] == (
            0 if ends else 86400
        )
        assert caught_up(house), sorted(when)
    sys.stdout.write(f"{len(mixtures)} orders of {steps[0]} and {steps[1]} steps\n")
    assert len(mixtures) == MOST


@pytest.mark.parametrize(
    ("plans", "commands"), [(["pass", "pass"], 0), (["document", "year"], 0), (["month", "year"], 2)]
)
def test_of_one_reader_two_payments_come_to_the_same_in_any_order(house, plans, commands):
    one, other = targets_paid(house, plans)
    first, second = (partial(sync_target, house.billing, target) for target in (one, other))
    steps = steps_of(first), steps_of(second)
    expected = picture(house)
    mixtures = orders(*steps, FEWER)
    for when in mixtures:
        forget(house)
        run_mixed(first, second, when, sum(steps))
        assert picture(house) == expected, sorted(when)
        assert caught_up(house), sorted(when)
    sys.stdout.write(f"{plans}: {len(mixtures)} orders of {steps[0]} and {steps[1]} steps\n")
    assert len(mixtures) == FEWER
    assert len(expected[0]) == len(expected[1]) == len(expected[3]) == 2
    assert len(expected[2]) == commands


def picture(house):
    """Return what a reader's payments came to: grants, receipts, commands and letters."""
    with house.database.reading() as session:
        grants = {(grant.source_id, grant.starts_at, grant.ends_at) for grant in session.scalars(select(Grant))}
        receipts = {(receipt.source_id, receipt.amount) for receipt in session.scalars(select(Receipt))}
        commands = {(command.kind, command.target_id) for command in session.scalars(select(StripeCommand))}
        letters = set(session.scalars(select(QueuedEmail.key)))
    return grants, receipts, commands, letters
