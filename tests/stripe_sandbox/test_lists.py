"""Lists: order, pages, filters."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine
from sqlalchemy import event

MONDAY = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.fixture
def customers(shop):
    made = []
    for day in range(5):
        with time_machine.travel(MONDAY + timedelta(days=day), tick=False):
            made.append(shop.customer(email=f"{day}@example.com").id)
    return made


def ids(page) -> list[str]:
    return [item.id for item in page.data]


def test_the_newest_comes_first(shop, customers):
    assert ids(shop.stripe.customers.list()) == customers[::-1]


def test_a_list_is_read_forwards_page_by_page(shop, customers):
    first = shop.stripe.customers.list({"limit": 2})
    second = shop.stripe.customers.list({"limit": 2, "starting_after": first.data[-1].id})
    third = shop.stripe.customers.list({"limit": 2, "starting_after": second.data[-1].id})
    assert [ids(first), ids(second), ids(third)] == [customers[:2:-1], customers[2:0:-1], customers[:1]]
    assert [first.has_more, second.has_more, third.has_more] == [True, True, False]


def test_a_list_is_read_backwards_page_by_page(shop, customers):
    last = shop.stripe.customers.list({"limit": 2, "ending_before": customers[0]})
    assert ids(last) == [customers[2], customers[1]]
    assert last.has_more is True
    first = shop.stripe.customers.list({"limit": 2, "ending_before": last.data[0].id})
    assert (ids(first), first.has_more) == ([customers[4], customers[3]], False)


def test_the_sdk_pages_through_by_itself(shop, customers):
    paged = shop.stripe.customers.list({"limit": 2}).auto_paging_iter()
    assert [customer.id for customer in paged] == customers[::-1]


def test_a_page_has_ten_unless_asked_and_a_hundred_at_most(shop):
    for _ in range(12):
        shop.customer()
    page = shop.stripe.customers.list()
    assert (len(page.data), page.has_more) == (10, True)
    for limit in (0, 101):
        with pytest.raises(stripe.InvalidRequestError, match="between 1 and 100"):
            shop.stripe.customers.list({"limit": limit})


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"starting_after": "cus_unknown"}, "starting_after"),
        ({"ending_before": "cus_unknown"}, "ending_before"),
    ],
)
def test_a_cursor_that_names_nothing_is_refused(shop, params, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.stripe.customers.list(params)
    assert (refused.value.code, refused.value.param, refused.value.http_status) == ("resource_missing", param, 400)


def test_two_directions_at_once_are_refused(shop, customers):
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        shop.stripe.customers.list({"starting_after": customers[0], "ending_before": customers[1]})


DAY = 86_400
START = int(MONDAY.timestamp())


@pytest.mark.parametrize(
    ("created", "days"),
    [
        ({"gte": START + DAY}, [4, 3, 2, 1]),
        ({"gt": START + DAY}, [4, 3, 2]),
        ({"lt": START + DAY}, [0]),
        ({"gte": START + DAY, "lte": START + 3 * DAY}, [3, 2, 1]),
        (START + 2 * DAY, [2]),
    ],
)
def test_a_range_of_moments_narrows(shop, customers, created, days):
    assert ids(shop.stripe.customers.list({"created": created})) == [customers[day] for day in days]


def test_other_filters_narrow_too(shop):
    month, year = shop.price(lookup_key="month"), shop.price(interval="year", lookup_key="year")
    once = shop.price(interval=None, currency="usd", active=False)
    stripe_ = shop.stripe
    assert ids(stripe_.prices.list({"lookup_keys": ["year", "nothing"]})) == [year.id]
    assert ids(stripe_.prices.list({"type": "one_time"})) == [once.id]
    assert ids(stripe_.prices.list({"currency": "usd"})) == [once.id]
    assert ids(stripe_.prices.list({"active": True})) == [year.id, month.id]
    assert ids(stripe_.prices.list({"product": month.product})) == [month.id]
    assert ids(stripe_.products.list({"ids": [month.product]})) == [month.product]
    assert ids(stripe_.customers.list({"email": "nobody@example.com"})) == []


def test_what_belongs_to_a_purchase_is_found_from_every_side(shop):
    subscription = shop.subscribe()
    shop.subscribe()
    stripe_ = shop.stripe
    (invoice,) = stripe_.invoices.list({"subscription": subscription.id}).data
    (joined,) = stripe_.invoice_payments.list({"invoice": invoice.id}).data
    intent = joined.payment.payment_intent
    by_payment = {"payment": {"type": "payment_intent", "payment_intent": intent}}
    assert ids(stripe_.invoice_payments.list(by_payment)) == [joined.id]
    (session,) = stripe_.checkout.sessions.list({"subscription": subscription.id}).data
    assert ids(stripe_.checkout.sessions.list({"customer": subscription.customer})) == [session.id]
    assert ids(stripe_.subscriptions.list({"customer": subscription.customer})) == [subscription.id]
    price = subscription["items"].data[0].price.id
    assert ids(stripe_.subscriptions.list({"price": price})) == [subscription.id]
    assert ids(stripe_.payment_intents.list({"customer": subscription.customer})) == [intent]
    assert len(stripe_.charges.list({"customer": subscription.customer}).data) == 1
    assert ids(stripe_.disputes.list({"payment_intent": intent})) == []


def test_a_payments_session_is_found_by_its_intent(shop):
    bought = shop.buy(shop.pass_session())
    shop.buy(shop.pass_session())
    assert ids(shop.stripe.checkout.sessions.list({"payment_intent": bought.payment_intent})) == [bought.id]
    assert ids(shop.stripe.checkout.sessions.list({"status": "open"})) == []


def test_events_are_found_by_type_and_by_groups_of_types(shop):
    shop.subscribe()
    assert {one.type for one in shop.events(types=["invoice.paid", "charge.succeeded"])} == {
        "invoice.paid",
        "charge.succeeded",
    }
    assert {one.type for one in shop.events(type="invoice.*")} == {
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
    }


def test_deleted_customers_are_not_listed(shop, customers):
    shop.stripe.customers.delete(customers[2])
    assert customers[2] not in ids(shop.stripe.customers.list())


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda v1: v1.subscriptions.list({"customer": "cus_x", "status": "all"}), "ix_objects_customer"),
        (lambda v1: v1.invoices.list({"subscription": "sub_x"}), "ix_objects_subscription"),
        (lambda v1: v1.invoice_payments.list({"invoice": "in_x"}), "ix_objects_invoice"),
        (lambda v1: v1.refunds.list({"payment_intent": "pi_x"}), "ix_objects_payment_intent"),
        (lambda v1: v1.disputes.list({"charge": "ch_x"}), "ix_objects_charge"),
        (lambda v1: v1.checkout.sessions.list({"payment_intent": "pi_x"}), "ix_objects_payment_intent"),
        (lambda v1: v1.events.list(), "ix_objects_object"),
    ],
)
def test_the_lists_that_the_product_reads_use_an_index(shop, sandbox, ask, index):
    asked = []
    engine = sandbox.store._database.read_engine
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    ask(shop.stripe)
    statement, parameters = next(one for one in asked if "FROM objects" in one[0])
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert index in str(plan)
    assert "TEMP B-TREE" not in str(plan), "the order comes from the index too"
