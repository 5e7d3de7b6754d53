"""The pages on which readers pay and look after their subscriptions."""

from datetime import timedelta

import pytest

from tests.factories.html import attributes, parse, text
from tests.factories.people import token_in
from tests.stripe_sandbox.shop import DECLINED, GOOD, WECHAT
from webapp.stripe_sandbox.cards import TEST_CARDS

CARD = {"method": "card", "card_number": GOOD, "expiry": "12/34", "cvc": "123"}
HERE = "http://127.0.0.1:8000"


def path_of(page) -> str:
    return page.url.removeprefix(HERE)


def post(client, path, form):
    return client.post(path, data={**form, "csrf_token": token_in(client.get(path))})


def test_it_says_what_is_bought_for_how_much_and_that_it_is_play(shop, client):
    page = client.get(path_of(shop.document_session(cancel_url=f"{HERE}/d/report")))
    seen = text(page)
    assert page.status_code == 200
    assert "One report" in seen
    assert "Pay CN¥9.90" in seen
    assert "no money moves" in seen
    assert 'href="http://127.0.0.1:8000/d/report"' in page.get_data(as_text=True)
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("open_session", "sentence"),
    [
        (lambda shop: shop.subscription_session(), "CN¥25 per month"),
        (lambda shop: shop.subscription_session("year"), "CN¥25 per year"),
        (lambda shop: shop.subscription_session("week"), "CN¥25 per week"),
        (lambda shop: shop.subscription_session("day"), "CN¥25 per day"),
        (lambda shop: shop.document_session(500, "jpy"), "Pay ¥500"),
        (lambda shop: shop.document_session(500, "usd"), "Pay $5"),
        (lambda shop: shop.document_session(1250, "kwd"), "Pay KWD 1.250"),
        (
            lambda shop: shop.subscription_session(subscription_data={"trial_period_days": 14}),
            "The first 14 days are free. CN¥0",
        ),
    ],
)
def test_amounts_are_written_as_their_currency_is(shop, client, open_session, sentence):
    assert sentence in text(client.get(path_of(open_session(shop))))


@pytest.mark.parametrize(
    ("interval", "count", "english", "chinese"),
    [
        ("month", 1, "per month", "每月"),
        ("month", 3, "every 3 months", "每 3 个月"),
        ("year", 2, "every 2 years", "每 2 年"),
        ("week", 2, "every 2 weeks", "每 2 周"),
        ("day", 10, "every 10 days", "每 10 天"),
    ],
)
def test_how_often_is_paid_is_said_in_both_languages(shop, client, interval, count, english, chinese):
    price = shop.price(recurring={"interval": interval, "interval_count": count})
    session = shop._session("subscription", {"price": price.id, "quantity": 1}, {})
    for language, words in (("en", english), ("zh-CN", chinese)):
        assert words in text(client.get(path_of(session), headers={"Accept-Language": language}))


def test_every_test_card_stands_on_the_page(shop, client):
    seen = text(client.get(path_of(shop.pass_session())))
    assert [card.spaced for card in TEST_CARDS if card.spaced not in seen] == []


def test_only_the_ways_that_work_are_offered(shop, client):
    def offered(session):
        return attributes(client.get(path_of(session)), 'input[name="method"]', "value")

    assert offered(shop.subscription_session()) == ["card"]
    assert offered(shop.pass_session()) == ["card", "alipay"]
    assert offered(shop.pass_session(payment_method_options=WECHAT)) == ["card", "alipay", "wechat_pay"]


def test_who_pays_goes_on_with_the_sessions_id(shop, client):
    session = shop.pass_session()
    answer = post(client, path_of(session), CARD)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{HERE}/checkout/return?session_id={session.id}"
    assert shop.look(session).payment_status == "paid"


def test_a_wallet_needs_no_card(shop, client):
    session = shop.pass_session(payment_method_options=WECHAT)
    assert post(client, path_of(session), {"method": "wechat_pay", "card_number": ""}).status_code == 303


@pytest.mark.parametrize(("wallet", "status"), [("now", 303), ("later", 303), ("fails_later", 303), ("refused", 402)])
def test_what_a_wallet_does_is_chosen_on_the_page(shop, client, wallet, status):
    session = shop.pass_session()
    path = path_of(session)
    assert f'name="wallet" value="{wallet}"' in client.get(path).get_data(as_text=True)
    answer = post(client, path, {"method": "alipay", "wallet": wallet})
    assert answer.status_code == status
    assert ("The wallet refused the payment." in text(answer)) == (wallet == "refused")


def test_where_only_cards_pay_no_wallet_is_asked(shop, client):
    assert 'name="wallet"' not in client.get(path_of(shop.subscription_session())).get_data(as_text=True)


@pytest.fixture
def spring(shop):
    def make(**terms):
        coupon = shop.stripe.coupons.create({"percent_off": 20, **terms}).id
        shop.stripe.promotion_codes.create({"code": "SPRING", "promotion": {"type": "coupon", "coupon": coupon}})

    return make


def test_a_code_is_entered_shown_and_taken_off_again(shop, client, spring):
    spring()
    path = path_of(shop.pass_session(allow_promotion_codes=True))
    answer = post(client, path, {"promotion_code": "spring", "action": "enter"})
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    page = client.get(path)
    assert "SPRING Remove -CN¥6 To pay now CN¥24" in text(page)
    assert "Pay CN¥24" in text(page)
    assert 'name="promotion_code"' not in page.get_data(as_text=True)
    post(client, path, {"action": "remove"})
    assert "Pay CN¥30" in text(client.get(path))


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"duration": "once"}, "SPRING Remove on the first payment only -CN¥5"),
        ({"duration": "repeating", "duration_in_months": 3}, "SPRING Remove for 3 months -CN¥5"),
        ({"duration": "forever"}, "SPRING Remove -CN¥5"),
    ],
)
def test_it_says_how_long_a_subscription_is_cheaper(shop, client, spring, terms, words):
    spring(**terms)
    path = path_of(shop.subscription_session(allow_promotion_codes=True))
    post(client, path, {"promotion_code": "SPRING", "action": "enter"})
    assert words in text(client.get(path))


@pytest.mark.parametrize("form", [{"action": "enter"}, CARD])
def test_a_wrong_code_is_told_at_its_field(shop, client, form):
    session = shop.pass_session(allow_promotion_codes=True)
    answer = post(client, path_of(session), {**form, "promotion_code": "<AUTUMN>"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "This code is not valid." in page
    assert 'aria-describedby="promotion_code-problem"' in page
    assert 'value="&lt;AUTUMN&gt;"' in page
    assert shop.stripe.charges.list().data == []


def test_a_code_that_was_used_up_meanwhile_is_told_and_can_be_removed(shop, client, spring):
    spring(max_redemptions=1)
    first, second = (path_of(shop.pass_session(allow_promotion_codes=True)) for _ in range(2))
    for path in (first, second):
        post(client, path, {"promotion_code": "SPRING", "action": "enter"})
    assert post(client, first, CARD).status_code == 303
    answer = post(client, second, CARD)
    assert answer.status_code == 422
    assert "This code has expired." in text(answer)
    assert "Remove" in text(answer)


def test_where_no_codes_are_taken_none_is_asked(shop, client):
    coupon = shop.stripe.coupons.create({"percent_off": 20, "name": "For subscribers"}).id
    page = client.get(path_of(shop.pass_session(discounts=[{"coupon": coupon}])))
    assert "For subscribers -CN¥6" in text(page)
    assert 'name="promotion_code"' not in page.get_data(as_text=True)
    assert "Remove" not in text(page)


def test_what_costs_nothing_any_more_is_had_without_a_card(shop, client, spring):
    spring(percent_off=100)
    path = path_of(shop.pass_session(allow_promotion_codes=True))
    post(client, path, {"promotion_code": "SPRING", "action": "enter"})
    assert 'name="card_number"' not in client.get(path).get_data(as_text=True)
    assert post(client, path, {}).status_code == 303


def test_a_declined_card_is_told_and_another_can_be_tried(shop, client):
    session = shop.pass_session()
    answer = post(client, path_of(session), CARD | {"card_number": DECLINED})
    assert answer.status_code == 402
    assert "Your card was declined." in text(answer)
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert post(client, path_of(session), CARD).status_code == 303


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(shop, client):
    answer = post(client, path_of(shop.pass_session()), CARD | {"card_number": '"><b>4242', "expiry": "01/20"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "This is not a card number." in page
    assert "This card has expired." in page
    assert 'id="expiry-problem"' in page
    assert 'aria-describedby="expiry-problem"' in page
    assert 'aria-describedby="cvc-problem"' not in page
    assert "&#34;&gt;&lt;b&gt;4242" in page


def test_an_unknown_way_of_paying_is_refused_in_words(shop, client):
    answer = post(client, path_of(shop.subscription_session()), CARD | {"method": "alipay"})
    assert answer.status_code == 422
    assert "Choose one of the payment methods." in text(answer)


def test_who_has_paid_is_sent_on(shop, client):
    session = shop.pass_session()
    path = path_of(session)
    shop.pay(session)
    assert client.get(path).headers["Location"] == f"{HERE}/checkout/return?session_id={session.id}"


def test_the_second_click_lands_where_the_first_did(shop, client):
    session = shop.pass_session()
    path = path_of(session)
    token = token_in(client.get(path))
    answers = [client.post(path, data={**CARD, "csrf_token": token}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert len(shop.stripe.charges.list().data) == 1


def test_an_expired_page_leads_back(shop, client, sandbox):
    session = shop.pass_session(cancel_url=f"{HERE}/d/report")
    path = path_of(session)
    token = token_in(client.get(path))
    sandbox.advance(timedelta(days=2))
    for answer in (client.get(path), client.post(path, data={**CARD, "csrf_token": token})):
        assert answer.status_code == 410
        assert "has expired" in text(answer)
        assert 'href="http://127.0.0.1:8000/d/report"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/sandbox/checkout/cs_test_unknown", "/sandbox/portal/bps_unknown"])
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a_form_from_elsewhere_is_refused(shop, client):
    session = shop.pass_session()
    assert client.post(path_of(session), data=CARD).status_code == 400
    assert shop.look(session).status == "open"


def test_the_pages_need_neither_scripts_nor_inline_styles(shop, client):
    portal = shop.stripe.billing_portal.sessions.create({"customer": shop.subscribe().customer})
    for page in (shop.pass_session(), portal):
        shown = parse(client.get(path_of(page)))
        assert not shown.css("script, style, [style]")
        assert not [name for element in shown.css("*") for name in element.attributes if name.startswith("on")]


@pytest.fixture
def portal(shop):
    subscription = shop.subscribe()
    opened = shop.stripe.billing_portal.sessions.create(
        {"customer": subscription.customer, "return_url": f"{HERE}/account/plan"}
    )
    return path_of(opened), subscription.id


def test_the_portal_shows_what_runs_and_leads_back(client, portal):
    path, _subscription = portal
    page = client.get(path)
    assert "All reports CN¥25 per month Renews on" in text(page)
    assert 'href="http://127.0.0.1:8000/account/plan"' in page.get_data(as_text=True)


def test_a_subscription_is_cancelled_in_the_portal_as_at_stripe(shop, client, portal):
    path, subscription_id = portal
    answer = post(client, path, {"subscription": subscription_id, "action": "cancel"})
    subscription = shop.stripe.subscriptions.retrieve(subscription_id)
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert subscription.cancel_at == subscription["items"].data[0].current_period_end
    assert subscription.cancel_at_period_end is False, "the portal sets the moment and not the flag"
    assert "Ends on" in text(client.get(path))


def test_and_taken_up_again(shop, client, portal):
    path, subscription_id = portal
    for action in ("cancel", "resume"):
        post(client, path, {"subscription": subscription_id, "action": action})
    assert shop.stripe.subscriptions.retrieve(subscription_id).cancel_at is None


def test_what_has_ended_is_shown_as_ended(shop, client, portal):
    path, subscription_id = portal
    shop.stripe.subscriptions.cancel(subscription_id)
    page = client.get(path)
    assert "Ended on" in text(page)
    assert "<button" not in page.get_data(as_text=True)


@pytest.mark.parametrize(("action", "status"), [("cancel", 404), ("sell", 400)])
def test_nobody_elses_subscription_can_be_touched(shop, client, portal, action, status):
    path, _mine = portal
    other = shop.subscribe()
    assert post(client, path, {"subscription": other.id, "action": action}).status_code == status
    assert shop.stripe.subscriptions.retrieve(other.id).cancel_at is None


def test_a_portal_without_subscriptions_says_so(shop, client):
    opened = shop.stripe.billing_portal.sessions.create({"customer": shop.customer().id})
    assert "No subscription here." in text(client.get(path_of(opened)))
