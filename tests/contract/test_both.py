"""What the sandbox and Stripe's test mode do alike: on the sandbox always, on Stripe with `make stripe-live`."""

from uuid import uuid4

import pytest
import stripe

from tests.contract import live

HOME = "https://example.com/"


@pytest.fixture
def v1(account):
    return account.client.v1


@pytest.fixture
def customer(v1):
    made = v1.customers.create({"email": "reader@example.com", "name": "A reader", "metadata": {"a": "1", "b": "2"}})
    yield made
    if not v1.customers.retrieve(made.id).to_dict().get("deleted"):
        v1.customers.delete(made.id)


@pytest.fixture
def month(v1):
    """Sell something by the month, for as long as a test takes."""
    described = {"product_data": {"name": "All reports"}, "recurring": {"interval": "month"}}
    price = v1.prices.create({**described, "currency": "usd", "unit_amount": 2500})
    yield price
    v1.prices.update(price.id, {"active": False})


@pytest.fixture
def paid(account, v1, customer, month):
    card = account.card_of(customer.id)
    given = {"customer": customer.id, "items": [{"price": month.id}], "default_payment_method": card.id}
    return v1.subscriptions.create({**given, "expand": ["latest_invoice.payments"], "metadata": {"a": "1"}})


def one_session(v1, customer, **more):
    described = {"currency": "usd", "unit_amount": 990, "product_data": {"name": "One report"}}
    item = {"price_data": described, "quantity": 2}
    given = {"mode": "payment", "line_items": [item], "success_url": HOME, "customer": customer.id}
    return v1.checkout.sessions.create({**given, **more})


def refused(call, *arguments):
    with pytest.raises(stripe.InvalidRequestError) as raised:
        call(*arguments)
    return raised.value.http_status, raised.value.code, raised.value.param


def test_metadata_is_merged_key_by_key_and_an_empty_one_takes_its_key_away(v1, customer):
    changed = v1.customers.update(customer.id, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert v1.customers.update(customer.id, {"metadata": ""}).metadata.to_dict() == {}


def test_a_deleted_customer_is_a_stub(v1, customer):
    v1.customers.delete(customer.id)
    stub = {"id": customer.id, "object": "customer", "deleted": True}
    assert v1.customers.retrieve(customer.id).to_dict() == stub


def test_what_is_not_there_is_missing_and_its_parameter_named(v1, customer):
    assert refused(v1.customers.retrieve, "cus_nothing") == (404, "resource_missing", "id")
    given = {"customer": customer.id, "items": [{"price": "price_nothing"}]}
    assert refused(v1.subscriptions.create, given) == (400, "resource_missing", "items[0][price]")


def test_a_key_sent_again_answers_the_same_and_no_other_request(v1):
    options = {"idempotency_key": uuid4().hex}
    first = v1.customers.create({"name": "One"}, options)
    assert v1.customers.create({"name": "One"}, options).id == first.id
    with pytest.raises(stripe.IdempotencyError):
        v1.customers.create({"name": "Two"}, options)
    v1.customers.delete(first.id)


def test_a_list_goes_on_behind_its_last_entry(v1):
    email = f"{uuid4().hex}@example.com"
    made = [v1.customers.create({"email": email}).id for _ in range(3)]
    page = v1.customers.list({"email": email, "limit": 2})
    rest = v1.customers.list({"email": email, "limit": 2, "starting_after": page.data[-1].id})
    assert (page.has_more, rest.has_more) == (True, False)
    assert [one.id for one in (*page.data, *rest.data)] == made[::-1]
    for one in made:
        v1.customers.delete(one)


def test_a_lookup_key_moves_to_the_price_that_takes_it(v1, month):
    key = uuid4().hex
    v1.prices.update(month.id, {"lookup_key": key})
    given = {"product": month.product, "currency": "usd", "unit_amount": 3000, "recurring": {"interval": "month"}}
    assert refused(v1.prices.create, given | {"lookup_key": key})[0] == 400
    second = v1.prices.create(given | {"lookup_key": key, "transfer_lookup_key": True, "expand": ["product"]})
    assert (second.unit_amount_decimal, second.product.name) == (3000, "All reports")
    assert [price.id for price in v1.prices.list({"lookup_keys": [key]}).data] == [second.id]
    assert v1.prices.retrieve(month.id).lookup_key is None
    v1.prices.update(second.id, {"active": False})


def test_a_coupon_takes_off_what_a_session_costs_and_is_gone_when_deleted(v1, customer):
    coupon = v1.coupons.create({"percent_off": 50, "duration": "once"})
    code = v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})
    session = one_session(v1, customer, discounts=[{"promotion_code": code.id}])
    assert (session.amount_subtotal, session.amount_total) == (1980, 990)
    assert session.total_details.amount_discount == 990
    v1.coupons.delete(coupon.id)
    assert refused(v1.coupons.retrieve, coupon.id)[:2] == (404, "resource_missing")


def test_a_session_is_open_until_it_is_expired_and_that_once(v1, customer):
    session = one_session(v1, customer, client_reference_id="a", metadata={"a": "1"})
    told = (session.status, session.payment_status, session.amount_total, session.payment_intent)
    assert told == ("open", "unpaid", 1980, None)
    assert session.url.startswith("http")
    assert [item.amount_total for item in v1.checkout.sessions.line_items.list(session.id).data] == [1980]
    expired = v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    assert refused(v1.checkout.sessions.expire, session.id)[0] == 400


def test_a_subscription_paid_at_once_runs_and_its_invoice_tells_of_it(v1, paid, month):
    item = paid["items"].data[0]
    assert (paid.status, item.price.id, item.quantity) == ("active", month.id, 1)
    assert item.current_period_end > item.current_period_start == paid.start_date
    invoice = paid.latest_invoice
    assert (invoice.status, invoice.total, invoice.billing_reason) == ("paid", 2500, "subscription_create")
    assert invoice.parent.subscription_details.subscription == paid.id
    (line,) = invoice.lines.data
    assert (line.amount, line.period.end) == (2500, item.current_period_end)
    (payment,) = invoice.payments.data
    found = v1.invoice_payments.list(
        {"payment": {"type": "payment_intent", "payment_intent": payment.payment.payment_intent}}
    )
    assert [one.invoice for one in found.data] == [invoice.id]


def test_a_chosen_end_is_taken_back_and_an_immediate_one_is_the_end(v1, paid):
    ending = v1.subscriptions.update(paid.id, {"cancel_at_period_end": True})
    assert ending.cancel_at == paid["items"].data[0].current_period_end
    assert v1.subscriptions.update(paid.id, {"cancel_at_period_end": False}).cancel_at is None
    ended = v1.subscriptions.cancel(paid.id, {"cancellation_details": {"comment": "enough"}})
    assert (ended.status, ended.cancellation_details.comment) == ("canceled", "enough")
    assert ended.ended_at
    assert refused(v1.subscriptions.cancel, paid.id)[:2] == (404, "resource_missing")


def test_what_was_paid_is_given_back_once(v1, paid):
    intent = paid.latest_invoice.payments.data[0].payment.payment_intent
    assert refused(v1.refunds.create, {"payment_intent": intent, "amount": 2501})[0] == 400
    refund = v1.refunds.create({"payment_intent": intent, "reason": "requested_by_customer"})
    assert (refund.status, refund.amount) == ("succeeded", 2500)
    charge = v1.payment_intents.retrieve(intent, {"expand": ["latest_charge"]}).latest_charge
    assert (charge.refunded, charge.amount_refunded) == (True, 2500)
    assert refused(v1.refunds.create, {"payment_intent": intent})[1] == "charge_already_refunded"
    assert [one.id for one in v1.refunds.list({"payment_intent": intent}).data] == [refund.id]


def test_a_card_that_declines_when_it_is_charged_makes_no_subscription(account, v1, customer, month):
    card = account.card_of(customer.id, fails=True)
    given = {"customer": customer.id, "items": [{"price": month.id}], "default_payment_method": card.id}
    with pytest.raises(stripe.CardError) as raised:
        v1.subscriptions.create({**given, "payment_behavior": "error_if_incomplete"})
    assert raised.value.code == "card_declined"
    assert v1.subscriptions.list({"customer": customer.id, "status": "all"}).data == []


def test_a_trial_needs_no_payment_and_is_billed_nothing(v1, customer, month):
    given = {"customer": customer.id, "items": [{"price": month.id}], "trial_period_days": 7}
    ends = {"end_behavior": {"missing_payment_method": "cancel"}}
    trial = v1.subscriptions.create({**given, "trial_settings": ends, "expand": ["latest_invoice"]})
    assert (trial.status, trial.trial_end - trial.trial_start) == ("trialing", 7 * 86400)
    assert trial.trial_settings.end_behavior.missing_payment_method == "cancel"
    assert (trial.latest_invoice.status, trial.latest_invoice.total) == ("paid", 0)
    assert trial["items"].data[0].current_period_end == trial.trial_end


def test_a_webhooks_secret_is_shown_when_it_is_made_and_never_again(v1):
    given = {"url": f"{HOME}{uuid4().hex}", "enabled_events": ["charge.refunded"]}
    endpoint = v1.webhook_endpoints.create(given)
    assert endpoint.secret.startswith("whsec_")
    assert "secret" not in v1.webhook_endpoints.retrieve(endpoint.id).to_dict()
    assert v1.webhook_endpoints.update(endpoint.id, {"disabled": True}).status == "disabled"
    v1.webhook_endpoints.delete(endpoint.id)
    assert refused(v1.webhook_endpoints.retrieve, endpoint.id)[:2] == (404, "resource_missing")


def test_the_portal_opens_for_a_customer(v1, customer):
    features = {"invoice_history": {"enabled": True}}
    configuration = v1.billing_portal.configurations.create({"features": features})
    given = {"customer": customer.id, "configuration": configuration.id, "return_url": HOME}
    assert v1.billing_portal.sessions.create(given).url.startswith("http")
    assert not v1.billing_portal.configurations.update(configuration.id, {"active": False}).active
    assert refused(v1.billing_portal.sessions.create, given)[0] == 400


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "Set PAIDSPAN_STRIPE_SECRET_KEY to a secret key of Stripe's test mode"),
        ("sk_live_1", "PAIDSPAN_STRIPE_SECRET_KEY is a live key."),
        ("rk_live_1", "PAIDSPAN_STRIPE_SECRET_KEY is a live key."),
        ("pk_test_1", "PAIDSPAN_STRIPE_SECRET_KEY is no secret key of Stripe's test mode"),
    ],
)
def test_nothing_is_sent_without_a_key_of_the_test_mode(monkeypatch, capsys, key, said):
    monkeypatch.setenv(live.KEY, key)
    assert live.main([]) == 2
    assert capsys.readouterr().err.startswith(said)


def test_keys_of_the_test_mode_are_taken():
    assert [live.objection(key) for key in ("sk_test_1", "rk_test_1")] == ["", ""]
