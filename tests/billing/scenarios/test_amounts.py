"""What a price is, in every currency that counts differently from others: the same wherever it stands."""

from email import message_from_bytes, policy

import pytest

from webapp.billing.plans import set_price
from webapp.kit import clock
from webapp.kit.email_queue import OutboxFolder, send_queued_emails
from webapp.kit.money import Money
from webapp.kit.templating import email_renderer

# The price of a year is 9,900 of each: how it is written, and what it is at Stripe.
PRICES = {
    "bhd": ("BHD\N{NO-BREAK SPACE}9,900", 9_900_000),
    "cny": ("CN¥9,900", 990_000),
    "eur": ("€9,900", 990_000),
    "huf": ("HUF\N{NO-BREAK SPACE}9,900", 990_000),
    "isk": ("ISK\N{NO-BREAK SPACE}9,900", 990_000),
    "jpy": ("¥9,900", 9_900),
    "krw": ("₩9,900", 9_900),
    "kwd": ("KWD\N{NO-BREAK SPACE}9,900", 9_900_000),
    "rsd": ("RSD\N{NO-BREAK SPACE}9,900", 990_000),
    "twd": ("NT$9,900", 990_000),
    "ugx": ("UGX\N{NO-BREAK SPACE}9,900", 990_000),
}


def mails(scene, folder):
    send_queued_emails(
        scene.cashier.database, email_renderer(scene.app), OutboxFolder(folder), "House <h@example.com>", clock.now()
    )
    found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in folder.glob("*.eml")]
    return [part for mail in found for kind in ("plain", "html") if (part := mail.get_body((kind,)).get_content())]


@pytest.mark.parametrize("plan", ["year", "document"])
@pytest.mark.parametrize("currency", PRICES)
def test_53_an_amount_is_the_same_wherever_it_stands(scene, paidspan, tmp_path, currency, plan):
    written, minor_units = PRICES[currency]
    said = paidspan("stripe", "setup", "--currency", currency, "--year", "9900", "--month", "990", "--pass", "4950")
    assert f"readers will see\tplan year\t{written}\t{minor_units} {currency} at Stripe\n" in said
    scene.cashier.database.write(lambda session: set_price(session, scene.document.id, Money.parse("9900", currency)))
    scene.reader.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert written in scene.page("/plans")
    assert written in scene.page(f"/checkout?plan={plan}&document={scene.document.slug}")
    session_id = scene.cashier.order(scene.reader, plan, scene.document.slug)
    assert written in scene.page(f"/sandbox/checkout/{session_id}")
    scene.cashier.pay(scene.reader, session_id)
    scene.come_back(session_id)
    assert written in scene.page("/account/plan")
    assert written in scene.page("/account/receipts/1")
    assert [written in text for text in mails(scene, tmp_path / "outbox")] == [True, True]
    offers = scene.app.test_client().get("/api/v1/plans").json["plans"]
    (year,) = [offer for offer in offers if offer["plan"] == "year"]
    assert (year["amount"], float(year["price"]), year["currency"]) == (minor_units, 9900, currency)
    assert f"\t{plan}\t{written}\t" in paidspan("sandbox", "list")
    charge = scene.stripe.charges.list({"limit": 1}).data[0]
    assert (charge.amount, charge.currency) == (minor_units, currency)


def test_setup_shows_what_readers_will_see_before_it_makes_a_price(scene, paidspan):
    before = [price.id for price in scene.stripe.prices.list({"limit": 100}).data]
    said = paidspan(
        "stripe", "setup", "--currency", "isk", "--year", "9900", "--month", "none", "--pass", "none", "--dry-run"
    )
    assert said == "readers will see\tplan year\tISK\N{NO-BREAK SPACE}9,900\t990000 isk at Stripe\n"
    assert [price.id for price in scene.stripe.prices.list({"limit": 100}).data] == before
