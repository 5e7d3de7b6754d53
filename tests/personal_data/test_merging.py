"""Two accounts of one person are merged: all that one has is the other's, and nothing is lost or paid for twice."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.billing.scenarios.scene import DAY, READER
from tests.factories.people import token_in
from webapp.accounts.models import Reader, Role
from webapp.accounts.registration import disable_reader, get_reader
from webapp.billing.grants import grant_complimentary, rebuild_all_grants
from webapp.billing.reconcile import reconcile_all
from webapp.billing.stripe_models import StripeCustomer
from webapp.kit import clock
from webapp.kit.email_queue import QueuedEmail
from webapp.kit.errors import ConflictError
from webapp.library.models import Bookmark, Highlight, ReadingPosition
from webapp.library.moved_shelf import move_shelf
from webapp.operations.cli import cli
from webapp.personal_data.account_merging import merge_accounts
from webapp.personal_data.tables import KEPT, tables_of_readers
from webapp.settings import Mode

OTHER = "second@example.com"


@pytest.fixture
def other(people):
    return people.signed_in(OTHER)


def merge(scene, giver=READER, taker=OTHER):
    def rule(session):
        one, into = get_reader(session, giver), get_reader(session, taker)
        merge_accounts(session, one, into, scene.cashier.billing.grace, clock.now())

    scene.cashier.database.write(rule)


def customers(scene):
    with scene.cashier.database.reading() as session:
        rows = session.execute(select(StripeCustomer.reader_id, StripeCustomer.retired_at.is_(None)))
        return sorted(map(tuple, rows))


def test_what_one_has_is_the_others_and_the_one_is_gone(scene, other, app, database, document):
    scene.bought("document")
    token = token_in(scene.reader.get("/account"))
    for path, form in (("bookmark", {}), ("notes", {"exact": "入库平稳", "note": "Mine"}), ("position", {"view": "v"})):
        scene.reader.post(f"/d/{document.slug}/{path}", data={"csrf_token": token, **form})
    with database.writing() as session:
        grant_complimentary(session, scene.reader_id, None, 3, "for Ms Wang", clock.now())
    (receipt,) = scene.receipts()
    merge(scene)
    assert scene.reads(other)
    assert not scene.reads()
    assert scene.reader.get("/account").headers["Location"].startswith("/login")
    told = other.get("/account/data.json").get_json()
    assert [len(told[part]) for part in ("payments", "orders", "bookmarks", "highlights", "read")] == [1] * 5
    assert [grant["source"] for grant in told["access"]] == ["document", "complimentary"]
    assert told["payments"][0]["number"] == receipt.number
    assert other.get(f"/account/receipts/{receipt.number}").status_code == 200
    with database.reading() as session:
        assert session.get_one(Reader, scene.reader_id).erased_at is not None
        for table, column in tables_of_readers():
            assert session.execute(select(table).where(column == scene.reader_id)).all() == [], table.name
        assert session.execute(select(Reader.id).where(Reader.email == READER)).all() == []
    assert rebuilt(scene) == []


def rebuilt(scene):
    with scene.cashier.database.writing() as session:
        return rebuild_all_grants(session, Mode.SANDBOX, scene.cashier.billing.grace)


def test_every_table_of_bookkeeping_goes_over(scene, other, database):
    scene.bought("month")
    scene.bought("document", warned=True)
    with database.reading() as session:
        for table, column in tables_of_readers():
            if table.name in KEPT:
                assert session.execute(select(table).where(column == scene.reader_id)).all(), table.name
    merge(scene)
    with database.reading() as session:
        for table, column in tables_of_readers():
            held = session.execute(select(table).where(column == scene.reader_id)).all()
            assert held == [], table.name


def test_a_subscription_goes_on_for_the_other_and_late_news_is_theirs(scene, other):
    scene.bought("month")
    merge(scene)
    assert scene.reads(other)
    assert scene.stripe.customers.retrieve(scene.customer_id).email == READER
    scene.drained()
    reconcile_all(scene.cashier.billing)
    assert scene.stripe.customers.retrieve(scene.customer_id).email == OTHER
    scene.cashier.sandbox.advance(timedelta(days=32))
    scene.hear()
    scene.reader = scene.people.browser(OTHER)
    assert scene.reads()
    assert {receipt.reader_id for receipt in scene.receipts()} == {2}
    assert len(scene.receipts()) == 2
    assert scene.go_to_the_portal().status_code == 303
    scene.in_the_portal("cancel", subscription=scene.subscription["id"])
    scene.cashier.sandbox.advance(timedelta(days=32))
    scene.hear()
    assert not scene.reads(scene.people.browser(OTHER))


def test_of_two_customers_the_one_that_subscribes_stays(scene, other):
    scene.bought("month")
    scene.cashier.buy(other, "document", scene.document.slug)
    merge(scene)
    assert customers(scene) == [(2, False), (2, True)]
    scene.reader = other
    assert scene.go_to_the_portal().status_code == 303
    assert scene.reads(other)


def test_two_subscriptions_are_not_merged_and_nothing_is_changed(scene, other):
    scene.bought("month")
    session_id = scene.cashier.buy(other, "month")
    other.get(f"/checkout/return?session_id={session_id}")
    with pytest.raises(ConflictError, match="Both accounts have a subscription"):
        merge(scene)
    assert scene.reader.get("/account").status_code == 200
    assert customers(scene) == [(1, True), (2, True)]
    scene.stripe.subscriptions.cancel(scene.subscription["id"])
    scene.hear()
    merge(scene)
    assert scene.reads(other)


def test_what_both_paid_for_is_given_back_once(scene, other):
    scene.bought("document")
    scene.pass_time(DAY)
    session_id = scene.cashier.buy(other, "document", scene.document.slug)
    other.get(f"/checkout/return?session_id={session_id}")
    merge(scene)
    scene.drained()
    reconcile_all(scene.cashier.billing)
    scene.hear()
    assert [receipt.refunded for receipt in scene.receipts()] == [0, 990]
    assert scene.reads(other)


def test_a_page_at_stripe_that_is_open_is_closed(scene, other):
    session_id = scene.cashier.order(scene.reader, "month")
    scene.cashier.order(other, "month")
    merge(scene)
    scene.drained()
    reconcile_all(scene.cashier.billing)
    assert scene.stripe.checkout.sessions.retrieve(session_id).status == "expired"


def test_a_payment_that_was_under_way_is_the_others(scene, other):
    scene.cashier.buy(scene.reader, "document", scene.document.slug)
    merge(scene)
    scene.hear()
    assert scene.reads(other)
    assert [receipt.reader_id for receipt in scene.receipts()] == [2]


def test_both_addresses_are_told_and_the_former_can_sign_up_anew(scene, other, app, database):
    merge(scene)
    with database.reading() as session:
        held = session.execute(select(QueuedEmail.message, QueuedEmail.recipient, QueuedEmail.content))
        told = {recipient: content for message, recipient, content in held if message == "accounts_merged"}
    assert {address: (content["into"], content["forget"]) for address, content in told.items()} == {
        READER: (OTHER, True),
        OTHER: (OTHER, False),
    }
    mail = next(mail for mail in scene.mails() if "two accounts" in mail.subject or "两个账户" in mail.subject)
    assert OTHER in mail.text
    scene.people.reader(READER)


@pytest.mark.parametrize("disabled", [READER, OTHER])
def test_a_disabled_account_is_not_merged(scene, other, database, disabled):
    with database.writing() as session:
        disable_reader(session, get_reader(session, disabled), clock.now())
    with pytest.raises(ConflictError, match=f"The account {disabled} is disabled"):
        merge(scene)


def test_an_account_is_not_merged_into_itself(scene):
    with pytest.raises(ConflictError, match="one account"):
        merge(scene, READER, READER.upper())
    assert scene.reader.get("/account").status_code == 200


def test_the_only_publisher_is_not_merged_away_and_gives_nobody_a_role(scene, people, other, database):
    people.reader("house@example.com", Role.PUBLISHER)
    with pytest.raises(ConflictError, match="only publisher"):
        merge(scene, "house@example.com", OTHER)
    people.reader("second-house@example.com", Role.PUBLISHER)
    merge(scene, "house@example.com", OTHER)
    with database.reading() as session:
        assert get_reader(session, OTHER).role is Role.READER


def test_what_both_have_on_the_shelf_is_there_once_and_no_note_is_lost(scene, other, database, shelf, document):
    now = clock.now()
    second = shelf.put("A second report", "second.txt")

    def mark(reader_id, number, exact, note="", place=document.id):
        quote = {"exact": exact, "prefix": "", "suffix": "", "position": len(exact)}
        return Highlight(
            reader_id=reader_id, document_id=place, number=number, note=note, created_at=now, updated_at=now, **quote
        )

    with database.writing() as session:
        session.add_all(
            ReadingPosition(reader_id=reader, document_id=place, permille=permille, read_at=now + timedelta(minutes=at))
            for reader, place, permille, at in (
                (1, document.id, 100, 5), (2, document.id, 200, 4), (1, second.id, 300, 1), (2, second.id, 400, 2),
            )
        )  # fmt: skip
        session.add_all(
            Bookmark(reader_id=reader, document_id=document.id, anchor=anchor, created_at=now)
            for reader, anchor in ((1, ""), (2, ""), (1, "a"))
        )
        session.add_all([
            mark(1, 1, "same", "mine"), mark(2, 1, "same", "mine"),
            mark(1, 2, "noted"), mark(2, 2, "noted", "kept"),
            mark(1, 3, "note comes", "from the other"), mark(2, 3, "note comes"),
            mark(1, 4, "both noted", "this"), mark(2, 4, "both noted", "that"),
            mark(1, 5, "only mine"), mark(1, 1, "elsewhere", place=second.id),
        ])  # fmt: skip
    database.write(lambda session: move_shelf(session, 1, 2))
    with database.reading() as session:
        positions = select(ReadingPosition.document_id, ReadingPosition.permille).where(ReadingPosition.reader_id == 2)
        assert dict(session.execute(positions).all()) == {document.id: 100, second.id: 400}
        anchors = select(Bookmark.anchor).where(Bookmark.reader_id == 2)
        assert sorted(session.scalars(anchors)) == ["", "a"]
        held = select(Highlight.number, Highlight.exact, Highlight.note).where(Highlight.reader_id == 2)
        assert [*map(tuple, session.execute(held.order_by(Highlight.document_id, Highlight.number)))] == [
            (1, "same", "mine"), (2, "noted", "kept"), (3, "note comes", "from the other"),
            (4, "both noted", "that"), (5, "both noted", "this"), (6, "only mine", ""), (1, "elsewhere", ""),
        ]  # fmt: skip


def test_the_command_asks_and_then_merges(scene, other, app):
    scene.bought("document")
    folder = str(app.extensions["paidspan.settings"].instance)
    command = ["user", "merge", READER, OTHER, "--instance", folder]
    runner = CliRunner()
    refused = runner.invoke(cli, command, input="n\n")
    assert refused.exit_code == 1
    assert scene.reads()
    done = runner.invoke(cli, [*command, "--yes"])
    assert done.output.splitlines()[-1] == f"{READER}\t{OTHER}\tmerged"
    assert scene.reads(other)
