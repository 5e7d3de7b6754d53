"""From a payment's state to a grant; test_subscription_terms.py has the subscriptions."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.billing.gateway.facts import CheckoutFacts, MoneyBack, SoldLine, TargetType, TaxFacts
from webapp.billing.gateway.json_parser import parse_facts
from webapp.billing.grant_terms import GrantTerms, PaidPass, document_terms, is_paid, pass_terms
from webapp.billing.models import Revoked
from webapp.billing.revocation import revoke_payment
from webapp.kit.money import Money

START = datetime(2026, 1, 31, tzinfo=UTC)
KEPT = MoneyBack(None, disputed=False)
DAY = timedelta(days=1)


def checkout(paid_at=START, status="complete", payment_status="paid", money_back=KEPT) -> CheckoutFacts:
    return CheckoutFacts(
        id="cs_1",
        purchase_id="p",
        typed_reference="p",
        customer_id="cus_1",
        status=status,
        payment_status=payment_status,
        payment_pending=False,
        payment_intent_id="pi_1",
        subtotal=Money(990, "cny"),
        price=Money(990, "cny"),
        tax=TaxFacts(Money(0, "cny"), "", ()),
        lines=(SoldLine("price_1", 1, 990),),
        paid_at=paid_at,
        money_back=money_back,
    )


@pytest.mark.parametrize(
    ("facts", "terms"),
    [
        (checkout(), GrantTerms(START, None)),
        (checkout(payment_status="no_payment_required"), GrantTerms(START, None)),
        (checkout(money_back=MoneyBack(START + DAY, disputed=False)), GrantTerms(START, None, Revoked.REFUNDED)),
        (checkout(money_back=MoneyBack(None, disputed=True)), GrantTerms(START, None, Revoked.DISPUTED)),
    ],
)
def test_what_a_payment_for_one_document_opens(facts, terms):
    assert document_terms(facts) == terms


@pytest.mark.parametrize(
    ("facts", "paid"),
    [
        (checkout(), True),
        (checkout(payment_status="no_payment_required"), True),
        (checkout(payment_status="unpaid"), False),
        (checkout(status="open", payment_status="unpaid"), False),
        (checkout(status="expired", payment_status="unpaid"), False),
    ],
)
def test_when_a_payment_has_arrived(facts, paid):
    assert is_paid(facts) == paid


MONTH = timedelta(days=30)
LATER = START + timedelta(days=10)
REFUND = START + timedelta(days=12)


@pytest.mark.parametrize(
    ("passes", "starts"),
    [
        pytest.param([("a", checkout())], {"a": START}, id="one begins when it is paid"),
        pytest.param(
            [("a", checkout()), ("b", checkout(LATER))], {"a": START, "b": START + MONTH}, id="one after the other"
        ),
        pytest.param(
            [("b", checkout(LATER)), ("a", checkout())], {"a": START, "b": START + MONTH}, id="in whatever order"
        ),
        pytest.param(
            [("a", checkout(money_back=MoneyBack(REFUND, disputed=False))), ("b", checkout(LATER))],
            {"a": START, "b": REFUND},
            id="the first refunded, the second moves up to the refund",
        ),
        pytest.param(
            [("a", checkout(money_back=MoneyBack(START + DAY, disputed=False))), ("b", checkout(LATER))],
            {"a": START, "b": LATER},
            id="never before its own payment",
        ),
        pytest.param(
            [
                ("a", checkout()),
                ("b", checkout(LATER, money_back=MoneyBack(REFUND, disputed=False))),
                ("c", checkout(LATER + DAY)),
            ],
            {"a": START, "b": START + MONTH, "c": START + MONTH},
            id="never into an earlier pass that still runs",
        ),
    ],
)
def test_when_passes_begin(passes, starts):
    terms = pass_terms(PaidPass(name, 30, facts, revoke_payment(facts.money_back)) for name, facts in passes)
    assert {name: one.starts_at for name, one in terms.items()} == starts
    assert all(one.ends_at == one.starts_at + MONTH for one in terms.values())


def test_a_pass_of_a_deleted_customer_stands_in_no_ones_way():
    passes = [PaidPass("a", 30, checkout(), Revoked.CUSTOMER_DELETED), PaidPass("b", 30, checkout(LATER), None)]
    terms = pass_terms(passes)
    assert (terms["a"].revoked, terms["b"].starts_at) == (Revoked.CUSTOMER_DELETED, LATER)


def refund(amount, status="succeeded", created=100):
    return {"id": "re_1", "payment_intent": "pi_1", "amount": amount, "status": status, "created": created}


def dispute(status):
    return {"id": "dp_1", "payment_intent": "pi_1", "status": status}


def what_became_of(refunds, disputes) -> MoneyBack:
    """Return what became of a payment, from what Stripe says of its session."""
    session = {"id": "cs_1", "status": "complete", "payment_status": "paid", "amount_total": 990, "currency": "cny"} | {
        "amount_subtotal": 990
    }
    found = {
        "session": session | {"created": 50},
        "payment_intent": {"id": "pi_1", "status": "succeeded", "amount_received": 990},
        "refunds": refunds,
        "disputes": disputes,
    }
    return parse_facts(TargetType.CHECKOUT, found).money_back


@pytest.mark.parametrize(
    ("refunds", "disputes", "refunded", "disputed"),
    [
        ([], [], False, False),
        ([refund(500)], [], False, False),
        ([refund(500), refund(490)], [], True, False),
        ([refund(990)], [], True, False),
        ([refund(990, "failed")], [], False, False),
        ([refund(990, "canceled")], [], False, False),
        ([refund(990, "pending")], [], False, False),
        *[([], [dispute(status)], False, True) for status in ("needs_response", "under_review", "lost", "appeal_open")],
        *[
            ([], [dispute(status)], False, False)
            for status in ("won", "warning_needs_response", "warning_under_review", "warning_closed", "prevented")
        ],
    ],
)
def test_what_became_of_a_payment(refunds, disputes, refunded, disputed):
    back = what_became_of(refunds, disputes)
    assert (back.refunded_at is not None, back.disputed) == (refunded, disputed)
