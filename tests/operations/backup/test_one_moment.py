"""A backup under constant writing is one moment, and an old one becomes true again by asking Stripe."""

import shutil
import sqlite3
import threading
import time
from contextlib import closing
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import insert

from tests.factories.postgres_database import on_postgres
from tests.model.ledger import differences_of_grants
from tests.model.truth import read_truth
from tests.operations.backup.restored import Restored
from webapp.billing.context import open_billing, open_sandbox
from webapp.billing.reconcile import reconcile_all
from webapp.documents.image_records import StoredImage
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.email_queue import Email, enqueue_email
from webapp.kit.heartbeat import Heartbeat
from webapp.operations.backup.take import take_backup
from webapp.operations.database_move import move_database
from webapp.settings import load_settings


def shown(house, number):
    """Return the row of a picture whose file is there, as importing has it."""
    digest = sha256(b"%d" % number).hexdigest()
    file = house.instance / "uploads" / digest[:2] / f"{digest}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"%d" % number)
    return {"hash": digest, "kind": "png", "width": 1, "height": 1, "bytes": 1, "created_at": clock.machine_now()}


def test_a_backup_under_constant_writing_is_one_moment(house, database, put_back, tmp_path):
    stop, written = threading.Event(), 0

    def write():
        nonlocal written
        while not stop.wait(0.005):
            number = written

            def rule(session, number=number):
                moment = clock.machine_now()
                enqueue_email(session, Email(f"{number}", "receipt", "a@example.com", "en", {}), moment)
                session.flush()
                session.add(Heartbeat(name=f"{number}", beat_at=moment))
                if number % 10 == 9:
                    session.execute(insert(StoredImage).values(**shown(house, number)))

            database.write(rule)
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    moments = []
    try:
        for number in range(5):
            while written < 25 * (number + 1):
                time.sleep(0.01)
            take_backup(house, tmp_path / f"{number}", None)
            moments.append(written)
    finally:
        stop.set()
        writer.join()
    assert written > 100
    for number, until in enumerate(moments):
        restored = put_back(tmp_path / f"{number}", f"restored-{number}")
        mails = [int(key) for (key,) in restored.rows("SELECT key FROM mails ORDER BY id")]
        beats = {int(name) for (name,) in restored.rows("SELECT name FROM heartbeats")}
        assert mails == list(range(len(mails))), "no hole"
        assert set(mails) == beats, "what one transaction wrote in two tables is there in both"
        files = {path.name for path in (restored.place / "uploads").rglob("*.png")}
        named = {f"{hash_}.png" for (hash_,) in restored.rows("SELECT hash FROM images")}
        assert named == files, "each row has its picture, and each picture its row"
        assert len(named) == len(mails) // 10
        assert (moments[number - 1] if number else 0) <= len(mails) <= until


def test_an_old_backup_and_a_comparison_with_stripe_give_the_access_that_is_true(
    house, people, cashier, document, put_back, tmp_path
):
    wang, li = people.signed_in(), people.signed_in("li@example.com")
    for reader, plan in ((wang, "document"), (wang, "month"), (li, "document"), (li, "pass")):
        session_id = cashier.buy(reader, plan, document.slug)
        reader.get(f"/checkout/return?session_id={session_id}")
    bought = [purchase.id for purchase in cashier.purchases()]
    take_backup(house, tmp_path / "old", None)
    sandbox = cashier.sandbox
    sandbox.refund(sandbox.payment_of_purchase(bought[0]))
    sandbox.dispute(sandbox.payment_of_purchase(bought[3]), "lost")
    sandbox.advance(timedelta(days=40))  # the month is renewed
    session_id = cashier.buy(people.browser("li@example.com"), "year", document.slug)  # by a customer who is known
    reconcile_all(cashier.billing, from_the_beginning=True)

    restored = put_back(tmp_path / "old")
    for path in house.instance.glob("sandbox.sqlite*"):  # Stripe does not go back in time
        shutil.copy(path, restored.place / path.name)
    settings = load_settings(instance=restored.place, secret_key=house.secret_key)
    reconcile_all(open_billing(settings, restored.database, open_sandbox(settings)), from_the_beginning=True)

    now = int(clock.now().timestamp())
    with (
        closing(sqlite3.connect(as_sqlite(restored, tmp_path))) as ours,
        closing(sqlite3.connect(house.instance / "sandbox.sqlite")) as theirs,
    ):
        assert differences_of_grants(read_truth(ours, theirs, now), ours) == []
    held = "SELECT reader_id, document_id, source, source_id, ends_at, revoked FROM grants ORDER BY 4"
    live = Restored(house.instance, cashier.billing.database).rows(held)
    assert restored.rows(held) == live
    assert len(live) == 5


def as_sqlite(restored, tmp_path):
    """Return a file with what was restored, which is read by plain SQL."""
    if not on_postgres():
        return restored.place / "paidspan.sqlite"
    copy = Database(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    move_database(restored.database, copy, lambda table: table)
    copy.close()
    return tmp_path / "copy.sqlite"
