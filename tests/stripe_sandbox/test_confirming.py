"""The card that has every payment confirmed at the bank: at checkout, at renewals, on an invoice's page."""

from datetime import timedelta

import pytest
import stripe

from tests.factories.html import attributes, text
from tests.factories.people import token_in
from tests.stripe_sandbox.shop import ASKS, DECLINED, GOOD
from webapp.stripe_sandbox.stripe_errors import RefusedError

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HERE = "http://127.0.0.1:8000"


def card(number: str) -> dict[str, str]:
    return {"method": "card", "card_number": number, "expiry": "12/34", "cvc": "123"}


def path_of(url: str) -> str:
    return url.removeprefix(HERE)


def post(client, path, form):
    return client.post(path, data={**form, "csrf_token": token_in(client.get(path))})


def subscribe(shop) -> stripe.Subscription:
    session = shop.subscription_session()
    shop.pay(session, ASKS)
    shop.sandbox.confirm(session.id)
    return shop.stripe.subscriptions.retrieve(shop.look(session).subscription)


def intent_of(shop, invoice: stripe.Invoice) -> stripe.PaymentIntent:
    (payment,) = shop.stripe.invoice_payments.list({"invoice": invoice.id}).data
    return shop.stripe.payment_intents.retrieve(payment.payment.payment_intent, {"expand": ["latest_charge"]})


# At checkout


def test_a_payment_waits_for_the_bank(shop):
    session = shop.document_session()
    outcome = shop.pay(session, ASKS)
    waiting = shop.look(session)
    intent = shop.stripe.payment_intents.retrieve(waiting.payment_intent)
    assert (outcome.end, outcome.url) == ("asked", f"{session.url}/confirm")
    assert (waiting.status, waiting.payment_status) == ("open", "unpaid")
    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    assert intent.next_action.redirect_to_url.url == outcome.url
    assert shop.told()[-1] == "payment_intent.requires_action"


def test_confirmed_it_is_paid(shop):
    session = shop.document_session()
    shop.pay(session, ASKS)
    assert shop.sandbox.confirm(session.id).end == "paid"
    bought = shop.look(session)
    intent = shop.stripe.payment_intents.retrieve(bought.payment_intent)
    assert (bought.status, bought.payment_status) == ("complete", "paid")
    assert (intent.status, intent.next_action) == ("succeeded", None)
    assert shop.sandbox.confirm(session.id).end == "paid", "and once only"
    assert len(shop.stripe.charges.list().data) == 1


def test_not_confirmed_it_is_declined_and_another_card_pays(shop):
    session = shop.document_session()
    shop.pay(session, ASKS)
    assert shop.sandbox.confirm(session.id, passes=False).end == "declined"
    intent = shop.stripe.payment_intents.retrieve(shop.look(session).payment_intent)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert shop.sandbox.confirm(session.id).end == "invalid", "there is nothing to confirm any more"
    assert shop.pay(session, GOOD).end == "paid"


def test_a_subscription_begins_with_the_confirmation(shop):
    session = shop.subscription_session(subscription_data={"metadata": {"a": "b"}})
    shop.pay(session, ASKS)
    assert shop.stripe.subscriptions.list().data == []
    assert shop.sandbox.confirm(session.id, passes=False).end == "declined"
    assert shop.stripe.subscriptions.list().data == []
    shop.pay(session, ASKS)
    shop.sandbox.confirm(session.id)
    (held,) = shop.stripe.subscriptions.list().data
    assert (held.status, held.metadata.to_dict()) == ("active", {"a": "b"})
    assert shop.newest_invoice(held).status == "paid"


def test_what_has_expired_in_the_meantime_is_not_confirmed(shop):
    session = shop.document_session()
    shop.pay(session, ASKS)
    shop.stripe.checkout.sessions.expire(session.id)
    assert shop.sandbox.confirm(session.id).end == "expired"
    with pytest.raises(RefusedError, match="No such"):
        shop.sandbox.confirm("cs_x")


@pytest.mark.parametrize(
    ("language", "words"), [("en", ["Confirm the payment", "CN¥9.90"]), ("zh-CN", ["验证付款", "本人"])]
)
def test_the_bank_asks_in_both_languages(shop, client, language, words):
    session = shop.document_session()
    answer = post(client, path_of(session.url), card(ASKS))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{session.url}/confirm")
    page = client.get(path_of(answer.headers["Location"]), headers={"Accept-Language": language})
    assert [word for word in words if word not in text(page)] == []
    assert attributes(page, 'button[name="answer"]', "value") == ["confirm", "fail"]
    assert attributes(page, "main p.aside a", "href") == [path_of(session.url)]


def test_on_its_page_it_is_confirmed_or_fails(shop, client):
    session = shop.document_session()
    post(client, path_of(session.url), card(ASKS))
    failed = post(client, path_of(f"{session.url}/confirm"), {"answer": "fail"})
    assert failed.status_code == 402
    assert "The bank did not confirm the payment." in text(failed)
    post(client, path_of(session.url), card(ASKS))
    paid = post(client, path_of(f"{session.url}/confirm"), {"answer": "confirm"})
    assert paid.headers["Location"] == f"{HERE}/checkout/return?session_id={session.id}"


def test_a_bank_that_has_nothing_to_ask_leads_back(shop, client):
    session = shop.document_session()
    answer = client.get(path_of(f"{session.url}/confirm"))
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(session.url))
    assert client.get("/sandbox/checkout/cs_x/confirm").status_code == 404


# At renewal


@pytest.fixture
def behind(shop):
    held = subscribe(shop)
    shop.sandbox.advance(31 * DAY + 2 * HOUR)
    return held


def test_a_renewal_waits_for_the_bank_and_the_subscription_is_behind(shop, behind):
    invoice = shop.newest_invoice(behind)
    intent = intent_of(shop, invoice)
    assert (shop.subscription(behind).status, invoice.status) == ("past_due", "open")
    assert (invoice.attempt_count, invoice.next_payment_attempt is None) == (1, False)
    assert (intent.status, intent.payment_method) == ("requires_action", behind.default_payment_method)
    assert (intent.last_payment_error.code, intent.latest_charge.failure_code) == ("authentication_required",) * 2
    told = shop.told()
    assert "invoice.payment_failed" in told
    assert told.index("invoice.payment_failed") + 1 == told.index("invoice.payment_action_required")


def test_the_reader_confirms_it_on_its_page(shop, client, behind):
    page = path_of(shop.newest_invoice(behind).hosted_invoice_url)
    shown = client.get(page)
    assert "The bank wants this payment confirmed." in text(shown)
    assert f"{page}/confirm" in attributes(shown, "main a", "href")
    failed = post(client, f"{page}/confirm", {"answer": "fail"})
    assert (failed.status_code, "did not confirm" in text(failed)) == (402, True)
    assert intent_of(shop, shop.newest_invoice(behind)).status == "requires_payment_method"
    asked = post(client, page, card(ASKS))
    assert asked.headers["Location"] == f"{page}/confirm"
    assert "CN¥25" in text(client.get(asked.headers["Location"]))
    assert post(client, f"{page}/confirm", {"answer": "confirm"}).headers["Location"] == page
    assert (shop.newest_invoice(behind).status, shop.subscription(behind).status) == ("paid", "active")
    assert shop.stripe.customers.retrieve(behind.customer).delinquent is False


def test_or_pays_with_another_card(shop, client, behind):
    page = path_of(shop.newest_invoice(behind).hosted_invoice_url)
    assert post(client, page, card(DECLINED)).status_code == 402
    assert post(client, page, card(GOOD)).status_code == 303
    assert client.get(f"{page}/confirm").headers["Location"] == page
    assert shop.subscription(behind).status == "active"


def test_nothing_is_confirmed_twice(shop, client, behind):
    page = path_of(shop.newest_invoice(behind).hosted_invoice_url)
    token = {"csrf_token": token_in(client.get(f"{page}/confirm")), "answer": "confirm"}
    client.post(f"{page}/confirm", data=token)
    assert client.post(f"{page}/confirm", data=token).status_code == 422
    assert len([one for one in shop.stripe.charges.list().data if one.paid]) == 2


def test_unconfirmed_it_is_tried_again_and_in_the_end_given_up(shop, behind):
    shop.sandbox.advance(16 * DAY)
    assert (shop.subscription(behind).status, shop.newest_invoice(behind).attempt_count) == ("canceled", 4)
    assert shop.told().count("invoice.payment_action_required") == 4


def test_a_voided_invoice_waits_for_nobody(shop, behind):
    invoice = shop.newest_invoice(behind)
    shop.stripe.invoices.void_invoice(invoice.id)
    intent = intent_of(shop, invoice)
    assert (intent.status, intent.next_action) == ("canceled", None)


def test_through_the_api_it_asks_too(shop):
    customer = shop.customer().id
    given = {
        "customer": customer,
        "items": [{"price": shop.price().id}],
        "default_payment_method": shop.card_of(customer, ASKS).id,
    }
    held = shop.stripe.subscriptions.create(given)
    assert (held.status, shop.newest_invoice(held).status) == ("incomplete", "open")
    with pytest.raises(stripe.CardError) as raised:
        shop.stripe.invoices.pay(held.latest_invoice)
    assert raised.value.code == "invoice_payment_intent_requires_action"
    assert raised.value.error.payment_intent.status == "requires_action"


def test_an_invoice_that_was_sent_says_until_when_it_is_to_be_paid(shop, client):
    sent = {"collection_method": "send_invoice", "days_until_due": 14}
    given = {"customer": shop.customer().id, "items": [{"price": shop.price().id}]}
    held = shop.stripe.subscriptions.create(given | sent)
    shop.stripe.invoices.send_invoice(held.latest_invoice)
    page = path_of(shop.newest_invoice(held).hosted_invoice_url)
    assert "Due on" in text(client.get(page))
    assert post(client, page, card(GOOD)).status_code == 303
    assert "Due on" not in text(client.get(page))
    assert shop.newest_invoice(held).status == "paid"
