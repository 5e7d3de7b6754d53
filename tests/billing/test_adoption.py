"""Customers that were at Stripe before: whose they become, what opens, and what is refused."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.billing.scenarios.scene import GOOD, READER, Scene
from tests.contract.shapes import CheckedTransport
from webapp.accounts.models import Reader
from webapp.accounts.registration import confirm_email
from webapp.billing.adoption import AdoptionEnd, adopt_customers, plan_adoption
from webapp.billing.customer_rows import BadRow, CustomerRow, read_customer_rows
from webapp.billing.models import Plan
from webapp.billing.stripe_models import StripeCustomer
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError, PaymentsUnavailableError
from webapp.kit.money import Money
from webapp.operations.cli import cli
from webapp.stripe_sandbox.faults import Faults

HEADER = "customer_id,email\n"
PREVIEW = "/v1/invoices/create_preview"  # a POST, which keeps nothing


def change_reader(database, change, email=READER):
    database.write(lambda session: change(session.scalar(select(Reader).where(Reader.email == email))))


@pytest.fixture
def scene(app, people, cashier, shelf):
    playing = Scene(app, people, cashier, shelf.put(price=Money(990, "cny")))
    change_reader(cashier.database, lambda reader: confirm_email(reader, clock.now()))
    return playing


@pytest.fixture
def old_customer(scene):
    """Subscribe somebody at Stripe to our month, as it was done before there was this house."""

    def make(email="whatever@example.com", price=None):
        v1 = scene.stripe
        customer = v1.customers.create({"email": email}).id
        card = {"number": GOOD, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
        method = v1.payment_methods.attach(
            v1.payment_methods.create({"type": "card", "card": card}).id, {"customer": customer}
        )
        with scene.cashier.database.reading() as session:
            month = session.scalar(select(Plan.stripe_price_id).where(Plan.kind == "month"))
        items = [{"price": price or month}]
        v1.subscriptions.create({"customer": customer, "items": items, "default_payment_method": method.id})
        scene.miss()
        return customer

    return make


@pytest.fixture
def adopt(instance, scene, tmp_path):
    """Run the command on these rows; return exit code, output and errors."""

    def run(rows, *options):
        file = tmp_path / "customers.csv"
        file.write_bytes(rows if isinstance(rows, bytes) else (HEADER + rows).encode())
        done = CliRunner().invoke(cli, ["stripe", "adopt", str(file), *options, "--instance", str(instance)])
        clock.set_clock_offset(scene.cashier.sandbox.clock_offset)  # a command in this process has set its own
        return done.exit_code, done.stdout, done.stderr or str(done.exception or "")

    return run


def ends(scene, *rows, apply=False):
    given = [CustomerRow(number, *row) for number, row in enumerate(rows, 2)]
    return [done.end for done in adopt_customers(scene.cashier.billing, given, apply=apply)]


def customers(scene):
    with scene.cashier.database.reading() as session:
        return {one.id: one for one in session.scalars(select(StripeCustomer))}


def test_it_is_shown_first_and_nothing_is_written(scene, old_customer, adopt, transport_log):
    customer = old_customer()
    transport_log.clear()
    code, said, told = adopt(f"{customer},{READER}\n")
    assert code == 0
    assert said == f"2\t{customer}\t{READER}\tcny\tbecomes this account's customer\nadopt 1\n"
    assert "Nothing was written" in told
    assert customers(scene) == {}
    assert not scene.reads()


def test_applied_the_subscription_opens_and_nothing_is_written_at_stripe(scene, old_customer, adopt, transport_log):
    customer = old_customer()
    transport_log.clear()
    code, said, told = adopt(f"{customer},{READER.upper()}\n", "--apply")
    assert (code, told) == (0, "")
    assert said.startswith(f"2\t{customer}\t{READER.upper()}\tcny\tbecomes this account's customer\t1 grants changed\n")
    assert scene.reads()
    assert {method for method, path in transport_log if path != PREVIEW} == {"get"}
    assert customers(scene)[customer].currency == "cny"
    code, said, _told = adopt(f"{customer},{READER}\n", "--apply")
    assert (code, "is this account's customer already\nheld already 1" in said) == (0, True)
    scene.pass_time(timedelta(days=32))
    scene.hear()
    assert scene.reads(), "and is followed from then on"


@pytest.fixture
def transport_log(scene, monkeypatch):
    """Return all calls to Stripe since it was cleared, those of a command too."""
    calls, ask = [], CheckedTransport.request

    def request(transport, method, url, *args, **more):
        calls.append((method, urlsplit(url).path))
        return ask(transport, method, url, *args, **more)

    monkeypatch.setattr(CheckedTransport, "request", request)
    return calls


def test_cut_off_before_the_sync_the_next_run_goes_on(scene, old_customer):
    customer = old_customer()
    run = adopt_customers(scene.cashier.billing, [CustomerRow(2, customer, READER)], apply=True)
    scene.cashier.sandbox.set_faults(Faults(down=1))
    with pytest.raises(PaymentsUnavailableError):
        next(run)
    scene.cashier.sandbox.set_faults(Faults())
    scene.cashier.database.write(
        lambda session: session.add(
            StripeCustomer(id=customer, reader_id=scene.reader_id, mode="sandbox", currency="cny")
        )
    )
    assert ends(scene, (customer, READER), apply=True) == [AdoptionEnd.HELD]
    assert scene.reads()


def test_who_has_no_account_is_listed_and_none_is_made(scene, old_customer, adopt):
    code, said, _ = adopt(f"{old_customer()},nobody@example.com\n", "--apply")
    assert (code, "there is no such account yet" in said) == (0, True)
    assert customers(scene) == {}


def test_a_list_may_write_an_address_in_another_way(scene, old_customer, people, database):
    people.reader("Wang@straße.de")
    change_reader(database, lambda reader: confirm_email(reader, clock.now()), "Wang@straße.de")
    rows = (old_customer(), "wang@strasse.de"), (old_customer(), "ＷＡＮＧ＠XN--STRAE-OQA.de")
    assert ends(scene, *rows, apply=True) == [AdoptionEnd.NO_ACCOUNT, AdoptionEnd.ADOPT]


def test_an_address_that_nobody_has_confirmed_opens_nothing(scene, old_customer, people):
    people.reader("squatter@example.com")
    assert ends(scene, (old_customer(), "squatter@example.com"), apply=True) == [AdoptionEnd.UNCONFIRMED]
    assert customers(scene) == {}


def test_what_is_refused(scene, old_customer, people, database):
    other = people.reader("other@example.com")
    theirs, gone = old_customer(), old_customer()
    scene.stripe.customers.delete(gone)
    database.write(lambda session: session.add(StripeCustomer(id=theirs, reader_id=other.id, mode="sandbox")))
    assert ends(
        scene, (theirs, READER), (theirs, "nobody@example.com"), (gone, READER), ("cus_unknown", READER), apply=True
    ) == [AdoptionEnd.ANOTHER_READER, AdoptionEnd.ANOTHER_READER, AdoptionEnd.DELETED, AdoptionEnd.UNKNOWN]
    change_reader(database, lambda reader: setattr(reader, "disabled_at", clock.now()))
    assert ends(scene, (old_customer(), READER), apply=True) == [AdoptionEnd.DISABLED]
    assert set(customers(scene)) == {theirs}


def test_a_customer_of_ours_that_bought_nothing_makes_way(scene, old_customer):
    scene.cashier.order(scene.reader, "month", scene.document.slug)
    (empty,) = customers(scene)
    customer = old_customer()
    assert ends(scene, (customer, READER), apply=True) == [AdoptionEnd.ADOPT]
    assert customers(scene)[empty].retired_at is not None
    assert customers(scene)[customer].retired_at is None
    assert scene.go_to_the_portal().status_code == 303


def test_a_reader_who_subscribes_here_keeps_that_customer(scene, old_customer):
    scene.bought("month")
    scene.hear()
    assert ends(scene, (old_customer(), READER), apply=True) == [AdoptionEnd.SUBSCRIBES]


def test_what_has_changed_since_it_was_planned_is_not_written(scene, old_customer, monkeypatch, people, database):
    customer, other = old_customer(), people.reader("other@example.com")

    def plan_and_be_overtaken(billing, row):
        planned = plan_adoption(billing, row)
        database.write(lambda session: session.add(StripeCustomer(id=customer, reader_id=other.id, mode="sandbox")))
        return planned

    monkeypatch.setattr("webapp.billing.adoption.plan_adoption", plan_and_be_overtaken)
    assert ends(scene, (customer, READER), apply=True) == [AdoptionEnd.ANOTHER_READER]


def test_a_subscription_to_another_product_opens_nothing(scene, old_customer, adopt):
    described = {"product_data": {"name": "Something else"}, "recurring": {"interval": "month"}}
    foreign = scene.stripe.prices.create({**described, "currency": "cny", "unit_amount": 100}).id
    code, said, _ = adopt(f"{old_customer(price=foreign)},{READER}\n", "--apply")
    assert (code, "grants changed" in said) == (0, False)
    assert not scene.reads()


def test_bad_rows_are_named_with_their_lines_and_the_good_ones_are_taken(scene, old_customer, adopt):
    customer = old_customer()
    code, said, told = adopt(f"sub_1,{READER}\n{customer},{READER}\n\ncus_2,nobody\n", "--apply")
    assert code == 1
    assert told == (
        "line 2: “sub_1” is no id of a customer; it begins with cus_\nline 5: “nobody” is no e-mail address\n"
    )
    assert "adopt 1" in said
    assert scene.reads()


def test_a_spreadsheets_ways_are_understood():
    written = (
        b'\xef\xbb\xbf"Email",Name,"id"\r\n"A@Example.com","Wang, Li",cus_1\r\n b@example.com ,"a\r\nb", cus_2 \r\n'
    )
    assert read_customer_rows(written) == [
        CustomerRow(2, "cus_1", "A@Example.com"),
        CustomerRow(3, "cus_2", "b@example.com"),
    ]
    more = written + b",,\r\nc@example.com,x,cus_3"
    assert read_customer_rows(more)[-1] == CustomerRow(6, "cus_3", "c@example.com")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("cus_1", "a column is missing"),
        (",a@example.com", "“” is no id of a customer"),
        ("cus_1,", "“” is no e-mail address"),
        ("cus_0,b@example.com", "cus_0 stands in line 2, too"),
    ],
)
def test_what_is_wrong_with_a_row(row, problem):
    rows = read_customer_rows(f"{HEADER}cus_0,a@example.com\n{row}\n".encode())
    assert isinstance(rows[1], BadRow)
    assert (rows[1].line, rows[1].problem.startswith(problem)) == (3, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The first line names no column “customer_id”."),
        (b"customer_id;email\ncus_1;a@example.com\n", "names no column “customer_id”"),
        (b"id,name\n", "names no column “email”"),
        ("customer_id,email\ncus_1,é".encode("latin-1"), "The file is not in UTF-8."),
        (b"customer_id,email\ncus_1,\x00" + b"a" * 140_000, "Line 2: "),
    ],
)
def test_what_is_wrong_with_a_file(content, said):
    with pytest.raises(InvalidInputError, match=said):
        read_customer_rows(content)


@pytest.fixture
def foreign_price(scene):
    """Return the price of a product that another system sold."""
    recurring = {"recurring": {"interval": "month"}, "unit_amount": 700, "currency": "cny"}
    return scene.stripe.prices.create({"product_data": {"name": "Old newsletter"}, **recurring})


def test_what_another_system_sold_opens_where_its_product_is_named(scene, old_customer, adopt, foreign_price):
    row = f"{old_customer(price=foreign_price.id)},{READER}\n"
    code, said, told = adopt(row, "--product", foreign_price.product)
    assert (code, "Nothing was written" in told) == (0, True)
    assert said.startswith(f"{foreign_price.product}\tOld newsletter\topens what your plans do\n2\t")
    adopt(row, "--apply")
    assert not scene.reads()
    code, said, told = adopt(row, "--product", foreign_price.product, "--apply")
    assert (code, told, scene.reads()) == (0, "", True)
    assert scene.alerts() == []


def test_a_product_that_stripe_does_not_have_is_refused(scene, old_customer, adopt):
    code, _said, told = adopt(f"{old_customer()},{READER}\n", "--product", "prod_gone", "--apply")
    assert (code, told) == (1, "Error: Stripe has no product prod_gone in this mode.\n")
    assert customers(scene) == {}
