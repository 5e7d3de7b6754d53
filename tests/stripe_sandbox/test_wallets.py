"""Wallets, which may take their time and may then fail."""

from datetime import timedelta

import pytest
import stripe

from tests.stripe_sandbox.shop import WECHAT
from webapp.stripe_sandbox.checkout_payment import PaymentEnd
from webapp.stripe_sandbox.resources.payment.delayed_payments import DELAY_SECONDS

WALLETS = pytest.mark.parametrize("method", ["alipay", "wechat_pay"])


@pytest.fixture
def session(shop):
    return shop.pass_session(payment_method_options=WECHAT)


def payment(shop, session):
    return shop.stripe.payment_intents.retrieve(shop.look(session).payment_intent, {"expand": ["latest_charge"]})


@WALLETS
@pytest.mark.parametrize("wallet", ["later", "fails_later"])
def test_until_the_money_comes_the_session_is_complete_and_unpaid(shop, sandbox, session, method, wallet):
    outcome = sandbox.pay(session.id, method, wallet=wallet)
    seen, intent = shop.look(session), payment(shop, session)
    assert outcome.end is PaymentEnd.PAID
    assert (seen.status, seen.payment_status) == ("complete", "unpaid")
    assert (intent.status, intent.amount_received) == ("processing", 0)
    assert (intent.latest_charge.status, intent.latest_charge.paid) == ("pending", False)
    assert shop.told()[-3:] == ["payment_intent.processing", "charge.pending", "checkout.session.completed"]


def test_five_minutes_later_the_money_is_there(shop, sandbox, session):
    sandbox.pay(session.id, "alipay", wallet="later")
    sandbox.advance(timedelta(seconds=DELAY_SECONDS - 2))
    assert shop.look(session).payment_status == "unpaid"
    sandbox.advance(timedelta(seconds=4))
    intent = payment(shop, session)
    assert shop.look(session).payment_status == "paid"
    assert (intent.status, intent.amount_received, intent.last_payment_error) == ("succeeded", 3000, None)
    assert (intent.latest_charge.status, intent.latest_charge.paid, intent.latest_charge.captured) == (
        "succeeded",
        True,
        True,
    )
    assert shop.told()[-3:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
    ]
    assert len(shop.stripe.charges.list().data) == 1


def test_or_it_never_comes(shop, sandbox, session):
    sandbox.pay(session.id, "alipay", wallet="fails_later")
    sandbox.advance(timedelta(seconds=DELAY_SECONDS + 2))
    seen, intent = shop.look(session), payment(shop, session)
    assert (seen.status, seen.payment_status) == ("complete", "unpaid")
    assert (intent.status, intent.last_payment_error.code) == (
        "requires_payment_method",
        "payment_method_provider_decline",
    )
    assert intent.latest_charge.status == "failed"
    assert shop.told()[-3:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]


@WALLETS
def test_a_wallet_that_refuses_at_once_leaves_the_session_open(shop, sandbox, session, method):
    outcome = sandbox.pay(session.id, method, wallet="refused")
    assert (outcome.end, outcome.message) == (PaymentEnd.DECLINED, "The wallet refused the payment.")
    assert shop.look(session).status == "open"
    assert payment(shop, session).latest_charge.status == "failed"
    assert sandbox.pay(session.id, method).end is PaymentEnd.PAID
    assert payment(shop, session).status == "succeeded"


def test_what_is_on_its_way_is_paid_only_once(shop, sandbox, session):
    outcomes = {sandbox.pay(session.id, "alipay", wallet="later").url for _ in range(3)}
    assert len(outcomes) == 1
    assert len(shop.stripe.charges.list().data) == 1


def test_what_has_not_come_cannot_be_given_back(shop, sandbox, session):
    sandbox.pay(session.id, "alipay", wallet="later")
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        shop.stripe.refunds.create({"payment_intent": shop.look(session).payment_intent})
    sandbox.advance(timedelta(seconds=DELAY_SECONDS + 2))
    assert shop.stripe.refunds.create({"payment_intent": shop.look(session).payment_intent}).amount == 3000


def test_a_card_is_not_a_wallet(shop, sandbox, session):
    outcome = sandbox.pay(session.id, "card", "4242424242424242", "12/34", "123", wallet="later")
    assert outcome.end is PaymentEnd.PAID
    assert shop.look(session).payment_status == "paid"


def test_a_wallet_does_nothing_that_it_was_not_told(sandbox, session):
    assert sandbox.pay(session.id, "alipay", wallet="vanishes").problems.keys() == {"method"}
