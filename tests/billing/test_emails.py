"""The mails about money: each once, to whom it concerns, in their language, true and readable."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import func, select

from tests.factories.html import attributes
from tests.factories.people import token_in
from webapp.accounts.models import Role
from webapp.billing.models import Plan
from webapp.billing.reconcile import reconcile_all
from webapp.kit import clock
from webapp.kit.current_settings import install_settings
from webapp.kit.email_queue import OutboxFolder, QueuedEmail, send_queued_emails
from webapp.kit.templating import email_renderer

DAY = timedelta(days=1)
SUBJECTS = {
    "receipt": ("Receipt 000001", "收据 000001"),
    "payment_failed": ("Your renewal could not be charged", "续订扣款未成功"),
    "trial_ending": ("Your free trial ends on", "免费试用将于"),
    "ended": ("Your subscription has ended", "您的订阅已结束"),
    "refunded": ("CN¥25 was refunded to you", "已向您退款 ¥25"),
}


@pytest.fixture
def speaking(people):
    """Return a signed-in browser in one language."""

    def browser(language):
        client = people.signed_in()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        return client

    return browser


@pytest.fixture
def posted(app, cashier, tmp_path):
    """Compare, send what waits, and return the mails so far by message."""

    def send():
        reconcile_all(cashier.billing)
        outbox = OutboxFolder(tmp_path / "outbox")
        send_queued_emails(cashier.database, email_renderer(app), outbox, "House <house@example.com>", clock.now())
        files = sorted((tmp_path / "outbox").glob("*.eml")) if (tmp_path / "outbox").exists() else []
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]

    return send


def bodies(mail):
    return mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()


def live(message, cashier, reader):
    """Have happen what a message tells of."""
    stripe = cashier.billing.gateway.client.v1
    if message == "trial_ending":
        with cashier.database.writing() as session:
            session.scalars(select(Plan).where(Plan.code == "month")).one().trial_days = 2
    card = "4000000000000341" if message == "payment_failed" else "4242424242424242"
    cashier.buy(reader, "month", card_number=card)
    if message == "payment_failed":
        reconcile_all(cashier.billing)
        subscription = stripe.subscriptions.list({}).data[0]
        end = subscription["items"].data[0].current_period_end
        cashier.sandbox.advance(timedelta(seconds=end - clock.now().timestamp(), hours=2))
    if message == "ended":
        stripe.subscriptions.cancel(stripe.subscriptions.list({}).data[0].id)
    if message == "refunded":
        reconcile_all(cashier.billing)
        cashier.sandbox.refund(cashier.sandbox.payment_of_purchase(cashier.purchases()[0].id))


@pytest.mark.parametrize("message", SUBJECTS)
@pytest.mark.parametrize(("language", "number"), [("en", 0), ("zh-CN", 1)])
def test_each_message_in_both_languages(message, language, number, cashier, speaking, posted):
    live(message, cashier, speaking(language))
    (mail,) = [mail for mail in posted() if mail["Subject"].startswith(SUBJECTS[message][number])]
    assert mail["To"] == "reader@example.com"
    assert mail["From"] == "House <house@example.com>"
    for body in bodies(mail):
        assert "http://127.0.0.1:8000/" in body
        assert not re.search(r"\{\{|\}\}|%\(|None|Undefined", body)
    text, html = bodies(mail)
    assert ("订阅" in text) is (language == "zh-CN")
    assert f'<html lang="{language}">' in html
    addresses = attributes(html, "[src]", "src") + attributes(html, "[href]", "href")
    elsewhere = [address for address in addresses if not address.startswith("http://127.0.0.1:8000")]
    assert not elsewhere


def test_a_receipt_says_what_was_paid_for_what(cashier, speaking, posted, document):
    cashier.buy(speaking("en"), "document", document.slug)
    (mail,) = posted()
    text, html = bodies(mail)
    for body in (text, html):
        assert document.title in body
        assert "CN¥9.90" in body
        assert "/account/receipts/1" in body


def test_a_receipt_says_who_sells_and_what_is_said_of_tax_in_the_mail_and_on_its_page(
    app, settings, cashier, speaking, posted, document
):
    said = {"company": "某某科技有限公司", "receipt_note": "价格含 6% 增值税"}
    install_settings(app, settings.model_copy(update=said))
    reader = speaking("zh-CN")
    cashier.buy(reader, "document", document.slug)
    (mail,) = posted()
    for text in (*bodies(mail), reader.get("/account/receipts/1").text):
        assert "某某科技有限公司" in text
        assert "价格含 6% 增值税" in text


def test_a_mail_leads_to_the_pages_of_the_house_and_is_dark_where_its_reader_is(cashier, speaking, posted, document):
    cashier.buy(speaking("en"), "document", document.slug)
    text, html = bodies(posted()[0])
    for name in ("terms", "refunds", "privacy", "contact"):
        assert f"http://127.0.0.1:8000/{name}" in text
        assert f'href="http://127.0.0.1:8000/{name}"' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert text.splitlines()[0] == "Receipt 000001"


def test_what_was_told_is_not_told_again(cashier, speaking, posted):
    live("payment_failed", cashier, speaking("en"))
    assert len(posted()) == len(posted()) == 2  # the receipt, and the failure
    for _ in range(2):
        cashier.sandbox.advance(3 * DAY + timedelta(hours=1))
        posted()
    assert len(posted()) == 2


def test_each_part_that_is_given_back_is_told_once(cashier, speaking, posted, document):
    cashier.buy(speaking("en"), "document", document.slug)
    posted()
    for _ in range(2):
        cashier.sandbox.refund(cashier.sandbox.payment_of_purchase(cashier.purchases()[0].id), 300)
        posted()
    subjects = sorted(mail["Subject"] for mail in posted())
    assert subjects == ["CN¥3 was refunded to you", "CN¥6 was refunded to you", "Receipt 000001"]


def test_history_is_no_news(cashier, speaking, posted, database):
    cashier.buy(speaking("en"), "pass")
    cashier.sandbox.advance(10 * DAY)
    assert posted() == []
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(QueuedEmail)) == 0


def test_a_dispute_is_told_to_the_publishers_and_to_nobody_else(cashier, speaking, posted, people):
    people.reader("publisher@example.com", Role.PUBLISHER)
    people.reader("editor@example.com", Role.EDITOR)
    cashier.buy(speaking("en"), "pass")
    posted()
    cashier.sandbox.dispute(cashier.sandbox.payment_of_purchase(cashier.purchases()[0].id))
    told = [mail for mail in posted() if mail["Subject"] == "有一笔付款需要您过目"]
    assert [mail["To"] for mail in told] == ["publisher@example.com"]
    assert "dp_" in bodies(told[0])[0]


def test_no_mail_holds_text_of_a_document(cashier, speaking, posted, document):
    client = speaking("en")
    token_in(client.get("/account"))
    cashier.buy(client, "document", document.slug)
    (mail,) = posted()
    from tests.factories.shelf import PAID

    assert not any(PAID[start : start + 8] in body for body in bodies(mail) for start in range(len(PAID) - 8))
