"""What a buyer's bank can do to a payment."""

import pytest
import stripe

from tests.stripe_sandbox.shop import DECLINED
from webapp.stripe_sandbox.resources.disputes import DISPUTE_MOVES, TAKEN
from webapp.stripe_sandbox.stripe_errors import RefusedError

STATUSES = tuple(DISPUTE_MOVES)


@pytest.fixture
def paid(shop):
    return shop.buy(shop.pass_session()).payment_intent


def charge(shop, payment_intent):
    return shop.stripe.charges.list({"payment_intent": payment_intent}).data[0]


def told_of_disputes(shop) -> list[str]:
    return [kind.removeprefix("charge.dispute.") for kind in shop.told() if kind.startswith("charge.dispute.")]


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_that_stripe_knows_can_be_brought_about(shop, sandbox, paid, status):
    opened = sandbox.dispute(paid, status)
    dispute = shop.stripe.disputes.retrieve(opened["id"])
    assert (dispute.status, dispute.amount, dispute.payment_intent) == (status, 3000, paid)
    assert charge(shop, paid).disputed is True
    assert [found.id for found in shop.stripe.disputes.list({"payment_intent": paid}).data] == [dispute.id]
    assert sum(entry.amount for entry in dispute.balance_transactions) == (-3000 if status in TAKEN else 0)


@pytest.mark.parametrize("before", STATUSES)
def test_a_dispute_goes_only_where_stripes_go(shop, sandbox, before):
    for after in STATUSES:
        dispute = sandbox.dispute(shop.buy(shop.pass_session()).payment_intent, before)
        if after in DISPUTE_MOVES[before]:
            assert sandbox.move_dispute(dispute["id"], after)["status"] == after
        else:
            with pytest.raises(RefusedError, match=f"A dispute that is {before} cannot become {after}"):
                sandbox.move_dispute(dispute["id"], after)


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        (["needs_response"], ["created", "funds_withdrawn"]),
        (["warning_needs_response"], ["created"]),
        (["warning_needs_response", "warning_closed"], ["created", "updated", "closed"]),
        (["warning_needs_response", "needs_response"], ["created", "updated", "funds_withdrawn"]),
        (["needs_response", "lost"], ["created", "funds_withdrawn", "updated", "closed"]),
        (["needs_response", "won"], ["created", "funds_withdrawn", "updated", "closed", "funds_reinstated"]),
        (["prevented"], ["created", "closed"]),
    ],
)
def test_it_is_told_step_by_step_and_the_money_goes_and_comes(shop, sandbox, paid, statuses, told):
    first, *rest = statuses
    dispute = sandbox.dispute(paid, first)
    for status in rest:
        sandbox.move_dispute(dispute["id"], status)
    assert told_of_disputes(shop) == told


def test_a_part_can_be_disputed_and_no_more_than_was_paid(sandbox, paid):
    assert sandbox.dispute(paid, amount=500)["amount"] == 500
    with pytest.raises(RefusedError, match="disputed already"):
        sandbox.dispute(paid)


@pytest.mark.parametrize("amount", [0, 3001])
def test_more_than_was_paid_cannot_be_disputed(sandbox, paid, amount):
    with pytest.raises(RefusedError, match="Only up to 3000"):
        sandbox.dispute(paid, amount=amount)


def test_what_was_not_paid_cannot_be_disputed(shop, sandbox):
    session = shop.pass_session()
    shop.pay(session, DECLINED)
    with pytest.raises(RefusedError, match="was not paid"):
        sandbox.dispute(shop.look(session).payment_intent)
    with pytest.raises(RefusedError, match="No such payment_intent"):
        sandbox.dispute("pi_unknown")


def test_a_status_that_stripe_does_not_know_is_refused(sandbox, paid):
    with pytest.raises(RefusedError, match="Stripe knows no dispute that is quarrelled"):
        sandbox.dispute(paid, "quarrelled")


def test_while_the_bank_has_the_money_nothing_is_given_back(shop, sandbox, paid):
    dispute = sandbox.dispute(paid)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.stripe.refunds.create({"payment_intent": paid})
    assert refused.value.code == "charge_disputed"
    sandbox.move_dispute(dispute["id"], "won")
    assert shop.stripe.refunds.create({"payment_intent": paid}).status == "succeeded"


def test_an_inquiry_can_be_ended_by_giving_the_money_back(shop, sandbox, paid):
    sandbox.dispute(paid, "warning_needs_response")
    assert shop.stripe.refunds.create({"payment_intent": paid}).status == "succeeded"


def test_a_refund_under_way_fails_when_the_bank_takes_the_money(shop, sandbox, paid):
    refund = sandbox.refund(paid, pending=True)
    sandbox.dispute(paid)
    failed = shop.stripe.refunds.retrieve(refund["id"])
    assert (failed.status, failed.failure_reason) == ("failed", "charge_for_pending_refund_disputed")
    assert (charge(shop, paid).amount_refunded, charge(shop, paid).disputed) == (0, True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("needs_response", "under_review"),
        ("warning_needs_response", "warning_under_review"),
        ("appeal_needs_response", "appeal_under_review"),
    ],
)
def test_evidence_sends_a_dispute_to_the_bank(shop, sandbox, paid, before, after):
    dispute = sandbox.dispute(paid, before)
    kept = shop.stripe.disputes.update(dispute["id"], {"evidence": {"customer_name": "A"}, "submit": False})
    assert (kept.status, kept.evidence_details.has_evidence) == (before, True)
    sent = shop.stripe.disputes.update(dispute["id"], {"evidence": {"product_description": "a report"}})
    assert (sent.status, sent.evidence_details.submission_count) == (after, 1)
    assert (sent.evidence.customer_name, sent.evidence.product_description) == ("A", "a report")


def test_notes_alone_send_nothing(shop, sandbox, paid):
    dispute = sandbox.dispute(paid)
    noted = shop.stripe.disputes.update(dispute["id"], {"metadata": {"ticket": "12"}})
    assert (noted.status, noted.metadata.to_dict()) == ("needs_response", {"ticket": "12"})


def test_a_dispute_can_be_accepted_as_lost_while_it_waits_for_an_answer(shop, sandbox, paid):
    dispute = sandbox.dispute(paid)
    assert shop.stripe.disputes.close(dispute["id"]).status == "lost"
    with pytest.raises(stripe.InvalidRequestError, match="nothing to answer any more"):
        shop.stripe.disputes.close(dispute["id"])
    with pytest.raises(stripe.InvalidRequestError, match="nothing to answer any more"):
        shop.stripe.disputes.update(dispute["id"], {"evidence": {"customer_name": "A"}})


def test_an_inquiry_is_not_a_dispute_to_lose(shop, sandbox, paid):
    dispute = sandbox.dispute(paid, "warning_needs_response")
    with pytest.raises(stripe.InvalidRequestError, match="An inquiry cannot be closed"):
        shop.stripe.disputes.close(dispute["id"])


def test_a_wallets_dispute_knows_of_no_card(shop, sandbox):
    session = shop.pass_session()
    sandbox.pay(session.id, "alipay")
    dispute = sandbox.dispute(shop.look(session).payment_intent)
    assert "payment_method_details" not in shop.stripe.disputes.retrieve(dispute["id"]).to_dict()
