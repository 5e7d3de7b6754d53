"""The person is erased: nothing of them is left but books that name nobody, and one last mail."""

import re

from sqlalchemy import func, select

from tests.billing.scenarios.scene import READER
from tests.factories.people import close_account, token_in
from tests.factories.stored import everything_stored
from webapp.accounts.authentication import open_device
from webapp.accounts.leaving import erase_reader
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Reader, Role
from webapp.accounts.registration import get_reader
from webapp.billing.gateway.personal_fields import without_person
from webapp.billing.grants import grant_complimentary
from webapp.billing.models import Purchase, Receipt
from webapp.billing.stripe_models import CommandKind, StripeCommand, StripeCustomer
from webapp.billing.stripe_outbox import enqueue_command
from webapp.kit import clock
from webapp.kit.email_queue import Email, OutboxFolder, QueuedEmail, enqueue_email, send_queued_emails
from webapp.kit.templating import email_renderer
from webapp.personal_data.erasure import erase_person
from webapp.settings import Mode
from webapp.stripe_sandbox.faults import Faults


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
    people.token(scene.people.kept())
    assert people_note.id
    assert any(READER in told for told in everything_stored(database).values())
    books = scene.receipts()
    close_account(scene.reader)
    sent = send_queued_emails(database, email_renderer(app), Carrier([]), "h@example.com", clock.now())
    assert sent == 1
    left = everything_stored(database)
    for word in (READER, "reader@", "Ms Wang", "Mine", r"(?<!\w)4242(?!\w)"):  # of the card, not of a random id
        assert [name for name, told in left.items() if re.search(word, told)] == [], word
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
    close_account(scene.reader)
    carrier = Carrier([])
    send_queued_emails(database, email_renderer(app), carrier, "h@example.com", clock.now())
    (mail,) = carrier.taken
    assert (mail["To"], mail["Subject"]) == (READER, "Your account is closed")
    with database.reading() as session:
        assert session.scalars(select(QueuedEmail)).all() == []


def test_where_mails_are_shown_on_this_machine_its_row_stays(scene, app, database, tmp_path):
    close_account(scene.reader)
    send_queued_emails(database, email_renderer(app), OutboxFolder(tmp_path), "h@example.com", clock.now())
    with database.reading() as session:
        assert session.scalars(select(QueuedEmail.recipient)).all() == [READER]


def test_erasing_twice_changes_nothing(scene, database):
    close_account(scene.reader)
    before = everything_stored(database)
    with database.writing() as session:
        erase_person(session, 1, "en", clock.now())
    assert everything_stored(database) == before


def test_what_waits_to_tell_stripe_an_address_is_dropped(scene, database):
    scene.bought("document")
    scene.cashier.sandbox.set_faults(Faults(down=1))
    with database.writing() as session:
        customer = session.scalars(select(StripeCustomer.id)).one()
        enqueue_command(session, Mode.SANDBOX, CommandKind.SET_EMAIL, customer, "address changed")
        erase_person(session, 1, "", clock.now())
        assert session.scalars(select(StripeCommand)).all() == []


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
    close_account(scene.reader)
    with database.reading() as session:
        assert session.scalars(select(Receipt.reader_id)).all() == [1]
