"""What the publisher gives back, and is told before."""

import re
from dataclasses import replace

import pytest
from click.testing import CliRunner

from tests.billing.scenarios.scene import DAY, Scene
from webapp.billing.gateway.client import Gateway, SpentKeyError
from webapp.billing.models import Receipt
from webapp.billing.publisher_refunds import find_receipt, give_back, plan_refund
from webapp.kit import clock, randomness
from webapp.kit.errors import ConflictError, PaymentsUnavailableError
from webapp.kit.money import Money
from webapp.operations.cli import cli
from webapp.stripe_sandbox import dashboard
from webapp.stripe_sandbox.faults import Faults


@pytest.fixture
def scene(app, people, cashier, shelf):
    return Scene(app, people, cashier, shelf.put(price=Money(990, "cny")))


@pytest.fixture
def refund(instance, scene):
    """Run the command, answering its question; return its exit code and what it printed."""

    def run(*arguments, answer="y\n"):
        done = CliRunner().invoke(cli, ["stripe", "refund", *arguments, "--instance", str(instance)], input=answer)
        clock.set_clock_offset(scene.cashier.sandbox.clock_offset)  # a command in this process has set its own
        return done.exit_code, done.output if done.exception is None or done.exit_code == 1 else str(done.exception)

    return run


def given_back(scene, named):
    billing = scene.cashier.billing
    return give_back(billing, plan_refund(billing, find_receipt(billing, named), None))


def test_a_document_given_back_closes_and_says_so_before(scene, refund):
    scene.bought("document")
    code, said = refund("000001", "--yes")
    assert code == 0
    first, plan, last = said.splitlines()
    assert re.fullmatch(r"000001\treader@example\.com\t.+\tCN¥9\.90\t.* UTC\tCN¥0 given back", first)
    assert plan == "gives back\tCN¥9.90\twhat this opened is closed at once"
    assert last.endswith("CN¥9.90 given back")
    assert not scene.reads()


def test_who_says_no_changes_nothing(scene, refund):
    scene.bought("document")
    code, said = refund("1", answer="n\n")
    assert code == 1
    assert "Give this back? [y/N]" in said
    assert scene.reads()
    assert scene.stripe.refunds.list().data == []


def test_a_part_leaves_access_and_the_rest_can_follow(scene, refund):
    scene.bought("document")
    assert "CN¥5\taccess stays as it is" in refund(scene.payment(), "--amount", "5")[1]
    assert scene.reads()
    assert "gives back\tCN¥4.90\twhat this opened" in refund(scene.cashier.purchases()[0].id[:6])[1]
    assert not scene.reads()
    with pytest.raises(ConflictError, match="CN¥0 are left"):
        given_back(scene, "1")


def test_a_purchase_that_begins_with_digits_is_found_by_them(scene, refund, monkeypatch):
    monkeypatch.setattr(randomness, "uuid", lambda: "20261130-0000-4000-8000-000000000000")
    scene.bought("document")
    assert "gives back\tCN¥9.90" in refund("202611", answer="n\n")[1]
    assert "gives back\tCN¥9.90" in refund("000001", answer="n\n")[1]
    assert refund("9" * 5000)[0] == 1


def test_the_same_part_twice_is_two_refunds(scene, refund):
    scene.bought("document")
    refund("1", "--amount", "2")
    refund("1", "--amount", "2")
    assert scene.receipts()[0].refunded == 400


def test_a_subscription_given_back_in_full_is_cancelled_at_once(scene, refund):
    scene.bought("month")
    subscription = scene.subscription["id"]
    code, said = refund(subscription)
    assert code == 0
    assert f"access ends now, and subscription {subscription} is cancelled" in said
    assert scene.subscription["status"] == "canceled"
    assert not scene.reads()


def test_a_part_of_a_subscriptions_bill_ends_nothing(scene, refund):
    scene.bought("month")
    assert "access stays as it is" in refund(scene.subscription["id"], "--amount", "1")[1]
    assert scene.subscription["status"] == "active"


def test_the_year_after_a_month_given_back_leaves_the_month(scene, refund):
    scene.bought("month")
    scene.pass_time(DAY)
    year = next(plan for plan in scene.stripe.prices.list().data if plan.unit_amount == 19800)
    held = scene.subscription
    scene.cashier.sandbox.write(lambda uow: dashboard.change_price(uow, held["id"], year.id, prorate=True))
    scene.hear()
    code, said = refund(held["id"])
    assert code == 0
    assert "which was paid for besides" in said
    assert scene.subscription["cancel_at"] is not None
    assert scene.reads()


def test_what_is_to_end_sooner_than_what_was_paid_for_besides_ends_when_it_was_to(scene, refund):
    scene.bought("month")
    year = next(plan for plan in scene.stripe.prices.list().data if plan.unit_amount == 19800)
    held = scene.subscription["id"]
    scene.cashier.sandbox.write(lambda uow: dashboard.change_price(uow, held, year.id, prorate=True))
    sooner = int((clock.now() + 5 * DAY).timestamp())
    scene.stripe.subscriptions.update(held, {"cancel_at": sooner, "proration_behavior": "none"})
    scene.hear()
    assert refund(held)[0] == 0
    assert scene.subscription["cancel_at"] == sooner
    assert "given-back" in {alert.code for alert in scene.alerts()}
    assert scene.reads()
    scene.pass_time(6 * DAY)
    scene.hear()
    assert not scene.reads()


def test_a_bill_of_a_time_that_is_over_ends_nothing(scene, refund):
    scene.bought("month")
    scene.pass_time(32 * DAY)
    scene.hear()
    invoice = scene.receipts()[0].source_id
    assert "access stays as it is" in refund(invoice)[1]
    assert scene.subscription["status"] == "active"


def test_of_a_subscription_that_has_ended_nothing_more_ends(scene, refund):
    scene.bought("month")
    scene.stripe.subscriptions.cancel(scene.subscription["id"])
    scene.hear()
    assert "access stays as it is" in refund(scene.subscription["id"])[1]


@pytest.mark.parametrize("named", ["7", "pi_none", "sub_none", "in_none", "zzzz", "z"])
def test_what_is_not_there_is_said(scene, named, instance):
    done = CliRunner().invoke(cli, ["stripe", "refund", named, "--instance", str(instance)])
    assert f"Nothing that was paid is called “{named}”." in str(done.exception)


@pytest.mark.sqlite("foreign keys are put off")
def test_a_beginning_of_several_purchases_is_refused(scene, database):
    scene.bought("document")
    scene.bought("pass", warned=True)

    with database.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql("UPDATE purchases SET id = 'same' || id")
        connection.exec_driver_sql("UPDATE receipts SET purchase_id = 'same' || purchase_id")
    with pytest.raises(ConflictError, match="Several purchases begin"):
        find_receipt(scene.cashier.billing, "same")


def test_what_was_not_paid_through_stripe_cannot_be_given_back_there(scene, database):
    scene.bought("document")

    def settle(session):
        session.get_one(Receipt, 1).payment_intent_id = None

    database.write(settle)
    with pytest.raises(ConflictError, match="not paid through Stripe"):
        given_back(scene, "1")


def test_stripe_away_says_that_it_can_be_run_again(scene):
    scene.bought("document")
    billing = scene.cashier.billing
    plan = plan_refund(billing, find_receipt(billing, "1"), None)
    scene.cashier.sandbox.set_faults(Faults(down=1))
    with pytest.raises(PaymentsUnavailableError) as raised:
        give_back(billing, plan)
    assert raised.value.hint == "Run the same command again: it gives nothing back twice."


def test_killed_after_stripe_has_done_it_the_next_run_finds_that(scene):
    scene.bought("document")
    billing = scene.cashier.billing
    plan = plan_refund(billing, find_receipt(billing, "1"), Money(500, "cny"))
    billing.gateway.refund(plan.payment_intent, f"refund-{plan.payment_intent}-0-500", 500)
    give_back(billing, plan)
    assert scene.receipts()[0].refunded == 500


def test_stripes_refusal_is_said_in_its_words(scene):
    scene.bought("document")
    billing = scene.cashier.billing
    plan = plan_refund(billing, find_receipt(billing, "1"), None)
    scene.stripe.refunds.create({"payment_intent": plan.payment_intent})
    with pytest.raises(ConflictError, match=r"Stripe refuses: .*already been refunded"):
        give_back(billing, plan)


def test_a_payment_that_stripe_does_not_have_is_said(scene):
    scene.bought("document")
    billing = scene.cashier.billing
    plan = plan_refund(billing, find_receipt(billing, "1"), None)
    with pytest.raises(ConflictError, match="Stripe refuses: "):
        give_back(billing, replace(plan, payment_intent="pi_gone"))


@pytest.mark.parametrize("made", [False, True], ids=["and nothing was done", "though it was done"])
def test_a_failure_that_stripe_repeats_is_tried_under_another_key(scene, monkeypatch, made):
    scene.bought("document")
    billing = scene.cashier.billing
    plan = plan_refund(billing, find_receipt(billing, "1"), Money(500, "cny"))
    ask, keys = Gateway.refund, []

    def refund(gateway, payment, key, amount=None):
        keys.append(key)
        if len(keys) == 1:
            if made:
                ask(gateway, payment, key, amount)
            raise SpentKeyError
        ask(gateway, payment, key, amount)

    monkeypatch.setattr(Gateway, "refund", refund)
    give_back(billing, plan)
    assert len(keys) == (1 if made else 2)
    assert scene.receipts()[0].refunded == 500


@pytest.mark.parametrize("became", ["failed", "canceled", "succeeded"])
def test_what_was_credited_stays_given_back_whatever_becomes_of_a_refund_besides(scene, became):
    scene.bought("month")
    invoice = scene.stripe.invoices.retrieve(scene.subscription["latest_invoice"])
    credit = {"amount": invoice.total, "credit_amount": invoice.total}
    scene.stripe.credit_notes.create({"invoice": invoice.id, **credit})
    scene.hear()
    assert not scene.reads()
    refund = scene.cashier.sandbox.refund(scene.payment(), pending=True)
    scene.hear()
    assert not scene.reads()
    scene.cashier.sandbox.settle_refund(refund["id"], became)
    scene.hear()
    assert not scene.reads()


def test_a_credit_and_a_refund_of_the_rest_give_all_back(scene):
    scene.bought("month")
    invoice = scene.stripe.invoices.retrieve(scene.subscription["latest_invoice"])
    scene.stripe.credit_notes.create({"invoice": invoice.id, "amount": 1000, "credit_amount": 1000})
    scene.hear()
    assert scene.reads()
    scene.cashier.sandbox.refund(scene.payment(), invoice.total - 1000)
    scene.hear()
    assert not scene.reads()
