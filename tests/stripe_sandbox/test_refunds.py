"""Giving money back."""

import pytest
import stripe

from tests.stripe_sandbox.shop import DECLINED
from webapp.stripe_sandbox.stripe_errors import RefusedError


@pytest.fixture
def paid(shop):
    return shop.buy(shop.pass_session()).payment_intent


def charge(shop, payment_intent):
    return shop.stripe.charges.list({"payment_intent": payment_intent}).data[0]


def test_a_full_refund_gives_all_back(shop, paid):
    refund = shop.stripe.refunds.create({"payment_intent": paid, "reason": "requested_by_customer"})
    assert (refund.status, refund.amount, refund.reason) == ("succeeded", 3000, "requested_by_customer")
    assert (charge(shop, paid).amount_refunded, charge(shop, paid).refunded) == (3000, True)
    assert shop.told()[-2:] == ["refund.created", "charge.refunded"]


def test_partial_refunds_add_up(shop, paid):
    shop.stripe.refunds.create({"payment_intent": paid, "amount": 1000, "metadata": {"why": "a"}})
    assert (charge(shop, paid).amount_refunded, charge(shop, paid).refunded) == (1000, False)
    rest = shop.stripe.refunds.create({"charge": charge(shop, paid).id})
    assert rest.amount == 2000
    assert charge(shop, paid).refunded is True
    listed = shop.stripe.refunds.list({"payment_intent": paid}).data
    assert [refund.amount for refund in listed] == [2000, 1000]
    assert listed[1].metadata.to_dict() == {"why": "a"}


def test_a_refund_is_told_with_its_notes(shop, paid):
    shop.stripe.refunds.create({"payment_intent": paid, "metadata": {"command": "7"}})
    (event,) = shop.events(type="refund.created")
    assert event.data.object["metadata"].to_dict() == {"command": "7"}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"amount": 3001}, "greater than unrefunded amount"),
        ({"amount": 0}, "greater than or equal to 1"),
        ({"charge": "ch_x"}, "One of the following params"),
    ],
)
def test_a_refund_that_cannot_be_is_refused(shop, paid, given, complaint):
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        shop.stripe.refunds.create({"payment_intent": paid, **given})


def test_what_was_given_back_is_not_given_back_again(shop, paid):
    shop.stripe.refunds.create({"payment_intent": paid})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.stripe.refunds.create({"payment_intent": paid})
    assert refused.value.code == "charge_already_refunded"


def test_what_was_not_paid_is_not_given_back(shop):
    session = shop.pass_session()
    shop.pay(session, DECLINED)
    intent = shop.look(session).payment_intent
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        shop.stripe.refunds.create({"payment_intent": intent})
    with pytest.raises(stripe.InvalidRequestError, match="was not paid"):
        shop.stripe.refunds.create({"charge": charge(shop, intent).id})


def test_the_sandbox_itself_can_give_back(shop, sandbox, paid):
    assert sandbox.refund(paid, 500)["amount"] == 500
    assert sandbox.refund(paid)["amount"] == 2500
    with pytest.raises(RefusedError, match="already been refunded"):
        sandbox.refund(paid)


@pytest.fixture
def under_way(sandbox, paid):
    return sandbox.refund(paid, pending=True)["id"]


def test_a_pending_refund_counts_as_given_back_from_the_start(shop, paid, under_way):
    refund = shop.stripe.refunds.retrieve(under_way)
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert (charge(shop, paid).amount_refunded, charge(shop, paid).refunded) == (3000, True)
    assert shop.told()[-2:] == ["refund.created", "charge.refunded"]


@pytest.mark.parametrize(
    ("status", "reason", "given_back"),
    [
        ("succeeded", None, 3000),
        ("failed", "expired_or_canceled_card", 0),
        ("canceled", "merchant_request", 0),
    ],
)
def test_a_pending_refund_comes_to_one_of_three_ends(shop, paid, under_way, status, reason, given_back):
    shop.sandbox.settle_refund(under_way, status)
    refund = shop.stripe.refunds.retrieve(under_way).to_dict()
    assert (refund["status"], refund.get("failure_reason")) == (status, reason)
    assert refund.get("failure_balance_transaction", "").startswith("txn_") == (status == "failed")
    assert "pending_reason" not in refund
    assert (charge(shop, paid).amount_refunded, charge(shop, paid).refunded) == (given_back, given_back == 3000)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("succeeded", ["charge.refunded", "refund.updated", "charge.refund.updated"]),
        ("failed", ["charge.refunded", "refund.updated", "charge.refund.updated", "refund.failed"]),
        ("canceled", ["charge.refunded", "refund.updated", "charge.refund.updated"]),
    ],
)
def test_the_end_of_a_refund_is_told(shop, sandbox, under_way, status, told):
    sandbox.settle_refund(under_way, status)
    assert shop.told()[-len(told) :] == told


def test_a_refund_that_had_arrived_may_still_be_sent_back(shop, sandbox, paid):
    refund = shop.stripe.refunds.create({"payment_intent": paid, "amount": 1000})
    sandbox.settle_refund(refund.id, "failed")
    assert charge(shop, paid).amount_refunded == 0
    assert shop.stripe.refunds.create({"payment_intent": paid}).amount == 3000, "it can be given back again"


@pytest.mark.parametrize("end", ["failed", "canceled"])
def test_what_has_failed_stays_failed(sandbox, under_way, end):
    sandbox.settle_refund(under_way, end)
    for status in ("pending", "succeeded", "failed", "canceled", "unheard_of"):
        with pytest.raises(RefusedError, match=f"that is {end} cannot become {status}"):
            sandbox.settle_refund(under_way, status)


def test_only_what_is_under_way_can_be_taken_back(shop, paid, under_way):
    assert shop.stripe.refunds.cancel(under_way).status == "canceled"
    arrived = shop.stripe.refunds.create({"payment_intent": paid})
    with pytest.raises(stripe.InvalidRequestError, match="only a pending refund"):
        shop.stripe.refunds.cancel(arrived.id)


def test_notes_on_a_refund_can_be_changed(shop, under_way):
    shop.stripe.refunds.update(under_way, {"metadata": {"ticket": "12"}})
    assert shop.stripe.refunds.retrieve(under_way).metadata.to_dict() == {"ticket": "12"}
    assert shop.told()[-2:] == ["refund.updated", "charge.refund.updated"]
    before = shop.told()
    shop.stripe.refunds.update(under_way, {"metadata": {"ticket": "12"}})
    assert shop.told() == before, "nothing changed, nothing is told"
