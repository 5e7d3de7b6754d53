"""The ways to pay a session, and what each moves."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import stripe
import time_machine

from tests.stripe_sandbox.shop import DECLINED, FAILS_LATER, POOR, SUCCESS, WECHAT, Shop
from webapp.kit import clock
from webapp.stripe_sandbox.cards import Behaviour, behaviour_of
from webapp.stripe_sandbox.checkout_payment import PaymentEnd
from webapp.stripe_sandbox.sandbox import Sandbox
from webapp.stripe_sandbox.stripe_errors import RefusedError

MARK = {"purchase": "p-1"}
NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("interval", "ends"),
    [("month", datetime(2027, 4, 15, 12, tzinfo=UTC)), ("year", datetime(2028, 3, 15, 12, tzinfo=UTC))],
)
def test_a_subscription_runs_from_the_payment_to_the_end_of_its_period(shop, interval, ends):
    with time_machine.travel(NOON, tick=False):
        subscription = shop.subscribe(interval, subscription_data={"metadata": MARK})
    (item,) = subscription["items"].data
    assert (subscription.status, subscription.metadata.to_dict()) == ("active", MARK)
    assert (item.current_period_start, item.current_period_end) == (NOON.timestamp(), ends.timestamp())
    assert item.price.recurring.interval == interval


def test_a_subscriptions_first_invoice_is_paid_by_its_payment_intent(shop):
    subscription = shop.subscribe()
    invoice = shop.stripe.invoices.retrieve(subscription.latest_invoice)
    (payment,) = shop.stripe.invoice_payments.list({"invoice": invoice.id}).data
    intent = shop.stripe.payment_intents.retrieve(payment.payment.payment_intent, {"expand": ["latest_charge"]})
    assert (invoice.status, invoice.amount_paid, invoice.amount_remaining) == ("paid", 2500, 0)
    assert invoice.parent.subscription_details.subscription == subscription.id
    assert (payment.status, payment.amount_paid) == ("paid", 2500)
    assert (intent.status, intent.latest_charge.paid, intent.latest_charge.amount) == ("succeeded", True, 2500)


def test_the_session_of_a_subscription_names_it_and_no_payment_intent(shop):
    session = shop.buy(shop.subscription_session(client_reference_id="p-1"))
    assert (session.status, session.payment_status, session.payment_intent) == ("complete", "paid", None)
    assert session.subscription.startswith("sub_")
    assert session.invoice.startswith("in_")
    assert (session.url, session.client_reference_id) == (None, "p-1")


@pytest.mark.parametrize("method", ["card", "alipay", "wechat_pay"])
@pytest.mark.parametrize("kind", ["pass", "document"])
def test_what_is_bought_once_is_paid_by_any_method(shop, kind, method):
    opened = getattr(shop, f"{kind}_session")(payment_method_options=WECHAT, payment_intent_data={"metadata": MARK})
    outcome = shop.sandbox.pay(opened.id, method, "4242 4242 4242 4242", "12 / 34", "123")
    session = shop.look(opened)
    intent = shop.stripe.payment_intents.retrieve(session.payment_intent, {"expand": ["latest_charge"]})
    assert outcome.end is PaymentEnd.PAID
    assert (session.status, session.payment_status, session.subscription) == ("complete", "paid", None)
    assert (intent.status, intent.amount_received) == ("succeeded", session.amount_total)
    assert intent.metadata.to_dict() == MARK
    assert intent.latest_charge.payment_method_details.type == method
    assert session.amount_total == {"pass": 3000, "document": 990}[kind]


def test_the_buyer_comes_back_with_the_sessions_id(shop):
    session = shop.pass_session()
    assert shop.pay(session).url == SUCCESS.replace("{CHECKOUT_SESSION_ID}", session.id)


def test_a_paid_subscription_is_told_step_by_step(shop):
    session = shop.subscription_session()
    before = len(shop.told())
    shop.pay(session)
    assert shop.told()[before:] == [
        "customer.updated",
        "payment_method.attached",
        "customer.subscription.created",
        "invoice.created",
        "payment_intent.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
        "customer.subscription.updated",
        "checkout.session.completed",
    ]


def test_a_single_payment_is_told_step_by_step(shop):
    session = shop.pass_session()
    before = len(shop.told())
    shop.pay(session)
    assert shop.told()[before:] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_an_event_shows_its_object_as_it_was_then(shop):
    shop.subscribe()
    shown = {event.type: event.data.object["status"] for event in shop.events() if "subscription." in event.type}
    assert shown == {"customer.subscription.created": "incomplete", "customer.subscription.updated": "active"}


def test_a_change_is_told_with_what_was_before(shop):
    shop.subscribe()
    (event,) = shop.events(type="customer.subscription.updated")
    assert event.data.previous_attributes.to_dict() == {"status": "incomplete"}


def test_paying_twice_comes_to_the_same_end_without_a_second_charge(shop):
    session = shop.pass_session()
    assert shop.pay(session) == shop.pay(session)
    assert len(shop.stripe.charges.list().data) == 1


@pytest.mark.parametrize("kind", ["subscription", "pass"])
def test_two_threads_of_two_processes_paying_at_once_charge_once(shop, file, kind):
    session = getattr(shop, f"{kind}_session")()
    shops = [shop, Shop(Sandbox(file, "http://127.0.0.1:8000"))]
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda number: shops[number % 2].pay(session), range(8)))
    assert {outcome.end for outcome in outcomes} == {PaymentEnd.PAID}
    assert len(shop.stripe.charges.list().data) == 1
    assert shop.told().count("checkout.session.completed") == 1
    shops[1].sandbox.close()


@pytest.mark.parametrize(
    ("number", "sentence", "decline_code"),
    [
        (DECLINED, "Your card was declined.", "generic_decline"),
        (POOR, "Your card has insufficient funds.", "insufficient_funds"),
    ],
)
def test_a_declined_card_leaves_the_session_open_and_the_attempt_on_record(shop, number, sentence, decline_code):
    session = shop.pass_session()
    outcome = shop.pay(session, number)
    seen = shop.look(session)
    intent = shop.stripe.payment_intents.retrieve(seen.payment_intent, {"expand": ["latest_charge"]})
    assert (outcome.end, outcome.message) == (PaymentEnd.DECLINED, sentence)
    assert (seen.status, seen.payment_status) == ("open", "unpaid")
    assert (intent.status, intent.last_payment_error.decline_code) == ("requires_payment_method", decline_code)
    assert (intent.latest_charge.status, intent.latest_charge.paid) == ("failed", False)
    assert shop.told()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_after_a_declined_card_another_pays_the_same_intent(shop):
    session = shop.pass_session()
    shop.pay(session, DECLINED)
    intent = shop.look(session).payment_intent
    assert shop.buy(session).payment_intent == intent
    charges = shop.stripe.charges.list({"payment_intent": intent}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]


def test_a_declined_subscription_leaves_nothing_behind(shop):
    session = shop.subscription_session()
    before = shop.told()
    assert shop.pay(session, DECLINED).end is PaymentEnd.DECLINED
    assert shop.told() == before
    assert shop.stripe.subscriptions.list({"status": "all"}).data == []
    assert shop.look(session).status == "open"


def test_the_card_that_fails_later_pays_now_and_is_remembered(shop):
    session = shop.buy(shop.subscription_session(), FAILS_LATER)
    subscription = shop.stripe.subscriptions.retrieve(session.subscription, {"expand": ["default_payment_method"]})
    method = subscription.default_payment_method
    assert subscription.status == "active"
    assert method.customer == session.customer
    assert behaviour_of(method.card.last4) is Behaviour.FAILS_ON_RENEWAL


def test_a_wrong_card_is_a_matter_of_the_form_and_no_attempt(shop):
    session = shop.pass_session()
    outcome = shop.sandbox.pay(session.id, "card", "4242424242424241", "01/20", "12")
    assert outcome.end is PaymentEnd.INVALID
    assert outcome.problems.keys() == {"card_number", "expiry", "cvc"}
    assert shop.stripe.payment_intents.list().data == []


@pytest.mark.parametrize(
    ("kind", "params", "methods"),
    [
        ("subscription", {}, ["card"]),
        ("pass", {}, ["card", "alipay"]),
        ("pass", {"payment_method_options": WECHAT}, ["card", "alipay", "wechat_pay"]),
        ("pass", {"payment_method_options": {"wechat_pay": {"client": "ios"}}}, ["card", "alipay"]),
        ("document", {"currency": "sek", "payment_method_options": WECHAT}, ["card"]),
    ],
)
def test_wallets_pay_once_only_and_wechat_pay_where_it_was_prepared(shop, kind, params, methods):
    session = getattr(shop, f"{kind}_session")(**params)
    assert session.payment_method_types == methods
    for method in {"alipay", "wechat_pay"} - set(methods):
        assert shop.sandbox.pay(session.id, method).problems.keys() == {"method"}


def test_a_trial_begins_without_a_charge_and_with_a_zero_invoice(shop):
    with time_machine.travel(NOON, tick=False):
        session = shop.buy(shop.subscription_session(subscription_data={"trial_period_days": 14}))
        subscription = shop.stripe.subscriptions.retrieve(session.subscription)
    invoice = shop.stripe.invoices.retrieve(subscription.latest_invoice)
    ends = datetime(2027, 3, 29, 12, tzinfo=UTC).timestamp()
    assert (subscription.status, session.payment_status) == ("trialing", "no_payment_required")
    assert (subscription.trial_end, subscription["items"].data[0].current_period_end) == (ends, ends)
    assert (invoice.status, invoice.total) == ("paid", 0)
    assert shop.stripe.charges.list().data == []
    assert shop.stripe.invoice_payments.list({"invoice": invoice.id}).data == []


def test_what_costs_nothing_needs_no_card(shop):
    session = shop.document_session(amount=0)
    assert shop.sandbox.pay(session.id).end is PaymentEnd.PAID
    assert shop.look(session).payment_status == "no_payment_required"
    assert shop.stripe.payment_intents.list().data == []


def test_a_subscription_without_a_customer_makes_one(shop):
    price = shop.price()
    line_items = [{"price": price.id, "quantity": 1}]
    opened = shop.stripe.checkout.sessions.create(
        {"mode": "subscription", "line_items": line_items, "success_url": SUCCESS}
    )
    session = shop.buy(opened)
    assert [customer.id for customer in shop.stripe.customers.list().data] == [session.customer]


def test_a_customer_deleted_in_the_middle_of_checkout_can_no_longer_pay(shop):
    session = shop.subscription_session()
    shop.stripe.customers.delete(session.customer)
    assert shop.pay(session).end is PaymentEnd.EXPIRED
    assert shop.stripe.charges.list().data == []


def test_a_session_that_is_not_there_cannot_be_paid(sandbox):
    with pytest.raises(RefusedError, match=r"No such checkout\.session: 'cs_test_unknown'"):
        sandbox.pay("cs_test_unknown")


def test_invoices_of_one_customer_are_numbered_in_a_row(shop):
    customer = shop.customer()
    for _ in range(2):
        shop.buy(shop.subscription_session(customer=customer.id))
    numbers = [invoice.number for invoice in shop.stripe.invoices.list({"customer": customer.id}).data]
    assert numbers == [f"{customer.invoice_prefix}-0002", f"{customer.invoice_prefix}-0001"]


def test_quantities_multiply(shop):
    price = shop.price()
    session = shop.stripe.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": shop.customer().id,
            "line_items": [{"price": price.id, "quantity": 3}],
            "success_url": SUCCESS,
        }
    )
    bought = shop.buy(session)
    assert session.amount_total == 7500
    assert shop.stripe.invoices.retrieve(bought.invoice).amount_paid == 7500


def test_all_of_a_payment_bears_the_sandboxs_time(shop):
    with time_machine.travel(NOON, tick=False):
        bought = shop.buy(shop.pass_session())
        intent = shop.stripe.payment_intents.retrieve(bought.payment_intent, {"expand": ["latest_charge"]})
        now = clock.now().timestamp()
    moments = {bought.created, intent.created, intent.latest_charge.created, shop.events()[-1].created}
    assert moments == {now}
    assert isinstance(intent.latest_charge, stripe.Charge)
