"""Promotion codes that the publisher makes, and what readers pay with them."""

import pytest
from click.testing import CliRunner

from webapp.billing.models import Plan
from webapp.kit import clock
from webapp.operations.cli import cli

YEAR = 19800


@pytest.fixture
def promo(instance, cashier):
    """Run the command; return what it printed, or the error that it raised."""

    def run(*arguments):
        done = CliRunner().invoke(cli, ["stripe", "promo", *arguments, "--instance", str(instance)])
        clock.set_clock_offset(cashier.sandbox.clock_offset)  # a command in this process has set its own
        return done.output if done.exception is None or isinstance(done.exception, SystemExit) else str(done.exception)

    return run


def paid(cashier, reader, code, plan="year"):
    session_id = cashier.buy(reader, plan, promotion_code=code)
    return cashier.billing.gateway.client.v1.checkout.sessions.retrieve(session_id).amount_total


def test_a_percentage_for_some_months_is_taken_off_and_listed(promo, cashier, reader):
    said = promo("make", "SPRING", "--percent", "12.5%", "--months", "3", "--max", "100", "--until", "2099-12-31")
    assert said == "SPRING\t12.5%\t3 months\t0/100\tuntil 2099-12-31 16:00 UTC\tactive\n"
    assert paid(cashier, reader, "spring") == YEAR * 7 // 8
    assert promo("list") == said.replace("0/100", "1/100")


def test_an_amount_is_in_the_currency_of_the_plans(promo, cashier, reader):
    assert promo("make", "TENOFF", "--amount", "10") == "TENOFF\tCN¥10\tfor one bill\t0\t\tactive\n"
    assert paid(cashier, reader, "TENOFF") == YEAR - 1000
    assert promo("list") == "TENOFF\tCN¥10\tfor one bill\t1\t\tactive\n"


def test_another_currency_is_named_and_counted_as_stripe_does(promo, cashier):
    assert promo("make", "YEN", "--amount", "500", "--currency", "jpy", "--forever").startswith("YEN\t¥500\tforever")
    (coupon,) = cashier.billing.gateway.client.v1.coupons.list().data
    assert (coupon.amount_off, coupon.currency, coupon.duration) == (500, "jpy", "forever")


def test_a_code_that_is_deactivated_is_taken_no_more(promo, cashier, reader):
    promo("make", "GONE", "--percent", "100")
    assert promo("deactivate", "gone") == "gone\tinactive\n"
    assert promo("list").endswith("inactive\n")
    session_id = cashier.order(reader, "year")
    assert cashier.pay(reader, session_id, promotion_code="GONE").status_code != 303
    assert promo("deactivate", "GONE") == "There is no active code “GONE”."


def test_a_code_that_is_there_already_leaves_no_coupon_behind(promo, cashier):
    promo("make", "TWICE", "--percent", "10")
    assert promo("make", "TWICE", "--percent", "20").startswith("Stripe refuses: An active promotion code")
    assert [coupon.percent_off for coupon in cashier.billing.gateway.client.v1.coupons.list().data] == [10]


def test_without_plans_the_currency_must_be_named(promo, cashier):
    def retire(session):
        for plan in session.query(Plan):
            plan.active = False

    cashier.database.write(retire)
    assert promo("make", "A", "--amount", "1") == "Name the currency of the amount with --currency."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name either --percent or --amount."),
        (("--percent", "5", "--amount", "5"), "Name either --percent or --amount."),
        (("--percent", "5", "--months", "2", "--forever"), "Name either --months or --forever."),
        *(
            (("--percent", wrong), f"--percent: “{wrong}” is no percentage")
            for wrong in ("0", "101", "x", "NaN", "1.234")
        ),
        (("--amount", "x"), "--amount: “x” is no amount"),
        (("--percent", "5", "--until", "2020-01-01"), "Stripe refuses: "),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_made(promo, cashier, arguments, said):
    assert promo("make", "CODE", *arguments).startswith(said)
    v1 = cashier.billing.gateway.client.v1
    assert (v1.coupons.list().data, v1.promotion_codes.list().data) == ([], [])
