"""Who has not paid, or has it back, does not read (scenarios 19 to 25)."""

import pytest

from tests.billing.scenarios.scene import DAY, FAILS_LATER, SERVER
from webapp.billing.models import GrantSource, Purchase, PurchaseState, Revoked
from webapp.kit import clock

SESSION_DONE = "checkout.session.completed"
SUCCESS = f"{SERVER}/checkout/return?session_id={{CHECKOUT_SESSION_ID}}"


def test_19_a_known_price_that_is_unpaid_opens_nothing(scene):
    scene.cashier.sandbox.set_dunning_end("unpaid")
    scene.bought("month", card_number=FAILS_LATER)
    scene.pass_time(49 * DAY)
    scene.hear()
    assert scene.subscription["status"] == "unpaid"
    assert [grant.revoked for grant in scene.grants] == [Revoked.UNPAID]
    assert not scene.reads()
    assert "The last payment of your subscription did not go through." in scene.gate()


@pytest.mark.parametrize("plan", ["document", "pass", "year"])
def test_20_what_went_back_in_full_is_revoked(scene, plan):
    scene.bought(plan)
    scene.hear()
    scene.cashier.sandbox.refund(scene.payment())
    scene.hear()
    assert [grant.revoked for grant in scene.grants] == [Revoked.REFUNDED]
    assert not scene.reads()
    if plan == "year":
        assert scene.subscription["status"] == "canceled", "else it would renew"


@pytest.mark.parametrize("plan", ["document", "pass", "year"])
@pytest.mark.parametrize(
    ("status", "suspends"),
    [
        ("needs_response", True),
        ("under_review", True),
        ("lost", True),
        ("appeal_needs_response", True),
        ("appeal_under_review", True),
        ("won", False),
        ("warning_needs_response", False),
        ("warning_under_review", False),
        ("warning_closed", False),
        ("prevented", False),
    ],
)
def test_20_what_is_disputed_rests_and_a_warning_is_only_told(scene, plan, status, suspends):
    scene.bought(plan)
    dispute = scene.cashier.sandbox.dispute(scene.payment(), status)
    scene.hear()
    assert [grant.revoked for grant in scene.grants] == [Revoked.DISPUTED if suspends else None]
    assert scene.reads() is not suspends
    assert [(alert.code, alert.about) for alert in scene.alerts()] == [("dispute", dispute["id"])]


def test_20_a_dispute_that_is_won_gives_back_what_it_suspended(scene):
    scene.bought("pass")
    dispute = scene.cashier.sandbox.dispute(scene.payment())
    scene.hear()
    assert "Your bank is looking into the payment" in scene.gate()
    scene.cashier.sandbox.move_dispute(dispute["id"], "won")
    scene.hear()
    assert scene.reads()


def test_21_paused_in_the_portal_opens_nothing_and_says_so(scene):
    scene.bought("month")
    held = scene.subscription["id"]
    scene.stripe.subscriptions.update(held, {"pause_collection": {"behavior": "void"}})
    scene.hear()
    assert scene.subscription["status"] == "active"
    assert not scene.reads()
    assert "Your subscription is paused." in scene.gate()
    assert "paused" in scene.page()
    scene.stripe.subscriptions.update(held, {"pause_collection": ""})
    scene.hear()
    assert scene.reads()


def test_22_a_gift_beside_an_ended_plan_ends_on_its_own_day(scene, paidspan):
    scene.bought("month")
    paidspan("grant", "reader@example.com", "--days", "10")
    scene.stripe.subscriptions.cancel(scene.subscription["id"])
    scene.hear()
    sources = {grant.source: grant.revoked for grant in scene.grants}
    assert sources == {GrantSource.SUBSCRIPTION: Revoked.ENDED, GrantSource.COMPLIMENTARY: None}
    scene.pass_time(9 * DAY)
    assert scene.reads()
    scene.pass_time(2 * DAY)
    assert not scene.reads()


def test_22_a_gift_that_is_taken_back_or_over_leaves_the_plan_alone(scene, paidspan):
    scene.bought("year")
    paidspan("grant", "reader@example.com", "--days", "10")
    scene.pass_time(11 * DAY)
    assert scene.reads()
    paidspan("grant", "reader@example.com")
    paidspan("revoke", "reader@example.com")
    scene.hear()
    assert scene.reads()
    assert [grant.source for grant in scene.open_grants if not grant.ends_at or grant.ends_at > clock.now()] == [
        GrantSource.SUBSCRIPTION
    ]


@pytest.mark.parametrize("marked", [False, True])
def test_23_another_product_of_the_account_opens_nothing(scene, marked):
    """Not even where our mark was copied onto it, as an export and import of subscriptions does."""
    scene.cashier.order(scene.reader, "year", scene.document.slug)
    other = {"product_data": {"name": "a newsletter"}, "unit_amount": 500, "currency": "cny"}
    price = scene.stripe.prices.create({**other, "recurring": {"interval": "month"}})
    mark = {"paidspan_purchase": scene.cashier.purchases()[0].id} if marked else {"order": "17"}
    session = scene.stripe.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": scene.customer_id,
            "line_items": [{"price": price.id, "quantity": 1}],
            "success_url": SUCCESS,
            "subscription_data": {"metadata": mark},
        }
    )
    scene.cashier.pay(scene.reader, session.id)
    assert scene.subscription["status"] == "active"
    scene.hear()
    assert scene.grants == []
    assert scene.cashier.purchases()[0].subscription_id is None
    assert not scene.reads()


def test_24_somebody_elses_old_address_is_never_their_customer(scene):
    old = scene.stripe.customers.create({"email": "reader@example.com"})
    price = scene.stripe.prices.list({"lookup_keys": ["paidspan-year"]}).data[0].id
    session = scene.stripe.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": old.id,
            "line_items": [{"price": price, "quantity": 1}],
            "success_url": SUCCESS,
        }
    )
    scene.cashier.pay(scene.reader, session.id)
    old_subscription = scene.subscription["id"]
    scene.hear()
    assert not scene.reads()
    assert scene.go_to_the_portal().status_code == 409
    scene.bought("month")
    assert scene.customer_id != old.id
    assert scene.subscription["customer"] == scene.customer_id
    for told in scene.news("customer.subscription.updated"):  # theirs once more, and that of the reader
        scene.tell(told | {"id": f"{told['id']}_once_more"})
    assert [grant.source_id for grant in scene.grants] == [scene.subscription["id"]]
    portal = scene.page(scene.go_to_the_portal().headers["Location"].removeprefix(SERVER))
    assert old_subscription not in portal
    assert scene.subscription["id"] in portal


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0), (1, 0, 1)])
def test_25_two_at_once_end_in_one_and_the_other_goes_back(scene, database, order):
    first = scene.cashier.order(scene.reader, "year", scene.document.slug)
    with database.writing() as session:  # the other tab's order had not seen this one yet
        session.query(Purchase).one().state = PurchaseState.EXPIRED
    second = scene.cashier.order(scene.reader, "month", scene.document.slug)
    for session_id in (first, second):
        scene.cashier.pay(scene.reader, session_id)
    completed = scene.news(SESSION_DONE)
    assert set(scene.tell(*[completed[number] for number in order])) == {204}
    assert set(scene.tell(*scene.news())) == {204}
    held = scene.stripe.subscriptions.list({"status": "all"}).data
    assert sorted(one.status for one in held) == ["active", "canceled"]
    gone = next(one for one in held if one.status == "canceled")
    (refund,) = scene.stripe.refunds.list({}).data
    (invoice,) = scene.stripe.invoices.list({"subscription": gone.id}).data
    assert (refund.amount, refund.status) == (invoice.amount_paid, "succeeded")
    assert len(scene.open_grants) == 1
    assert scene.reads()
    assert [alert.code for alert in scene.alerts()] == ["second-subscription"]
