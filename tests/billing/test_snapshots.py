"""What is fetched of a target, and what happens when Stripe describes it in a way that nobody expected."""

import pytest

from tests.billing.stripe_json import described, item
from webapp.billing.gateway.client import Gateway, to_json
from webapp.billing.gateway.facts import TargetType
from webapp.billing.gateway.json_parser import UnreadableError, parse_facts
from webapp.billing.gateway.snapshots import fetch_snapshot
from webapp.billing.gateway.targets import SyncTarget, find_sync_target
from webapp.billing.reconcile import reconcile_all
from webapp.billing.stripe_models import Alert, StripeObject
from webapp.stripe_sandbox.object_edits import edit_object


@pytest.fixture
def subscription(cashier, reader):
    cashier.buy(reader, "month")
    reconcile_all(cashier.billing)
    return cashier.billing.gateway.client.v1.subscriptions.list().data[0].id


def test_a_bill_with_more_lines_than_one_answer_shows_is_read_whole(billing, subscription, monkeypatch):
    invoices = type(billing.gateway.client.v1.invoices)
    ask = invoices.list

    def shortened(self, *given, **more):
        page = ask(self, *given, **more)
        for invoice in page.data:
            invoice.lines.data, invoice.lines.has_more = [], True
        return page

    monkeypatch.setattr(invoices, "list", shortened)
    found = fetch_snapshot(billing.gateway, SyncTarget(TargetType.SUBSCRIPTION, subscription)).facts
    assert [len(invoice.lines) for invoice in found.invoices] == [1]


@pytest.mark.parametrize(
    "changed",
    [
        {"items": {"data": []}},
        {"items": {"data": [item(30) | {"current_period_end": "soon"}]}},
        {"items": {"data": [item(30, unit_amount="dear")]}},
        {"items": "many"},
        {"metadata": ["mine"]},
        {"currency": None},
        {"start_date": 10**20},
        {"start_date": None},
        {"cancellation_details": "because"},
    ],
    ids=str,
)
def test_what_nobody_expected_is_unreadable(changed):
    found = described()
    parse_facts(TargetType.SUBSCRIPTION, found)
    found["subscription"] |= changed
    with pytest.raises(UnreadableError):
        parse_facts(TargetType.SUBSCRIPTION, found)


def test_what_cannot_be_read_opens_nothing_and_the_publisher_is_told(cashier, billing, subscription, database):
    def edit(path, value):
        cashier.sandbox.write(lambda uow: edit_object(uow, subscription, path, value))
        reconcile_all(billing, from_the_beginning=True)

    before = to_json(billing.gateway.client.v1.subscriptions.retrieve(subscription))["items"]["data"]
    edit("items.data", [])
    with database.reading() as session:
        assert {alert.code for alert in session.query(Alert)} == {"unreadable"}
        assert session.get_one(StripeObject, subscription).disowned_at is not None
    assert [grant.revoked for grant in cashier.grants()] == ["ended"]
    edit("items.data", before)
    assert [grant.revoked for grant in cashier.grants()] == [None]


def test_what_has_no_id_is_part_of_nothing(gateway: Gateway):
    assert find_sync_target(gateway, "invoice", "") is None


@pytest.fixture
def gateway(billing) -> Gateway:
    return billing.gateway


def test_a_refund_of_a_bill_that_is_over_is_found_where_no_later_one_was_paid(cashier, billing, subscription):
    cashier.sandbox.refund(fetch(billing, subscription).invoices[0].payment_intent_ids[0])
    cashier.sandbox.write(lambda uow: edit_object(uow, subscription, "items.data.0.current_period_start", 2**32))
    assert [invoice.given_back_at is not None for invoice in fetch(billing, subscription).invoices] == [True]


def test_a_bill_that_came_to_a_credit_was_not_given_back(cashier, billing, subscription):
    (bill,) = fetch(billing, subscription).invoices
    cashier.sandbox.write(lambda uow: edit_object(uow, bill.id, "total", -100))
    for payment in billing.gateway.client.v1.invoice_payments.list({"invoice": bill.id}):
        cashier.sandbox.write(lambda uow, id_=payment.id: edit_object(uow, id_, "status", "canceled"))
    (bill,) = fetch(billing, subscription).invoices
    assert bill.stands


def fetch(billing, subscription):
    return fetch_snapshot(billing.gateway, SyncTarget(TargetType.SUBSCRIPTION, subscription)).facts
