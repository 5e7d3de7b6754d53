"""What was there before the ledger is taken in, and its sums are always what its rows come to."""

from datetime import date

import pytest
import time_machine
from sqlalchemy import delete, update

from tests.billing.scenarios.scene import DAY
from tests.billing.stripe_answers import answering
from tests.factories.booked import book
from webapp.billing.ledger.added_up import currencies_in_ledger
from webapp.billing.ledger.earlier_money import keep_ledger, mend_ledger
from webapp.billing.ledger.entry_sums import move_days, sum_new_entries
from webapp.billing.ledger.ledger_check import find_differences
from webapp.billing.ledger.ledger_models import LedgerEntry, LedgerState, LedgerSum, MoneyFigure, SubscriptionStanding
from webapp.billing.ledger.ledger_state import is_complete
from webapp.billing.models import Plan, Purchase, Receipt
from webapp.billing.stripe_models import StripeObject
from webapp.kit.errors import PaymentsUnavailableError
from webapp.settings import Mode


@pytest.fixture
def before(scene, database):
    """Return how to have the library be as it was before there was a ledger."""

    def forget():
        with database.writing() as session:
            for table in (LedgerEntry, LedgerSum, SubscriptionStanding):
                session.execute(delete(table))
            session.execute(update(LedgerState).values(receipts_up_to=0, complete_at=None, zone="UTC"))
            session.execute(update(StripeObject).values(in_ledger=False))

    return forget


def lived(scene):
    """Have a month paid three times, a refund, a dispute, a document, and the end."""
    scene.bought("document")
    scene.bought("month", warned=True)
    for _month in range(2):
        scene.pass_time(31 * DAY)
        scene.hear()
    scene.cashier.sandbox.refund(scene.payment(-1), 500)
    scene.cashier.sandbox.dispute(scene.payment(0))
    scene.stripe.subscriptions.cancel(scene.subscription["id"])
    scene.hear()


def test_what_was_there_before_is_taken_in_as_if_the_ledger_had_always_been(scene, before, books):
    billing = scene.cashier.billing
    lived(scene)
    keep_ledger(billing)
    rows = books.rows()
    assert {row[0] for row in rows} == {
        MoneyFigure.PAYMENT,
        MoneyFigure.REFUND,
        MoneyFigure.DISPUTE,
        MoneyFigure.NEW,
        MoneyFigure.LOST,
    }
    before()
    assert books.entries() == []
    keep_ledger(billing)
    assert books.rows() == rows
    assert books.ask(lambda view: is_complete(view.session, view.mode))
    keep_ledger(billing)
    assert books.rows() == rows


def test_while_stripe_cannot_be_asked_it_is_not_complete(scene, before, books):
    scene.bought("month")
    before()
    with answering(scene.cashier.billing, "/v1/refunds"), pytest.raises(PaymentsUnavailableError):
        keep_ledger(scene.cashier.billing)
    assert books.entries() == [("new", 2500), ("payment", 2500)]
    assert not books.ask(lambda view: is_complete(view.session, view.mode))


def test_what_cannot_be_read_or_is_nobodys_is_left_out_and_what_is_not_ours_any_more_has_ended(
    scene, before, books, database
):
    scene.bought("month")
    before()
    with database.writing() as session:
        row = session.query(StripeObject).filter_by(type="subscription").one()
        row.disowned_at = row.fetched_at
        common = {"mode": row.mode, "type": row.type, "fetched_at": row.fetched_at}
        session.add(StripeObject(id="sub_odd", reader_id=row.reader_id, bundle={}, **common))
        session.add(StripeObject(id="sub_nobodys", bundle=row.bundle, **common))
    keep_ledger(scene.cashier.billing)
    assert [one[0] for one in books.standings()] == ["paying", "ended"]
    with database.reading() as session:
        assert session.query(StripeObject).filter_by(in_ledger=False).all() == []


def test_a_discount_without_terms_is_asked_about_again(scene, before, database, books):
    coupon = scene.stripe.coupons.create({"percent_off": 50, "duration": "forever"}).id
    scene.stripe.promotion_codes.create({"code": "HALF", "promotion": {"type": "coupon", "coupon": coupon}})
    scene.bought("month", promotion_code="HALF")
    assert books.entries() == [("new", 1250), ("payment", 1250)]
    before()
    with database.writing() as session:
        row = session.query(StripeObject).filter_by(type="subscription").one()
        said = row.bundle["subscription"]
        said = said | {"discounts": [one["id"] for one in said["discounts"]]}
        row.bundle = row.bundle | {"subscription": said}
        wanted = row.wanted
    keep_ledger(scene.cashier.billing)
    assert books.entries() == [("new", 1250), ("payment", 1250)]
    with database.reading() as session:
        assert session.query(StripeObject).filter_by(type="subscription").one().wanted == wanted + 1


@pytest.mark.parametrize(
    ("changed", "plan"),
    [("nothing", "month"), ("switched", "year"), ("unknown", ""), ("adopted", "month")],
)
def test_the_plan_of_a_receipt_of_before_is_known_as_far_as_it_is(scene, before, database, changed, plan):
    scene.bought("month")
    before()
    with database.writing() as session:
        receipt, month = session.query(Receipt).one(), session.query(Plan).filter_by(kind="month").one()
        session.execute(delete(StripeObject))
        receipt.kind = "year" if changed == "switched" else receipt.kind
        if changed in {"unknown", "adopted"}:
            receipt.purchase_id = None
        if changed == "unknown":
            session.add(
                Plan(mode=month.mode, code="cheap", kind="month", stripe_price_id="price_2", amount=1, currency="cny")
            )
    keep_ledger(scene.cashier.billing)
    with database.reading() as session:
        assert session.query(LedgerEntry.plan).one() == (plan,)
        assert session.query(Purchase).count() == 1


def test_the_days_are_moved_to_another_zone_and_the_sums_with_them(scene, books, database):
    with time_machine.travel("2027-03-31T20:00:00+00:00"):  # the first of April in Shanghai
        scene.sign_in()
        scene.bought("month")
        keep_ledger(scene.cashier.billing)
    with database.reading() as session:
        assert {row.day for row in session.query(LedgerSum)} == {date(2027, 4, 1)}
        assert {row.cohort for row in session.query(LedgerSum)} == {"", "2027-04"}
    assert database.write(lambda session: move_days(session, Mode.SANDBOX, "Europe/Berlin"))
    assert database.write(lambda session: sum_new_entries(session, Mode.SANDBOX)) == 2
    with database.reading() as session:
        assert {row.day for row in session.query(LedgerSum)} == {date(2027, 3, 31)}
        assert {row.cohort for row in session.query(LedgerSum)} == {"", "2027-03"}
        assert list(find_differences(session, Mode.SANDBOX)) == []


def test_what_is_taken_out_is_taken_out_of_its_sum(scene, books, database):
    scene.bought("document")
    made = scene.cashier.sandbox.refund(scene.payment(), 400)["id"]
    scene.hear()
    keep_ledger(scene.cashier.billing)
    scene.cashier.sandbox.settle_refund(made, "failed")
    scene.hear()
    totals = books.ask(lambda view: view.totals(tuple(MoneyFigure), ("figure",)))
    assert {key: (one.amount, one.entries) for key, one in totals.items() if one.entries} == {
        (MoneyFigure.PAYMENT,): (990, 1)
    }
    with database.reading() as session:
        assert list(find_differences(session, Mode.SANDBOX)) == []


def test_wrong_sums_are_told_and_mended(scene, books, database):
    scene.bought("month")
    keep_ledger(scene.cashier.billing)
    with database.writing() as session:
        session.execute(update(LedgerSum).values(amount=1))
        session.execute(update(SubscriptionStanding).values(monthly=2400))
    with database.reading() as session:
        told = list(find_differences(session, Mode.SANDBOX))
    assert [one.split(":")[0].split()[:2] for one in told] == [["cny", "new"], ["cny", "payment"], ["cny"]]
    with database.writing() as session:
        session.execute(update(SubscriptionStanding).values(monthly=2500))
    mend_ledger(scene.cashier.billing)
    with database.reading() as session:
        assert list(find_differences(session, Mode.SANDBOX)) == []
        assert currencies_in_ledger(session, Mode.SANDBOX) == ["cny"]
    mend_ledger(scene.cashier.billing)


def test_what_comes_later_is_added_to_the_sum_of_its_day(people, database):
    reader = people.reader().id
    for amount in (100, 200):
        with database.writing() as session:
            book(session, reader, "payment", "2027-03-01", amount)
        assert database.write(lambda session: sum_new_entries(session, Mode.SANDBOX)) == 1
    with database.reading() as session:
        assert session.query(LedgerSum.amount, LedgerSum.entries).all() == [(300, 2)]
