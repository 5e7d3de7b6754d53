"""Pictures carried over to a bucket and back, and what the commands say of one that cannot be used."""

import os
from hashlib import sha256

import pytest
from click.testing import CliRunner

from tests.factories.bucket_server import delete_bucket
from tests.factories.images import picture
from webapp.documents.image_encoding import encode_image
from webapp.documents.image_store import ImageStore
from webapp.kit.file_store import FilesUnavailableError, FolderStore, file_store_at
from webapp.kit.instance_identity import introduce_instance
from webapp.operations import cli_backup, cli_storage
from webapp.operations.backup.restore import restore_backup
from webapp.operations.backup.take import take_backup
from webapp.operations.cli_storage import announce_bucket, check_command, copy_command
from webapp.operations.storage_copy import FileCopy, copy_pictures

COLOURS = ("red", "green", "blue")


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "house"
    store = ImageStore(FolderStore(made))
    for colour in COLOURS:
        store.keep(encode_image(picture(colour)))
    (made / "uploads" / "notes.txt").write_text("not ours")
    return made


def run(command, *arguments):
    done = CliRunner().invoke(command, [*map(str, arguments)])
    return done.exit_code, done.output


def pictures(store):
    return {file.name: sha256(store.read(file.name)).hexdigest() for file in ImageStore(store).files()}


def test_pictures_are_carried_over_and_back_and_not_twice(folder, bucket, tmp_path):
    before = pictures(FolderStore(folder))
    size = f"{sum(len(encode_image(picture(colour)).data) for colour in COLOURS):,}"
    assert run(copy_command, folder, bucket) == (
        0,
        f"copied\t3\t{size} bytes\nthere\t0\t0 bytes\ndamaged\t0\t0 bytes\n",
    )
    assert pictures(file_store_at(bucket)) == pictures(FolderStore(folder)) == before
    assert run(copy_command, folder, bucket)[1].startswith(f"copied\t0\t0 bytes\nthere\t3\t{size} bytes\n")
    assert run(copy_command, bucket, tmp_path / "back")[0] == 0
    assert pictures(FolderStore(tmp_path / "back")) == before


def test_one_that_was_interrupted_goes_on(folder, bucket):
    first = next(copy_pictures(FolderStore(folder), file_store_at(bucket)))
    done = [file.did for file in copy_pictures(FolderStore(folder), file_store_at(bucket))]
    assert first.did is FileCopy.COPIED
    assert sorted(done) == ["copied", "copied", "there"]


def test_a_file_that_is_not_what_its_name_says_is_told_and_left(folder, bucket):
    (path, *_) = sorted(folder.glob("uploads/*/*.png"))
    path.write_bytes(path.read_bytes()[:-1])
    code, said = run(copy_command, folder, bucket)
    assert code == 1
    assert f"{path.relative_to(folder)}\tdamaged\n" in said
    assert len(pictures(file_store_at(bucket))) == 2


def test_half_a_file_in_the_target_is_replaced(folder, bucket):
    name = next(iter(pictures(FolderStore(folder))))
    file_store_at(bucket).put(name, b"half")
    assert run(copy_command, folder, bucket)[0] == 0
    assert pictures(file_store_at(bucket)) == pictures(FolderStore(folder))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere", "s3://bucket"), "There is no folder"),
        (("s3://bu", "there"), "must be an address like s3://bucket/prefix"),
        (("http://bucket", "there"), "must be an address like s3://bucket/prefix"),
    ],
)
def test_a_mistyped_place_is_told(arguments, said):
    code, output = run(copy_command, *arguments)
    assert (code, said in output) == (2, True)


def test_a_check_says_whether_files_can_be_kept(settings, bucket, bucket_endpoint, monkeypatch):
    assert run(check_command, "--instance", settings.instance)[0] == 0
    assert not list(settings.instance.glob("uploads/*/*"))
    monkeypatch.setenv("PAIDSPAN_STORAGE_URL", bucket)
    assert run(check_command, "--instance", settings.instance) == (0, f"{bucket} can be used\n")
    assert list(file_store_at(bucket).files("uploads")) == []
    delete_bucket(bucket_endpoint, bucket.split("/")[2])
    code, said = run(check_command, "--instance", settings.instance)
    assert (code, said) == (1, f"paidspan: {bucket} cannot be used: 404 NoSuchBucket.\n")


def test_a_server_starts_without_its_bucket_and_says_so(with_bucket, bucket, bucket_endpoint, capfd):
    announce_bucket(with_bucket)
    assert capfd.readouterr().err == ""
    delete_bucket(bucket_endpoint, bucket.split("/")[2])
    announce_bucket(with_bucket)
    said = capfd.readouterr().err
    assert f"paidspan: {bucket} cannot be used: 404 NoSuchBucket." in said
    assert "Pages are served without pictures and long downloads until it can" in said


def test_a_server_without_a_bucket_asks_for_none(settings, monkeypatch):
    monkeypatch.setattr(cli_storage.subprocess, "run", lambda *_, **__: pytest.fail("it asked"))
    announce_bucket(settings.model_copy(update={"storage_url": ""}))


def test_who_restores_is_told_where_the_pictures_are(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("PAIDSPAN_STORAGE_URL", raising=False)
    cli_backup._warn_of_bucket(tmp_path)
    assert capsys.readouterr().err == ""
    (tmp_path / "settings.toml").write_text('storage_url = "s3://reports/library"\n')
    cli_backup._warn_of_bucket(tmp_path)
    assert f"paidspan storage copy {tmp_path} s3://reports/library" in capsys.readouterr().err


@pytest.fixture
def with_bucket(settings, bucket, monkeypatch):
    monkeypatch.setenv("PAIDSPAN_STORAGE_URL", bucket)  # for the shelf, and for commands
    return settings.model_copy(update={"storage_url": bucket})


@pytest.mark.sqlite("its file is backed up")
def test_a_backup_brings_the_pictures_of_a_bucket_and_fails_where_it_is_away(
    with_bucket, bucket, database, shelf, tmp_path, bucket_endpoint
):
    introduce_instance(database, with_bucket.base_url)
    (shelf.folder / "a.png").write_bytes(picture("red"))
    shelf.put("# Essay\n\n![dawn](a.png)\n", "essay.md")
    take_backup(with_bucket, tmp_path / "b", None)
    restore_backup(tmp_path / "b", tmp_path / "restored", None)
    assert pictures(FolderStore(tmp_path / "restored")) == pictures(file_store_at(bucket)) != {}
    for file in [*file_store_at(bucket).files("uploads")]:
        file_store_at(bucket).delete(file.name)
    delete_bucket(bucket_endpoint, bucket.split("/")[2])
    before = (tmp_path / "b").read_bytes()
    with pytest.raises(FilesUnavailableError):
        take_backup(with_bucket, tmp_path / "b", None)
    assert (tmp_path / "b").read_bytes() == before


def test_an_audit_asks_for_pictures_in_a_bucket(with_bucket, bucket, shelf, forker, tmp_path):
    """It forks, as the server does; who forks has asked nothing itself."""
    (shelf.folder / "a.png").write_bytes(picture("red"))
    shelf.put("# Essay\n\n![dawn](a.png)\n\nA ##paidbegin##paid word or two, and some more##paidend##.\n", "essay.md")
    audit = ["audit", "--instance", str(with_bucket.instance)]
    assert forker.run(audit, tmp_path, os.environ, "").returncode == 0
    for file in [*file_store_at(bucket).files("uploads")]:
        file_store_at(bucket).delete(file.name)
    done = forker.run(audit, tmp_path, os.environ, "")
    assert (done.returncode, "503 /media/" in done.stdout + done.stderr) == (1, True)
