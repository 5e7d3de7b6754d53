"""A reader is found by the beginning of an address or name, by a number of a payment, in lists by what they hold."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from tests.billing.scenarios.scene import Scene
from webapp.accounts.models import Membership, Reader, Role
from webapp.accounts.reader_names import set_reader_name
from webapp.billing.reader_search import (
    ReaderFilter,
    ask_whose,
    beginning_query,
    find_reader_of_number,
    find_readers,
    names_one,
    number_queries,
)
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError, PaymentsUnavailableError
from webapp.kit.money import Money
from webapp.settings import Mode

DAY = timedelta(days=1)


@pytest.fixture
def scene(app, people, cashier, shelf):
    return Scene(app, people, cashier, shelf.put(price=Money(990, "cny")))


def add_readers(database, *addresses, **fields):
    """Add accounts, the first the oldest, without the work of a password."""
    with database.writing() as session:
        made = [
            Reader(email=one, email_key=one, password_hash="", role=Role.READER, created_at=clock.now() + DAY * number)
            for number, one in enumerate(addresses)
        ]
        for reader in made:
            for name, value in fields.items():
                setattr(reader, name, value)
        session.add_all(made)
    return made


def found(database, after=None, most=50, **wanted):
    with database.reading() as session:
        page = find_readers(session, ReaderFilter(**wanted), after, most)
        return [reader.email for reader in page.rows], page.after


def all_pages(database, most, **wanted):
    emails, after = found(database, None, most, **wanted)
    while after:
        more, after = found(database, after, most, **wanted)
        emails += more
    return emails


def test_all_are_listed_the_newest_first_a_page_at_a_time(database):
    names = [f"r{number}@example.com" for number in range(7)]
    add_readers(database, *names)
    assert found(database, most=3)[0] == ["r6@example.com", "r5@example.com", "r4@example.com"]
    assert all_pages(database, 3) == names[::-1]
    assert all_pages(database, 7) == names[::-1]


def test_a_beginning_finds_addresses_and_names_in_the_order_of_the_alphabet(database):
    add_readers(
        database, "wang@example.com", "li@example.com", "wangli@example.com", "wap@example.com", "x@example.com"
    )
    with database.writing() as session:
        for email, name in (
            ("li@example.com", "Ｗang Fang"),
            ("wangli@example.com", "Wang Li"),
            ("x@example.com", "王芳"),
        ):
            reader = session.query(Reader).filter_by(email=email).one()
            set_reader_name(reader, name)
    wanted = ["li@example.com", "wang@example.com", "wangli@example.com"]
    assert found(database, begins="WANG ")[0] == wanted
    assert all_pages(database, 1, begins="wang") == wanted
    assert found(database, begins="wang f")[0] == ["li@example.com"]
    assert found(database, begins="王")[0] == ["x@example.com"]
    assert found(database, begins="Wang@Example.COM")[0] == ["wang@example.com"]
    assert found(database, begins="ang")[0] == []
    assert found(database, begins="%")[0] == found(database, begins="_")[0] == []
    with database.writing() as session:
        set_reader_name(session.get_one(Reader, 1), " ")
        with pytest.raises(InvalidInputError):
            set_reader_name(session.get_one(Reader, 1), "x" * 121)


@pytest.mark.parametrize("cursor", ["", "?", "MSBhAA", "x" * 3000, "YSBi", "MSBh=", "LTEgYQ", "MDEgYQ"])
def test_a_cursor_that_is_none_of_ours_begins_at_the_beginning(database, cursor):
    add_readers(database, "b@example.com")
    assert found(database, after=cursor, begins="b")[0] == ["b@example.com"]
    assert found(database, after=cursor)[0] == ["b@example.com"]


def test_a_list_is_of_those_who_hold_something_have_a_role_and_came_since(database):
    add_readers(database, "a@example.com", "b@example.com", membership=Membership.PAID)
    add_readers(database, "c@example.com", "d@example.com", role=Role.EDITOR)
    add_readers(database, "gone@example.com", erased_at=clock.now())
    assert found(database, membership=Membership.PAID)[0] == ["b@example.com", "a@example.com"]
    assert found(database, role=Role.EDITOR)[0] == ["d@example.com", "c@example.com"]
    assert found(database, since=clock.now() + DAY / 2)[0] == ["d@example.com", "b@example.com"]
    assert found(database, begins="d", membership=Membership.PAID)[0] == []
    assert found(database, begins="gone")[0] == []
    assert len(found(database)[0]) == 4


def test_every_number_of_a_payment_leads_to_who_paid_it(scene, database):
    scene.bought("year")
    scene.bought("document", warned=True)
    stripe = scene.stripe
    charge = stripe.payment_intents.retrieve(scene.payment()).latest_charge
    (by_bill, by_session) = scene.receipts()
    purchases = scene.cashier.purchases()
    numbers = [
        *("1", "000002", by_bill.source_id, by_bill.payment_intent_id, by_session.source_id),
        *(by_session.payment_intent_id, scene.customer_id, scene.subscription["id"]),
        *(one.id for one in purchases),
    ]
    with database.reading() as session:
        for number in numbers:
            assert names_one(number), number
            assert find_reader_of_number(session, f" {number} ", Mode.SANDBOX) == scene.reader_id, number
            assert find_reader_of_number(session, number, Mode.LIVE) is None, number
        for number in (
            "9",
            "9" * 40,
            "cus_x",
            "pi_x",
            "in_x",
            "cs_x",
            "sub_x",
            "ch_x",
            "00000000-0000-4000-8000-000000000000",
        ):
            assert find_reader_of_number(session, number, Mode.SANDBOX) is None, number
    assert ask_whose(scene.cashier.billing, str(charge)) == scene.reader_id
    assert ask_whose(scene.cashier.billing, "ch_unknown") is None
    assert ask_whose(scene.cashier.billing, "wang") is None
    assert not names_one("wang@example.com")


def test_where_stripe_does_not_answer_a_charge_is_nobodys(scene, monkeypatch):
    def away(*_args):
        raise PaymentsUnavailableError

    monkeypatch.setattr("webapp.billing.reader_search.find_sync_target", away)
    assert ask_whose(scene.cashier.billing, "ch_1") is None
    monkeypatch.setattr("webapp.billing.reader_search.find_sync_target", lambda *_args: None)
    assert ask_whose(scene.cashier.billing, "ch_1") is None


@pytest.mark.sqlite("how its planner tells what it does")
@pytest.mark.parametrize("after", [None, ("reader1@example.com", 1)])
@pytest.mark.parametrize(
    "wanted",
    [
        ReaderFilter(),
        ReaderFilter(since=clock.now()),
        ReaderFilter(membership=Membership.PAID, role=Role.READER, since=clock.now()),
        ReaderFilter(role=Role.EDITOR),
        ReaderFilter(begins="reader"),
        ReaderFilter(begins="reader", membership=Membership.FAILING, since=clock.now()),
    ],
)
def test_each_list_walks_along_an_index_and_sorts_no_more_than_a_page(database, wanted, after, monkeypatch):
    asked = []
    with database.reading() as session:
        if wanted.begins:
            asked.append(beginning_query(wanted, after, 51))
        else:
            spy = session.execute
            monkeypatch.setattr(session, "execute", lambda query: asked.append(query) or spy(query))
            cursor = find_readers(session, wanted).after if after is None else "MjAyNi0xMi0wMVQwMDowMDowMCswMDowMCAx"
            find_readers(session, wanted, cursor)
        plan = "\n".join(explained(session, query) for query in asked)
    assert "USING INDEX" in plan
    assert "SCAN readers\n" not in f"{plan}\n"
    if not wanted.begins:
        assert "TEMP B-TREE" not in plan


def explained(session, query):
    compiled = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    rows = session.connection().execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace(":", r"\:")))
    return "\n".join(row.detail for row in rows)


@pytest.mark.sqlite("how its planner tells what it does")
@pytest.mark.parametrize(
    "number", ["1", "cus_1", "sub_1", "cs_1", "pi_1", "in_1", "00000000-0000-4000-8000-000000000000"]
)
def test_each_number_is_looked_up_in_an_index(database, number):
    with database.reading() as session:
        for query in number_queries(number, Mode.SANDBOX):
            assert explained(session, query).startswith("SEARCH"), number
