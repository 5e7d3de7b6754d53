"""What the reader is told: on the account page and in mails (scenarios 26, 51, 55, 57)."""

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from tests.billing.scenarios.scene import DAY, ENGLISH, HOUR, SERVER, shown
from tests.factories.html import attributes, text
from tests.factories.people import token_in
from webapp.billing.models import Purchase, PurchaseState
from webapp.billing.reconcile import recheck_before_lapse
from webapp.stripe_sandbox.faults import Faults

ASKS = "4000002760003184"


def test_26_cancelled_in_the_portal_says_when_it_ends_and_opens_until_then(scene):
    scene.bought("month")
    scene.in_the_portal("cancel", subscription=scene.subscription["id"])
    scene.hear()
    subscription = scene.subscription
    assert subscription["cancel_at_period_end"] is False
    ends_at = datetime.fromtimestamp(subscription["cancel_at"], UTC)
    page = scene.page()
    assert f"until {shown(ends_at)}" in page
    assert "Renews on" not in page
    scene.wait_until(ends_at - timedelta(seconds=2))
    assert scene.reads()
    scene.pass_time(timedelta(seconds=2))
    assert not scene.reads(), "at its own second, without the slack of one that renews"
    scene.hear()
    assert not scene.reads()
    assert "Your access has ended." in scene.gate()


def test_26_taken_back_in_the_portal_it_goes_on(scene):
    scene.bought("month")
    held = scene.subscription["id"]
    scene.in_the_portal("cancel", subscription=held)
    scene.hear()
    scene.in_the_portal("resume", subscription=held)
    scene.hear()
    scene.pass_time(32 * DAY)
    scene.hear()
    assert scene.reads()


def confirmed_at(scene, path: str, answer: str = "confirm"):
    """Answer what the bank asks on a page of Stripe's."""
    token = token_in(scene.reader.get(path))
    return scene.reader.post(path, data={"answer": answer, "csrf_token": token})


def subscribed_with_a_bank_that_asks(scene) -> datetime:
    """Buy in English with a card whose every payment is confirmed; return when the first period ends."""
    scene.reader.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    session_id = scene.cashier.order(scene.reader, "month", scene.document.slug)
    asked = scene.cashier.pay(scene.reader, session_id, card_number=ASKS)
    confirmed_at(scene, asked.headers["Location"].removeprefix(SERVER))
    scene.come_back(session_id)
    assert scene.reads()
    return datetime.fromtimestamp(scene.subscription["items"]["data"][0]["current_period_end"], UTC)


def test_51_a_renewal_that_the_bank_wants_confirmed_is_led_to_its_confirmation(scene):
    period_end = subscribed_with_a_bank_that_asks(scene)
    scene.wait_until(period_end + 2 * HOUR)
    scene.hear()
    mail = scene.mails()[-1]
    assert mail.subject == "Please confirm your renewal"
    assert "It was not declined." in mail.text
    assert "your bank declined" not in mail.text + mail.html
    (page,) = re.findall(rf"Confirm the payment: {SERVER}(\S+)", mail.text)
    account = scene.reader.get("/account/plan", headers=ENGLISH)
    assert "Your bank wants you to confirm the payment for your subscription." in text(account, ".trouble")
    assert f"{SERVER}{page}" in attributes(account, ".holding a.button", "href")
    for days in (1, 3, 6):
        scene.wait_until(period_end + timedelta(days=days))
        scene.hear()
        assert scene.reads(), days
    confirmed_at(scene, f"{page}/confirm")
    scene.hear()
    assert scene.subscription["status"] == "active"
    for days in (8, 20):
        scene.wait_until(period_end + timedelta(days=days))
        assert scene.reads(), "without a gap"
    assert len(scene.receipts()) == 2
    assert "confirm" not in text(scene.page(), ".holding")
    assert [one.subject for one in scene.mails()].count("Please confirm your renewal") == 1


def test_51_who_does_not_confirm_reads_to_the_end_of_the_grace_days(scene):
    period_end = subscribed_with_a_bank_that_asks(scene)
    scene.wait_until(period_end + 2 * HOUR)
    scene.hear()
    scene.wait_until(period_end + 8 * DAY)
    scene.hear()
    assert not scene.reads()
    account = scene.page()
    assert "It opens nothing at present." in account
    assert "Confirm the payment" in account


def test_a_bill_that_is_only_open_is_shown_with_its_day_and_leads_to_its_page(scene):
    scene.bought("month")
    scene.stripe.subscriptions.update(
        scene.subscription["id"], {"collection_method": "send_invoice", "days_until_due": 14}
    )
    scene.pass_time(32 * DAY)
    scene.hear()
    bill = scene.stripe.invoices.list({"limit": 1}).data[0]
    assert bill.status == "open"
    account = scene.reader.get("/account/plan", headers=ENGLISH)
    due = shown(datetime.fromtimestamp(bill.due_date, UTC))
    assert "A bill of your subscription is open." in text(account, ".trouble")
    assert f"Outstanding: CN¥25 , due by {due}" in text(account, ".holding")
    assert bill.hosted_invoice_url in attributes(account, ".holding a.button", "href")
    assert scene.reads()


def test_55_while_stripe_cannot_be_asked_the_account_says_that_reading_goes_on(scene):
    scene.bought("month")
    lapses = scene.open_grants[0].ends_at
    scene.wait_until(lapses - timedelta(minutes=5))
    scene.cashier.sandbox.set_faults(Faults(down=1))
    recheck_before_lapse(scene.cashier.billing)
    scene.wait_until(lapses + HOUR)
    said = text(scene.page(), ".holding")
    assert "Reading goes on." in said
    assert "Renews on" not in said
    assert scene.reads()
    scene.cashier.sandbox.set_faults(Faults())
    recheck_before_lapse(scene.cashier.billing)
    assert "Renews on" in text(scene.page(), ".holding")


def test_57_the_duplicate_that_we_cancel_is_no_subscription_that_ended(scene):
    scene.reader.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    first = scene.cashier.order(scene.reader, "year")
    with scene.cashier.database.writing() as session:
        session.scalars(select(Purchase)).one().state = PurchaseState.EXPIRED  # another tab does not see the first
    second = scene.cashier.order(scene.reader, "month")
    for session_id in (first, second):
        scene.cashier.pay(scene.reader, session_id)
    scene.hear()
    scene.hear()
    states = {one.status: one.id for one in scene.stripe.subscriptions.list({"status": "all"}).data}
    assert states.keys() == {"active", "canceled"}
    assert scene.reads()
    assert "Your subscription has ended" not in [mail.subject for mail in scene.mails()]
    scene.stripe.subscriptions.cancel(states["active"])
    scene.hear()
    assert [mail.subject for mail in scene.mails()].count("Your subscription has ended") == 1
