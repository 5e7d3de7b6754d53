"""A copy of an installation asks nothing of Stripe, and sends nothing, until it is adopted; then each thing once."""

import pytest
from sqlalchemy import select

from tests.billing.scenarios.scene import Scene
from tests.factories.people import token_in
from tests.stripe_sandbox.endpoint import listening
from webapp.billing.models import Revoked
from webapp.billing.outbox_runner import run_commands
from webapp.billing.publisher_refunds import find_receipt, give_back, plan_refund
from webapp.billing.stripe_models import CommandKind
from webapp.billing.stripe_outbox import enqueue_command, waiting_commands
from webapp.kit import clock, instance_identity
from webapp.kit.email_queue import Email, QueuedEmail, email_backlog, enqueue_email
from webapp.kit.instance_identity import RestingError, adopt_instance, is_resting, note_instance, note_restored
from webapp.operations.worker import send_mails
from webapp.stripe_sandbox.webhook_delivery import WebhookDeliverer

PUBLIC, OTHER = "https://reports.example.com", "http://127.0.0.1:8000"


@pytest.fixture
def scene(app, people, cashier, document):
    return Scene(app, people, cashier, document)


def noted_as(database, base_url):
    with database.writing() as session:
        note_instance(session, base_url)


def moved(database, _monkeypatch):
    noted_as(database, PUBLIC)


def restored(database, _monkeypatch):
    noted_as(database, OTHER)
    database.write(lambda session: note_restored(session, OTHER))


def on_another_host(database, monkeypatch):
    monkeypatch.setattr(instance_identity, "CONTAINER_MARKS", ())
    monkeypatch.setattr(instance_identity, "_machine_name", lambda: "one")
    noted_as(database, OTHER)
    monkeypatch.setattr(instance_identity, "_machine_name", lambda: "another")


ABOUT_HOSTS = pytest.mark.sqlite("a server's hosts are not told apart")


@pytest.fixture(params=[moved, restored, pytest.param(on_another_host, marks=ABOUT_HOSTS)])
def copied(request, monkeypatch):
    """Make of an installation a copy of one that goes on elsewhere."""

    def make(database):
        request.param(database, monkeypatch)
        assert is_resting(database, OTHER)

    return make


def adopt(database):
    database.write(lambda session: adopt_instance(session, OTHER))
    assert not is_resting(database, OTHER)


def test_commands_to_stripe_wait_and_are_carried_out_once(scene, copied):
    scene.bought("document")
    billing = scene.cashier.billing
    database, mode, payment = billing.database, billing.mode, scene.payment()
    copied(database)
    database.write(lambda session: enqueue_command(session, mode, CommandKind.REFUND, payment, Revoked.REFUNDED))
    for _again in range(3):
        assert run_commands(billing) == 0
    assert scene.stripe.refunds.list().data == []
    assert scene.reads(), "reading goes on"
    with database.reading() as session:
        assert [command.attempt for command in waiting_commands(session, mode)] == [0]
    adopt(database)
    assert [run_commands(billing), run_commands(billing)] == [1, 0]
    assert len(scene.stripe.refunds.list().data) == 1
    assert not scene.reads()


def test_a_refund_by_hand_is_refused_with_what_to_do(scene, copied):
    scene.bought("document")
    billing = scene.cashier.billing
    plan = plan_refund(billing, find_receipt(billing, scene.payment()), None)
    copied(billing.database)
    with pytest.raises(RestingError) as refusal:
        give_back(billing, plan)
    assert "paidspan instance adopt" in refusal.value.hint
    assert scene.stripe.refunds.list().data == []
    adopt(billing.database)
    give_back(billing, plan)
    assert len(scene.stripe.refunds.list().data) == 1


def test_nothing_is_sold(scene, copied, document):
    copied(scene.cashier.database)
    form = {
        "plan": "month",
        "document": document.slug,
        "next": "",
        "csrf_token": token_in(scene.reader.get("/account")),
    }
    refused = scene.reader.post("/checkout", data=form, headers={"Accept-Language": "en"})
    assert refused.status_code == 503
    assert "Nothing was charged" in refused.get_data(as_text=True)
    assert scene.stripe.checkout.sessions.list().data == []
    assert scene.cashier.purchases() == []


def test_mails_wait_and_are_sent_once(app, settings, cashier, copied):
    billing, outbox = cashier.billing, settings.instance / "outbox"
    copied(billing.database)
    letter = Email("k", "recover", "wang@example.com", "en", {"token": "t"})
    billing.database.write(lambda session: enqueue_email(session, letter, clock.now()))
    assert send_mails(app, settings, billing) == 0
    assert not outbox.exists()
    with billing.database.reading() as session:
        assert email_backlog(session).waiting == 1
        assert session.scalars(select(QueuedEmail.attempts)).all() == [0]
    adopt(billing.database)
    assert [send_mails(app, settings, billing), send_mails(app, settings, billing)] == [1, 0]
    assert len(list(outbox.iterdir())) == 1


def test_webhooks_of_the_sandbox_wait_and_are_sent_once(scene, copied):
    database = scene.cashier.database
    copied(database)
    waiting = len(scene.news())
    assert waiting > 0
    with listening() as endpoint:
        postman = WebhookDeliverer(scene.cashier.sandbox, endpoint.url, lambda: is_resting(database, OTHER))
        assert postman.deliver_due() == 0
        assert endpoint.received == []
        adopt(database)
        assert [postman.deliver_due(), postman.deliver_due()] == [waiting, 0]
        assert len(endpoint.received) == waiting
