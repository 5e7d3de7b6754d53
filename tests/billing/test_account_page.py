"""What the reader is told about money: plans, the account, receipts, the return from Stripe's page."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.factories.html import attributes, text
from tests.factories.people import token_in
from webapp.billing.models import Purchase
from webapp.billing.plans import plans_on_sale
from webapp.billing.reconcile import reconcile_all
from webapp.billing.stripe_setup import current_plan_wishes, set_up_plans
from webapp.kit.current_settings import install_settings
from webapp.kit.money import Money

ENGLISH = {"Accept-Language": "en"}
FAILS_LATER = {"card_number": "4000000000000341"}
DAY = timedelta(days=1)


def words(page) -> str:
    return text(page, "main")


@pytest.fixture
def account(reader, cashier):
    def look() -> str:
        reconcile_all(cashier.billing)
        return words(reader.get("/account/plan", headers=ENGLISH))

    return look


@pytest.fixture
def stripe(cashier):
    return cashier.billing.gateway.client.v1


@pytest.fixture
def subscription(cashier, reader, stripe, request):
    cashier.buy(reader, "month", **getattr(request, "param", {}))
    return stripe.subscriptions.list({}).data[0]


def with_trial(cashier, days=7):
    with cashier.database.reading() as session:
        wishes = current_plan_wishes(session, cashier.billing.mode)
    set_up_plans(cashier.billing, [replace(wish, trial_days=days if wish.kind.recurring else 0) for wish in wishes])


def test_who_holds_nothing_is_led_to_the_plans(account):
    assert "Nothing yet. See the plans" in account()
    assert "Nothing has been paid yet." in account()


def test_a_subscription_says_when_it_renews_and_for_how_much(account, subscription):
    said = account()
    assert re.search(r"Monthly subscription CN¥25 per month Renews on \d+ \w+ \d{4} for CN¥25\.", said)
    assert "Opens all reports in full" in said
    assert "All reports Subscription, as long as it runs" in said


def test_a_cancelled_one_says_when_it_ends(account, subscription, stripe):
    stripe.subscriptions.update(subscription.id, {"cancel_at": "max_period_end"})
    assert re.search(r"Ends on \d+ \w+ \d{4} and does not renew; until then everything stays open\.", account())


def test_a_trial_says_until_when_it_is_free_and_what_comes_then(account, cashier, reader):
    with_trial(cashier)
    cashier.buy(reader, "year")
    assert re.search(r"Free until \d+ \w+ \d{4}; then CN¥198 is charged\.", account())


@pytest.mark.parametrize("subscription", [FAILS_LATER], indirect=True)
def test_a_failed_renewal_says_how_long_one_reads_on_and_then_that_it_is_over(account, subscription, cashier):
    cashier.sandbox.advance(32 * DAY)
    said = account()
    assert "The renewal of your subscription could not be charged" in said
    assert re.search(r"You read on until \d+ \w+ \d{4}\. .*Settle it", said)


@pytest.mark.parametrize(
    ("change", "sentence", "act"),
    [
        ({"pause_collection": {"behavior": "void", "resumes_at": None}}, "Your subscription is paused.", "Resume it"),
        ({"status": "unpaid"}, "The last payment of your subscription did not go through.", "Settle it"),
    ],
)
def test_what_opens_nothing_says_why_and_what_to_do(account, subscription, cashier, change, sentence, act):
    with cashier.sandbox.writing() as uow:
        uow.save(uow.get("subscription", subscription.id) | change)
    said = account()
    assert sentence in said
    assert "It opens nothing at present." in said
    assert "Opens all reports" not in said
    assert said.split(sentence)[1].split("What you can read")[0].rstrip().endswith(act)


def test_a_dispute_says_that_the_bank_is_looking_into_it(account, subscription, cashier):
    purchase = cashier.purchases()[0]
    cashier.sandbox.dispute(cashier.sandbox.payment_of_purchase(purchase.id))
    assert "Your bank is looking into the payment" in account()


def test_a_switched_plan_is_the_one_that_is_shown_and_receipted(account, subscription, stripe, cashier):
    with cashier.database.reading() as session:
        year = next(offer for offer in plans_on_sale(session, cashier.billing.mode) if offer.kind == "year")
    price = stripe.prices.list({"lookup_keys": ["paidspan-year"]}).data[0]
    assert price.unit_amount == year.price.minor_units
    item = subscription["items"].data[0].id
    stripe.subscriptions.update(
        subscription.id, {"items": [{"id": item, "price": price.id}], "proration_behavior": "always_invoice"}
    )
    said = account()
    assert "Yearly subscription CN¥198 per year" in said
    assert said.count("Monthly subscription") == 1  # the receipt of the first month


def test_payments_stand_with_what_was_paid_then_and_what_went_back(account, cashier, reader, document):
    cashier.buy(reader, "document", document.slug)
    cashier.buy(reader, "pass")
    account()
    for purchase, amount in zip(cashier.purchases(), (None, 1000), strict=True):
        cashier.sandbox.refund(cashier.sandbox.payment_of_purchase(purchase.id), amount)
    said = account()
    assert f"{document.title} CN¥9.90 refunded" in said
    assert "30-day pass CN¥30 CN¥10 refunded" in said
    assert "000001" in said


def test_who_only_hears_a_plans_button_hears_which_plan_it_chooses(cashier, reader):
    page = reader.get("/plans", headers=ENGLISH)
    described = attributes(page, "button[aria-describedby]", "aria-describedby")
    headings = [text(page, f"h2#{one}") for one in described]
    assert headings == ["Yearly subscription", "Monthly subscription", "30-day pass"]


@pytest.mark.parametrize(("plan", "renews"), [("year", True), ("month", True), ("pass", False)])
def test_an_order_says_that_it_renews(cashier, reader, plan, renews):
    assert ("Renews automatically" in words(reader.get(f"/checkout?plan={plan}", headers=ENGLISH))) is renews


def test_a_receipt_shows_what_was_paid_then_whatever_things_cost_now(cashier, reader, document, shelf, account):
    cashier.buy(reader, "document", document.slug)
    account()
    shelf.put(price=Money(9900, "cny"))
    said = words(reader.get("/account/receipts/1", headers=ENGLISH))
    assert "Receipt 000001" in said
    assert "CN¥9.90" in said
    assert "reader@example.com" in said
    assert document.title in said


def test_a_code_makes_the_receipt_smaller_and_nothing_paid_makes_none(cashier, reader, stripe, account):
    coupon = stripe.coupons.create({"percent_off": 50, "duration": "once"})
    stripe.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "HALF"})
    whole = stripe.coupons.create({"percent_off": 100, "duration": "once"})
    stripe.promotion_codes.create({"promotion": {"type": "coupon", "coupon": whole.id}, "code": "ALL"})
    reader.get(f"/checkout/return?session_id={cashier.buy(reader, 'pass', promotion_code='HALF')}")
    cashier.buy(reader, "pass", promotion_code="ALL")
    said = account()
    assert said.count("30-day pass") == 1
    assert "CN¥15" in said
    assert len([grant for grant in cashier.grants() if not grant.revoked]) == 2


def test_a_pass_that_waits_for_its_turn_says_when_it_begins(cashier, reader, account):
    for _ in range(2):
        reader.get(f"/checkout/return?session_id={cashier.buy(reader, 'pass')}")
    assert re.search(r"All reports Pass, until .* All reports Pass, begins on \d+ \w+ \d{4}", account())


@pytest.mark.parametrize("subscription", [FAILS_LATER], indirect=True)
def test_after_the_grace_days_nothing_is_promised_any_more(account, subscription, cashier):
    cashier.sandbox.set_dunning_end("past_due")
    cashier.sandbox.advance(45 * DAY)
    said = account()
    assert "The last payment of your subscription did not go through." in said
    assert "It opens nothing at present." in said


def test_somebody_elses_receipt_is_not_there(cashier, reader, people, account, document):
    cashier.buy(reader, "document", document.slug)
    account()
    assert reader.get("/account/receipts/1").status_code == 200
    for number in ("2", "0", "99999999999999999999"):
        assert reader.get(f"/account/receipts/{number}").status_code == 404
    assert people.signed_in("other@example.com").get("/account/receipts/1").status_code == 404


def test_the_tax_line_of_the_settings_is_on_the_receipt(cashier, reader, account, document, app, settings):
    install_settings(app, settings.model_copy(update={"receipt_note": "VAT included"}))
    cashier.buy(reader, "document", document.slug)
    account()
    assert "VAT included" in words(reader.get("/account/receipts/1"))


@pytest.mark.parametrize(
    ("wallet", "minutes", "sentence", "refreshes"),
    [
        ("later", 0, "Your payment is on its way", True),
        ("fails_later", 10, "Your payment did not arrive", False),
    ],
)
def test_the_return_page_says_how_far_a_slow_payment_is(cashier, reader, wallet, minutes, sentence, refreshes):
    session_id = cashier.buy(reader, "pass", method="alipay", wallet=wallet)
    cashier.sandbox.advance(timedelta(minutes=minutes))
    page = reader.get(f"/checkout/return?session_id={session_id}", headers=ENGLISH)
    assert sentence in words(page)
    assert ("Refresh" in page.headers) is refreshes


def test_a_payment_on_its_way_is_on_the_account_and_opens_when_it_arrives(cashier, reader, account):
    cashier.buy(reader, "pass", method="wechat_pay", wallet="later")
    assert "A payment of CN¥30 is on its way." in account()
    cashier.sandbox.advance(timedelta(minutes=10))
    said = account()
    assert "on its way" not in said
    assert "All reports Pass, until" in said


def test_coming_back_to_a_refunded_payment_says_so(cashier, reader, document):
    session_id = cashier.buy(reader, "document", document.slug)
    cashier.sandbox.refund(cashier.sandbox.payment_of_purchase(cashier.purchases()[0].id))
    page = reader.get(f"/checkout/return?session_id={session_id}", headers=ENGLISH)
    assert "This payment was refunded" in words(page)


def test_plans_name_the_trial_and_who_had_one_is_offered_none(cashier, client, reader, subscription):
    with_trial(cashier)
    assert words(client.get("/plans", headers=ENGLISH)).count("First 7 days free") == 2
    reconcile_all(cashier.billing)
    assert "free" not in words(reader.get("/plans", headers=ENGLISH))


def test_the_plan_one_holds_is_marked_and_others_lead_to_a_switch(cashier, reader, subscription):
    reconcile_all(cashier.billing)
    said = words(reader.get("/plans", headers=ENGLISH))
    assert said.count("Your plan") == 1
    assert said.count("Switch to this plan") == 1
    assert said.count("Choose") == 1  # a pass can be taken all the same


def test_while_stripe_is_away_pages_that_need_it_say_so_and_the_account_does_not(
    cashier, reader, document, monkeypatch, database
):
    session_id = cashier.order(reader, "document", document.slug)
    cashier.buy(reader, "pass")
    token = token_in(reader.get("/account"))
    monkeypatch.setattr("webapp.stripe_sandbox.faults.time.sleep", lambda _seconds: None)
    from webapp.stripe_sandbox.faults import Faults

    cashier.sandbox.set_faults(Faults(timeout=5))
    for path, form in (("/checkout", {"plan": "year"}), ("/billing/portal", {})):
        page = reader.post(path, data={**form, "csrf_token": token}, headers=ENGLISH)
        assert page.status_code == 503
        assert "The payment service does not answer right now" in words(page)
    back = reader.get(f"/checkout/return?session_id={session_id}", headers=ENGLISH)
    assert "If you paid, nothing is lost" in words(back)
    assert reader.get("/account/plan").status_code == 200
    assert reader.get(f"/d/{document.slug}").status_code == 200
    with database.reading() as session:
        assert session.query(Purchase).count() == 2


def test_who_comes_back_from_the_portal_sees_what_was_done_there(cashier, reader, subscription, stripe):
    reconcile_all(cashier.billing)
    stripe.subscriptions.update(subscription.id, {"cancel_at": "max_period_end"})
    answer = reader.post("/billing/portal", data={"csrf_token": token_in(reader.get("/account"))})
    portal = reader.get(answer.headers["Location"].removeprefix("http://127.0.0.1:8000")).get_data(as_text=True)
    assert 'href="http://127.0.0.1:8000/checkout/return"' in portal
    back = reader.get("/checkout/return", headers=ENGLISH, follow_redirects=True)
    assert "does not renew" in words(back)


def test_coming_back_from_the_portal_needs_no_stripe(cashier, reader, subscription, monkeypatch):
    from webapp.stripe_sandbox.faults import Faults

    reconcile_all(cashier.billing)
    cashier.sandbox.set_faults(Faults(down=1))
    assert reader.get("/checkout/return").headers["Location"] == "/account/plan"
