"""The commands that change the sandbox's truth, as an operator types them, and what the product makes of it."""

import json
import re

import pytest

from tests.factories.shelf import PAID


@pytest.fixture
def reader(people):
    return people.signed_in()


@pytest.fixture
def paidspan(instance, cashier):
    from click.testing import CliRunner

    from webapp.kit import clock
    from webapp.operations.cli import cli

    def run(*arguments):
        done = CliRunner().invoke(cli, [*arguments, "--instance", str(instance)])
        clock.set_clock_offset(cashier.sandbox.clock_offset)  # a command in this process has set its own
        assert done.exit_code == 0, done.output or done.exception
        return done.output

    return run


@pytest.fixture
def refused(instance, cashier):
    from click.testing import CliRunner

    from webapp.kit.errors import PaidspanError
    from webapp.operations.cli import cli

    def run(*arguments):
        error = CliRunner().invoke(cli, [*arguments, "--instance", str(instance)]).exception
        assert isinstance(error, PaidspanError)
        return str(error)

    return run


@pytest.fixture
def subscription(cashier, reader, document, paidspan):
    """A month that was bought here."""
    session_id = cashier.buy(reader, "month", document.slug)
    reader.get(f"/checkout/return?session_id={session_id}")
    return only(paidspan("sandbox", "objects", "subscription"))


def only(lines):
    (line,) = lines.splitlines()
    return line.split("\t")[0]


def reads_all(reader, document):
    return PAID in reader.get(f"/d/{document.slug}").get_data(as_text=True)


def shown(paidspan, object_id):
    return json.loads(paidspan("sandbox", "show", object_id))


def test_a_paused_subscription_closes_and_a_resumed_one_opens(paidspan, subscription, reader, document):
    assert reads_all(reader, document)
    said = paidspan("sandbox", "subscription", "pause", subscription, "--behavior", "void", "--for", "3d")
    assert re.fullmatch(rf"{subscription}\tsubscription\tactive\t\tcus_\w+\nnow .*\t1 grants changed\n", said)
    assert not reads_all(reader, document)
    paidspan("sandbox", "subscription", "resume", subscription)
    assert reads_all(reader, document)


def test_a_subscription_is_put_on_a_price_made_for_it_and_on_one_that_is_there(paidspan, subscription):
    paidspan("sandbox", "subscription", "price", subscription, "--amount", "298", "--interval", "year", "--prorate")
    price = shown(paidspan, subscription)["items"]["data"][0]["price"]
    assert (price["unit_amount"], price["recurring"]["interval"]) == (29800, "year")
    prices = [line.split("\t") for line in paidspan("sandbox", "objects", "price").splitlines()]
    (month,) = [row[0] for row in prices if row[3] == "CN¥25"]
    paidspan("sandbox", "subscription", "price", subscription, "--price", month)
    assert shown(paidspan, subscription)["items"]["data"][0]["price"]["id"] == month


def test_the_anchor_moves(paidspan, subscription):
    before = shown(paidspan, subscription)["items"]["data"][0]["current_period_end"]
    paidspan("sandbox", "subscription", "anchor", subscription, "--in", "50d")
    moved = shown(paidspan, subscription)
    assert moved["items"]["data"][0]["current_period_end"] == moved["billing_cycle_anchor"] > before
    paidspan("sandbox", "subscription", "anchor", subscription)
    assert shown(paidspan, subscription)["billing_cycle_anchor"] < before


def test_a_subscription_is_created_and_cancelled(paidspan, subscription):
    customer = only(paidspan("sandbox", "objects", "customer"))
    price = shown(paidspan, subscription)["items"]["data"][0]["price"]["id"]
    made = paidspan("sandbox", "subscription", "create", customer, price, "--trial-days", "7", "--quantity", "2")
    made_id = made.split("\t")[0]
    assert "\ttrialing\t" in made
    assert shown(paidspan, made_id)["items"]["data"][0]["quantity"] == 2
    paidspan("sandbox", "subscription", "cancel", made_id, "--at-period-end")
    assert shown(paidspan, made_id)["cancel_at_period_end"]
    assert "\tcanceled\t" in paidspan("sandbox", "subscription", "cancel", made_id)


def test_an_invoice_is_marked(paidspan, cashier, reader, document):
    session_id = cashier.buy(reader, "month", document.slug, card_number="4000000000000341")
    reader.get(f"/checkout/return?session_id={session_id}")
    paidspan("sandbox", "advance", "32d")
    (owed,) = [line for line in paidspan("sandbox", "objects", "invoice").splitlines() if "\topen\t" in line]
    assert "\tvoid\tCN¥25\t" in paidspan("sandbox", "invoice", owed.split("\t")[0], "void")


def test_a_deleted_customer_reads_no_longer(paidspan, subscription, reader, document):
    customer = only(paidspan("sandbox", "objects", "customer"))
    assert paidspan("sandbox", "delete-customer", customer).startswith(f"{customer}\tcustomer\t\t\t\n")
    assert not reads_all(reader, document)


def test_a_payment_link_is_paid_with_a_typed_reference(paidspan, cashier, reader, document):
    cashier.order(reader, "document", document.slug)
    purchase = cashier.purchases()[0].id
    said = paidspan("sandbox", "payment-link", purchase, "--amount", "1.00", "--currency", "cny")
    session_id = said.split("\t")[0]
    assert "\tcheckout.session\tcomplete\tCN¥1\t" in said
    paid = shown(paidspan, session_id)
    assert (paid["client_reference_id"], paid["customer"], paid["metadata"]) == (purchase, None, {})


def test_any_field_is_set(paidspan, subscription):
    said = paidspan("sandbox", "set", subscription, "metadata={}", "items.data.0.quantity=2", "description=for two")
    assert said.startswith(f"{subscription}\tsubscription\tactive\t")
    seen = shown(paidspan, subscription)
    assert (seen["metadata"], seen["items"]["data"][0]["quantity"], seen["description"]) == ({}, 2, "for two")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("set", "sub_none", "status=active"), "No such object: 'sub_none'"),
        (("set", "sub_none", "status"), "needs a value, like metadata={}"),
        (("show", "sub_none"), "No such object: 'sub_none'"),
        (("subscription", "price", "sub_none"), "Name either --price or --amount"),
        (("subscription", "price", "sub_none", "--price", "price_1"), "No such subscription"),
        (("payment-link", "x", "--amount", "1.005"), "--amount: “1.005” cannot be charged"),
        (("invoice", "in_none", "void"), "No such invoice"),
    ],
)
def test_what_is_wrong_is_one_line(refused, arguments, said):
    assert said in refused("sandbox", *arguments)
