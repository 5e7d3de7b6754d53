"""What is told is what is charged, at each renewal (scenario 54), and before a switch of plan."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from tests.billing.scenarios.scene import DAY, ENGLISH, HOUR, SERVER, shown
from tests.factories.html import text
from tests.factories.people import token_in
from webapp.billing.gateway.client import StripeRefusedError
from webapp.billing.gateway.previews import fetch_upcoming
from webapp.billing.models import Plan
from webapp.billing.reconcile import reconcile_all
from webapp.billing.stripe_models import StripeCustomer, StripeObject
from webapp.billing.upcoming import refresh_upcoming
from webapp.kit import clock
from webapp.stripe_sandbox.faults import Faults

QUARTER = {"percent_off": 40, "duration": "repeating", "duration_in_months": 3}
FOR_EVER = {"percent_off": 100, "duration": "forever"}


def offer(scene, coupon: dict) -> str:
    """Make a promotion code and return it."""
    made = scene.stripe.coupons.create(coupon)
    scene.stripe.promotion_codes.create({"promotion": {"type": "coupon", "coupon": made.id}, "code": "OFFER"})
    return "OFFER"


def with_trial(scene, days: int) -> None:
    with scene.cashier.database.writing() as session:
        session.execute(update(Plan).where(Plan.code == "month").values(trial_days=days))


def period_end(scene) -> datetime:
    return datetime.fromtimestamp(scene.subscription["items"]["data"][0]["current_period_end"], UTC)


def newest(scene):
    return scene.stripe.invoices.list({"subscription": scene.subscription["id"], "limit": 1}).data[0]


def told(scene) -> str:
    """Return what the account page says of the next charge: an amount, or that there is none."""
    said = text(scene.page(), ".holding")
    day = shown(period_end(scene))
    if re.search(rf"(Renews on|Free until) {day}; nothing is charged then", said):
        return "CN¥0"
    found = re.search(rf"(?:Renews on {day} for|Free until {day}; then) (CN¥[\d.]+?)(?:\.| is charged\.)(?: |$)", said)
    assert found, said
    return found.group(1)


def renew(scene) -> str:
    """Let the next charge come, and return it as pages write it."""
    scene.wait_until(period_end(scene) + 2 * HOUR)
    scene.hear()
    paid = newest(scene).amount_paid / 100
    return f"CN¥{paid:.2f}".removesuffix(".00")


def test_54_a_coupon_of_three_months_is_told_and_charged_to_its_end(scene):
    scene.bought("month", promotion_code=offer(scene, QUARTER))
    charges = []
    for _ in range(5):
        promised = told(scene)
        charges.append(renew(scene))
        assert charges[-1] == promised
    assert charges == ["CN¥15", "CN¥15", "CN¥25", "CN¥25", "CN¥25"]


def test_54_who_reads_for_nothing_for_ever_is_promised_nothing_else(scene):
    scene.bought("month", promotion_code=offer(scene, FOR_EVER))
    for _ in range(3):
        assert told(scene) == renew(scene) == "CN¥0"


def test_54_a_trial_with_an_offer_says_what_its_first_bill_is(scene):
    with_trial(scene, 7)
    scene.reader.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    scene.bought("month", promotion_code=offer(scene, QUARTER))
    assert told(scene) == "CN¥15"
    scene.pass_time(5 * DAY)
    reconcile_all(scene.cashier.billing)
    (mail,) = scene.mails()
    assert mail.subject.startswith("Your free trial ends on")
    assert "After that your subscription goes on, and CN¥15 is charged." in mail.text
    assert "CN¥25" not in mail.text
    assert told(scene) == renew(scene) == "CN¥15"


def test_54_credit_is_shown_and_used_before_a_card_is(scene):
    scene.bought("year")
    month = scene.stripe.prices.list({"lookup_keys": ["paidspan-month"]}).data[0].id
    scene.pass_time(300 * DAY)
    scene.in_the_portal("switch", subscription=scene.subscription["id"], price=month)
    scene.hear()
    assert "CN¥10.26 of your credit is used for it." in scene.page()
    charges = []
    for _ in range(3):
        promised = told(scene)
        charges.append(renew(scene))
        assert charges[-1] == promised
    assert charges == ["CN¥14.74", "CN¥25", "CN¥25"]


def test_what_is_not_known_is_said_to_be_the_price(scene):
    scene.bought("month")
    keep(scene, None)
    assert "the price is CN¥25 per month before discounts and credit." in scene.page()


def keep(scene, upcoming) -> None:
    with scene.cashier.database.writing() as session:
        session.get_one(StripeObject, scene.subscription["id"]).upcoming = upcoming


def test_what_was_kept_and_cannot_be_read_is_not_known_and_asked_anew(scene):
    scene.bought("month")
    keep(scene, {"asked_at": 1, "invoice": {"of": "another version"}})
    assert "before discounts and credit" in scene.page()
    reconcile_all(scene.cashier.billing)
    assert told(scene) == "CN¥25"


def test_where_stripe_bills_nothing_more_nothing_is_promised(scene):
    scene.bought("month")
    keep(scene, {"asked_at": 1, "invoice": None})
    assert f"Open until {shown(period_end(scene))}; no further payment is planned." in scene.page()


def test_a_trial_that_ends_for_want_of_a_card_announces_no_charge(scene):
    scene.bought("document")
    trial = {"trial_period_days": 2, "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}}}
    month = scene.stripe.prices.list({"lookup_keys": ["paidspan-month"]}).data[0].id
    customer = scene.stripe.customers.create({"email": "reader@example.com"}).id
    with scene.cashier.database.writing() as session:
        known = session.scalars(select(StripeCustomer)).one()
        session.add(StripeCustomer(id=customer, reader_id=known.reader_id, mode=known.mode, currency="usd"))
    scene.stripe.subscriptions.create({"customer": customer, "items": [{"price": month}], **trial})
    scene.hear()
    assert f"Free until {shown(period_end(scene))}; nothing is charged after that." in scene.page()
    assert "trial" not in " ".join(mail.subject for mail in scene.mails())
    said = scene.page("/account/plan/switch?plan=year")
    assert "What this charges now is shown on the next page, before you confirm." in said


def test_an_answer_that_was_overtaken_is_not_kept(scene, monkeypatch):
    scene.bought("month")
    keep(scene, None)

    def overtaken(gateway, subscription_id):
        with scene.cashier.database.writing() as session:
            row = session.get_one(StripeObject, subscription_id)
            row.wanted, row.applied = row.wanted + 1, row.applied + 1
        return fetch_upcoming(gateway, subscription_id)

    monkeypatch.setattr("webapp.billing.upcoming.fetch_upcoming", overtaken)
    refresh_upcoming(scene.cashier.billing, scene.subscription["id"])
    assert "before discounts and credit" in scene.page()


def test_a_switch_that_stripe_refuses_is_told_to_the_publisher(scene, monkeypatch):
    scene.bought("month")

    def refused(*_asked):
        raise StripeRefusedError(None, "subscription_update is not enabled", final=True)

    monkeypatch.setattr("webapp.billing.plan_switch.open_switch", refused)
    form = {"plan": "year", "csrf_token": token_in(scene.reader.get("/account"))}
    assert scene.reader.post("/account/plan/switch", data=form).status_code == 503
    assert [(alert.code, alert.about) for alert in scene.alerts()] == [
        ("cannot-sell", "subscription_update is not enabled")
    ]


def test_a_switch_of_what_was_cancelled_meanwhile_is_not_offered_to_stripe(scene):
    scene.bought("month")
    scene.in_the_portal("cancel", subscription=scene.subscription["id"])
    form = {"plan": "year", "csrf_token": token_in(scene.reader.get("/account"))}
    assert scene.reader.post("/account/plan/switch", data=form).status_code == 409


def asked_of_stripe(scene, transport, do) -> int:
    """Return how many previews something costs."""
    ask, previews = transport.request, []

    def request(method, url, *rest, **more):
        previews.extend([url] if url.endswith("/v1/invoices/create_preview") else [])
        return ask(method, url, *rest, **more)

    transport.request = request
    do()
    del transport.request
    return len(previews)


def test_a_rush_of_news_about_what_stands_as_it_stood_asks_for_no_preview(scene, transport):
    scene.bought("month")
    scene.hear()
    same = scene.news("customer.subscription.created", "invoice.paid")
    assert (
        asked_of_stripe(
            scene, transport, lambda: scene.tell(*[one | {"id": f"evt_{n}"} for n in range(5) for one in same])
        )
        == 0
    )
    assert asked_of_stripe(scene, transport, lambda: renew(scene)) >= 1
    scene.pass_time(2 * DAY)
    assert asked_of_stripe(scene, transport, lambda: reconcile_all(scene.cashier.billing)) == 1, "older than a day"


@pytest.mark.parametrize("fault", [Faults(down=1), Faults(rate_limited=1), None], ids=["away", "tired", "says no"])
def test_a_preview_that_fails_is_no_failure_of_sync(scene, transport, fault):
    ask = transport.request

    def request(method, url, *rest, **more):
        preview = url.endswith("/create_preview")
        if preview and fault is None:
            return '{"error": {"type": "invalid_request_error", "message": "No."}}', 400, {}
        scene.cashier.sandbox.set_faults(fault if preview else Faults())
        return ask(method, url, *rest, **more)

    transport.request = request
    scene.bought("month")
    del transport.request
    scene.cashier.sandbox.set_faults(Faults())
    assert scene.reads()
    assert "before discounts and credit" in scene.page()
    reconcile_all(scene.cashier.billing)
    assert told(scene) == "CN¥25"


def test_a_switch_says_what_it_costs_and_stripe_charges_that(scene):
    scene.bought("month")
    scene.pass_time(10 * DAY)
    assert "Switch to this plan" in scene.page("/plans")
    page = scene.reader.get("/account/plan/switch?plan=year", headers=ENGLISH)
    said = text(page, "main")
    charged = re.search(r"Charged now CN¥([\d.]+)", said)
    assert charged, said
    assert "Credited CN¥" in said
    in_a_year = clock.now().replace(year=clock.now().year + 1)  # 366 days later where a leap day lies between
    assert f"After that on {shown(in_a_year)}: CN¥198, before discounts and credit" in said
    switched = scene.reader.post("/account/plan/switch", data={"plan": "year", "csrf_token": token_in(page)})
    portal = switched.headers["Location"].removeprefix(SERVER)
    confirming = scene.reader.get(portal, headers=ENGLISH)
    assert f"Charged now: CN¥{charged.group(1)}" in text(confirming, "main")
    form = {"subscription": scene.subscription["id"], "action": "switch", "csrf_token": token_in(confirming)}
    year = scene.stripe.prices.list({"lookup_keys": ["paidspan-year"]}).data[0].id
    done = scene.reader.post(portal, data={**form, "price": year})
    assert done.headers["Location"] == f"{SERVER}/checkout/return"
    scene.reader.get("/checkout/return")
    assert f"{newest(scene).amount_paid / 100:.2f}" == charged.group(1)
    assert "Yearly subscription CN¥198 per year" in text(scene.page(), "main")


def test_a_switch_down_charges_nothing_and_says_what_is_credited(scene):
    scene.bought("year")
    scene.pass_time(30 * DAY)
    said = text(scene.reader.get("/account/plan/switch?plan=month", headers=ENGLISH), "main")
    assert "Charged now nothing" in said
    assert re.search(r"CN¥[\d.]+ of credit is left after that\.", said)


def test_a_switch_in_a_trial_is_charged_when_the_trial_ends(scene):
    with_trial(scene, 7)
    scene.bought("month")
    said = text(scene.reader.get("/account/plan/switch?plan=year", headers=ENGLISH), "main")
    assert f"Charged now nothing After that on {shown(period_end(scene))}: CN¥198" in said


def test_what_cannot_be_switched_is_not(scene):
    assert scene.reader.get("/account/plan/switch?plan=year").status_code == 409
    scene.bought("month")
    for plan, status in (("month", 409), ("pass", 404), ("century", 404)):
        assert scene.reader.get(f"/account/plan/switch?plan={plan}").status_code == status
    scene.in_the_portal("cancel", subscription=scene.subscription["id"])
    scene.hear()
    assert scene.reader.get("/account/plan/switch?plan=year").status_code == 409
    assert "Change it in your account" in scene.page("/plans")
