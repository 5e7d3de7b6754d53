"""Tax at the sandbox: one rate, on top of the price, at the checkout and on every bill; and who pays it."""

from datetime import timedelta
from decimal import Decimal

import pytest
import stripe

from tests.stripe_sandbox.shop import GOOD, WECHAT
from webapp.stripe_sandbox.view_models import view_checkout, view_receipt

TAXED = {"automatic_tax": {"enabled": True}, "customer_update": {"address": "auto"}}
COMPANY = {"tax_id_collection": {"enabled": True}, "customer_update": {"address": "auto", "name": "auto"}}
INVOICED = {"invoice_creation": {"enabled": True}}


def test_a_session_costs_its_tax_besides_and_the_subtotal_stays(shop):
    session = shop.document_session(1000, **TAXED)
    told = (session.amount_subtotal, session.amount_total, session.total_details.amount_tax)
    assert told == (1000, 1060, 60)
    assert session.automatic_tax.status == "complete"
    paid = shop.buy(session)
    assert shop.stripe.payment_intents.retrieve(paid.payment_intent).amount == 1060
    (item,) = shop.stripe.checkout.sessions.line_items.list(session.id).data
    assert (item.amount_subtotal, item.amount_tax, item.amount_total) == (1000, 60, 1060)


def test_without_it_nothing_is_taxed(shop):
    session = shop.document_session(1000)
    assert (session.amount_total, session.automatic_tax.enabled) == (1000, False)


def test_the_rate_can_be_changed_and_amounts_go_by_their_steps(shop):
    shop.sandbox.set_tax_rate(Decimal("12.5"))
    assert shop.document_session(999, **TAXED).total_details.amount_tax == 125
    assert shop.document_session(99900, currency="isk", **TAXED).total_details.amount_tax == 12500


def test_a_discount_is_taken_off_before_tax(shop):
    coupon = shop.stripe.coupons.create({"percent_off": 50, "duration": "once"})
    shop.stripe.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "HALF"})
    session = shop.document_session(1000, allow_promotion_codes=True, **TAXED)
    shop.sandbox.enter_code(session.id, "HALF")
    assert (shop.look(session).amount_total, shop.look(session).total_details.amount_tax) == (530, 30)
    shop.sandbox.enter_code(session.id, "")
    assert shop.look(session).amount_total == 1060


def test_a_subscription_is_taxed_at_each_renewal_and_in_its_preview(shop):
    held = shop.subscribe(**TAXED)
    assert held.automatic_tax.enabled
    shop.sandbox.advance(timedelta(days=32))
    renewed, first = shop.invoices(held)
    for invoice in (renewed, first):
        assert (invoice.subtotal, invoice.total, invoice.amount_paid) == (2500, 2650, 2650)
        assert [tax.amount for tax in invoice.total_taxes] == [150]
        assert invoice.total_excluding_tax == 2500
    upcoming = shop.stripe.invoices.create_preview({"subscription": held.id})
    assert (upcoming.total, upcoming.total_taxes[0].taxable_amount) == (2650, 2500)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ({"automatic_tax": {"enabled": True}}, "requires a valid address"),
        ({"tax_id_collection": {"enabled": True}}, "updating business name"),
        ({"tax_id_collection": {"enabled": True}, "customer_update": {"address": "auto"}}, "updating business name"),
    ],
)
def test_what_stripe_may_not_keep_of_a_customer_it_does_not_ask_for(shop, features, said):
    with pytest.raises(stripe.InvalidRequestError, match=said):
        shop.document_session(**features)


def test_without_a_customer_there_is_none_to_update(shop):
    item = {"price": shop.price(interval=None).id, "quantity": 1}
    session = {"mode": "payment", "line_items": [item], "success_url": "http://127.0.0.1:8000/"}
    create = shop.stripe.checkout.sessions.create
    assert create({**session, "automatic_tax": {"enabled": True}}).total_details.amount_tax == 150
    with pytest.raises(stripe.InvalidRequestError, match="customer_update"):
        create({**session, **TAXED})
    with pytest.raises(stripe.InvalidRequestError, match="customer"):
        create({**session, **INVOICED})
    asked = create({**session, "tax_id_collection": {"enabled": True}})
    shop.sandbox.pay(asked.id, "card", GOOD, "12/34", "123", tax_id="DE123456789")
    (tax_id,) = shop.look(asked).customer_details.tax_ids
    assert (tax_id.type, tax_id.value) == ("eu_vat", "DE123456789")


def test_a_company_is_on_the_session_the_customer_and_every_bill(shop):
    session = shop.subscription_session(**COMPANY)
    shop.sandbox.pay(session.id, "card", GOOD, "12/34", "123", company="Wang Ltd", tax_id="91310000X")
    details = shop.look(session).customer_details
    assert (details.business_name, [one.value for one in details.tax_ids]) == ("Wang Ltd", ["91310000X"])
    assert shop.stripe.customers.retrieve(session.customer).name == "Wang Ltd"
    shop.sandbox.advance(timedelta(days=32))
    for invoice in shop.stripe.invoices.list({"subscription": shop.look(session).subscription}).data:
        assert invoice.customer_name == "Wang Ltd"
        assert [(one.type, one.value) for one in invoice.customer_tax_ids] == [("cn_tin", "91310000X")]


def test_a_tax_id_that_nobody_asked_for_is_not_kept(shop):
    session = shop.document_session()
    shop.sandbox.pay(session.id, "card", GOOD, "12/34", "123", company="Wang Ltd", tax_id="91310000X")
    assert shop.look(session).customer_details.tax_ids == []


def test_a_payment_has_an_invoice_where_that_was_asked_for(shop):
    coupon = shop.stripe.coupons.create({"amount_off": 200, "currency": "cny", "duration": "once"})
    features = {**COMPANY, **TAXED, **INVOICED, "customer_update": COMPANY["customer_update"]}
    session = shop.document_session(1000, discounts=[{"coupon": coupon.id}], **features)
    shop.sandbox.pay(session.id, "card", GOOD, "12/34", "123", company="Wang Ltd", tax_id="91310000X")
    paid = shop.look(session)
    invoice = shop.stripe.invoices.retrieve(paid.invoice, {"expand": ["payments"]})
    assert (invoice.status, invoice.parent, invoice.amount_paid) == ("paid", None, 848)
    assert (invoice.total_taxes[0].amount, invoice.customer_tax_ids[0].value) == (48, "91310000X")
    assert invoice.total_discount_amounts[0].amount == 200
    (payment,) = invoice.payments.data
    assert (payment.payment.payment_intent, payment.status) == (paid.payment_intent, "paid")
    assert shop.told()[-1] == "checkout.session.completed"
    assert "invoice.paid" in shop.told()


def test_what_takes_its_time_has_its_invoice_when_the_money_is_there(shop):
    session = shop.document_session(payment_method_options=WECHAT, **INVOICED)
    shop.sandbox.pay(session.id, "wechat_pay", wallet="later")
    assert shop.look(session).invoice is None
    shop.sandbox.advance(timedelta(minutes=6))
    assert shop.stripe.invoices.retrieve(shop.look(session).invoice).amount_paid == 990


def test_what_costs_nothing_has_an_invoice_without_a_payment(shop):
    coupon = shop.stripe.coupons.create({"percent_off": 100, "duration": "once"})
    session = shop.buy(shop.document_session(discounts=[{"coupon": coupon.id}], **INVOICED))
    assert shop.stripe.invoices.retrieve(session.invoice).amount_paid == 0
    assert shop.stripe.invoice_payments.list({"invoice": session.invoice}).data == []


def test_no_invoice_is_made_where_none_is_wanted(shop):
    assert shop.buy(shop.document_session(invoice_creation={"enabled": False})).invoice is None
    with pytest.raises(stripe.InvalidRequestError, match="invoice creation"):
        shop.subscription_session(**INVOICED)


def test_the_pages_show_it(shop):
    session = shop.document_session(1000, **TAXED, **INVOICED)
    with shop.sandbox.reading() as uow:
        assert view_checkout(uow, session.id).tax.minor_units == 60
    paid = shop.buy(session)
    with shop.sandbox.reading() as uow:
        assert view_receipt(uow, paid.invoice).total.minor_units == 1060
