"""Comparing with Stripe: what we never heard of is found, and nothing is asked that need not be."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.billing.stripe_answers import OUT_OF_ORDER, WITHOUT_KEY, answering
from tests.factories.shelf import PAID
from webapp.billing.gateway.client import RETRIES, EventNotice
from webapp.billing.gateway.targets import SyncTarget
from webapp.billing.models import Grant, GrantSource, Plan, Purchase, PurchaseState, Receipt, Revoked
from webapp.billing.reconcile import (
    delete_old_events,
    last_reconciled,
    recheck_before_lapse,
    reconcile_all,
    reconcile_events,
)
from webapp.billing.stripe_models import Alert, Reconciliation, StripeCustomer, StripeEvent, StripeObject, TargetType
from webapp.billing.sync import sync, sync_target
from webapp.billing.webhook_inbox import store_event
from webapp.kit import clock
from webapp.kit.errors import PaymentsUnavailableError
from webapp.stripe_sandbox import portal_actions
from webapp.stripe_sandbox.cards import TypedCard
from webapp.stripe_sandbox.faults import Faults
from webapp.stripe_sandbox.object_edits import edit_object

DAY = timedelta(days=1)
COMPARISONS = [reconcile_events, reconcile_all]


def reads_all(reader, document):
    return PAID in reader.get(f"/d/{document.slug}").get_data(as_text=True)


@pytest.mark.parametrize("compare", COMPARISONS)
@pytest.mark.parametrize("plan", ["year", "month", "pass", "document"])
def test_what_was_paid_and_never_heard_of_opens(cashier, billing, reader, document, plan, compare):
    cashier.buy(reader, plan, document.slug)
    assert not reads_all(reader, document)
    run = compare(billing)
    assert reads_all(reader, document)
    assert (run.drift, run.finished_at is not None) == (1, True)
    assert compare(billing).drift == 0


@pytest.mark.parametrize("compare", COMPARISONS)
def test_a_refund_that_was_never_heard_of_closes(cashier, billing, reader, document, compare):
    session_id = cashier.buy(reader, "document", document.slug)
    reader.get(f"/checkout/return?session_id={session_id}")
    reconcile_all(billing)
    cashier.sandbox.refund(cashier.purchases()[0].payment_intent_id)
    assert reads_all(reader, document)
    assert compare(billing).drift == 1
    assert not reads_all(reader, document)


def test_a_refund_long_after_the_last_comparison_is_found_too(cashier, billing, reader, document):
    session_id = cashier.buy(reader, "document", document.slug)
    reader.get(f"/checkout/return?session_id={session_id}")
    reconcile_all(billing)
    cashier.sandbox.advance(400 * DAY)
    reconcile_all(billing)
    cashier.sandbox.refund(cashier.purchases()[0].payment_intent_id)
    reconcile_all(billing)
    assert cashier.grants()[0].revoked is Revoked.REFUNDED


@pytest.mark.parametrize("compare", COMPARISONS)
def test_a_deleted_customer_is_found_and_the_reader_can_buy_again(
    cashier, billing, reader, document, database, compare
):
    session_id = cashier.buy(reader, "year", document.slug)
    reader.get(f"/checkout/return?session_id={session_id}")
    with database.reading() as session:
        customer = session.scalars(select(StripeCustomer)).one()
    billing.gateway.client.v1.customers.delete(customer.id)
    compare(billing)
    assert not reads_all(reader, document)
    session_id = cashier.buy(reader, "year", document.slug)
    reader.get(f"/checkout/return?session_id={session_id}")
    assert reads_all(reader, document)


def test_a_session_whose_id_a_kill_kept_from_us_is_found_by_our_mark(cashier, billing, reader, document, database):
    cashier.buy(reader, "pass", document.slug)
    with database.writing() as session:
        purchase = session.scalars(select(Purchase)).one()
        purchase.session_id = purchase.session_url = None
    reconcile_all(billing)
    assert reads_all(reader, document)


def test_a_session_nobody_paid_is_noted_as_expired(cashier, billing, reader):
    cashier.order(reader, "year")
    cashier.sandbox.advance(2 * DAY)
    reconcile_all(billing)
    assert [purchase.state for purchase in cashier.purchases()] == [PurchaseState.EXPIRED]


def test_what_has_settled_is_not_asked_about_again(cashier, billing, reader, document):
    session_id = cashier.buy(reader, "document", document.slug)
    reader.get(f"/checkout/return?session_id={session_id}")
    reconcile_all(billing)
    cashier.sandbox.advance(30 * DAY)
    assert reconcile_all(billing).targets == 0


def test_while_stripe_is_away_nothing_is_noted_as_compared(cashier, billing, reader, database, monkeypatch):
    cashier.buy(reader, "year")

    def away(*_args, **_more):
        raise PaymentsUnavailableError

    with monkeypatch.context() as without_stripe:
        without_stripe.setattr(type(billing.gateway), "calling", away)
        for compare in COMPARISONS:
            with pytest.raises(PaymentsUnavailableError):
                compare(billing)
    with database.reading() as session:
        assert last_reconciled(session, billing.mode, whole=True) is None
        assert last_reconciled(session, billing.mode, whole=False) is None
    assert reconcile_events(billing).drift == 1


def test_stripe_is_asked_once_before_a_subscription_lapses(cashier, billing, reader, document, database):
    session_id = cashier.buy(reader, "month", document.slug)
    reader.get(f"/checkout/return?session_id={session_id}")
    assert recheck_before_lapse(billing) == []
    (grant,) = cashier.grants()
    with database.writing() as session:  # as if Stripe's news of the renewal had not come
        session.get_one(Grant, grant.id).ends_at = clock.now() + timedelta(minutes=5)
        session.get_one(StripeObject, grant.source_id).fetched_at = clock.now() - DAY
    assert [change.did for change in recheck_before_lapse(billing)] == ["changed"]
    assert cashier.grants()[0].ends_at == grant.ends_at
    assert recheck_before_lapse(billing) == []


def test_old_news_is_forgotten_and_what_waits_is_not(cashier, billing, database):
    with database.writing() as session:
        for number in range(2):
            store_event(
                session,
                billing.mode,
                EventNotice(f"evt_{number}", "x", "customer", "cus_x", livemode=False),
                delivered=False,
            )
        session.get_one(StripeEvent, "evt_0").processed_at = clock.now()
    reconcile_events(billing)
    cashier.sandbox.advance(100 * DAY)
    with database.writing() as session:
        session.get_one(StripeEvent, "evt_1").processed_at = None
    billing.database.write(delete_old_events)
    with database.reading() as session:
        assert session.get(StripeEvent, "evt_0") is None
        assert session.get(StripeEvent, "evt_1") is not None
        assert session.scalars(select(Reconciliation)).all() == []


def test_a_sync_answers_what_it_changed(cashier, billing, reader):
    session_id = cashier.buy(reader, "year")
    assert [change.did for change in sync(billing, "checkout.session", session_id)] == ["added"]
    assert sync(billing, "checkout.session", session_id) == []


def test_a_session_that_became_a_subscription_is_one_thing_and_one_receipt(cashier, billing, reader, database):
    session_id = cashier.order(reader, "year")
    cashier.order(reader, "year")  # has the session looked at while it is open
    cashier.pay(reader, session_id)
    with database.reading() as session:
        row = session.get_one(StripeObject, session_id)
        assert row.unsettled
    sync_target(billing, SyncTarget(TargetType.CHECKOUT, session_id))
    reconcile_all(billing)
    with database.reading() as session:
        assert not session.get_one(StripeObject, session_id).unsettled
        assert [receipt.amount for receipt in session.scalars(select(Receipt))] == [19800]
    assert reconcile_all(billing).targets == 1


def refunds_noted(database):
    with database.reading() as session:
        return [receipt.refunded for receipt in session.scalars(select(Receipt).order_by(Receipt.number))]


def test_a_refund_of_an_earlier_period_that_arrives_long_after_it_was_made_is_noted(cashier, billing, reader, database):
    cashier.buy(reader, "month")
    reconcile_all(billing)
    with database.reading() as session:
        payment = session.scalars(select(Receipt.payment_intent_id)).one()
    cashier.sandbox.advance(32 * DAY)
    refund = cashier.sandbox.refund(payment, pending=True)
    reconcile_all(billing)
    cashier.sandbox.advance(9 * DAY)
    reconcile_all(billing)
    cashier.sandbox.settle_refund(refund["id"], "succeeded")
    reconcile_all(billing)
    assert refunds_noted(database) == [2500, 0]
    cashier.sandbox.settle_refund(refund["id"], "failed")
    reconcile_all(billing)
    assert refunds_noted(database) == [0, 0]


def test_what_an_ended_subscription_owed_has_its_receipt_when_it_is_paid_unheard(cashier, billing, reader, database):
    cashier.buy(reader, "month", card_number="4000000000000341")
    for _ in range(2):
        cashier.sandbox.advance(32 * DAY)
    reconcile_all(billing)
    assert refunds_noted(database) == [0]
    (owed,) = billing.gateway.client.v1.invoices.list({"status": "open"}).data
    with cashier.sandbox.writing() as uow:
        portal_actions.pay_invoice(uow, owed.id, TypedCard("4242424242424242", "12/39", "123"))
    reconcile_all(billing)
    assert refunds_noted(database) == [0, 0]


def test_what_was_paid_is_found_behind_a_year_of_drafts(cashier, billing, reader, database):
    cashier.sandbox.set_dunning_end("unpaid")
    cashier.buy(reader, "month", card_number="4000000000000341")
    for _ in range(16):
        cashier.sandbox.advance(32 * DAY)
    reconcile_all(billing)
    assert refunds_noted(database) == [0]


@pytest.mark.parametrize("told_of", [True, False])
def test_a_subscription_is_our_customers_whatever_mark_it_bears(cashier, billing, reader, document, database, told_of):
    """As when it was made by hand; whether we are told of it or find it makes no difference."""
    cashier.buy(reader, "document", document.slug)
    stripe = billing.gateway.client.v1
    with database.reading() as session:
        mark, customer = session.execute(select(Purchase.id, Purchase.customer_id)).one()
        price = session.scalars(select(Plan.stripe_price_id).where(Plan.code == "month")).one()
    trial = {"trial_period_days": 30, "metadata": {"paidspan_purchase": mark}}
    made = stripe.subscriptions.create({"customer": customer, "items": [{"price": price}], **trial})
    if told_of:
        sync(billing, "subscription", made.id)
    reconcile_all(billing)
    assert {grant.source for grant in cashier.grants()} == {GrantSource.DOCUMENT, GrantSource.SUBSCRIPTION}


def test_what_stripe_refuses_or_nobody_can_read_holds_up_no_other(cashier, billing, reader, document, database):
    """A session that Stripe refuses, and a payment whose invoice it describes in another version of its API."""
    cashier.buy(reader, "month", document.slug)
    refused = cashier.buy(reader, "pass", document.slug, warned=True)
    (bill,) = billing.gateway.client.v1.invoices.list().data
    (entry,) = billing.gateway.client.v1.invoice_payments.list({"invoice": bill.id}).data
    payment = entry.payment.payment_intent
    cashier.sandbox.dispute(payment, "warning_needs_response")
    with (
        answering(billing, refused),
        answering(billing, f"/invoices/{bill.id}", {"id": bill.id, "object": "invoice"}, 200),
    ):
        run = reconcile_all(billing)
    assert run.finished_at is not None
    assert reads_all(reader, document)
    with database.reading() as session:
        told = session.execute(select(Alert.code, Alert.about).where(Alert.code == "given-up")).all()
    assert {about for _code, about in told} >= {refused, payment}


@pytest.mark.parametrize("said", [WITHOUT_KEY, OUT_OF_ORDER], ids=["our key is refused", "it is away"])
def test_a_comparison_ends_where_stripe_ceases_to_answer_and_is_made_anew(
    cashier, billing, reader, document, database, said
):
    session_id = cashier.buy(reader, "pass", document.slug)
    with answering(billing, session_id, *said), pytest.raises(PaymentsUnavailableError):
        reconcile_all(billing)
    with database.reading() as session:
        assert last_reconciled(session, billing.mode, whole=True) is None
        assert session.scalars(select(Alert)).all() == []
    assert reconcile_all(billing).drift == 1
    assert reads_all(reader, document)


def test_a_refund_of_what_was_charged_beside_any_payment_of_ours_is_passed_over(cashier, billing, reader, document):
    """As of a charge that somebody made by hand, without a payment intent."""
    cashier.buy(reader, "document", document.slug)
    reconcile_all(billing)
    refund = cashier.sandbox.refund(cashier.purchases()[0].payment_intent_id)
    cashier.sandbox.write(lambda uow: edit_object(uow, refund["id"], "payment_intent", None))
    run = reconcile_all(billing)
    assert (run.targets, run.drift) == (0, 0)
    assert sync(billing, "refund", refund["id"]) == []
    assert reads_all(reader, document)


def lapsing(cashier, people, *emails, **payment):
    """Have readers subscribe, and their periods end unheard of."""
    for email in emails:
        browser = people.signed_in(email)
        browser.get(f"/checkout/return?session_id={cashier.buy(browser, 'month', **payment)}")


def test_a_stripe_that_is_away_is_asked_once_for_all_who_lapse(cashier, billing, people):
    lapsing(cashier, people, "one@example.com", "two@example.com")
    ends = [grant.ends_at for grant in cashier.grants()]
    cashier.sandbox.advance(min(ends) - clock.now() - timedelta(minutes=5))
    with answering(billing, "/subscriptions/", *OUT_OF_ORDER) as asked:
        changes = recheck_before_lapse(billing)
    assert len(asked) == 1 + RETRIES
    assert [change.did for change in changes] == ["changed"] * 2
    assert [after.ends_at - before for after, before in zip(cashier.grants(), ends, strict=True)] == [2 * DAY] * 2


def test_who_reads_on_anyway_is_left_alone_while_stripe_is_away(cashier, billing, people, database):
    """The renewal was not paid: its days of grace are as many as before, and there is nothing to tell."""
    lapsing(cashier, people, "one@example.com", card_number="4000000000000341")
    cashier.sandbox.advance(32 * DAY)
    reconcile_all(billing)
    (grant,) = cashier.grants()
    cashier.sandbox.advance(grant.ends_at - clock.now() - timedelta(minutes=5))
    cashier.sandbox.set_faults(Faults(down=1))
    assert recheck_before_lapse(billing) == []
    assert cashier.grants()[0].ends_at == grant.ends_at
    with database.reading() as session:
        assert session.get_one(StripeObject, grant.source_id).unreachable_since is not None
        assert session.scalars(select(Alert)).all() == []
