"""Invoices made smaller before they are paid, or given back afterwards."""

from datetime import timedelta

import pytest
import stripe

from tests.stripe_sandbox.shop import FAILS_LATER


@pytest.fixture
def held(shop):
    return shop.subscribe()


@pytest.fixture
def paid(shop, held):
    return shop.newest_invoice(held)


@pytest.fixture
def behind(shop):
    held = shop.subscribe(number=FAILS_LATER)
    shop.sandbox.advance(timedelta(days=31, hours=2))
    return held


def credit(shop, invoice: stripe.Invoice, amount: int, **params) -> stripe.CreditNote:
    return shop.stripe.credit_notes.create({"invoice": invoice.id, "amount": amount, **params})


def look(shop, invoice: stripe.Invoice) -> stripe.Invoice:
    return shop.stripe.invoices.retrieve(invoice.id)


def payment_of(shop, invoice: stripe.Invoice) -> stripe.PaymentIntent:
    (payment,) = shop.stripe.invoice_payments.list({"invoice": invoice.id}).data
    return shop.stripe.payment_intents.retrieve(payment.payment.payment_intent)


# After payment


def test_what_was_paid_is_refunded(shop, paid):
    before = len(shop.told())
    note = credit(shop, paid, 2500, refund_amount=2500, reason="duplicate", metadata={"a": "b"}, memo="Sorry")
    (refunded,) = note.refunds
    refund = shop.stripe.refunds.retrieve(refunded.refund)
    assert (note.status, note.type, note.total) == ("issued", "post_payment", 2500)
    assert (note.post_payment_amount, note.pre_payment_amount) == (2500, 0)
    assert (refund.amount, refunded.amount_refunded) == (2500, 2500)
    assert (note.reason, note.memo, note.metadata.to_dict()) == ("duplicate", "Sorry", {"a": "b"})
    invoice = look(shop, paid)
    assert (invoice.status, invoice.amount_due, invoice.amount_paid) == ("paid", 2500, 2500)
    assert (invoice.post_payment_credit_notes_amount, invoice.pre_payment_credit_notes_amount) == (2500, 0)
    assert shop.told()[before:] == ["refund.created", "charge.refunded", "credit_note.created", "invoice.updated"]


def test_or_becomes_credit_for_the_next_invoice(shop, held, paid):
    note = credit(shop, paid, 1000, credit_amount=1000)
    assert note.refunds == []
    assert shop.stripe.customers.retrieve(held.customer).balance == -1000
    shop.sandbox.advance(timedelta(days=31, hours=2))
    assert shop.newest_invoice(held).amount_paid == 1500


def test_or_is_given_back_elsewhere(shop, held, paid):
    note = credit(shop, paid, 2500, out_of_band_amount=2500)
    assert note.out_of_band_amount == 2500
    assert look(shop, paid).post_payment_credit_notes_amount == 2500
    assert shop.stripe.refunds.list().data == []
    assert shop.stripe.customers.retrieve(held.customer).balance == 0


def test_or_a_little_of_each(shop, paid):
    credit(shop, paid, 600, credit_amount=100, refund_amount=200, out_of_band_amount=300)
    assert look(shop, paid).post_payment_credit_notes_amount == 600
    assert shop.stripe.refunds.list().data[0].amount == 200


def test_a_refund_that_was_made_before_can_be_named(shop, paid):
    refund = shop.stripe.refunds.create({"payment_intent": payment_of(shop, paid).id, "amount": 700})
    note = credit(shop, paid, 700, refunds=[{"refund": refund.id}])
    assert [(one.refund, one.amount_refunded) for one in note.refunds] == [(refund.id, 700)]
    part = credit(shop, paid, 300, refunds=[{"refund": refund.id, "amount_refunded": 300}])
    assert (part.refunds[0].amount_refunded, len(shop.stripe.refunds.list().data)) == (300, 1)


def test_notes_are_numbered_and_listed(shop, paid):
    first, second = (credit(shop, paid, 100, out_of_band_amount=100) for _ in range(2))
    assert [first.number, second.number] == [f"{paid.number}-CN-01", f"{paid.number}-CN-02"]
    listed = shop.stripe.credit_notes.list({"invoice": paid.id, "customer": paid.customer})
    assert [note.id for note in listed.data] == [second.id, first.id]
    seen = shop.stripe.credit_notes.retrieve(first.id, {"expand": ["invoice", "customer"]})
    assert (seen.invoice.id, seen.customer.id) == (paid.id, paid.customer)
    assert shop.stripe.credit_notes.list({"invoice": "in_x"}).data == []


# Before payment


def test_an_open_invoice_becomes_smaller(shop, behind):
    invoice = shop.newest_invoice(behind)
    note = credit(shop, invoice, 1000)
    assert (note.type, note.pre_payment_amount, note.post_payment_amount) == ("pre_payment", 1000, 0)
    reduced = look(shop, invoice)
    assert (reduced.status, reduced.amount_due, reduced.amount_remaining) == ("open", 1500, 1500)
    assert (reduced.total, reduced.pre_payment_credit_notes_amount) == (2500, 1000)
    shop.stripe.invoices.pay(invoice.id, {"payment_method": shop.card_of(behind.customer).id})
    assert payment_of(shop, invoice).amount_received == 1500
    assert look(shop, invoice).amount_paid == 1500


def test_of_which_nothing_remains_is_paid(shop, behind):
    invoice = shop.newest_invoice(behind)
    credit(shop, invoice, 2500)
    reduced = look(shop, invoice)
    assert (reduced.status, reduced.amount_paid, reduced.amount_remaining) == ("paid", 0, 0)
    assert payment_of(shop, invoice).status == "canceled"
    assert shop.subscription(behind).status == "active"


def test_what_was_reduced_and_paid_is_given_back_as_far_as_it_was_paid(shop, behind):
    invoice = shop.newest_invoice(behind)
    credit(shop, invoice, 1000)
    shop.stripe.invoices.pay(invoice.id, {"payment_method": shop.card_of(behind.customer).id})
    with pytest.raises(stripe.InvalidRequestError, match=r"what is left to credit \(1500\)"):
        credit(shop, invoice, 2500, refund_amount=2500)
    credit(shop, invoice, 1500, refund_amount=1500)
    assert look(shop, invoice).post_payment_credit_notes_amount == 1500


@pytest.mark.parametrize(
    ("amount", "params", "complaint"),
    [
        (2501, {"refund_amount": 2501}, "left to credit"),
        (1000, {}, r"\(0\) must equal the post payment credit note amount \(1000\)"),
        (1000, {"refund_amount": 500}, "must equal"),
        (1000, {"refunds": [{"refund": "re_x"}]}, "No such refund"),
    ],
)
def test_what_does_not_add_up_is_refused(shop, paid, amount, params, complaint):
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        credit(shop, paid, amount, **params)
    assert look(shop, paid).post_payment_credit_notes_amount == 0


def test_drafts_are_not_credited_and_what_came_from_outside_is_not_refunded(shop):
    given = {"customer": shop.customer().id, "items": [{"price": shop.price().id}]}
    held = shop.stripe.subscriptions.create({**given, "collection_method": "send_invoice", "days_until_due": 7})
    with pytest.raises(stripe.InvalidRequestError, match="This invoice is draft"):
        credit(shop, shop.newest_invoice(held), 100)
    shop.stripe.invoices.pay(held.latest_invoice, {"paid_out_of_band": True})
    with pytest.raises(stripe.InvalidRequestError, match="no payment through Stripe"):
        credit(shop, shop.newest_invoice(held), 100, refund_amount=100)
