"""Where a backup may lie and where an installation may be put; what fails or is killed leaves nothing behind."""

import errno
import json
import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories.postgres_database import new_postgres_database, on_postgres
from tests.operations.backup.restored import PASSPHRASE, files_of
from webapp.kit import staging
from webapp.kit.errors import PaidspanError
from webapp.kit.file_store import UPLOADS, KeptFile
from webapp.operations.backup import encryption, restore, take
from webapp.operations.backup.restore import restore_backup
from webapp.operations.backup.take import take_backup
from webapp.settings import load_settings

ROOT = Path(__file__).parents[3]


def test_an_installation_is_not_overwritten(archive, house, put_back, tmp_path):
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
    put_back(archive, "empty")
    assert (tmp_path / "empty" / "secret.key").exists()


def test_a_place_that_cannot_be_replaced_is_told(archive, tmp_path, monkeypatch, refused):
    def busy(_path, _target):
        raise OSError(16, "Device or resource busy")

    if on_postgres():
        monkeypatch.setenv("PAIDSPAN_DATABASE_URL", new_postgres_database())
    monkeypatch.setattr(restore.Path, "replace", busy)
    assert "cannot be put in place" in refused(archive)


def test_a_backup_that_fails_leaves_the_one_before(archive, house, tmp_path, monkeypatch):
    before = archive.read_bytes()

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(take, "write_archive", full)
    with pytest.raises(OSError, match="No space"):
        take_backup(house, archive, None)
    assert archive.read_bytes() == before
    assert not [*tmp_path.glob(".*"), *house.instance.glob(".*")]


@pytest.mark.sqlite("the size of a dump is known once it is there")
def test_a_disk_without_room_for_the_copy_of_the_database_is_told_before(archive, house, tmp_path, monkeypatch):
    before, size = archive.read_bytes(), (house.instance / "paidspan.sqlite").stat().st_size
    monkeypatch.setattr(take, "free_bytes", lambda _folder: take.LEAST_FREE + size - 1)
    monkeypatch.setattr(take, "copy_installation", pytest.fail)
    with pytest.raises(PaidspanError, match=r"A backup takes . MB in the instance folder") as refusal:
        take_backup(house, archive, None)
    assert "Make room" in refusal.value.hint
    assert archive.read_bytes() == before
    assert not [*tmp_path.glob(".*"), *house.instance.glob(".*")]


def test_a_disk_without_room_for_the_pictures_of_a_bucket_is_told_before(tmp_path, monkeypatch):
    class Bucket:
        def files(self, folder):
            assert folder == UPLOADS
            return [KeptFile("uploads/a/a.png", 9_000_000, 0), KeptFile("uploads/b/b.png", 5, 0)]

        def read(self, name):
            return name.encode()

    monkeypatch.setattr(take, "free_bytes", lambda _folder: take.LEAST_FREE + 8_000_000)
    with pytest.raises(PaidspanError, match=r"A backup takes 9 MB in the instance folder .* and 8 MB can be spared"):
        [*take._copied_pictures(Bucket(), ["uploads/a/a.png"], tmp_path)]
    assert [*tmp_path.iterdir()] == []
    ((name, copy),) = take._copied_pictures(Bucket(), ["uploads/b/b.png"], tmp_path)
    assert copy.read_text() == name


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


def test_a_file_system_that_locks_and_syncs_no_folders_will_do(house, put_back, tmp_path, monkeypatch):
    def cannot(handle, *_arguments):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(staging.fcntl, "flock", cannot)
    monkeypatch.setattr(staging.os, "fsync", cannot)
    take_backup(house, tmp_path / "b", None)
    put_back(tmp_path / "b")


def test_what_another_is_writing_is_left_alone(archive, put_back, tmp_path):
    with staging.staging_folder(tmp_path / "restored") as mine:
        put_back(archive)
        assert mine.exists()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.sqlite("it is a file's")
def test_a_damaged_database_is_told(tmp_path):
    damaged = load_settings(instance=tmp_path)
    (tmp_path / "paidspan.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(PaidspanError, match="cannot be backed up"):
        take_backup(damaged, tmp_path / "b", None)
    assert [path.name for path in tmp_path.iterdir()] == ["paidspan.sqlite"]


def test_a_kill_leaves_nothing_half_done(archive, house, tmp_path):
    """Both are killed at moment after moment, in processes of their own (killed_backups.py)."""
    server = [new_postgres_database()] if on_postgres() else []
    places = [str(house.instance), str(tmp_path / "kills")]
    command = [sys.executable, "-m", "tests.operations.backup.killed_backups", *places, *server]
    fewer = {"MOST_KILLS": "15"} if server else {}  # each of which takes a second there
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **fewer})
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["wrong"] == []
    assert min(report["kills"].values()) > 20
