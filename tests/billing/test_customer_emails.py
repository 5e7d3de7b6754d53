"""Stripe writes to the address that the account has."""

import pytest
from sqlalchemy import select

from webapp.accounts.address_change import set_address
from webapp.accounts.email_addresses import parse_email
from webapp.accounts.models import Reader
from webapp.billing.outbox_runner import run_commands
from webapp.billing.stripe_models import StripeCommand, StripeCustomer


@pytest.fixture
def customer_id(people, cashier, document, database):
    cashier.buy(people.signed_in(), "document", document.slug)
    with database.reading() as session:
        return session.scalars(select(StripeCustomer.id)).one()


def give(database, email):
    with database.writing() as session:
        set_address(session, session.scalars(select(Reader)).one(), parse_email(email))


def test_a_customer_gets_each_address_that_its_account_gets(customer_id, database, billing):
    for email in ("second@example.com", "third@example.com"):
        give(database, email)
        assert run_commands(billing) == 1
        assert billing.gateway.client.v1.customers.retrieve(customer_id).email == email
    assert run_commands(billing) == 0
    with database.reading() as session:
        command = session.scalars(select(StripeCommand)).one()
    assert (command.attempt, command.last_error) == (1, "")


def test_two_changes_in_a_row_are_one_command_with_the_later_address(customer_id, database, billing):
    give(database, "second@example.com")
    give(database, "third@example.com")
    assert run_commands(billing) == 1
    assert billing.gateway.client.v1.customers.retrieve(customer_id).email == "third@example.com"


def test_who_never_bought_is_nobody_at_stripe(people, database, billing):
    people.reader()
    give(database, "second@example.com")
    assert run_commands(billing) == 0
