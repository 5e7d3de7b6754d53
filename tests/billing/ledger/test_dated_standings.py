"""Since when a subscription stands as it does: Stripe's own moments, however late the news of it came."""

from datetime import timedelta

import pytest

from tests.billing.stripe_json import SOLD, bill, day, facts, item, line, seconds
from webapp.billing.ledger.dated_standings import DatedStanding, Look, date_standings, payment_standing_of
from webapp.billing.ledger.ledger_models import DatedBy, PaymentStanding

PAYING, TRIAL, FAILING, PAUSED = (
    PaymentStanding.PAYING,
    PaymentStanding.TRIAL,
    PaymentStanding.FAILING,
    PaymentStanding.PAUSED,
)
BY_STRIPE, BY_EVENT, SEEN = DatedBy.OBJECT, DatedBy.EVENT, DatedBy.SEEN


def month(number, *, status="paid", amount=2500, **more):
    """Return the bill of a month, month 0 being the first."""
    begin = number * 30
    return bill(f"in_{number}", status, begin, line(f"il_{number}", begin, begin + 30, amount, **more))


def known(standing, since=0, price=2500):
    return DatedStanding(day(since), BY_STRIPE, standing, price if standing.recurs else 0)


def look(at, before=None, *heard):
    return Look(day(at), None if before is None else day(before), [day(one) for one in heard])


def told(said, was=None, when=None, /):
    found = date_standings(said, SOLD, was, when or look(45))
    return [((one.since - day(0)) / timedelta(days=1), one.dated_by, one.standing, one.monthly) for one in found]


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("trialing", TRIAL),
        ("active", PAYING),
        ("past_due", FAILING),
        ("unpaid", PaymentStanding.UNPAID),
        ("paused", PAUSED),
        ("incomplete", PaymentStanding.WAITING),
        ("canceled", PaymentStanding.ENDED),
        ("incomplete_expired", PaymentStanding.ENDED),
        ("suspended", PaymentStanding.UNKNOWN),
    ],
)
def test_a_status_tells_how_it_stands(status, standing):
    assert payment_standing_of(facts(status=status)) is standing


def test_collection_that_is_paused_brings_nothing():
    paused = {"pause_collection": {"behavior": "void"}}
    assert payment_standing_of(facts(status="active", **paused)) is PAUSED
    assert payment_standing_of(facts(status="canceled", **paused)) is PaymentStanding.ENDED


class TestOfOneThatNothingWasKnownOf:
    def test_it_pays_since_it_began_and_not_since_we_saw_it(self):
        assert told(facts(month(0), month(1))) == [(0, BY_STRIPE, PAYING, 2500)]

    def test_a_trial_brings_nothing_until_it_ends(self):
        said = facts(month(0, amount=0), status="trialing", trial_end=seconds(30))
        assert told(said, None, look(3)) == [(0, BY_STRIPE, TRIAL, 0)]
        paid = facts(month(0, amount=0), month(1), trial_end=seconds(30))
        assert told(paid) == [(0, BY_STRIPE, TRIAL, 0), (30, BY_STRIPE, PAYING, 2500)]

    def test_what_ended_did_so_when_stripe_says(self):
        said = facts(month(0), month(1), status="canceled", ended_at=seconds(40))
        assert told(said) == [(0, BY_STRIPE, PAYING, 2500), (40, BY_STRIPE, PaymentStanding.ENDED, 0)]

    def test_what_ended_in_its_trial_never_paid(self):
        said = facts(status="canceled", trial_end=seconds(30), ended_at=seconds(12))
        assert told(said) == [(0, BY_STRIPE, TRIAL, 0), (12, BY_STRIPE, PaymentStanding.ENDED, 0)]

    def test_one_that_was_never_paid_is_none(self):
        assert told(facts(status="incomplete_expired", ended_at=seconds(1))) == []
        assert told(facts(status="incomplete"), None, look(0.1)) == [(0, BY_STRIPE, PaymentStanding.WAITING, 0)]

    def test_prices_of_before_stand_on_its_bills(self):
        year = line("il_9", 30, 395, 19800, price="price_year")
        said = facts(
            month(0), bill("in_9", "paid", 30, year), items=(item(395, price="price_year", unit_amount=19800),)
        )
        assert told(said) == [(0, BY_STRIPE, PAYING, 2500), (30, BY_STRIPE, PAYING, 1650)]

    def test_between_two_bills_it_brought_what_the_later_one_says(self):
        half = [{"discount": "di_1", "amount": 1250}]
        said = facts(month(0, discount_amounts=half), month(1), month(2, discount_amounts=half))
        assert told(said, None, look(75)) == [
            (0, BY_STRIPE, PAYING, 2500),
            (30, BY_STRIPE, PAYING, 1250),
            (60, BY_STRIPE, PAYING, 2500),
        ]

    def test_a_bill_that_was_voided_tells_nothing(self):
        said = facts(month(0), month(1, status="void", amount=9900))
        assert told(said) == [(0, BY_STRIPE, PAYING, 2500)]

    def test_since_when_it_is_paused_nobody_says(self):
        said = facts(month(0), pause_collection={"behavior": "void"})
        assert told(said) == [(0, BY_STRIPE, PAYING, 2500), (45, SEEN, PAUSED, 0)]


class TestOfOneThatWasKnown:
    def test_what_is_as_it_was_is_no_news(self):
        assert told(facts(month(0), month(1)), known(PAYING), look(45, 40)) == []

    def test_its_end_is_stripes_though_the_news_came_late(self):
        said = facts(month(0), month(1), status="canceled", ended_at=seconds(33))
        assert told(said, known(PAYING), look(45, 31)) == [(33, BY_STRIPE, PaymentStanding.ENDED, 0)]

    def test_after_its_end_an_older_answer_changes_nothing(self):
        assert told(facts(month(0)), known(PaymentStanding.ENDED, 33), look(45, 40)) == []

    def test_after_an_outage_of_months_each_price_is_dated_by_its_bill(self):
        half = [{"discount": "di_1", "amount": 1250}]
        said = facts(month(0), month(1), month(2, discount_amounts=half), month(3, discount_amounts=half), month(4))
        assert told(said, known(PAYING), look(125, 10)) == [
            (30, BY_STRIPE, PAYING, 1250),
            (90, BY_STRIPE, PAYING, 2500),
        ]

    def test_a_trial_that_ended_pays_since_its_end(self):
        said = facts(month(0, amount=0), month(1), trial_end=seconds(30))
        assert told(said, known(TRIAL), look(45, 2)) == [(30, BY_STRIPE, PAYING, 2500)]
        paused = facts(status="paused", trial_end=seconds(30))
        assert told(paused, known(TRIAL), look(45, 2)) == [(30, BY_STRIPE, PAUSED, 0)]

    def test_what_waited_pays_since_it_began(self):
        assert told(facts(month(0)), known(PaymentStanding.WAITING), look(1, 0.1)) == [(0, BY_STRIPE, PAYING, 2500)]

    def test_a_bill_that_fails_does_so_since_it_is_due_and_goes_on_counting(self):
        said = facts(month(0), month(1, status="open"), status="past_due")
        assert told(said, known(PAYING), look(45, 20)) == [(30, BY_STRIPE, FAILING, 2500)]
        saved = bill("in_1", "paid", 30, line("il_1", 30, 60), status_transitions={"paid_at": seconds(37)})
        assert told(facts(month(0), saved), known(FAILING, 30), look(45, 36)) == [(37, BY_STRIPE, PAYING, 2500)]

    def test_a_discount_counts_since_it_was_given(self):
        given = {"id": "di_1", "start": seconds(40), "end": None}
        given["source"] = {"coupon": {"percent_off": 50, "amount_off": None, "duration": "forever"}}
        said = facts(month(0), month(1), discounts=[given])
        assert told(said, known(PAYING), look(45, 20)) == [(40, BY_STRIPE, PAYING, 1250)]

    @pytest.mark.parametrize(
        ("heard", "since", "by"),
        [((), 45, SEEN), ((38,), 38, BY_EVENT), ((30, 38), 38, BY_EVENT), ((30,), 30, BY_EVENT)],
    )
    def test_what_no_object_dates_is_dated_by_the_event_that_told_it(self, heard, since, by):
        said = facts(month(0), month(1), pause_collection={"behavior": "void"})
        assert told(said, known(PAYING), look(45, 20, *heard)) == [(since, by, PAUSED, 0)]

    def test_what_was_paused_pays_again_since_it_was_told(self):
        assert told(facts(month(0), month(1)), known(PAUSED, 10), look(45, 20, 41)) == [(41, BY_EVENT, PAYING, 2500)]

    def test_a_free_month_for_who_has_paid_takes_nothing_away(self):
        """TryGhost/Ghost#26474: it is a trial at Stripe, and nobody is lost by it."""
        said = facts(month(0), month(1), status="trialing", trial_end=seconds(90))
        assert told(said, known(PAYING), look(65, 20, 61)) == []
        assert told(said, None, look(65)) == [(0, BY_STRIPE, PAYING, 2500)]

    def test_nothing_is_dated_before_what_was_known(self):
        said = facts(month(0), status="canceled", ended_at=seconds(5))
        assert told(said, known(PAYING, 10), look(45, 40)) == [(10, BY_STRIPE, PaymentStanding.ENDED, 0)]

    def test_two_changes_of_one_moment_are_one(self):
        said = facts(
            month(0), month(1, status="open", amount=2900), items=(item(60, unit_amount=2900),), status="past_due"
        )
        assert told(said, known(PAYING), look(45, 20)) == [(30, BY_STRIPE, FAILING, 2900)]
