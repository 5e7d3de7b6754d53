"""A backup under constant writing is one moment, and an old one becomes true again by asking Stripe."""

import shutil
import sqlite3
import time
from contextlib import closing
from datetime import timedelta

import pytest

from tests.factories.postgres_database import on_postgres
from tests.model.ledger import differences_of_grants
from tests.model.truth import read_truth
from tests.operations.backup.constant_writing import ConstantWriting
from tests.operations.backup.restored import Restored
from webapp.billing.context import open_billing, open_sandbox
from webapp.billing.reconcile import reconcile_all
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.operations.backup import take
from webapp.operations.backup.take import take_backup
from webapp.operations.database_move import move_database
from webapp.settings import load_settings

AT_LEAST = 100  # transactions that were kept while one backup was taken
WHILE_COPIED = 5  # of them while the database itself was read
LARGEST = 64  # megabytes


@pytest.mark.rules_once
def test_a_backup_under_constant_writing_is_one_moment(
    house, database, put_back, tmp_path, monkeypatch, record_property
):
    """The library grows until a backup takes so long that many write meanwhile, however fast a machine is."""
    writing, copied, copy, megabytes = ConstantWriting(database, house.instance), [], take._copy, 4

    def noted(*places):
        begin = time.monotonic()
        made = copy(*places)
        copied.append((begin, time.monotonic()))
        return made

    monkeypatch.setattr(take, "_copy", noted)
    taken = []
    with writing.going_on():
        while not copied or (not is_enough(writing, taken[-1], copied[-1]) and megabytes < LARGEST):
            writing.add_ballast(megabytes)
            megabytes *= 2
            begin = time.monotonic()
            take_backup(house, tmp_path / f"{len(taken)}", None)
            taken.append((begin, time.monotonic()))
    (begin, end), number = taken[-1], len(taken) - 1
    kept, while_copied = writing.kept_between(begin, end), writing.kept_between(*copied[-1])
    told = f"{kept} transactions kept in {end - begin:.1f} s, {kept / (end - begin):.0f} a second"
    record_property("backup", f"{told}, {while_copied} of them while the database was copied")
    assert is_enough(writing, taken[-1], copied[-1]), told
    assert writing.wrongs(put_back(tmp_path / f"{number}", "restored"), begin, end) == []


def is_enough(writing, taken, copied):
    return writing.kept_between(*taken) >= AT_LEAST and writing.kept_between(*copied) >= WHILE_COPIED


def test_an_old_backup_and_a_comparison_with_stripe_give_the_access_that_is_true(
    house, people, cashier, document, put_back, tmp_path
):
    wang, li = people.signed_in(), people.signed_in("li@example.com")
    for reader, plan in ((wang, "document"), (wang, "month"), (li, "document"), (li, "pass")):
        session_id = cashier.buy(reader, plan, document.slug)
        reader.get(f"/checkout/return?session_id={session_id}")
    bought = [purchase.id for purchase in cashier.purchases()]
    writing = ConstantWriting(cashier.database, house.instance)
    with writing.going_on():
        while len(writing.kept) < AT_LEAST:
            time.sleep(0.01)
        begin = time.monotonic()
        take_backup(house, tmp_path / "old", None)
        end = time.monotonic()
    sandbox = cashier.sandbox
    sandbox.refund(sandbox.payment_of_purchase(bought[0]))
    sandbox.dispute(sandbox.payment_of_purchase(bought[3]), "lost")
    sandbox.advance(timedelta(days=40))  # the month is renewed
    session_id = cashier.buy(people.browser("li@example.com"), "year", document.slug)  # by a customer who is known
    reconcile_all(cashier.billing, from_the_beginning=True)

    restored = put_back(tmp_path / "old")
    assert writing.wrongs(restored, begin, end) == []
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
