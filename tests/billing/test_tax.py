"""Tax, tax ids and invoices of one-time payments, as the settings ask Stripe for them, up to the receipt."""

from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from tests.billing.scenarios.scene import DAY, ENGLISH, GOOD, Scene
from webapp.billing.gateway.targets import find_sync_target
from webapp.kit import clock
from webapp.kit.email_queue import QueuedEmail, carrier_for, send_queued_emails
from webapp.kit.money import Money
from webapp.kit.templating import email_renderer
from webapp.settings import load_settings

FEATURES = {"automatic_tax": True, "tax_id_collection": True, "invoice_creation": True}


@pytest.fixture
def settings(instance):
    return load_settings(instance=instance, secret_key="a secret that only the tests know" * 2, **FEATURES)


@pytest.fixture
def scene(app, people, cashier, shelf):
    return Scene(app, people, cashier, shelf.put(price=Money(1000, "cny")))


def bought(scene, plan):
    """Buy as a company does."""
    session_id = scene.cashier.order(scene.reader, plan, scene.document.slug)
    company = {"company": "Wang & Söhne Ltd", "tax_id": "91310000X"}
    scene.cashier.pay(scene.reader, session_id, **company)
    scene.come_back(session_id)
    return session_id


def target_of(scene, kind, id_):
    return find_sync_target(scene.cashier.billing.gateway, kind, id_)


def test_a_document_is_taxed_and_its_receipt_says_whom_it_was_made_out_to(scene):
    session_id = bought(scene, "document")
    assert scene.stripe.checkout.sessions.retrieve(session_id).amount_subtotal == 1000
    assert scene.reads()
    (receipt,) = scene.receipts()
    assert (receipt.amount, receipt.tax, receipt.company, receipt.tax_ids) == (
        1060,
        60,
        "Wang & Söhne Ltd",
        "91310000X",
    )
    page = scene.page("/account/receipts/1")
    for said in ("CN¥10.60", "Of that, tax", "CN¥0.60", "Wang &amp; Söhne Ltd", "91310000X"):
        assert said in page


def test_the_mail_says_it_too(scene, app, database, tmp_path):
    bought(scene, "document")
    with database.reading() as session:
        assert session.scalar(select(QueuedEmail.message)) == "receipt"
    carrier = carrier_for("", tmp_path / "outbox")
    assert send_queued_emails(database, email_renderer(app), carrier, "a@example.com", clock.now()) == 1
    (written,) = (tmp_path / "outbox").iterdir()
    mail = message_from_bytes(written.read_bytes(), policy=policy.default)
    for kind in ("plain", "html"):
        body = mail.get_body((kind,)).get_content()
        for said in ("0.60", "91310000X", "Söhne Ltd"):
            assert said in body


def test_every_bill_of_a_subscription_is_taxed(scene):
    bought(scene, "month")
    scene.pass_time(32 * DAY)
    scene.hear()
    assert scene.reads()
    assert [(one.amount, one.tax, one.tax_ids) for one in scene.receipts()] == [(2650, 150, "91310000X")] * 2
    assert scene.receipts()[1].company == "Wang & Söhne Ltd"


def test_who_is_no_company_has_a_receipt_with_the_tax_alone(scene):
    scene.bought("document")
    (receipt,) = scene.receipts()
    assert (receipt.tax, receipt.company, receipt.tax_ids) == (60, "", "")
    assert "Tax id" not in scene.page("/account/receipts/1")


def test_a_refund_of_a_payment_with_an_invoice_finds_its_session(scene):
    session_id = bought(scene, "document")
    payment = scene.payment()
    assert target_of(scene, "payment_intent", payment).id == session_id
    scene.stripe.refunds.create({"payment_intent": payment})
    scene.hear()
    assert not scene.reads()
    assert scene.receipts()[0].refunded == 1060


def test_an_invoice_of_a_payment_and_a_credit_note_on_it_lead_to_the_session(scene):
    session_id = bought(scene, "document")
    invoice = scene.stripe.checkout.sessions.retrieve(session_id).invoice
    assert target_of(scene, "invoice", invoice).id == session_id
    note = scene.stripe.credit_notes.create({"invoice": invoice, "amount": 100, "refund_amount": 100})
    assert target_of(scene, "credit_note", note.id).id == session_id


def test_a_credit_note_on_a_bill_leads_to_its_subscription(scene):
    bought(scene, "month")
    invoice = scene.subscription["latest_invoice"]
    note = scene.stripe.credit_notes.create({"invoice": invoice, "amount": 100, "refund_amount": 100})
    assert target_of(scene, "credit_note", note.id).id == scene.subscription["id"]


def test_an_invoice_that_nothing_paid_leads_nowhere(scene):
    coupon = scene.stripe.coupons.create({"percent_off": 100, "duration": "once"})
    scene.stripe.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "FREE"})
    session_id = scene.cashier.order(scene.reader, "document", scene.document.slug)
    scene.cashier.sandbox.pay(session_id, card_number=GOOD, expiry="12/34", cvc="123", promotion_code="FREE")
    invoice = scene.stripe.checkout.sessions.retrieve(session_id).invoice
    assert target_of(scene, "invoice", invoice) is None
    scene.come_back(session_id)
    assert scene.reads()


def test_what_the_checkout_page_asks_for(scene):
    session_id = scene.cashier.order(scene.reader, "document", scene.document.slug)
    page = scene.reader.get(f"/sandbox/checkout/{session_id}", headers=ENGLISH).get_data(as_text=True)
    assert 'name="tax_id"' in page
    assert "CN¥0.60" in page
