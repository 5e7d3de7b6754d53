"""Billing ends at Stripe before the person is forgotten: at once, or by the worker; late news harm nothing."""

import json

import pytest
from sqlalchemy import select

from tests.billing.scenarios.scene import DAY, FAILS_LATER, READER
from tests.factories.people import PASSWORD, close_account, token_in
from tests.factories.stored import everything_stored
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Reader
from webapp.billing.grants import rebuild_all_grants
from webapp.billing.reconcile import reconcile_all
from webapp.billing.stripe_models import CommandKind, StripeCommand, StripeCustomer, StripeObject
from webapp.billing.stripe_outbox import enqueue_command
from webapp.kit import clock
from webapp.kit.email_queue import QueuedEmail
from webapp.personal_data import account_closing as closing
from webapp.personal_data.account_closing import begin_closing, finish_closing, finish_closings
from webapp.personal_data.erasure import erase_person
from webapp.settings import Mode
from webapp.stripe_sandbox.faults import Faults


def down(scene, share=1.0):
    scene.cashier.sandbox.set_faults(Faults(down=share))


def test_a_subscription_is_ended_at_stripe_first_and_then_the_person_is_erased(scene, monkeypatch):
    scene.bought("month")
    at_erasure = []
    monkeypatch.setattr(
        closing,
        "erase_person",
        lambda *given: (at_erasure.append(scene.subscription["status"]), erase_person(*given)),
    )
    answer = close_account(scene.reader)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/closed")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert set(at_erasure) == {"canceled"}
    assert scene.people.kept().erased_at is not None
    assert "An e-mail confirms it" in scene.page("/closed")
    assert scene.reader.get("/account").headers["Location"].startswith("/login")
    assert not scene.reads()


def test_while_stripe_is_down_the_account_is_shut_and_closed_later(scene, people, app, database):
    scene.bought("month")
    program = people.program(scene.people.kept())
    link = scene.cashier.database.write(
        lambda session: make_mailed_token(session, session.get_one(Reader, 1), Purpose.SIGN_IN, clock.now())
    )
    down(scene)
    assert close_account(scene.reader).headers["Location"] == "/closed?later=1"
    assert "As soon as it does" in scene.page("/closed?later=1")
    held = scene.people.kept()
    assert (held.email, held.erased_at) == (READER, None)
    assert held.closing_at is not None
    assert scene.reader.get("/account").status_code == 303
    assert program.get("/api/v1/me").status_code == 401
    client = app.test_client()
    form = {"email": READER, "password": PASSWORD, "csrf_token": token_in(client.get("/login"))}
    assert client.post("/login", data=form).status_code == 401
    assert client.post(f"/login/link/{link}", data=form).status_code == 410
    assert finish_closings(scene.cashier.billing) == 0
    down(scene, 0)
    assert scene.subscription["status"] == "active"
    assert finish_closings(scene.cashier.billing) == 1
    assert scene.subscription["status"] == "canceled"
    assert scene.people.kept().erased_at is not None
    assert finish_closings(scene.cashier.billing) == 0


@pytest.mark.parametrize("step", ["_hear_of_all", "run_commands", "_is_running", "erase_person"])
def test_a_kill_at_any_step_is_made_good_by_the_worker(scene, database, monkeypatch, step):
    scene.bought("month")

    class Killed(BaseException):
        pass

    def kill(*_given):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(closing, step, kill)
        with database.writing() as session:
            begin_closing(session, session.get_one(Reader, 1))
        with pytest.raises(Killed):
            finish_closing(scene.cashier.billing, 1)
    assert scene.people.kept().erased_at is None
    assert finish_closings(scene.cashier.billing) == 1
    assert scene.subscription["status"] == "canceled"


def test_one_account_that_cannot_be_closed_does_not_hold_the_others(scene, people, database, monkeypatch, caplog):
    people.reader("other@example.com")
    with database.writing() as session:
        for reader in session.scalars(select(Reader)):
            begin_closing(session, reader)
    real = closing.finish_closing
    monkeypatch.setattr(closing, "finish_closing", lambda billing, id_: 1 / 0 if id_ == 1 else real(billing, id_))
    assert finish_closings(scene.cashier.billing) == 1
    assert scene.people.kept(2).erased_at is not None
    assert "account 1 cannot be closed now" in caplog.text


def test_a_subscription_that_nobody_has_heard_of_is_ended_too(scene, database):
    scene.cashier.buy(scene.reader, "month")
    scene.miss()
    close_account(scene.reader)
    assert scene.subscription["status"] == "canceled"
    assert scene.people.kept().erased_at is not None


def test_a_page_at_stripe_that_is_open_takes_no_money_any_more(scene):
    session_id = scene.cashier.order(scene.reader, "month")
    close_account(scene.reader)
    assert scene.stripe.checkout.sessions.retrieve(session_id).status == "expired"
    assert scene.people.kept().erased_at is not None


def test_what_stripe_does_not_have_any_more_holds_nothing_up(scene, database, monkeypatch):
    scene.bought("month")
    with database.writing() as session:
        held = session.scalars(select(StripeObject).where(StripeObject.id.startswith("sub_"))).one()
        twin = StripeObject(
            id="sub_gone", mode=held.mode, type=held.type, reader_id=1, wanted=1, applied=1,
            bundle=json.loads(json.dumps(held.bundle).replace(held.id, "sub_gone")),
        )  # fmt: skip
        session.add(twin)
    close_account(scene.reader)
    assert scene.people.kept().erased_at is not None


def test_a_customer_that_stripe_does_not_have_any_more_holds_nothing_up(scene, database):
    scene.bought("document")
    with database.writing() as session:
        session.add(StripeCustomer(id="cus_gone", reader_id=1, mode=Mode.SANDBOX, currency="usd"))
    close_account(scene.reader)
    assert scene.people.kept().erased_at is not None


def test_where_stripe_refuses_for_good_the_person_is_not_erased_before_it_has_ended(scene, database):
    scene.bought("month")
    with database.writing() as session:
        enqueue_command(session, Mode.SANDBOX, CommandKind.CANCEL_SUBSCRIPTION, scene.subscription["id"], "x")
        session.scalars(select(StripeCommand)).one().done_at = clock.now()
    assert close_account(scene.reader).headers["Location"] == "/closed?later=1"
    assert scene.people.kept().erased_at is None
    scene.stripe.subscriptions.cancel(scene.subscription["id"])
    assert finish_closings(scene.cashier.billing) == 1


def test_a_subscription_of_real_money_is_waited_for_while_the_house_plays(scene, database):
    scene.bought("month")
    with database.writing() as session:
        session.scalars(select(StripeObject).where(StripeObject.id.startswith("sub_"))).one().mode = Mode.LIVE
        for customer in session.scalars(select(StripeCustomer)):
            customer.mode = Mode.LIVE
    assert close_account(scene.reader).headers["Location"] == "/closed?later=1"
    assert scene.people.kept().erased_at is None


def test_late_news_of_the_old_customer_gives_nobody_access_and_is_booked(scene, people, app, database):
    scene.bought("document")
    payment = scene.payment()
    close_account(scene.reader)
    other = people.signed_in("somebody@example.com")
    scene.hear()
    scene.cashier.sandbox.refund(payment)
    scene.hear()
    reconcile_all(scene.cashier.billing, from_the_beginning=True)
    assert [receipt.refunded for receipt in scene.receipts()] == [990]
    assert not scene.reads(other)
    assert not scene.reads(app.test_client())
    assert READER not in str(everything_stored(database)["stripe_objects"])
    with database.reading() as session:
        told = session.scalars(select(QueuedEmail.message).where(QueuedEmail.recipient == "")).all()
    assert "refunded" in told
    with database.writing() as session:
        assert rebuild_all_grants(session, Mode.SANDBOX, scene.cashier.billing.grace) == []


def test_a_dispute_after_closing_is_booked_too(scene):
    scene.bought("document")
    payment = scene.payment()
    close_account(scene.reader)
    scene.cashier.sandbox.dispute(payment, "needs_response")
    scene.hear()
    assert "dispute" in [alert.code for alert in scene.alerts()]


def test_a_charge_that_failed_is_not_tried_again_after_closing(scene):
    """MLTSHP/mltshp#648: the payment of a closed account was posted again and again."""
    scene.bought("month", card_number=FAILS_LATER)
    scene.pass_time(32 * DAY)
    scene.hear()
    assert scene.subscription["status"] == "past_due"
    close_account(scene.reader)
    assert scene.subscription["status"] == "canceled"
    before = scene.receipts()
    scene.cashier.sandbox.advance(40 * DAY)
    scene.drained()
    assert len(scene.receipts()) == len(before) == 1
    assert scene.people.kept().erased_at is not None
