"""What we ask of Stripe on our own account: once, again where that helps, and told where Stripe says no."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.billing.scenarios.scene import Scene
from tests.billing.stripe_answers import WITHOUT_KEY, answering
from webapp.billing.models import Revoked
from webapp.billing.outbox_runner import run_commands
from webapp.billing.stripe_models import CommandKind, StripeCommand
from webapp.billing.stripe_outbox import enqueue_command
from webapp.kit import clock
from webapp.stripe_sandbox.faults import Faults


@pytest.fixture
def scene(app, people, cashier, document):
    return Scene(app, people, cashier, document)


@pytest.fixture
def command(scene):
    """Write a command down, and run what waits; return the command as it is then."""

    def run(kind, target_id, moment=None):
        database, mode = scene.cashier.database, scene.cashier.billing.mode
        database.write(lambda session: enqueue_command(session, mode, kind, target_id, Revoked.REFUNDED, moment))
        run_commands(scene.cashier.billing)
        with database.reading() as session:
            return session.scalar(select(StripeCommand).where(StripeCommand.target_id == target_id))

    return run


def told(scene):
    return [(alert.code, alert.about) for alert in scene.alerts()]


def test_a_refund_that_stripe_refuses_is_left_to_the_publisher(scene, command):
    scene.bought("document")
    payment = scene.payment()
    scene.cashier.sandbox.dispute(payment, "lost")
    done = command(CommandKind.REFUND, payment)
    assert (done.last_error, done.done_at is not None) == ("charge_disputed", True)
    assert ("command-refused", payment) in told(scene)


def test_what_was_given_back_already_troubles_nobody(scene, command):
    scene.bought("document")
    scene.cashier.sandbox.refund(scene.payment())
    done = command(CommandKind.REFUND, scene.payment())
    assert (done.last_error, done.done_at is not None) == ("charge_already_refunded", True)
    assert told(scene) == []
    assert len(scene.stripe.refunds.list().data) == 1


@pytest.mark.parametrize(
    ("kind", "target_id"), [(CommandKind.REFUND, "pi_gone"), (CommandKind.CANCEL_SUBSCRIPTION, "sub_gone")]
)
def test_what_stripe_does_not_have_is_asked_for_once_and_told(scene, command, kind, target_id):
    done = command(kind, target_id)
    assert target_id in done.last_error
    assert done.done_at is not None
    assert told(scene) == [("command-refused", target_id)]


def test_a_failure_that_stripe_repeats_is_left_behind_with_its_key(scene, command):
    scene.bought("document")
    scene.cashier.sandbox.set_faults(Faults(down=1))
    waiting = command(CommandKind.REFUND, scene.payment())
    assert (waiting.done_at, waiting.attempt) == (None, 1)
    scene.cashier.sandbox.set_faults(Faults())
    done = command(CommandKind.REFUND, scene.payment())
    assert (done.done_at is not None, done.last_error) == (True, "")
    assert [refund.status for refund in scene.stripe.refunds.list().data] == ["succeeded"]
    assert not scene.reads()
    assert told(scene) == []


def test_what_is_asked_with_a_key_that_is_refused_is_asked_anew_with_the_right_one(scene, command):
    scene.bought("document")
    with answering(scene.cashier.billing, "/refunds", *WITHOUT_KEY) as first:
        assert command(CommandKind.REFUND, scene.payment()).done_at is None
    with answering(scene.cashier.billing, "/refunds", *WITHOUT_KEY) as second:
        assert command(CommandKind.REFUND, scene.payment()).done_at is None
    assert len({*first, *second}) == 2, "each try has an idempotency key of its own"
    assert command(CommandKind.REFUND, scene.payment()).done_at is not None
    assert not scene.reads()
    assert told(scene) == []


@pytest.mark.parametrize("kind", [CommandKind.CANCEL_SUBSCRIPTION, CommandKind.CANCEL_AT])
def test_a_subscription_that_has_ended_stays_as_it_ended(scene, command, kind):
    scene.bought("month")
    scene.stripe.subscriptions.cancel(scene.subscription["id"])
    before = scene.subscription
    done = command(kind, before["id"], clock.now() + timedelta(days=3))
    assert (done.done_at is not None, done.last_error) == (True, "")
    assert scene.subscription == before
    assert told(scene) == []
