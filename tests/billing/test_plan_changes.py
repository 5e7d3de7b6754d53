"""What the publisher does with plans: Stripe's prices are never edited, and who has a plan keeps their price."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from webapp.billing.models import Plan, PlanKind
from webapp.billing.plan_changes import (
    NewPlan,
    PlanWords,
    get_plan,
    list_all_plans,
    list_prices_of,
    make_plan,
    move_plan,
    offer_again,
    reprice_plan,
    retire_plan,
    word_plan,
)
from webapp.billing.plans import count_holders, plans_on_sale
from webapp.billing.reconcile import reconcile_all
from webapp.kit import clock
from webapp.kit.errors import ConflictError, InvalidInputError, NotFoundError, PaymentsUnavailableError
from webapp.kit.money import Money
from webapp.stripe_sandbox.faults import Faults

WEEK = NewPlan(PlanKind.PASS, Money(900, "cny"), 7)


@pytest.fixture
def billing(cashier):
    return cashier.billing


@pytest.fixture
def stripe(billing):
    return billing.gateway.client.v1


@pytest.fixture
def sold(cashier):
    """Return the plan that is sold under a code."""

    def find(code="year"):
        with cashier.database.reading() as session:
            return session.scalars(select(Plan).where(Plan.code == code, Plan.active)).one()

    return find


def offered(cashier):
    with cashier.database.reading() as session:
        return [(offer.code, offer.price.minor_units) for offer in plans_on_sale(session, cashier.billing.mode)]


def holders(cashier):
    with cashier.database.reading() as session:
        return count_holders(session, cashier.billing.mode, clock.now())


def test_a_dearer_plan_is_a_new_price_and_who_has_it_keeps_theirs(cashier, billing, stripe, reader, people, sold):
    cashier.buy(reader, "year")
    reconcile_all(billing)
    former = sold()
    dearer = reprice_plan(billing, former.id, Money(29800, "cny"))
    assert (dearer.code, dearer.stripe_product_id) == (former.code, former.stripe_product_id)
    prices = [stripe.prices.retrieve(plan.stripe_price_id) for plan in (former, dearer)]
    assert [(price.unit_amount, price.active) for price in prices] == [(19800, True), (29800, True)]
    cashier.buy(people.signed_in("another@example.com"), "year")
    reconcile_all(billing)
    assert [plan.items.data[0].price.unit_amount for plan in stripe.subscriptions.list().data] == [29800, 19800]
    assert holders(cashier) == {former.id: 1, dearer.id: 1}
    with cashier.database.reading() as session:
        assert [plan.amount for plan in list_prices_of(session, dearer)] == [29800, 19800]


def test_a_price_that_is_changed_twice_alike_is_changed_once(cashier, billing, stripe, sold):
    former, price = sold(), Money(29800, "cny")
    notes = []
    first = reprice_plan(billing, former.id, price, lambda _session: notes.append(1))
    assert reprice_plan(billing, former.id, price).id == reprice_plan(billing, first.id, price).id == first.id
    assert [one.unit_amount for one in stripe.prices.list({"product": former.stripe_product_id}).data] == [29800, 19800]
    with pytest.raises(ConflictError, match="not the price at which"):
        reprice_plan(billing, former.id, Money(100, "cny"))


def test_a_price_that_another_tab_was_faster_with_is_kept(cashier, billing, sold, monkeypatch):
    former, price = sold(), Money(29800, "cny")
    made = []

    def overtaken(*arguments):
        if not made:
            made.append(None)
            made.append(reprice_plan(billing, former.id, price))
        return kept(*arguments)

    from webapp.billing import plan_changes

    kept = plan_changes.save_price
    monkeypatch.setattr(plan_changes, "save_price", overtaken)
    assert reprice_plan(billing, former.id, price).id == made[1].id


def test_a_plan_that_was_taken_off_sale_meanwhile_stays_so(cashier, billing, sold, monkeypatch):
    from webapp.billing import plan_changes

    former, kept = sold(), plan_changes.save_price

    def overtaken(*arguments):
        retire_plan(billing, former.id)
        return kept(*arguments)

    monkeypatch.setattr(plan_changes, "save_price", overtaken)
    assert not reprice_plan(billing, former.id, Money(29800, "cny")).active
    assert "year" not in dict(offered(cashier))


def test_the_portal_lets_readers_switch_to_the_new_price(billing, stripe, sold):
    dearer = reprice_plan(billing, sold().id, Money(29800, "cny"))
    (portal,) = stripe.billing_portal.configurations.list({"active": True}).data
    assert dearer.stripe_price_id in [
        price for product in portal.features.subscription_update.products for price in product.prices
    ]


def test_a_price_goes_up_and_down_again(cashier, billing, sold):
    for amount in (29800, 19800, 29800):
        reprice_plan(billing, sold().id, Money(amount, "cny"))
    assert dict(offered(cashier))["year"] == 29800


def test_prices_without_decimals_are_whole(cashier, billing, stripe, sold):
    yen = reprice_plan(billing, sold().id, Money.parse("3000", "jpy"))
    price = stripe.prices.retrieve(yen.stripe_price_id)
    assert (price.unit_amount, price.currency) == (3000, "jpy")


def test_a_pass_is_made_once_and_sold(cashier, billing, stripe, reader):
    made = make_plan(billing, replace(WEEK, words=PlanWords("一周", "看一周", featured=True)))
    assert make_plan(billing, WEEK).id == made.id
    assert stripe.products.retrieve(made.stripe_product_id).name == "一周"
    assert offered(cashier) == [("year", 19800), ("month", 2500), ("pass-7", 900), ("pass", 3000)]
    cashier.buy(reader, "pass-7")
    cashier.buy(reader, "pass", warned=True)
    reconcile_all(billing)
    assert list(holders(cashier).values()) == [1]  # one waits until the other is over
    assert {(grant.ends_at - grant.starts_at).days for grant in cashier.grants()} == {7, 30}


def test_two_tabs_that_make_a_plan_make_one(cashier, billing, monkeypatch):
    from webapp.billing import plan_changes

    made, kept = [], plan_changes.save_price

    def overtaken(*arguments):
        if not made:
            made.append(None)
            made.append(make_plan(billing, WEEK))
        return kept(*arguments)

    monkeypatch.setattr(plan_changes, "save_price", overtaken)
    assert make_plan(billing, WEEK).id == made[1].id


def test_two_plans_that_open_the_same_for_as_long_are_not_sold(billing):
    for wish in (NewPlan(PlanKind.YEAR, Money(100, "cny")), NewPlan(PlanKind.PASS, Money(1, "cny"), 30)):
        with pytest.raises(ConflictError, match="on sale already"):
            make_plan(billing, wish)


@pytest.mark.parametrize(
    "wish",
    [
        NewPlan(PlanKind.DOCUMENT, Money(1, "cny")),
        NewPlan(PlanKind.PASS, Money(1, "cny")),
        NewPlan(PlanKind.YEAR, Money(1, "cny"), 7),
        NewPlan(PlanKind.PASS, Money(1, "cny"), 0),
        NewPlan(PlanKind.PASS, Money(1, "cny"), 3661),
        NewPlan(PlanKind.PASS, Money(1, "cny"), 7, PlanWords(trial_days=1)),
        NewPlan(PlanKind.PASS, Money(1, "cny"), 7, PlanWords(name="a" * 81)),
        NewPlan(PlanKind.PASS, Money(1, "cny"), 7, PlanWords(description="a\nb")),
    ],
)
def test_what_is_no_plan_is_refused_with_a_sentence(billing, stripe, wish):
    with pytest.raises(InvalidInputError):
        make_plan(billing, wish)
    assert len(stripe.products.list().data) == 3


def test_a_plan_is_taken_off_sale_and_put_on_again_at_its_price(cashier, billing, sold):
    month = sold("month")
    assert not retire_plan(billing, month.id).active
    retire_plan(billing, month.id)
    assert "month" not in dict(offered(cashier))
    with cashier.database.reading() as session:
        assert [plan.code for plan in list_all_plans(session, billing.mode)[1]] == ["month"]
    assert offer_again(billing, month.id).active
    assert offer_again(billing, month.id).id == month.id
    assert dict(offered(cashier))["month"] == 2500


def test_a_plan_that_was_taken_off_sale_is_made_anew_at_the_same_price(cashier, billing, sold):
    month = retire_plan(billing, sold("month").id)
    assert make_plan(billing, NewPlan(PlanKind.MONTH, month.price)).stripe_price_id == month.stripe_price_id
    other = retire_plan(billing, sold("month").id)
    make_plan(billing, NewPlan(PlanKind.MONTH, Money(2600, "cny")))
    with pytest.raises(ConflictError, match="on sale already"):
        offer_again(billing, other.id)
    with pytest.raises(ConflictError, match="not the price"):
        reprice_plan(billing, other.id, Money(1, "cny"))


def test_a_price_that_is_archived_at_stripe_is_not_offered_again(billing, stripe, sold):
    year = retire_plan(billing, sold().id)
    stripe.prices.update(year.stripe_price_id, {"active": False})
    with pytest.raises(ConflictError, match="archived"):
        offer_again(billing, year.id)


def test_a_plan_is_offered_in_the_publishers_words_and_stripe_is_told_its_name(cashier, billing, stripe, sold):
    word_plan(billing, sold("month").id, PlanWords("月刊", "每月", 7, featured=True))
    year = word_plan(billing, sold().id, PlanWords("年刊", featured=True))
    assert stripe.products.retrieve(year.stripe_product_id).name == "年刊"
    assert (sold("month").featured, sold("month").trial_days, sold().featured) == (False, 7, True)
    assert word_plan(billing, year.id, PlanWords("年刊", "全年", featured=True)).description == "全年"
    assert reprice_plan(billing, year.id, Money(20000, "cny")).name == "年刊"
    word_plan(billing, sold().id, PlanWords())
    assert stripe.products.retrieve(year.stripe_product_id).name == "paidspan 年度订阅 · one year"


def test_plans_are_put_in_another_order(cashier, billing, sold):
    for code, up in (("pass", True), ("pass", True), ("pass", True), ("year", False), ("year", False)):
        plan_id = sold(code).id
        cashier.database.write(lambda session, id_=plan_id, up=up: move_plan(session, billing.mode, id_, up=up))
    assert [code for code, _amount in offered(cashier)] == ["pass", "month", "year"]
    assert make_plan(billing, WEEK).position == 3
    gone = retire_plan(billing, sold("pass").id)
    cashier.database.write(lambda session: move_plan(session, billing.mode, gone.id, up=True))
    assert [code for code, _amount in offered(cashier)] == ["month", "year", "pass-7"]


def test_a_plan_of_another_mode_is_none(cashier, billing):
    with cashier.database.reading() as session, pytest.raises(NotFoundError):
        get_plan(session, billing.mode, 999)


def test_while_stripe_is_away_nothing_is_changed_and_it_is_said(cashier, billing, sold):
    year = sold()
    cashier.sandbox.set_faults(Faults(down=1))
    for act in (
        lambda: reprice_plan(billing, year.id, Money(1000, "cny")),
        lambda: make_plan(billing, WEEK),
        lambda: word_plan(billing, year.id, PlanWords("年刊")),
    ):
        with pytest.raises(PaymentsUnavailableError, match="does not answer") as told:
            act()
        assert "nothing is done twice" in told.value.hint
    cashier.sandbox.set_faults(Faults())
    assert sold() == year or sold().amount == year.amount
    assert reprice_plan(billing, year.id, Money(1000, "cny")).amount == 1000


def test_what_stripe_does_not_have_is_said(cashier, billing, sold):
    year = retire_plan(billing, sold().id)

    def wipe(session):
        session.get(Plan, year.id).stripe_price_id = "price_gone"

    cashier.database.write(wipe)
    with pytest.raises(ConflictError, match="Stripe refuses: No such price"):
        offer_again(billing, year.id)
