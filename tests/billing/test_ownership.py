"""Whose something at Stripe is, and what becomes of it when that changes."""

import pytest
from sqlalchemy import update

from tests.billing.scenarios.scene import HOUR, Scene
from tests.billing.stripe_answers import answering
from webapp.billing.gateway.facts import CheckoutFacts, MoneyBack, SoldLine, TaxFacts
from webapp.billing.models import Plan, PlanKind, Purchase, PurchaseState, Revoked
from webapp.billing.ownership import is_as_ordered
from webapp.billing.stripe_models import StripeCustomer
from webapp.billing.sync import sync
from webapp.kit import clock
from webapp.kit.money import Money
from webapp.stripe_sandbox import dashboard
from webapp.stripe_sandbox.object_edits import edit_object


@pytest.fixture
def scene(app, people, cashier, document):
    return Scene(app, people, cashier, document)


def told(scene):
    return [(alert.code, alert.about) for alert in scene.alerts()]


PASS = Purchase(kind=PlanKind.PASS, recurring=False, plan_id=3, asked_amount=3000, currency="cny")
LINE = SoldLine("price_pass", 1, 3000)


def sold(*lines, subtotal=3000, currency="cny"):
    """Return a session in which these lines were sold."""
    none = Money(0, currency)
    return CheckoutFacts(
        id="cs_1",
        purchase_id="p",
        typed_reference=None,
        customer_id="cus_1",
        status="complete",
        payment_status="paid",
        payment_pending=False,
        payment_intent_id="pi_1",
        subtotal=Money(subtotal, currency),
        price=Money(subtotal, currency),
        tax=TaxFacts(none, "", ()),
        lines=lines,
        paid_at=clock.now(),
        money_back=MoneyBack(None, disputed=False),
    )


@pytest.mark.parametrize(
    ("facts", "as_ordered"),
    [
        pytest.param(sold(LINE), True, id="what was ordered"),
        pytest.param(sold(), True, id="its lines were not kept in earlier versions"),
        pytest.param(sold(LINE, subtotal=2999), False, id="another amount"),
        pytest.param(sold(LINE, currency="eur"), False, id="another currency"),
        pytest.param(sold(SoldLine("price_month", 1, 3000)), False, id="another plan"),
        pytest.param(sold(SoldLine("price_pass", 2, 3000)), False, id="two of it"),
        pytest.param(sold(LINE, SoldLine("price_gift", 1, 0)), False, id="something besides"),
        pytest.param(sold(SoldLine("price_pass", 1, 2000)), False, id="a line that comes to less"),
    ],
)
def test_whether_a_session_asked_for_what_was_ordered(facts, as_ordered):
    assert is_as_ordered(PASS, facts, {3: "price_pass"}) is as_ordered


def test_what_another_shop_of_the_account_sells_is_nothing_here(scene):
    price = Money(100, "cny")
    scene.cashier.sandbox.write(lambda uow: dashboard.pay_payment_link(uow, price, "number 17 of that shop"))
    scene.hear()
    assert (scene.grants, scene.receipts(), told(scene)) == ([], [], [])


def test_a_session_of_before_there_were_customers_opens_what_was_paid(scene):
    session_id = scene.cashier.buy(scene.reader, "document", scene.document.slug)
    scene.cashier.sandbox.write(lambda uow: edit_object(uow, session_id, "customer", None))
    scene.come_back(session_id)
    assert scene.reads()


def test_an_order_that_was_paid_in_two_sessions_opens_once_and_the_later_payment_goes_back(scene):
    """As when a try that was taken for lost had made a session all the same."""
    billing = scene.cashier.billing
    first = scene.cashier.order(scene.reader, "pass", scene.document.slug)
    (purchase,) = scene.cashier.purchases()
    with scene.cashier.database.reading() as session:
        plan = session.get_one(Plan, purchase.plan_id)
    purchase.attempt += 1
    second = billing.gateway.create_session(
        purchase, plan, purchase.customer_id, billing.base_url, billing.checkout_options
    ).id
    for session_id in (first, second):
        scene.cashier.pay(scene.reader, session_id)
        scene.pass_time(HOUR)
    scene.hear()
    scene.hear()
    (kept,) = scene.cashier.purchases()
    assert (kept.session_id, kept.state) == (first, PurchaseState.COMPLETE)
    assert len(scene.open_grants) == 1
    assert sorted(receipt.refunded for receipt in scene.receipts()) == [0, 3000]
    assert [code for code, _about in told(scene)] == ["paid-twice"]


def test_a_customer_that_is_handed_to_another_reader_takes_along_what_they_hold(scene):
    """As when support joins two accounts of one person: the one that is left reads no more."""
    scene.bought("month")
    other, subscription = scene.people.reader("other@example.com"), scene.subscription["id"]
    scene.cashier.database.write(lambda session: session.execute(update(StripeCustomer).values(reader_id=other.id)))
    changes = sync(scene.cashier.billing, "subscription", subscription)
    assert [(change.did, change.reader_id) for change in changes] == [("removed", scene.reader_id), ("added", other.id)]
    assert (scene.reads(), scene.reads(scene.people.browser(other.email))) == (False, True)
    assert told(scene) == [("not-ours-any-more", subscription)]


def test_what_stripe_does_not_know_any_more_locks_nobody_out_and_is_told(scene):
    """As when the key of another account was put in."""
    scene.bought("month")
    subscription = scene.subscription["id"]
    with scene.cashier.sandbox.writing() as uow:
        uow.remove(subscription)
    assert sync(scene.cashier.billing, "subscription", subscription) == []
    assert scene.reads()
    assert told(scene) == [("missing-at-stripe", subscription)]


def test_a_status_that_is_new_to_us_opens_nothing_and_is_told(scene):
    scene.bought("month")
    billing, subscription = scene.cashier.billing, scene.subscription["id"]
    described = scene.subscription | {"status": "hibernating"}
    with answering(billing, f"/subscriptions/{subscription}", described, 200):
        sync(billing, "subscription", subscription)
    assert [grant.revoked for grant in scene.grants] == [Revoked.UNKNOWN]
    assert not scene.reads()
    assert told(scene) == [("unknown-status", subscription)]
