"""What Stripe says becomes entries, each once, on the day it came about there, however often and late it is told."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.billing.scenarios.scene import DAY
from tests.factories.booked import noon
from webapp.billing.ledger.ledger_models import SubscriptionStanding
from webapp.billing.ledger.ledger_state import open_ledger
from webapp.billing.ledger.movements import find_movements
from webapp.billing.ledger.standings_writer import end_standing
from webapp.billing.models import Plan
from webapp.billing.stripe_models import StripeCustomer
from webapp.billing.sync import sync
from webapp.kit import clock
from webapp.settings import Mode

MONTH, YEAR, YEARLY = 2500, 19800, 1650
BOUGHT = [("new", MONTH), ("payment", MONTH)]


def test_what_is_told_twice_late_and_backwards_is_entered_once(scene, books):
    scene.bought("month")
    scene.pass_time(32 * DAY)
    scene.hear()
    assert books.entries() == [*BOUGHT, ("payment", MONTH)]
    before = books.rows()
    scene.tell(*scene.news()[::-1], *scene.news())
    sync(scene.cashier.billing, "subscription", scene.subscription["id"])
    assert books.rows() == before


def test_a_trial_brings_nothing_and_a_year_a_twelfth(scene, books):
    with scene.cashier.database.writing() as session:
        session.query(Plan).update({"trial_days": 7})
    scene.bought("year")
    assert books.entries() == []
    assert books.standings() == [("trial", 0, "object")]
    scene.pass_time(8 * DAY)
    scene.hear()
    assert books.entries() == [("new", YEARLY), ("payment", YEAR)]


def test_what_went_back_is_entered_when_it_arrived_and_taken_out_when_it_did_not(scene, books):
    scene.bought("document")
    sandbox = scene.cashier.sandbox
    pending = sandbox.refund(scene.payment(), 400, pending=True)["id"]
    scene.hear()
    assert books.entries() == [("payment", 990)]
    sandbox.settle_refund(pending, "succeeded")
    scene.hear()
    assert books.entries() == [("payment", 990), ("refund", -400)]
    sandbox.settle_refund(pending, "failed")
    scene.hear()
    assert books.entries() == [("payment", 990)]


def test_a_dispute_takes_what_it_is_about_and_brings_it_back_when_it_is_won(scene, books):
    scene.bought("month")
    scene.pass_time(DAY)
    dispute = scene.cashier.sandbox.dispute(scene.payment())["id"]
    scene.hear()
    assert books.entries() == [*BOUGHT, ("dispute", -MONTH)]
    scene.pass_time(DAY)
    scene.cashier.sandbox.move_dispute(dispute, "won")
    scene.hear()
    assert books.entries()[-1] == ("won-back", MONTH)


def test_a_refund_of_long_ago_finds_its_payment_by_its_receipt(scene, books):
    scene.bought("month")
    first = scene.payment()
    for _half in range(2):
        scene.pass_time(timedelta(days=250))
        scene.hear()
    scene.cashier.sandbox.refund(first)
    scene.hear()
    assert books.entries()[-1] == ("refund", -MONTH)
    assert len([one for one in books.entries() if one[0] == "payment"]) == 17


def test_what_failed_and_was_paid_in_the_end_was_saved(scene, books):
    scene.bought("month", card_number="4000000000000341")
    scene.pass_time(33 * DAY)
    scene.hear()
    assert books.standings()[-1] == ("failing", MONTH, "object")
    scene.in_the_portal("card", card_number="4242424242424242", expiry="12/34", cvc="123")
    scene.pass_time(5 * DAY)
    scene.hear()
    assert books.entries() == [*BOUGHT, ("payment", MONTH), ("saved", MONTH)]
    assert [standing for standing, _monthly, _by in books.standings()] == ["paying", "failing", "paying"]


def test_who_comes_back_is_not_new_and_who_ends_one_of_two_is_not_lost(scene, books):
    scene.bought("month")
    scene.stripe.subscriptions.cancel(scene.subscription["id"])
    scene.hear()
    scene.pass_time(DAY)
    scene.bought("year")
    assert [figure for figure, _amount in books.entries()].count("new") == 1
    assert books.entries()[-2:] == [("payment", YEAR), ("returned", YEARLY)]


def test_a_pause_that_was_seen_before_its_event_came_is_dated_by_the_event(scene, books):
    scene.bought("month")
    scene.hear()
    scene.pass_time(2 * DAY)
    scene.stripe.subscriptions.update(scene.subscription["id"], {"pause_collection": {"behavior": "void"}})
    scene.pass_time(3 * DAY)
    sync(scene.cashier.billing, "subscription", scene.subscription["id"])
    assert books.standings()[-1] == ("paused", 0, "seen")
    with scene.cashier.database.reading() as session:
        seen = session.query(SubscriptionStanding.since).order_by(SubscriptionStanding.id.desc()).first()[0]
    scene.hear()
    assert books.standings()[-1] == ("paused", 0, "event")
    (lost,) = [row for row in books.rows() if row[0] == "lost"]
    assert lost[1] < seen - 2 * DAY


def test_an_event_that_came_about_later_dates_nothing_of_before(scene, books):
    scene.bought("month")
    scene.hear()
    scene.stripe.subscriptions.update(scene.subscription["id"], {"pause_collection": {"behavior": "void"}})
    scene.miss()
    scene.pass_time(DAY)
    sync(scene.cashier.billing, "subscription", scene.subscription["id"])
    scene.pass_time(DAY)
    scene.stripe.subscriptions.update(scene.subscription["id"], {"metadata": {"a": "b"}})
    scene.hear()
    assert books.standings()[-1] == ("paused", 0, "seen")


def test_a_pause_of_before_we_knew_of_it_has_no_event_to_date_it(scene, books):
    session_id = scene.cashier.buy(scene.reader, "month")
    subscription = scene.subscription["id"]
    scene.stripe.subscriptions.update(subscription, {"pause_collection": {"behavior": "void"}})
    scene.miss()
    scene.come_back(session_id)
    assert books.standings() == [("paying", MONTH, "object"), ("paused", 0, "seen")]
    scene.pass_time(DAY)
    scene.stripe.subscriptions.update(subscription, {"metadata": {"a": "b"}})
    scene.hear()
    assert books.standings()[-1] == ("paused", 0, "seen")


def test_what_is_no_longer_sold_here_has_ended_and_may_come_back(scene, books, database):
    scene.bought("month")
    subscription = scene.subscription["id"]
    for product, standing in (("prod_other", "ended"), (None, "paying")):
        with database.writing() as session:
            for plan in session.query(Plan):
                plan.stripe_product_id = product or plan.stripe_product_id.removeprefix("prod_other")
                plan.stripe_price_id = f"{product}{plan.id}" if product else plan.stripe_price_id
            if product is None:
                price = scene.subscription["items"]["data"][0]["price"]
                plan = session.query(Plan).filter_by(kind="month").one()
                plan.stripe_product_id, plan.stripe_price_id = price["product"], price["id"]
        sync(scene.cashier.billing, "subscription", subscription)
        assert books.standings()[-1][0] == standing
    assert [one for one in books.entries() if one[0] != "payment"] == [
        ("new", MONTH),
        *sorted([("lost", -MONTH), ("returned", MONTH)]),
    ]


@pytest.mark.parametrize("known", [True, False])
def test_what_has_ended_or_was_never_there_does_not_end_again(scene, books, database, known):
    if known:
        scene.bought("month")
        scene.stripe.subscriptions.cancel(scene.subscription["id"])
        scene.hear()
    before = books.standings()
    about = scene.subscription["id"] if known else "sub_nobody"
    database.write(lambda session: end_standing(open_ledger(session, Mode.SANDBOX), about, clock.now()))
    assert books.standings() == before


def test_a_customer_who_becomes_another_readers_takes_their_money_along(scene, people, books, database):
    scene.bought("month")
    other = people.reader("other@example.com").id
    with database.writing() as session:
        session.query(StripeCustomer).update({"reader_id": other})
    sync(scene.cashier.billing, "subscription", scene.subscription["id"])
    assert books.entries() == BOUGHT
    with database.reading() as session:
        assert {row[0] for row in session.query(SubscriptionStanding.reader_id)} == {other}


@pytest.mark.parametrize(
    ("told", "moved"),
    [
        (
            [("a", 1, 25), ("b", 2, 10), ("a", 3, 0), ("b", 4, 0)],
            ["new 25", "expansion 10", "contraction -25", "lost -10"],
        ),
        ([("a", 1, 25), ("a", 2, 25), ("a", 3, 0), ("b", 3, 12)], ["new 25", "lost -25", "returned 12"]),
        ([("a", 1, 0), ("a", 2, 16), ("a", 3, 25), ("a", 4, 12)], ["new 16", "expansion 9", "contraction -13"]),
    ],
)
def test_movements_are_those_of_a_reader(told, moved):
    rows = [
        SubscriptionStanding(id=number, subscription_id=name, since=noon(f"2027-03-0{day}"), monthly=monthly)
        for number, (name, day, monthly) in enumerate(told)
    ]
    found = [f"{one.figure} {one.amount}" for one in find_movements(rows[::-1], ZoneInfo("UTC"))]
    assert found == moved
