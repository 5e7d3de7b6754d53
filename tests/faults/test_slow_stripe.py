"""Stripe answers after a minute, or never, or badly: whoever reads does not notice, and whoever buys is told."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from statistics import median

import pytest
import stripe
from sqlalchemy import func, select

from tests.factories.house import SECRET, build_house
from tests.factories.people import People, token_in
from tests.faults.served import PATIENCE_SECONDS, Served, served
from tests.faults.stripe_server import SLOW_SECONDS, Fault, StripeServer, serving
from webapp.billing.models import Grant, Purchase
from webapp.kit.limits import set_limits
from webapp.stripe_sandbox.sandbox import Sandbox

KEY = "sk_test_of_a_stripe_that_has_its_days"
THREADS = 8
READS = 40
SENTENCE = "The payment service does not answer right now"


@dataclass(frozen=True)
class Browser:
    """A signed-in reader's cookies, a form's token, and the session of an order that was begun."""

    cookie: str
    token: str
    session_id: str = ""


@dataclass(frozen=True)
class Town:
    """One publisher, one Stripe, many readers."""

    server: Served
    stripe: StripeServer
    house: object
    buyers: list[Browser]
    returning: list[Browser]

    def buy(self, browser: Browser):
        form = {"plan": "year", "document": self.house.document.slug, "csrf_token": browser.token}
        return self.server.ask("POST", "/checkout", browser.cookie, form)

    def come_back(self, browser: Browser):
        return self.server.ask("GET", f"/checkout/return?session_id={browser.session_id}", browser.cookie)

    def read(self) -> float:
        """Read the document and the catalogue again and again; return the median, in seconds."""
        pages = [f"/d/{self.house.document.slug}", "/"] * READS
        answers = [self.server.ask("GET", page) for page in pages]
        assert {answer.status for answer in answers} == {200}
        return median(answer.seconds for answer in answers)

    def count(self, table):
        with self.house.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table))


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    sandbox = Sandbox(folder / "stripe.sqlite", "http://127.0.0.1:8000")
    client = stripe.StripeClient(KEY, http_client=sandbox.client_transport())
    keys = {"stripe_secret_key": KEY, "stripe_webhook_secret": "whsec_of_the_same"}
    house = build_house(folder / "instance", client=client, **keys)
    set_limits(on=False)
    try:
        buyers = [signed_in(house, f"buyer{number}@example.com") for number in range(2 * THREADS)]
        returning = [signed_in(house, f"back{number}@example.com", orders=True) for number in range(THREADS)]
    finally:
        set_limits(on=True)
    environment = {
        "PAIDSPAN_INSTANCE": str(house.folder),
        "PAIDSPAN_SECRET_KEY": SECRET,
        "PAIDSPAN_THREADS": str(THREADS),
        **{f"PAIDSPAN_{name.upper()}": value for name, value in keys.items()},
    }
    with serving(sandbox) as stripe_server:
        environment["FAULTY_STRIPE"] = stripe_server.address
        with served("tests.faults.away", THREADS, environment) as server:
            yield Town(server, stripe_server, house, buyers, returning)
    house.database.close()
    sandbox.close()


def signed_in(house, email, *, orders=False):
    client = People(house.app, house.database).signed_in(email)
    token = token_in(client.get("/account"))
    session_id = ""
    if orders:
        answer = client.post("/checkout", data={"plan": "pass", "document": house.document.slug, "csrf_token": token})
        assert answer.status_code == 303
        with house.database.reading() as session:
            newest = select(Purchase.session_id).order_by(Purchase.created_at.desc()).limit(1)
            session_id = session.scalar(newest)
    cookies = [client.get_cookie(name) for name in ("paidspan", "remember_token")]
    return Browser("; ".join(f"{one.key}={one.value}" for one in cookies if one), token, session_id)


def test_who_reads_does_not_notice_that_stripe_hangs(town):
    before = town.read()
    town.stripe.fault = Fault.HANGS
    with ThreadPoolExecutor(3 * THREADS) as crowd:
        bought = [crowd.submit(town.buy, browser) for browser in town.buyers]
        came_back = [crowd.submit(town.come_back, browser) for browser in town.returning]
        assert town.stripe.hanging.wait(PATIENCE_SECONDS)
        during = town.read()
        waited = not all(one.done() for one in [*bought, *came_back])
    town.stripe.fault = Fault.NONE
    answers = [one.result() for one in bought]
    backs = [one.result() for one in came_back]
    longest = max(answer.seconds for answer in [*answers, *backs])
    sys.stdout.write(
        f"a page: {before * 1000:.1f} ms, while Stripe hangs {during * 1000:.1f} ms ({during / before:.2f} times); "
        f"the longest wait for Stripe: {longest:.1f} s\n"
    )
    assert waited, "who read had to wait until Stripe was given up"
    assert {answer.status for answer in answers} == {503}
    assert all(SENTENCE in answer.text for answer in [*answers, *backs])
    assert longest < SLOW_SECONDS, "it was waited for"
    assert town.count(Grant) == 0
    assert town.count(Purchase) == len(town.buyers) + len(town.returning)
    clicked = [town.buy(browser) for browser in town.buyers]
    assert {answer.status for answer in clicked} == {303}
    assert len({answer.location for answer in clicked}) == len(town.buyers)
    assert town.count(Purchase) == len(town.buyers) + len(town.returning)


def test_who_reads_chinese_is_told_so_in_chinese(town):
    buyer = signed_in(town.house, "zh@example.com")
    chinese = replace(town, server=replace(town.server, language="zh-CN"))
    town.stripe.fault = Fault.TOO_MANY
    try:
        answer = chinese.buy(buyer)
    finally:
        town.stripe.fault = Fault.NONE
    assert answer.status == 503
    assert "支付服务暂时没有响应" in answer.text


@pytest.mark.parametrize("fault", [Fault.RESETS, Fault.ERROR, Fault.TOO_MANY, Fault.GARBAGE])
def test_a_stripe_that_answers_badly_is_said_to_be_away_and_leaves_nothing_half_done(town, fault):
    buyer, back = signed_in(town.house, f"{fault}@example.com"), town.returning[0]
    before = town.count(Purchase)
    town.stripe.fault = fault
    try:
        answers = [town.buy(buyer), town.come_back(back), town.buy(buyer)]
    finally:
        town.stripe.fault = Fault.NONE
    assert [answer.status for answer in answers][::2] == [503, 503]
    assert all(SENTENCE in answer.text for answer in answers)
    assert max(answer.seconds for answer in answers) < SLOW_SECONDS
    assert town.count(Grant) == 0
    assert town.buy(buyer).status == 303
    assert "The payment is not finished yet" in town.come_back(back).text
    assert town.count(Purchase) == before + 1


def test_a_stripe_that_answers_in_another_shape_is_said_to_be_away(town):
    """Whatever the shape: 503 with a sentence, not a 500, no access, and the next time it works."""
    buyer, back = signed_in(town.house, "shape@example.com"), town.returning[1]
    before = town.count(Purchase)
    town.stripe.fault = Fault.SHAPE
    try:
        bought = [town.buy(buyer) for _ in range(12)]
        returned = [town.come_back(back) for _ in range(12)]
    finally:
        town.stripe.fault = Fault.NONE
    assert {answer.status for answer in bought} == {503}
    assert 500 not in {answer.status for answer in returned}
    assert town.count(Grant) == 0
    assert town.buy(buyer).status == 303
    assert "The payment is not finished yet" in town.come_back(back).text
    assert town.count(Purchase) == before + 1
