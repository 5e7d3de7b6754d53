"""The portal's pages: what a reader whose money or mind changes can do without us."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine

from tests.factories.html import attributes, text
from tests.factories.people import token_in
from tests.stripe_sandbox.shop import DECLINED, FAILS_LATER, GOOD, SUCCESS

MARCH = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HERE = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def march():
    with time_machine.travel(MARCH, tick=False):
        yield


@pytest.fixture
def plans(shop):
    """Two plans on sale: 25 a month, 250 a year."""
    month = shop.price(lookup_key="month")
    return month, shop.price(25000, "year", product=month.product, product_data=None, lookup_key="year")


@pytest.fixture
def subscribe(shop, plans):
    def subscribe(number: str = GOOD, **params):
        session = shop.stripe.checkout.sessions.create(
            {
                "mode": "subscription",
                "line_items": [{"price": plans[0].id, "quantity": 1}],
                "success_url": SUCCESS,
                "customer": shop.customer().id,
                **params,
            }
        )
        return shop.stripe.subscriptions.retrieve(shop.buy(session, number).subscription)

    return subscribe


def portal_of(shop, held) -> str:
    return shop.stripe.billing_portal.sessions.create({"customer": held.customer}).url.removeprefix(HERE)


def post(client, path: str, form: dict):
    return client.post(path, data={**form, "csrf_token": token_in(client.get(path))})


def card(number: str) -> dict:
    return {"card_number": number, "expiry": "12/34", "cvc": "123"}


def test_another_plan_is_one_choice_away(shop, client, plans, subscribe):
    held = subscribe()
    path = portal_of(shop, held)
    assert "All reports · CN¥250 per year" in text(client.get(path))
    answer = post(client, path, {"subscription": held.id, "action": "switch", "price": plans[1].id})
    assert answer.status_code == 303
    assert shop.newest_invoice(held).amount_paid == 22500
    assert "CN¥250 per year Renews on 1 March 2028" in text(client.get(path))


@pytest.mark.parametrize(
    "params",
    [{"interval": None, "lookup_key": "once"}, {"lookup_key": "usd", "currency": "usd"}, {}],
    ids=["paid once", "another currency", "without a name"],
)
def test_only_plans_that_fit_are_offered_and_taken(shop, client, subscribe, params):
    held, other = subscribe(), shop.price(1234, **params)
    path = portal_of(shop, held)
    assert "12.34" not in text(client.get(path))
    assert post(client, path, {"subscription": held.id, "action": "switch", "price": other.id}).status_code == 404


def test_what_is_no_longer_on_sale_is_not_offered(shop, client, plans, subscribe):
    held = subscribe()
    shop.stripe.products.update(plans[1].product, {"active": False})
    assert "Switch to" not in text(client.get(portal_of(shop, held)))


def test_a_new_card_pays_what_is_open_and_all_that_comes(shop, client, subscribe):
    held = subscribe(FAILS_LATER)
    shop.sandbox.advance(32 * DAY)
    path = portal_of(shop, held)
    assert "The last payment failed. It is tried again on 4 April 2027." in text(client.get(path))
    assert post(client, path, {"action": "card", **card(GOOD)}).status_code == 303
    assert "Renews on 1 May 2027" in text(client.get(path))
    assert "the card ending in 4242" in text(client.get(path))
    assert (shop.subscription(held).status, shop.newest_invoice(held).status) == ("active", "paid")
    shop.sandbox.advance(31 * DAY)
    assert shop.newest_invoice(held).status == "paid"


@pytest.mark.parametrize(
    ("number", "status", "sentence"),
    [
        (DECLINED, 402, "Your card was declined."),
        (FAILS_LATER, 402, "The card is kept, but the bank declined"),
        ("4242", 422, "This is not a card number."),
    ],
)
def test_a_card_that_does_not_help_is_told(shop, client, subscribe, number, status, sentence):
    held = subscribe(FAILS_LATER)
    shop.sandbox.advance(32 * DAY)
    answer = post(client, portal_of(shop, held), {"action": "card", **card(number)})
    assert (answer.status_code, sentence in text(answer)) == (status, True)
    assert shop.subscription(held).status == "past_due"


def test_what_paused_after_its_trial_goes_on_with_a_card(shop, client, subscribe):
    settings = {"end_behavior": {"missing_payment_method": "pause"}}
    held = subscribe(
        payment_method_collection="if_required",
        subscription_data={"trial_period_days": 7, "trial_settings": settings},
    )
    path = portal_of(shop, held)
    assert "Free until 8 March 2027. To go on, add a card before then." in text(client.get(path))
    shop.sandbox.advance(8 * DAY)
    assert "Paused: the free days are over." in text(client.get(path))
    post(client, path, {"action": "card", **card(GOOD)})
    post(client, path, {"action": "resume", "subscription": held.id})
    assert "Renews on 9 April 2027" in text(client.get(path))


def unpaid(shop, held) -> None:
    shop.sandbox.set_dunning_end("unpaid")
    shop.sandbox.advance(50 * DAY)


def past_due_for_good(shop, held) -> None:
    shop.sandbox.set_dunning_end("past_due")
    shop.sandbox.advance(50 * DAY)


def collection_paused(**until):
    return lambda shop, held: shop.stripe.subscriptions.update(
        held.id, {"pause_collection": {"behavior": "void", **until}}
    )


@pytest.mark.parametrize(
    ("what_happens", "sentence"),
    [
        (unpaid, "Not paid. It goes on when you add a card that pays."),
        (past_due_for_good, "The last payment failed. Please add another card."),
        (collection_paused(), "Payments pause for now"),
        (
            collection_paused(resumes_at=int((MARCH + 9 * DAY).timestamp())),
            "Payments pause until 10 March 2027",
        ),
        (lambda shop, held: shop.stripe.subscriptions.update(held.id, {"trial_end": "now"}), "Renews on 1 April 2027"),
    ],
)
def test_every_state_is_a_plain_sentence(shop, client, subscribe, what_happens, sentence):
    held = subscribe(FAILS_LATER)
    what_happens(shop, held)
    assert sentence in text(client.get(portal_of(shop, held)))


def test_what_waits_for_its_first_payment_says_so(shop, client, plans):
    held = shop.stripe.subscriptions.create(
        {
            "customer": shop.customer().id,
            "items": [{"price": plans[0].id}],
            "payment_behavior": "default_incomplete",
        }
    )
    assert "Waits for its first payment" in text(client.get(portal_of(shop, held)))


def test_receipts_stand_newest_first_and_lead_to_their_pages(shop, client, subscribe):
    held = subscribe()
    shop.sandbox.advance(32 * DAY)
    page = client.get(portal_of(shop, held))
    assert "1 April 2027 Paid CN¥25 1 March 2027 Paid CN¥25" in text(page)
    linked = attributes(page, '[href^="/sandbox/invoice/"]', "href")
    assert linked == [f"/sandbox/invoice/{invoice.id}" for invoice in shop.invoices(held)]
    assert "Paid on 1 April 2027" in text(client.get(linked[0]))


def test_a_receipt_says_what_was_given_back_and_what_was_charged(shop, client, plans, subscribe):
    held = subscribe()
    post(client, portal_of(shop, held), {"subscription": held.id, "action": "switch", "price": plans[1].id})
    seen = text(client.get(shop.newest_invoice(held).hosted_invoice_url.removeprefix(HERE)))
    assert "no money moves" in seen
    assert "All reports · credit for unused time 1 March 2027 to 1 April 2027 -CN¥25" in seen
    assert "Total CN¥225" in seen


def test_and_what_is_kept_or_used_as_credit(shop, client, plans, subscribe):
    held = subscribe()
    for price in (plans[1], plans[0]):
        post(client, portal_of(shop, held), {"subscription": held.id, "action": "switch", "price": price.id})
    kept = text(client.get(shop.newest_invoice(held).hosted_invoice_url.removeprefix(HERE)))
    assert "Kept as credit for what comes next CN¥225" in kept
    shop.sandbox.advance(32 * DAY)
    used = text(client.get(shop.newest_invoice(held).hosted_invoice_url.removeprefix(HERE)))
    assert "From your credit -CN¥25 Total CN¥0" in used


@pytest.fixture
def owed(shop, subscribe):
    held = subscribe(FAILS_LATER)
    shop.sandbox.advance(32 * DAY)
    return held, shop.newest_invoice(held).hosted_invoice_url.removeprefix(HERE)


def test_an_open_invoice_is_paid_on_its_page(shop, client, owed):
    held, path = owed
    assert "Invoice" in text(client.get(path))
    assert "Pay CN¥25" in text(client.get(path))
    assert post(client, path, card(GOOD)).status_code == 303
    assert "Receipt" in text(client.get(path))
    assert "Pay CN¥25" not in text(client.get(path))
    assert shop.subscription(held).status == "active"


@pytest.mark.parametrize(("number", "status"), [(DECLINED, 402), (FAILS_LATER, 402), ("1", 422)])
def test_or_not_with_a_card_that_does_not_pay(shop, client, owed, number, status):
    held, path = owed
    answer = post(client, path, card(number))
    assert answer.status_code == status
    assert "Nothing was charged." in text(answer)
    assert shop.newest_invoice(held).status == "open"


def test_a_paid_invoice_is_not_paid_again(shop, client, owed):
    _held, path = owed
    token = token_in(client.get(path))
    answers = [client.post(path, data={**card(GOOD), "csrf_token": token}).status_code for _ in range(2)]
    assert answers == [303, 404]


def test_a_draft_has_no_page_yet(shop, client, subscribe):
    held = subscribe()
    shop.sandbox.advance(31 * DAY)
    assert client.get(f"/sandbox/invoice/{shop.newest_invoice(held).id}").status_code == 404


def test_prices_of_every_rhythm_are_read_in_words(shop, client, subscribe):
    shop.price(6000, lookup_key="quarter", recurring={"interval": "month", "interval_count": 3})
    shop.price(700, "week", lookup_key="week")
    seen = text(client.get(portal_of(shop, subscribe())))
    assert "CN¥60 every 3 months" in seen
    assert "CN¥7 per week" in seen


def flow(held, price, **more) -> dict:
    """Return the parameters of a portal session that is opened to confirm a switch."""
    confirm = {"subscription": held.id, "items": [{"id": held["items"].data[0].id, "price": price.id}]}
    return {"flow_data": {"type": "subscription_update_confirm", "subscription_update_confirm": confirm, **more}}


def test_a_switch_is_confirmed_on_a_page_of_its_own_that_leads_back(shop, client, plans, subscribe):
    held = subscribe()
    after = {"type": "redirect", "redirect": {"return_url": f"{HERE}/back"}}
    asked = {"customer": held.customer, **flow(held, plans[1], after_completion=after)}
    path = shop.stripe.billing_portal.sessions.create(asked).url.removeprefix(HERE)
    page = text(client.get(path))
    assert "Confirm the switch" in page
    assert "Charged now: CN¥225" in page
    form = {"subscription": held.id, "action": "switch", "price": plans[1].id}
    assert post(client, path, form).headers["Location"] == f"{HERE}/back"
    assert shop.newest_invoice(held).amount_paid == 22500
    assert "Confirm the switch" not in text(client.get(path)), "it is done"


def test_in_a_trial_a_switch_charges_nothing_and_without_an_address_leads_to_the_portal(shop, client, plans, subscribe):
    held = subscribe(subscription_data={"trial_period_days": 7})
    asked = {"customer": held.customer, **flow(held, plans[1])}
    path = shop.stripe.billing_portal.sessions.create(asked).url.removeprefix(HERE)
    assert "Charged now: CN¥0" in text(client.get(path))
    form = {"subscription": held.id, "action": "switch", "price": plans[1].id}
    assert post(client, path, form).headers["Location"] == path


def test_a_switch_that_cannot_be_is_refused_before_a_page_is_opened(shop, plans, subscribe):
    held, other = subscribe(), shop.subscribe()
    sessions = shop.stripe.billing_portal.sessions
    wrong_item = flow(held, plans[1])
    wrong_item["flow_data"]["subscription_update_confirm"]["items"][0]["id"] = "si_unknown"
    for params in (flow(other, plans[1]), wrong_item):
        with pytest.raises(stripe.InvalidRequestError, match="No such"):
            sessions.create({"customer": held.customer, **params})
    shop.stripe.subscriptions.update(held.id, {"cancel_at_period_end": True})
    with pytest.raises(stripe.InvalidRequestError, match="set to cancel"):
        sessions.create({"customer": held.customer, **flow(held, plans[1])})
