"""A backup is one moment of an installation, whole or not there; what is not whole is not put back."""

import errno
import io
import json
import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import closing
from datetime import timedelta
from gzip import GzipFile
from hashlib import sha256
from pathlib import Path

import pytest
from alembic import command

from tests.factories.images import picture
from tests.model.ledger import differences_of_grants
from tests.model.truth import read_truth
from webapp.billing.context import open_billing, open_sandbox
from webapp.billing.reconcile import reconcile_all
from webapp.kit import clock, migrate
from webapp.kit.database import Database
from webapp.kit.email_queue import Email, enqueue_email
from webapp.kit.errors import PaidspanError
from webapp.kit.heartbeat import Heartbeat
from webapp.kit.instance_identity import InstanceIdentity, introduce_instance
from webapp.operations import cli_backup
from webapp.operations.backup import encryption, restore, staging, take
from webapp.operations.backup.checksum_trailer import ChecksumWriter
from webapp.operations.backup.restore import restore_backup
from webapp.operations.backup.take import take_backup
from webapp.settings import load_settings

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.sqlite("a server is not backed up yet")
PASSPHRASE = b"a passphrase of some words"


@pytest.fixture(autouse=True)
def scrypt_costs_little(monkeypatch):
    monkeypatch.setattr(encryption, "SCRYPT_COST", 10)


@pytest.fixture
def house(instance, settings, database):
    """Return the settings of an installation that has something of each kind."""
    introduce_instance(database, settings.base_url)
    (instance / "secret.key").write_text("s" * 64)
    (instance / "settings.toml").write_text('site_name = "甲"\nwordmark = "标志.svg"\n')
    (instance / "标志.svg").write_text('<svg viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg"></svg>')
    (instance / "pages" / ".git").mkdir(parents=True)
    (instance / "pages" / ".git" / "HEAD").write_text("x")
    (instance / "pages" / "about.en.md").write_text("# Us\n")
    for left_out in ("exports/a.pdf", "tries.sqlite", "jobs.sqlite", "uploads/aa/unknown.png"):
        (instance / left_out).parent.mkdir(parents=True, exist_ok=True)
        (instance / left_out).write_text("x")
    return load_settings(instance=instance, secret_key=settings.secret_key)


@pytest.fixture
def archive(house, tmp_path):
    take_backup(house, tmp_path / "backup.tar.gz", None)
    return tmp_path / "backup.tar.gz"


@pytest.fixture
def sealed(house, tmp_path):
    take_backup(house, tmp_path / "backup.bin", PASSPHRASE)
    return tmp_path / "backup.bin"


def refused(file, tmp_path, passphrase=None):
    """Restore what must be refused; return the sentence, once nothing was left anywhere."""
    before = sorted(tmp_path.iterdir())
    with pytest.raises(PaidspanError) as refusal:
        restore_backup(file, tmp_path / "restored", passphrase)
    assert sorted(tmp_path.iterdir()) == before
    assert refusal.value.hint
    return str(refusal.value)


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(path, question):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def test_what_was_backed_up_comes_back_and_nothing_else(house, tmp_path):
    file = tmp_path / "backup.tar.gz"
    manifest = take_backup(house, file, None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as tar:
        names = tar.getnames()
    assert names[0] == "manifest.json", "any tar reads it"
    assert names[1:] == [entry.name for entry in manifest.files]
    restore_backup(file, tmp_path / "restored", None)
    back, live = files_of(tmp_path / "restored"), files_of(house.instance)
    assert set(back) == {
        *("paidspan.sqlite", "sandbox.sqlite", "secret.key", "settings.toml", "标志.svg", "pages/about.en.md"),
    }
    for name in ("secret.key", "settings.toml", "标志.svg", "pages/about.en.md"):
        assert back[name] == live[name]
    assert stat.S_IMODE((tmp_path / "restored").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "restored" / "secret.key").stat().st_mode) == 0o600


def test_the_pictures_that_the_database_names_are_in_it(house, database, tmp_path):
    data = picture()
    digest = sha256(data).hexdigest()
    kept = house.instance / "uploads" / digest[:2] / f"{digest}.png"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(data)
    with database.writing() as session:
        for hash_ in (digest, "0" * 64):  # of which the file is gone
            session.connection().exec_driver_sql(
                f"INSERT INTO images VALUES ('{hash_}', 'png', 60, 40, {len(data)}, '2026-01-01 00:00:00')"
            )
    take_backup(house, tmp_path / "b", PASSPHRASE)
    restore_backup(tmp_path / "b", tmp_path / "restored", PASSPHRASE)
    assert [path.read_bytes() for path in (tmp_path / "restored" / "uploads").rglob("*.png")] == [data]


def test_the_moment_of_a_backup_and_of_a_restore_is_noted(house, database, archive, tmp_path):
    with database.reading() as session:
        identity = session.get_one(InstanceIdentity, 1)
    assert clock.machine_now() - identity.backed_up_at < timedelta(minutes=1)
    restore_backup(archive, tmp_path / "restored", None)
    ((id_, restored_at, backed_up_at),) = rows(
        tmp_path / "restored" / "paidspan.sqlite", "SELECT instance_id, restored_at, backed_up_at FROM instance"
    )
    assert id_ == identity.instance_id
    assert restored_at
    assert backed_up_at is None, "of this one there is no backup"


def test_a_backup_under_constant_writing_is_one_moment(house, database, tmp_path):
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

            database.write(rule)
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    moments = []
    try:
        for number in range(5):
            time.sleep(0.3)
            take_backup(house, tmp_path / f"{number}", None)
            moments.append(written)
    finally:
        stop.set()
        writer.join()
    assert written > 100
    for number, until in enumerate(moments):
        place = tmp_path / f"restored-{number}"
        restore_backup(tmp_path / f"{number}", place, None)
        mails = [int(key) for (key,) in rows(place / "paidspan.sqlite", "SELECT key FROM mails ORDER BY id")]
        beats = {int(name) for (name,) in rows(place / "paidspan.sqlite", "SELECT name FROM heartbeats")}
        assert mails == list(range(len(mails))), "no hole"
        assert set(mails) == beats, "what one transaction wrote in two tables is there in both"
        assert (moments[number - 1] if number else 0) <= len(mails) <= until


def test_an_old_backup_and_a_comparison_with_stripe_give_the_access_that_is_true(
    house, people, cashier, document, database, tmp_path
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

    restore_backup(tmp_path / "old", tmp_path / "restored", None)
    place = tmp_path / "restored"
    for path in house.instance.glob("sandbox.sqlite*"):  # Stripe does not go back in time
        shutil.copy(path, place / path.name)
    settings = load_settings(instance=place, secret_key=house.secret_key)
    restored = Database(settings.database)
    reconcile_all(open_billing(settings, restored, open_sandbox(settings)), from_the_beginning=True)
    restored.close()

    now = int(clock.now().timestamp())
    with (
        closing(sqlite3.connect(place / "paidspan.sqlite")) as ours,
        closing(sqlite3.connect(house.instance / "sandbox.sqlite")) as theirs,
    ):
        assert differences_of_grants(read_truth(ours, theirs, now), ours) == []
    held = "SELECT reader_id, document_id, source, source_id, ends_at, revoked FROM grants ORDER BY 4"
    live = rows(house.instance / "paidspan.sqlite", held)
    assert rows(place / "paidspan.sqlite", held) == live
    assert len(live) == 5


def test_a_file_that_breaks_off_is_refused(archive, sealed, tmp_path):
    for whole, passphrase in ((archive, None), (sealed, PASSPHRASE)):
        data = whole.read_bytes()
        for length in {*range(0, len(data), len(data) // 60), *range(len(data) - 40, len(data)), 1, 2, 28, 29, 44}:
            (tmp_path / "part").write_bytes(data[:length])
            assert "backup" in refused(tmp_path / "part", tmp_path, passphrase), length


def test_a_file_with_a_flipped_bit_anywhere_is_refused(archive, sealed, tmp_path):
    for whole, passphrase in ((archive, None), (sealed, PASSPHRASE)):
        data = whole.read_bytes()
        places = {*range(80), *range(0, len(data), len(data) // 150), *range(len(data) - 120, len(data))}
        for place in places - {len(encryption.ENCRYPTED)}:  # which asks scrypt for much memory; see below
            changed = bytearray(data)
            changed[place] ^= 1 << place % 8
            (tmp_path / "flipped").write_bytes(changed)
            assert "backup" in refused(tmp_path / "flipped", tmp_path, passphrase), place


@pytest.mark.parametrize("cost", [0, 9, 11, 21, 255])
def test_another_cost_of_the_passphrase_is_refused_and_a_dear_one_unasked(sealed, tmp_path, cost):
    data = bytearray(sealed.read_bytes())
    data[len(encryption.ENCRYPTED)] = cost
    sealed.write_bytes(data)
    assert "backup" in refused(sealed, tmp_path, PASSPHRASE)


def test_chunks_cannot_be_moved_left_out_or_added(house, tmp_path, monkeypatch):
    monkeypatch.setattr(encryption, "_CHUNK", 1000)
    take_backup(house, tmp_path / "many", PASSPHRASE)
    data = (tmp_path / "many").read_bytes()
    head = len(encryption.ENCRYPTED) + 17
    chunks = [data[begin : begin + 1016] for begin in range(head, len(data), 1016)]
    assert len(chunks) > 5
    for others in (
        chunks[:-1],
        chunks[1:],
        [chunks[1], chunks[0], *chunks[2:]],
        [*chunks[:3], *chunks[4:]],
        [*chunks, chunks[-1]],
        [*chunks, chunks[0]],
    ):
        (tmp_path / "other").write_bytes(data[:head] + b"".join(others))
        assert "backup" in refused(tmp_path / "other", tmp_path, PASSPHRASE)


def test_a_wrong_passphrase_and_a_missing_one_are_told(sealed, tmp_path):
    assert "passphrase is another one" in refused(sealed, tmp_path, b"another")
    assert "is encrypted" in refused(sealed, tmp_path)
    assert b"SQLite" not in sealed.read_bytes()


@pytest.mark.parametrize("content", [b"", b"x", b"no backup at all" * 100, b"\x1f\x8b" * 100])
def test_what_is_no_backup_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert "backup" in refused(tmp_path / "file", tmp_path)


def forged(path, members, **changes):
    """Write an archive whose checksums are right; `members` are pairs of a TarInfo, or a name, and bytes."""
    about = {"format": 1, "paidspan": "0.1.0", "instance": "", "made_at": "2026-01-01T00:00:00Z"}
    about["schema_step"] = migrate._newest_step()
    named = [(one if isinstance(one, tarfile.TarInfo) else tarfile.TarInfo(one), data) for one, data in members]
    listed = [{"name": info.name, "size": len(data), "sha256": sha256(data).hexdigest()} for info, data in named]
    manifest = json.dumps(about | {"files": listed} | changes).encode()
    with (
        path.open("wb") as file,
        ChecksumWriter(file) as out,
        GzipFile("", "wb", 1, out) as packed,
        tarfile.open(mode="w|", fileobj=packed) as tar,
    ):
        for info, data in [(tarfile.TarInfo("manifest.json"), manifest), *named]:
            if info.isreg():
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "newer paidspan"),
        ({"paidspan": "99.0"}, r"newer paidspan \(99.0\)"),
        ({"schema_step": "9999"}, "newer paidspan"),
        ({"files": "none"}, "no backup"),
        ({"files": []}, "no backup"),
        ({"paidspan": None}, "no backup"),
    ],
)
def test_what_is_newer_or_of_something_else_is_refused(archive, tmp_path, changes, said):
    with tarfile.open(archive) as tar:
        data = tar.extractfile("paidspan.sqlite").read()
    with pytest.raises(PaidspanError, match=said):
        restore_backup(forged(tmp_path / "forged", [("paidspan.sqlite", data)], **changes), tmp_path / "restored", None)
    assert not (tmp_path / "restored").exists()


def link(name, kind, target):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "member",
    [
        "../outside",
        "/tmp/outside",
        "pages/../../outside",
        "a//b",
        ".",
        link("pages", tarfile.SYMTYPE, "/tmp"),
        link("secret.key", tarfile.LNKTYPE, "paidspan.sqlite"),
        link("fifo", tarfile.FIFOTYPE, ""),
        link("folder", tarfile.DIRTYPE, ""),
    ],
)
def test_no_name_and_no_link_leads_out_of_the_folder(archive, tmp_path, member):
    with tarfile.open(archive) as tar:
        data = tar.extractfile("paidspan.sqlite").read()
    forged(tmp_path / "forged", [("paidspan.sqlite", data), (member, b"")])
    assert "backup" in refused(tmp_path / "forged", tmp_path)


@pytest.mark.parametrize("wrong", ["twice", "unlisted", "missing", "larger"])
def test_what_is_not_as_the_manifest_says_is_refused(archive, tmp_path, wrong):
    with tarfile.open(archive) as tar:
        data = tar.extractfile("paidspan.sqlite").read()
    database = {"name": "paidspan.sqlite", "size": len(data), "sha256": sha256(data).hexdigest()}
    other = {"name": "secret.key", "size": 1, "sha256": sha256(b"x").hexdigest()}
    members = [("paidspan.sqlite", data)]
    listed = [database]
    match wrong:
        case "twice":
            members *= 2
        case "unlisted":
            members.append(("secret.key", b"x"))
        case "missing":
            listed.append(other)
        case "larger":
            members.append(("secret.key", b"x" * 10_000))
            listed.append(other)
    forged(tmp_path / "forged", members, files=listed)
    assert "damaged" in refused(tmp_path / "forged", tmp_path)


def test_more_than_the_disk_holds_is_refused_before_it_is_unpacked(archive, tmp_path):
    huge = {"name": "paidspan.sqlite", "size": 10**18, "sha256": "0" * 64}
    assert "are free here" in refused(forged(tmp_path / "huge", [], files=[huge]), tmp_path)


def test_a_database_that_does_not_hold_together_is_refused(archive, tmp_path):
    with tarfile.open(archive) as tar:
        (tmp_path / "database").write_bytes(tar.extractfile("paidspan.sqlite").read())
    with closing(sqlite3.connect(tmp_path / "database", isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO grants (reader_id, source, source_id, starts_at, note) "
            "VALUES (77, 'complimentary', 'x', '2026-01-01 00:00:00', '')"
        )
    loose = (tmp_path / "database").read_bytes()
    torn = bytearray(loose)
    torn[4096 * 3 : 4096 * 9] = bytes(4096 * 6)
    for data in (loose, bytes(torn), b"no database", b""):
        forged(tmp_path / "forged", [("paidspan.sqlite", data)])
        assert "backup" in refused(tmp_path / "forged", tmp_path)


def test_a_backup_of_an_earlier_version_is_made_as_it_is_and_brought_up_to_date_when_restored(tmp_path):
    (tmp_path / "old").mkdir()
    old = load_settings(instance=tmp_path / "old")
    database = Database(old.database)
    with database.write_engine.connect() as connection:
        config = migrate.configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "0020")
        connection.commit()
    manifest = take_backup(old, tmp_path / "b", None)
    assert (manifest.schema_step, manifest.instance) == ("0020", "")
    assert rows(tmp_path / "old" / "paidspan.sqlite", "SELECT version_num FROM alembic_version") == [("0020",)]
    database.close()
    restore_backup(tmp_path / "b", tmp_path / "restored", None)
    restored = Database(f"sqlite:///{tmp_path / 'restored' / 'paidspan.sqlite'}")
    assert migrate.is_current(restored)
    with restored.reading() as session:
        assert session.get_one(InstanceIdentity, 1).restored_at
    restored.close()


def test_a_manifest_that_says_another_migration_than_the_database_is_refused(archive, tmp_path):
    with tarfile.open(archive) as tar:
        data = tar.extractfile("paidspan.sqlite").read()
    forged(tmp_path / "forged", [("paidspan.sqlite", data)], schema_step="0020")
    assert "no backup" in refused(tmp_path / "forged", tmp_path)


@pytest.mark.parametrize("said", ['database_url = "sqlite:////tmp/other.sqlite"\n', "", "nonsense"])
def test_settings_that_lead_past_what_was_restored_are_told(tmp_path, capsys, said):
    (tmp_path / "settings.toml").write_text(said)
    cli_backup._warn_of_other_database(tmp_path)
    assert ("PAIDSPAN_DATABASE_URL names another database" in capsys.readouterr().err) is said.startswith("database")


def test_an_installation_is_not_overwritten(archive, house, tmp_path):
    before = files_of(house.instance)
    with pytest.raises(PaidspanError, match="There is an installation") as refusal:
        restore_backup(archive, house.instance, None)
    assert "move the folder away" in refusal.value.hint
    assert files_of(house.instance) == before
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "letter").write_text("x")
    with pytest.raises(PaidspanError, match="There is something"):
        restore_backup(archive, tmp_path / "used", None)
    (tmp_path / "empty").mkdir()
    restore_backup(archive, tmp_path / "empty", None)
    assert (tmp_path / "empty" / "paidspan.sqlite").exists()


def test_a_place_that_cannot_be_replaced_is_told(archive, tmp_path, monkeypatch):
    def busy(_path, _target):
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(restore.Path, "replace", busy)
    assert "cannot be put in place" in refused(archive, tmp_path)


def test_a_database_on_a_server_is_not_backed_up_yet(house, tmp_path):
    elsewhere = house.model_copy(update={"database_url": "postgresql://localhost/paidspan"})
    with pytest.raises(PaidspanError, match="yet"):
        take_backup(elsewhere, tmp_path / "b", None)
    assert not (tmp_path / "b").exists()


def test_a_backup_that_fails_leaves_the_one_before(archive, house, tmp_path, monkeypatch):
    before = archive.read_bytes()

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(take, "write_archive", full)
    with pytest.raises(OSError, match="No space"):
        take_backup(house, archive, None)
    assert archive.read_bytes() == before
    assert not [*tmp_path.glob(".*"), *house.instance.glob(".*")]


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_disk_that_fills_up_meanwhile_is_told_and_nothing_is_left(archive, house, tmp_path, passphrase):
    before = archive.read_bytes()
    child = os.fork()  # whose files may be small only
    if child == 0:
        ended = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            for name in "abc":  # each of which is small enough; all of them together are not
                (house.instance / "pages" / name).write_bytes(os.urandom(500_000))
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
            take_backup(house, archive, passphrase)
        except OSError as error:
            ended = 0 if error.errno == errno.EFBIG else 2
        finally:
            os._exit(ended)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert archive.read_bytes() == before
    assert not [*tmp_path.glob(".*"), *house.instance.glob(".*")]


def test_beside_an_encrypted_backup_lies_nothing_that_can_be_read(house, tmp_path, monkeypatch):
    seen = []

    def look(path, *arguments):
        write_archive(path, *arguments)
        seen.extend(one.read_bytes() for one in tmp_path.glob("out/**/*") if one.is_file())

    write_archive = take.write_archive
    monkeypatch.setattr(take, "write_archive", look)
    (tmp_path / "out").mkdir()
    take_backup(house, tmp_path / "out" / "b", PASSPHRASE)
    assert [data.startswith(encryption.ENCRYPTED) for data in seen] == [True]


@pytest.mark.parametrize(("place", "said"), [("missing/b", "no folder"), ("instance", "is a folder")])
def test_a_place_that_will_not_do_is_told(house, tmp_path, place, said):
    with pytest.raises(PaidspanError, match=said) as refusal:
        take_backup(house, tmp_path / place, None)
    assert refusal.value.hint
    assert not (tmp_path / "missing").exists()


def test_a_file_system_that_locks_and_syncs_no_folders_will_do(house, tmp_path, monkeypatch):
    def cannot(handle, *_arguments):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(staging.fcntl, "flock", cannot)
    monkeypatch.setattr(staging.os, "fsync", cannot)
    take_backup(house, tmp_path / "b", None)
    restore_backup(tmp_path / "b", tmp_path / "restored", None)


def test_what_another_is_writing_is_left_alone(archive, tmp_path):
    with staging.staging_folder(tmp_path / "restored") as mine:
        restore_backup(archive, tmp_path / "restored", None)
        assert mine.exists()
    assert not list(tmp_path.glob(".*"))


def test_a_damaged_database_is_told(tmp_path):
    damaged = load_settings(instance=tmp_path)
    (tmp_path / "paidspan.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(PaidspanError, match="cannot be backed up"):
        take_backup(damaged, tmp_path / "b", None)
    assert [path.name for path in tmp_path.iterdir()] == ["paidspan.sqlite"]


def test_a_kill_leaves_nothing_half_done(archive, house, tmp_path):
    """Both are killed at moment after moment, in processes of their own (killed_backups.py)."""
    command = [sys.executable, "-m", "tests.operations.killed_backups", str(house.instance), str(tmp_path / "kills")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["wrong"] == []
    assert min(report["kills"].values()) > 20
