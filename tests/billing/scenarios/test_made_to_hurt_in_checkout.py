"""What readers and publishers click at the wrong moment (scenarios 35, 37 to 40, and 42)."""

from datetime import timedelta

import pytest

from tests.billing.scenarios.line import held_up, together
from tests.billing.scenarios.scene import DAY, FAILS_LATER, HOUR, READER, SERVER
from tests.factories.people import token_in
from webapp.billing.models import GrantSource, PurchaseState, Revoked

CLOSING_ASKS = 4  # what became of the old session (asked twice) and of the customer, and to close it


def ordering(scene, plan):
    """Return what posts an order in a tab of its own, its form open already."""
    tab = scene.people.browser(READER)
    form = {"plan": plan, "document": scene.document.slug, "csrf_token": token_in(tab.get("/account"))}
    return lambda: tab.post("/checkout", data=form)


def led_to(answer) -> str:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"].rsplit("/", 1)[1]


def open_sessions(scene):
    return [one.id for one in scene.stripe.checkout.sessions.list({"status": "open"}).data]


@pytest.mark.parametrize("plan", ["year", "pass", "document"])
def test_35_a_double_click_is_one_order(scene, plan):
    answers = together(ordering(scene, plan), ordering(scene, plan))
    assert {answer.status_code for answer in answers} == {303}
    assert len({led_to(answer) for answer in answers}) == 1
    assert len(scene.cashier.purchases()) == len(open_sessions(scene)) == 1
    assert len(scene.stripe.customers.list({}).data) == 1


def test_35_two_tabs_with_two_plans_leave_one_to_pay(scene):
    answers = together(ordering(scene, "year"), ordering(scene, "month"))
    assert sorted(answer.status_code for answer in answers) in [[303, 303], [303, 409]]
    assert len(open_sessions(scene)) == 1
    last = scene.cashier.order(scene.reader, "month", scene.document.slug)
    assert open_sessions(scene) == [last]


def test_35_who_is_overtaken_while_stripe_answers_is_told(scene, transport):
    """Else two subscriptions could be paid: the slower tab's session was opened for an order that is closed."""
    with held_up(transport, ordering(scene, "year"), number=2) as slower:  # its session exists, and it does not know
        faster = scene.cashier.order(scene.reader, "month", scene.document.slug)
        refused = slower.finish()
    assert refused.status_code == 409
    assert open_sessions(scene) == [faster]


def test_35_who_is_overtaken_while_an_old_order_is_closed_is_told(scene, transport):
    scene.cashier.order(scene.reader, "year", scene.document.slug)
    changes_mind = ordering(scene, "month")
    with held_up(transport, changes_mind, number=CLOSING_ASKS) as slower:
        faster = scene.cashier.order(scene.reader, "year", scene.document.slug)
        refused = slower.finish()
    assert refused.status_code == 409
    assert open_sessions(scene) == [faster]


def test_35_back_to_the_paid_page_charges_nothing_again(scene):
    session_id = scene.bought("pass")
    again = scene.reader.get(f"/sandbox/checkout/{session_id}")
    assert again.headers["Location"] == f"{SERVER}/checkout/return?session_id={session_id}"
    assert scene.pay_by_hand(session_id).status_code == 303
    scene.hear()
    assert len(scene.stripe.payment_intents.list({}).data) == 1
    assert len(scene.grants) == len(scene.receipts()) == 1


@pytest.mark.parametrize("plan", ["year", "pass", "document"])
@pytest.mark.parametrize(("away", "same"), [(timedelta(minutes=50), True), (23 * HOUR, True), (25 * HOUR, False)])
def test_35_an_abandoned_session_is_taken_up_while_it_lasts(scene, plan, away, same):
    first = scene.cashier.order(scene.reader, plan, scene.document.slug)
    scene.pass_time(away)
    second = scene.cashier.order(scene.reader, plan, scene.document.slug)
    assert (second == first) is same
    assert [one.state for one in scene.cashier.purchases()][:-1] == ([] if same else [PurchaseState.EXPIRED])
    scene.cashier.pay(scene.reader, second)
    scene.come_back(second)
    assert scene.reads()


@pytest.mark.parametrize("plan", ["year", "pass", "document"])
def test_37_a_code_that_makes_it_free_opens_all_the_same(scene, plan):
    coupon = scene.stripe.coupons.create({"percent_off": 100, "duration": "once"})
    scene.stripe.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "GIFT"})
    session_id = scene.bought(plan, promotion_code="GIFT")
    session = scene.stripe.checkout.sessions.retrieve(session_id)
    assert (session.amount_total, session.payment_intent) == (0, None)
    assert scene.reads()
    scene.hear()
    assert scene.reads()
    assert scene.receipts() == [], "nothing was paid, and nothing is said to have been"


def test_37_an_upgrade_whose_difference_stays_unpaid_leaves_the_month_that_was_paid(scene):
    scene.cashier.sandbox.set_dunning_end("past_due")
    scene.bought("month", card_number=FAILS_LATER)
    year = scene.stripe.prices.list({"lookup_keys": ["paidspan-year"]}).data[0].id
    scene.pass_time(5 * DAY)
    scene.in_the_portal("switch", subscription=scene.subscription["id"], price=year)
    scene.hear()
    assert scene.subscription["items"]["data"][0]["price"]["id"] == year
    assert scene.subscription["status"] == "past_due"
    assert scene.reads()
    scene.pass_time(20 * DAY)
    scene.hear()
    assert scene.reads(), "the month was paid, and nothing took it back"
    scene.pass_time(10 * DAY)
    scene.hear()
    assert not scene.reads(), "the year that the items now show was never paid"


def passes(scene):
    return sorted((one for one in scene.grants if one.source is GrantSource.PASS), key=lambda one: one.starts_at)


@pytest.mark.parametrize("after", [timedelta(), 10 * DAY])
def test_38_when_the_first_pass_is_refunded_the_second_moves_up(scene, after):
    scene.bought("pass")
    scene.pass_time(HOUR)
    scene.bought("pass")
    first, second = passes(scene)
    assert second.starts_at == first.ends_at
    scene.pass_time(after)
    refund = scene.cashier.sandbox.refund(scene.payment(0))
    scene.hear()
    moved = next(one for one in scene.open_grants if one.source_id == second.source_id)
    assert int(moved.starts_at.timestamp()) == refund["created"]
    assert moved.ends_at - moved.starts_at == 30 * DAY
    assert scene.reads()
    scene.pass_time(32 * DAY)
    assert not scene.reads()


@pytest.mark.parametrize(("revoked", "left"), [(0, GrantSource.PASS), (1, GrantSource.SUBSCRIPTION)])
def test_39_of_pass_and_subscription_one_revoked_leaves_the_other(scene, revoked, left):
    scene.bought("year")
    scene.bought("pass", warned=True)
    scene.cashier.sandbox.refund(scene.payment(revoked))
    scene.hear()
    assert [grant.source for grant in scene.open_grants] == [left]
    assert scene.reads()
    scene.cashier.sandbox.refund(scene.payment(1 - revoked))
    scene.hear()
    assert scene.open_grants == []
    assert not scene.reads()


@pytest.mark.parametrize("plan", ["year", "pass", "document"])
@pytest.mark.parametrize("heard", [False, True])
def test_40_customer_deleted_between_order_and_payment(scene, plan, heard):
    first = scene.cashier.order(scene.reader, plan, scene.document.slug)
    gone = scene.customer_id
    scene.stripe.customers.delete(gone)
    if heard:
        scene.hear()
    assert scene.pay_by_hand(first).status_code == 410
    assert "Nothing has been charged so far." in scene.come_back(first).get_data(as_text=True)
    scene.bought(plan)
    assert scene.customer_id != gone
    assert scene.reads()


@pytest.mark.parametrize("plan", ["year", "pass", "document"])
@pytest.mark.parametrize("heard", [False, True])
def test_40_customer_deleted_between_payment_and_return(scene, plan, heard):
    session_id = scene.cashier.buy(scene.reader, plan, scene.document.slug)
    scene.stripe.customers.delete(scene.customer_id)
    if heard:
        scene.hear()
    assert scene.come_back(session_id).status_code in {200, 303}
    scene.hear()
    assert not scene.reads()
    assert [grant.revoked for grant in scene.grants] in [[Revoked.ENDED], [Revoked.CUSTOMER_DELETED]]
    scene.bought(plan)
    assert scene.reads()


@pytest.mark.parametrize("plan", ["month", "pass"])
def test_42_a_plan_retired_while_somebody_stands_in_its_checkout_is_theirs(scene, paidspan, plan):
    session_id = scene.cashier.order(scene.reader, plan, scene.document.slug)
    assert f"retired\tplan {plan}" in paidspan("stripe", "setup", f"--{plan}", "none")
    assert scene.try_to_order(plan).status_code == 404
    scene.cashier.pay(scene.reader, session_id)
    assert scene.come_back(session_id).status_code == 303
    assert scene.reads()
    assert scene.page()
    paidspan("stripe", "sync", "--all")
    assert scene.reads()


def test_42_who_stood_in_it_can_choose_what_is_still_sold(scene, paidspan):
    first = scene.cashier.order(scene.reader, "month", scene.document.slug)
    paidspan("stripe", "setup", "--month", "none")
    scene.bought("year")
    assert open_sessions(scene) == []
    assert scene.stripe.checkout.sessions.retrieve(first).status == "expired"
    assert scene.reads()
