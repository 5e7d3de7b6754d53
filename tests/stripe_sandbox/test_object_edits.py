"""Any field of any object can be made to say something else."""

import pytest

from webapp.stripe_sandbox.object_edits import edit_object, find_object
from webapp.stripe_sandbox.stripe_errors import RefusedError


@pytest.fixture
def edit(shop):
    def edited(object_id, path, value):
        with shop.sandbox.writing() as uow:
            return edit_object(uow, object_id, path, value)

    return edited


@pytest.mark.parametrize(
    ("path", "value", "previous"),
    [
        ("metadata", {}, {"metadata": {"purchase": "p1"}}),
        ("metadata.purchase", "p2", {"metadata": {"purchase": "p1"}}),
        ("metadata.note", "new", {"metadata": {"note": None}}),
        ("items.data.0.quantity", 4, None),
        ("status", "unpaid", {"status": "active"}),
        ("cancellation_details.comment", "told us", {"cancellation_details": {"comment": None}}),
        ("customer", "cus_of_somebody", None),
    ],
)
def test_a_field_is_changed_and_told_of(shop, edit, path, value, previous):
    held = shop.subscribe(subscription_data={"metadata": {"purchase": "p1"}})
    edited = edit(held.id, path, value)
    seen = shop.subscription(held).to_dict()
    at = seen
    for key in path.split("."):
        at = at[int(key)] if key.isdecimal() else at[key]
    assert at == value
    assert edited["id"] == held.id
    event = shop.all_events()[-1].to_dict()
    assert (event["type"], event["data"]["object"]["id"]) == ("customer.subscription.updated", held.id)
    assert previous is None or event["data"]["previous_attributes"] == previous


def test_every_kind_of_object_can_be_edited(shop, edit):
    shop.subscribe()
    shop.buy(shop.document_session())
    shop.stripe.refunds.create({"payment_intent": shop.stripe.payment_intents.list().data[0].id})
    with shop.sandbox.reading() as uow:
        kinds = dict(uow.connection.exec_driver_sql("SELECT object, max(id) FROM objects GROUP BY object").all())
    told = len(shop.all_events())
    for object_id in kinds.values():
        edit(object_id, "metadata", {"edited": "yes"})
    with shop.sandbox.reading() as uow:
        assert {str(find_object(uow, object_id)["metadata"]) for object_id in kinds.values()} == {"{'edited': 'yes'}"}
        query = "SELECT body ->> 'type' FROM objects WHERE object = 'event' ORDER BY sequence"
        events = uow.connection.exec_driver_sql(query).scalars().all()[told:]
    assert set(events) == {
        "charge.updated",
        "customer.subscription.updated",
        "customer.updated",
        "invoice.updated",
        "payment_method.updated",
        "price.updated",
        "product.updated",
        "refund.updated",
    }, "Stripe has no such event for sessions and payment intents"


def test_nothing_is_told_where_nothing_changed(shop, edit):
    held = shop.subscribe()
    before = len(shop.all_events())
    edit(held.id, "status", "active")
    assert len(shop.all_events()) == before


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("id", "keeps its id"),
        ("object", "keeps its object"),
        ("items.data.7.quantity", "7 has nothing to stand in"),
        ("items.data.first", "first has nothing to stand in"),
        ("status.deeper", "deeper has nothing to stand in"),
    ],
)
def test_what_cannot_be_is_refused(shop, edit, path, complaint):
    with pytest.raises(RefusedError, match=complaint):
        edit(shop.subscribe().id, path, "x")


def test_an_object_that_is_not_there_is_refused(edit):
    with pytest.raises(RefusedError, match="No such object: 'sub_none'"):
        edit("sub_none", "status", "active")
