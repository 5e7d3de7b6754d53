"""What is told is what is charged, at each renewal (scenario 54), and before a switch of plan."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from tests.billing.scenarios.scene import DAY, ENGLISH, HOUR, SERVER, shown
from tests.factories.html import text
from tests.factories.people import token_in
from webapp.billing.models import Plan
from webapp.billing.reconcile import reconcile_all
from webapp.billing.stripe_models import StripeObject
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
    with scene.cashier.database.writing() as session:
        session.get_one(StripeObject, scene.subscription["id"]).upcoming = None
    assert "the price is CN¥25 per month before discounts and credit." in scene.page()


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


@pytest.mark.parametrize("fault", [Faults(down=1), Faults(rate_limited=1)], ids=["away", "tired"])
def test_a_preview_that_fails_is_no_failure_of_sync(scene, transport, fault):
    ask = transport.request

    def request(method, url, *rest, **more):
        scene.cashier.sandbox.set_faults(fault if url.endswith("/create_preview") else Faults())
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
    assert f"After that on {shown(clock.now() + 365 * DAY)}: CN¥198, before discounts and credit" in said
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
