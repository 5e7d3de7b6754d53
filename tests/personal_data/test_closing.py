"""An account is closed: billing ends at Stripe first, then the person is forgotten, and bookkeeping names nobody."""

import json

import pytest
from sqlalchemy import func, select

from tests.billing.scenarios.scene import DAY, FAILS_LATER, READER, Scene
from tests.factories.people import PASSWORD, token_in
from tests.factories.security_key import prove
from webapp.accounts.authentication import authenticate, open_device
from webapp.accounts.leaving import erase_reader
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Device, Reader, Role
from webapp.accounts.registration import get_reader
from webapp.billing.gateway.personal_fields import without_person
from webapp.billing.grants import grant_complimentary, rebuild_all_grants
from webapp.billing.models import Purchase, Receipt
from webapp.billing.reconcile import reconcile_all
from webapp.billing.stripe_models import CommandKind, StripeCommand, StripeCustomer, StripeObject
from webapp.billing.stripe_outbox import enqueue_command
from webapp.kit import clock
from webapp.kit.email_queue import Email, OutboxFolder, QueuedEmail, enqueue_email, send_queued_emails
from webapp.kit.table_base import Base
from webapp.kit.templating import email_renderer
from webapp.personal_data import account_closing as closing
from webapp.personal_data.account_closing import begin_closing, finish_closing, finish_closings
from webapp.personal_data.erasure import erase_person
from webapp.settings import Mode
from webapp.stripe_sandbox.faults import Faults


@pytest.fixture
def scene(app, people, cashier, document):
    return Scene(app, people, cashier, document)


def close(client, password=PASSWORD):
    page = client.get("/account/close", headers={"Accept-Language": "en"})
    form = {"csrf_token": token_in(page), "password_again": password}
    return client.post("/account/close", data=form, headers={"Accept-Language": "en"})


def row(scene, reader_id=1):
    with scene.cashier.database.reading() as session:
        return session.get_one(Reader, reader_id)


def down(scene, share=1.0):
    scene.cashier.sandbox.set_faults(Faults(down=share))


def everything(database):
    """Return all that is kept, as text."""
    with database.reading() as session:
        tables = {table.name: session.execute(select(table)).all() for table in Base.metadata.sorted_tables}
    return {name: repr([tuple(row) for row in rows]) for name, rows in tables.items()}


def test_the_page_says_what_goes_and_what_stays_and_warns_a_subscriber(scene):
    page = scene.page("/account/close")
    assert "What goes" in page
    assert "What stays" in page
    assert "Your subscription ends at once" not in page
    scene.bought("month")
    assert "Your subscription ends at once" in scene.page("/account/close")
    assert 'href="/account/close"' in scene.page("/account")


def test_looking_a_wrong_password_and_a_form_of_another_site_close_nothing(scene):
    scene.page("/account/close")
    wrong = close(scene.reader, "not the password")
    assert wrong.status_code == 400
    assert 'role="alert"' in wrong.text
    assert close(scene.reader, "").status_code == 400
    assert scene.reader.post("/account/close", data={"password_again": PASSWORD}).status_code == 400
    assert row(scene).closing_at is None
    assert scene.reader.get("/account").status_code == 200


def test_a_subscription_is_ended_at_stripe_first_and_then_the_person_is_erased(scene, monkeypatch):
    scene.bought("month")
    at_erasure = []
    monkeypatch.setattr(
        closing,
        "erase_person",
        lambda *given: (at_erasure.append(scene.subscription["status"]), erase_person(*given)),
    )
    answer = close(scene.reader)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/closed")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert set(at_erasure) == {"canceled"}
    assert row(scene).erased_at is not None
    assert "An e-mail confirms it" in scene.page("/closed")
    assert scene.reader.get("/account").headers["Location"].startswith("/login")
    assert not scene.reads()


def test_nothing_of_the_person_is_left_and_the_books_are(scene, app, database, people, document):
    scene.bought("month")
    scene.bought("document", warned=True)
    scene.hear()
    token = token_in(scene.reader.get("/account"))
    for path, form in (("bookmark", {}), ("notes", {"exact": "入库平稳", "note": "Mine"}), ("position", {"view": "v"})):
        scene.reader.post(f"/d/{document.slug}/{path}", data={"csrf_token": token, **form})
    with database.writing() as session:
        reader = get_reader(session, READER)
        people_note = grant_complimentary(session, reader.id, None, 3, "for Ms Wang", clock.now())
        open_device(session, reader, "Browser of Ms Wang", clock.now())
        make_mailed_token(session, reader, Purpose.RECOVER, clock.now())
        enqueue_email(session, Email("waits", "ended", READER, "en", {"kind": "month"}), clock.now())
    people.token(row(scene))
    assert people_note.id
    assert any(READER in told for told in everything(database).values())
    books = scene.receipts()
    close(scene.reader)
    sent = send_queued_emails(database, email_renderer(app), Carrier([]), "h@example.com", clock.now())
    assert sent == 1
    left = everything(database)
    for word in (READER, "reader@", "Ms Wang", "Mine", "4242"):
        assert [name for name, told in left.items() if word in told] == [], word
    with database.reading() as session:
        for table in (
            "devices",
            "access_tokens",
            "mailed_tokens",
            "bookmarks",
            "highlights",
            "reading_positions",
            "mails",
        ):
            assert left[table] == "[]", table
        assert session.scalar(select(func.count(Purchase.id))) == 2
    assert [(one.number, one.amount, one.reader_id) for one in scene.receipts()] == [
        (one.number, one.amount, one.reader_id) for one in books
    ]


class Carrier:
    """A mail server that takes everything."""

    def __init__(self, taken):
        self.taken = taken

    def carry(self, mail):
        self.taken.append(mail)


def test_the_former_address_is_told_in_the_language_of_who_closed_and_then_forgotten(scene, app, database):
    close(scene.reader)
    carrier = Carrier([])
    send_queued_emails(database, email_renderer(app), carrier, "h@example.com", clock.now())
    (mail,) = carrier.taken
    assert (mail["To"], mail["Subject"]) == (READER, "Your account is closed")
    with database.reading() as session:
        assert session.scalars(select(QueuedEmail)).all() == []


def test_where_mails_are_shown_on_this_machine_its_row_stays(scene, app, database, tmp_path):
    close(scene.reader)
    send_queued_emails(database, email_renderer(app), OutboxFolder(tmp_path), "h@example.com", clock.now())
    with database.reading() as session:
        assert session.scalars(select(QueuedEmail.recipient)).all() == [READER]


def test_while_stripe_is_down_the_account_is_shut_and_closed_later(scene, people, app, database):
    scene.bought("month")
    program = people.program(row(scene))
    link = scene.cashier.database.write(
        lambda session: make_mailed_token(session, session.get_one(Reader, 1), Purpose.SIGN_IN, clock.now())
    )
    down(scene)
    assert close(scene.reader).headers["Location"] == "/closed?later=1"
    assert "As soon as it does" in scene.page("/closed?later=1")
    held = row(scene)
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
    assert row(scene).erased_at is not None
    assert finish_closings(scene.cashier.billing) == 0


def test_a_device_that_is_left_over_opens_nothing_while_an_account_is_closing(scene, database, app):
    scene.bought("month")
    down(scene)
    close(scene.reader)
    with database.writing() as session:
        opened = open_device(session, session.get_one(Reader, 1), "left over", clock.now())
        assert authenticate(session, READER, PASSWORD) is None
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = opened.token
    assert client.get("/account").status_code == 303


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
    assert row(scene).erased_at is None
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
    assert row(scene, 2).erased_at is not None
    assert "account 1 cannot be closed now" in caplog.text


def test_a_subscription_that_nobody_has_heard_of_is_ended_too(scene, database):
    scene.cashier.buy(scene.reader, "month")
    scene.miss()
    close(scene.reader)
    assert scene.subscription["status"] == "canceled"
    assert row(scene).erased_at is not None


def test_a_page_at_stripe_that_is_open_takes_no_money_any_more(scene):
    session_id = scene.cashier.order(scene.reader, "month")
    close(scene.reader)
    assert scene.stripe.checkout.sessions.retrieve(session_id).status == "expired"
    assert row(scene).erased_at is not None


def test_what_stripe_does_not_have_any_more_holds_nothing_up(scene, database, monkeypatch):
    scene.bought("month")
    with database.writing() as session:
        held = session.scalars(select(StripeObject).where(StripeObject.id.startswith("sub_"))).one()
        twin = StripeObject(
            id="sub_gone", mode=held.mode, type=held.type, reader_id=1, wanted=1, applied=1,
            bundle=json.loads(json.dumps(held.bundle).replace(held.id, "sub_gone")),
        )  # fmt: skip
        session.add(twin)
    close(scene.reader)
    assert row(scene).erased_at is not None


def test_a_customer_that_stripe_does_not_have_any_more_holds_nothing_up(scene, database):
    scene.bought("document")
    with database.writing() as session:
        session.add(StripeCustomer(id="cus_gone", reader_id=1, mode=Mode.SANDBOX, currency="usd"))
    close(scene.reader)
    assert row(scene).erased_at is not None


def test_where_stripe_refuses_for_good_the_person_is_not_erased_before_it_has_ended(scene, database):
    scene.bought("month")
    with database.writing() as session:
        enqueue_command(session, Mode.SANDBOX, CommandKind.CANCEL_SUBSCRIPTION, scene.subscription["id"], "x")
        session.scalars(select(StripeCommand)).one().done_at = clock.now()
    assert close(scene.reader).headers["Location"] == "/closed?later=1"
    assert row(scene).erased_at is None
    scene.stripe.subscriptions.cancel(scene.subscription["id"])
    assert finish_closings(scene.cashier.billing) == 1


def test_a_subscription_of_real_money_is_waited_for_while_the_house_plays(scene, database):
    scene.bought("month")
    with database.writing() as session:
        session.scalars(select(StripeObject).where(StripeObject.id.startswith("sub_"))).one().mode = Mode.LIVE
        for customer in session.scalars(select(StripeCustomer)):
            customer.mode = Mode.LIVE
    assert close(scene.reader).headers["Location"] == "/closed?later=1"
    assert row(scene).erased_at is None


def test_late_news_of_the_old_customer_gives_nobody_access_and_is_booked(scene, people, app, database):
    scene.bought("document")
    payment = scene.payment()
    close(scene.reader)
    other = people.signed_in("somebody@example.com")
    scene.hear()
    scene.cashier.sandbox.refund(payment)
    scene.hear()
    reconcile_all(scene.cashier.billing, from_the_beginning=True)
    assert [receipt.refunded for receipt in scene.receipts()] == [990]
    assert not scene.reads(other)
    assert not scene.reads(app.test_client())
    assert READER not in str(everything(database)["stripe_objects"])
    with database.reading() as session:
        told = session.scalars(select(QueuedEmail.message).where(QueuedEmail.recipient == "")).all()
    assert "refunded" in told
    with database.writing() as session:
        assert rebuild_all_grants(session, Mode.SANDBOX, scene.cashier.billing.grace) == []


def test_a_dispute_after_closing_is_booked_too(scene):
    scene.bought("document")
    payment = scene.payment()
    close(scene.reader)
    scene.cashier.sandbox.dispute(payment, "needs_response")
    scene.hear()
    assert "dispute" in [alert.code for alert in scene.alerts()]


def test_the_address_signs_up_again_and_has_nothing_of_the_old_account(scene, app, database):
    scene.bought("month")
    scene.bought("document", warned=True)
    close(scene.reader)
    client = app.test_client()
    form = {"email": READER, "password": PASSWORD, "csrf_token": token_in(client.get("/signup"))}
    assert client.post("/signup", data=form).status_code == 303
    assert not scene.reads(client)
    told = client.get("/account/data.json").get_json()
    assert [told[part] for part in ("payments", "orders", "access", "highlights", "stripe_customers")] == [[]] * 5
    assert [mail["message"] for mail in told["mails"]] == ["confirm_address"]
    scene.cashier.buy(client, "month")
    with database.reading() as session:
        held = session.execute(select(StripeCustomer.reader_id, StripeCustomer.id)).all()
    assert {reader for reader, _customer in held} == {1, 2}
    assert len({customer for _reader, customer in held}) == 2


def test_the_only_publisher_cannot_close_their_account_and_one_of_two_can(people, app, database):
    client = people.signed_in("one@example.com", Role.PUBLISHER)
    assert prove(client).status_code == 303
    refused = close(client)
    assert refused.status_code == 409
    assert "only publisher" in refused.text
    assert client.get("/account").status_code == 200
    people.reader("two@example.com", Role.PUBLISHER)
    assert close(client).status_code == 303
    with database.reading() as session:
        assert session.get_one(Reader, 1).role is Role.READER


def test_erasing_twice_changes_nothing(scene, database):
    close(scene.reader)
    before = everything(database)
    with database.writing() as session:
        erase_person(session, 1, "en", clock.now())
    assert everything(database) == before


def test_what_waits_to_tell_stripe_an_address_is_dropped(scene, database):
    scene.bought("document")
    down(scene)
    with database.writing() as session:
        customer = session.scalars(select(StripeCustomer.id)).one()
        enqueue_command(session, Mode.SANDBOX, CommandKind.SET_EMAIL, customer, "address changed")
        erase_person(session, 1, "", clock.now())
        assert session.scalars(select(StripeCommand)).all() == []


def test_nobody_signs_in_to_an_erased_account(scene, database):
    close(scene.reader)
    with database.reading() as session:
        assert session.scalar(select(func.count(Device.id))) == 0
        for typed in (row(scene).email, row(scene).email_key, f"closed-1@{'x.example'}"):
            assert authenticate(session, typed, "") is None
            assert authenticate(session, typed, PASSWORD) is None


def test_an_account_that_is_erased_by_hand_is_closed_as_well():
    reader = Reader(id=7, role=Role.EDITOR)
    erase_reader(reader, clock.now())
    assert reader.closing_at == reader.disabled_at == reader.erased_at


def test_names_and_addresses_are_taken_out_of_what_stripe_said():
    raw = {
        "customer": {
            "object": "customer",
            "id": "cus_1",
            "email": "a@b",
            "name": "W",
            "address": {},
            "currency": "cny",
        },
        "session": {
            "customer_details": {"name": "W"},
            "amount_total": 3,
            "lines": [{"name": "Report", "email": "a@b"}],
        },
    }
    assert without_person(raw) == {
        "customer": {
            "object": "customer",
            "id": "cus_1",
            "email": None,
            "name": None,
            "address": None,
            "currency": "cny",
        },
        "session": {"customer_details": None, "amount_total": 3, "lines": [{"name": "Report", "email": None}]},
    }
    assert without_person(None) is None


def test_the_receipt_stays_with_its_reader(scene, database):
    scene.bought("document")
    close(scene.reader)
    with database.reading() as session:
        assert session.scalars(select(Receipt.reader_id)).all() == [1]


def test_a_charge_that_failed_is_not_tried_again_after_closing(scene):
    """MLTSHP/mltshp#648: the payment of a closed account was posted again and again."""
    scene.bought("month", card_number=FAILS_LATER)
    scene.pass_time(32 * DAY)
    scene.hear()
    assert scene.subscription["status"] == "past_due"
    close(scene.reader)
    assert scene.subscription["status"] == "canceled"
    before = scene.receipts()
    scene.cashier.sandbox.advance(40 * DAY)
    scene.drained()
    assert len(scene.receipts()) == len(before) == 1
    assert row(scene).erased_at is not None
