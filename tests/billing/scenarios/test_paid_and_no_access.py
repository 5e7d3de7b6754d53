"""Who paid reads (scenarios 1 to 18). The numbers are those of the list of things that went wrong for somebody."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from tests.billing.scenarios.line import held_up
from tests.billing.scenarios.scene import DAY, FAILS_LATER, GOOD, HOUR
from webapp.accounts.models import Role
from webapp.billing.grant_terms import SLACK
from webapp.billing.models import GrantSource, Plan, Revoked
from webapp.billing.stripe_models import StripeCustomer, StripeEvent
from webapp.kit.email_queue import QueuedEmail
from webapp.settings import Mode
from webapp.stripe_sandbox.faults import Faults


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def all_of(database, table):
    with database.reading() as session:
        return list(session.query(table))


def test_01_created_after_updated_is_active(scene):
    scene.cashier.buy(scene.reader, "month", scene.document.slug)
    created = scene.latest("customer.subscription.created")
    updated = scene.latest("customer.subscription.updated")
    assert (created["data"]["object"]["status"], updated["data"]["object"]["status"]) == ("incomplete", "active")
    assert scene.tell(updated, created) == [204, 204]
    assert scene.reads()


def test_02_a_slow_handler_does_not_write_its_old_answer_last(scene, transport):
    scene.bought("month")
    old = scene.latest("customer.subscription.updated")
    with held_up(transport, lambda: scene.tell(old)):  # it has the running subscription in its hands
        scene.stripe.subscriptions.cancel(scene.subscription["id"])
        scene.tell(scene.latest("customer.subscription.deleted"))
    assert [grant.revoked for grant in scene.grants] == [Revoked.ENDED]
    assert not scene.reads()


def test_03_two_sessions_have_one_customer(scene):
    sessions = [scene.cashier.order(scene.reader, plan, scene.document.slug) for plan in ("document", "pass")]
    assert len(scene.stripe.customers.list({}).data) == 1, "made before the checkout"
    for session_id in sessions:
        scene.cashier.pay(scene.reader, session_id)
    scene.hear()
    assert len(scene.stripe.customers.list({}).data) == 1
    assert {grant.source for grant in scene.open_grants} == {GrantSource.DOCUMENT, GrantSource.PASS}
    assert scene.reads()


def test_04_completed_with_no_money_yet_waits_and_then_opens(scene):
    session_id = scene.cashier.buy(scene.reader, "pass", scene.document.slug, method="alipay", wallet="later")
    assert scene.tell(scene.latest("checkout.session.completed")) == [204]
    assert "Your payment is on its way" in scene.come_back(session_id).get_data(as_text=True)
    assert not scene.reads()
    scene.pass_time(HOUR)
    scene.hear()
    assert scene.reads()
    assert scene.come_back(session_id).status_code == 303


@pytest.mark.parametrize(
    ("wallet", "type_", "opens"),
    [
        ("later", "checkout.session.async_payment_succeeded", True),
        ("fails_later", "checkout.session.async_payment_failed", False),
    ],
)
def test_05_only_the_second_event_grants(scene, wallet, type_, opens):
    scene.cashier.buy(scene.reader, "document", scene.document.slug, method="wechat_pay", wallet=wallet)
    completed = scene.latest("checkout.session.completed")
    assert completed["data"]["object"]["payment_status"] == "unpaid"
    assert scene.tell(completed) == [204]
    assert scene.grants == []
    scene.pass_time(HOUR)
    assert scene.tell(scene.latest(type_)) == [204]
    assert scene.reads() is opens


@pytest.mark.sqlite("a trigger in its language fails")
def test_06_what_failed_after_the_inbox_row_succeeds_when_it_is_sent_again(scene, database):
    scene.app.testing = False  # so that an unexpected error becomes an answer, as it does in production
    scene.cashier.buy(scene.reader, "year", scene.document.slug)
    completed = scene.latest("checkout.session.completed")
    with database.writing() as session:
        full = "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        session.execute(text(f"CREATE TRIGGER no_grants BEFORE INSERT ON grants {full}"))
    assert scene.tell(completed) == [500]
    (kept,) = all_of(database, StripeEvent)
    assert (kept.processed_at, kept.attempts) == (None, 1)
    with database.writing() as session:
        session.execute(text("DROP TRIGGER no_grants"))
    assert scene.tell(completed) == [204]
    assert scene.reads()


def test_07_asked_too_often_is_asked_later(scene, database):
    session_id = scene.cashier.buy(scene.reader, "year", scene.document.slug)
    completed = scene.latest("checkout.session.completed")
    scene.cashier.sandbox.set_faults(Faults(rate_limited=1))
    assert scene.tell(completed) == [503]
    assert "does not answer right now" in scene.come_back(session_id).get_data(as_text=True)
    assert not scene.reads()
    scene.cashier.sandbox.set_faults(Faults())
    scene.drained()
    assert scene.reads()
    assert [event.processed_at is not None for event in all_of(database, StripeEvent)] == [True]


def test_08_the_period_is_read_from_the_items(scene):
    scene.bought("month")
    subscription = scene.subscription
    assert "current_period_end" not in subscription
    (grant,) = scene.grants
    assert grant.ends_at == moment(subscription["items"]["data"][0]["current_period_end"]) + SLACK


def test_09_a_renewal_known_only_by_its_invoices_parent_extends(scene):
    scene.bought("month")
    (before,) = scene.grants
    scene.pass_time(32 * DAY)
    paid = scene.latest("invoice.paid")
    assert "subscription" not in paid["data"]["object"]
    assert paid["data"]["object"]["parent"]["subscription_details"]["subscription"] == before.source_id
    assert not scene.reads(), "nothing was heard of the renewal yet"
    assert scene.tell(paid) == [204]
    assert scene.grants[0].ends_at > before.ends_at + 27 * DAY
    assert scene.reads()


@pytest.mark.parametrize(
    ("type_", "shape"),
    [
        ("customer.subscription.updated", {"current_period_end": 1, "plan": {"id": "price_old"}, "items": None}),
        ("invoice.paid", {"parent": None, "payments": None, "charge": "ch_old", "subscription": "sub_old"}),
        ("checkout.session.completed", {"payment_status": None, "display_items": []}),
    ],
)
def test_10_an_endpoint_of_an_old_version_is_only_asked_for_ids(scene, type_, shape):
    scene.cashier.buy(scene.reader, "year", scene.document.slug)
    told = scene.latest(type_)
    told["api_version"] = "2019-12-03"
    told["data"]["object"] |= shape
    assert scene.tell(told) == [204]
    (grant,) = scene.grants
    assert grant.ends_at == moment(scene.subscription["items"]["data"][0]["current_period_end"]) + SLACK
    assert scene.reads()


@pytest.mark.parametrize("address", ["READER@Example.COM", "other@example.com"])
def test_11_another_address_at_stripe_changes_nothing_about_who_reads(scene, address):
    other = scene.people.signed_in("other@example.com")
    session_id = scene.cashier.order(scene.reader, "year", scene.document.slug)
    scene.stripe.customers.update(scene.customer_id, {"email": address})
    scene.cashier.pay(scene.reader, session_id)
    scene.hear()
    assert scene.reads()
    assert not scene.reads(other)


def test_12_past_due_has_its_grace_and_then_not(scene):
    scene.bought("month", card_number=FAILS_LATER)
    scene.pass_time(32 * DAY)
    scene.hear()
    assert scene.subscription["status"] == "past_due"
    owed_since = moment(scene.latest("invoice.finalized")["data"]["object"]["effective_at"])
    assert scene.grants[0].ends_at == owed_since + 7 * DAY
    scene.wait_until(owed_since + 7 * DAY - HOUR)
    scene.hear()
    assert scene.reads()
    scene.pass_time(2 * HOUR)
    scene.hear()
    assert scene.subscription["status"] == "past_due"
    assert not scene.reads()
    scene.in_the_portal("card", card_number=GOOD, expiry="12/34", cvc="123")
    scene.hear()
    assert scene.reads()


def test_13_the_end_of_an_old_one_does_not_close_the_new_one(scene):
    scene.bought("month")
    old = scene.subscription["id"]
    scene.stripe.subscriptions.cancel(old)
    deleted = scene.latest("customer.subscription.deleted")
    scene.bought("year")
    assert scene.subscription["id"] != old
    assert scene.tell(deleted, deleted) == [204, 204]
    assert scene.reads()
    assert [grant.source_id for grant in scene.open_grants] == [scene.subscription["id"]]


@pytest.mark.parametrize("mode", [Mode.SANDBOX, Mode.LIVE])
def test_14_a_customer_of_another_world_is_replaced_once(scene, database, mode):
    with database.writing() as session:
        session.add(StripeCustomer(id="cus_elsewhere", reader_id=scene.reader_id, mode=mode))
    first = scene.cashier.order(scene.reader, "year", scene.document.slug)
    assert scene.cashier.order(scene.reader, "year", scene.document.slug) == first
    assert len(scene.stripe.customers.list({}).data) == 1
    scene.cashier.pay(scene.reader, first)
    scene.come_back(first)
    assert scene.reads()


def test_14_a_missing_price_is_told_to_the_publisher_and_sells_nothing(scene, database, paidspan):
    with database.writing() as session:
        session.query(Plan).filter_by(code="year").one().stripe_price_id = "price_gone"
    for _ in range(2):
        refused = scene.try_to_order("year")
        assert refused.status_code == 409
        assert "This cannot be sold right now" in refused.get_data(as_text=True)
    assert [alert.code for alert in scene.alerts()] == ["price-gone"]
    assert "price_gone" in paidspan("stripe", "status")
    assert scene.cashier.order(scene.reader, "month", scene.document.slug), "the other plans are sold as before"


def test_15_whose_customer_was_deleted_can_buy_again(scene):
    scene.bought("year")
    gone = scene.customer_id
    scene.stripe.customers.delete(gone)
    scene.hear()
    assert not scene.reads()
    scene.bought("month")
    assert scene.customer_id != gone
    assert scene.reads()
    scene.hear()
    assert scene.reads()


def test_16_an_invoice_paid_after_the_end_is_told_to_the_publisher(scene, database, people, paidspan):
    people.reader("publisher@example.com", Role.PUBLISHER)
    scene.bought("month", card_number=FAILS_LATER)
    scene.pass_time(49 * DAY)
    scene.hear()
    assert scene.subscription["status"] == "canceled"
    owed = scene.stripe.invoices.list({"status": "open"}).data[0].id
    scene.stripe.payment_methods.attach(card(scene), {"customer": scene.customer_id})
    scene.stripe.invoices.pay(owed, {"payment_method": scene.stripe.payment_methods.list({"limit": 1}).data[0].id})
    for _ in range(2):
        scene.tell(scene.latest("invoice.paid"))
    assert [(alert.code, alert.about) for alert in scene.alerts()] == [("paid-after-end", owed)]
    told = [mail.recipient for mail in all_of(database, QueuedEmail) if mail.message == "alert"]
    assert told == ["publisher@example.com"]
    assert f"Invoice {owed} was paid after its subscription had ended" in paidspan("stripe", "status")
    assert not scene.reads()


def card(scene, number: str = GOOD) -> str:
    made = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    return scene.stripe.payment_methods.create({"type": "card", "card": made}).id


@pytest.mark.parametrize(("parts", "kept"), [((300, 300), True), ((495, 494), True), ((500, 490), False)])
def test_17_partial_refunds_are_summed_and_not_counted_twice(scene, parts, kept):
    scene.bought("document")
    scene.hear()
    for part in parts:
        scene.cashier.sandbox.refund(scene.payment(), part)
    refunds = scene.news("refund.created", "refund.updated", "charge.refunded", "charge.refund.updated")
    assert set(scene.tell(*refunds, *refunds)) == {204}
    assert [receipt.refunded for receipt in scene.receipts()] == [sum(parts)]
    assert scene.reads() is kept


@pytest.mark.parametrize(("pending", "became"), [(False, "failed"), (True, "failed"), (True, "canceled")])
@pytest.mark.parametrize("plan", ["document", "pass"])
def test_18_a_refund_that_came_to_nothing_gives_access_back(scene, plan, pending, became):
    scene.bought(plan)
    refund = scene.cashier.sandbox.refund(scene.payment(), pending=pending)
    scene.hear()
    assert scene.reads() is pending, "what is under way has not gone back yet"
    scene.cashier.sandbox.settle_refund(refund["id"], became)
    scene.hear()
    assert scene.reads()
    assert [receipt.refunded for receipt in scene.receipts()] == [0]
