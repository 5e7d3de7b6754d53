"""What is whole, but newer, or of something else, is refused, and nothing is touched."""

import sqlite3
import tarfile
from contextlib import closing
from hashlib import sha256

import pytest

from tests.operations.backup.forged import forged, link
from webapp.kit.errors import PaidspanError
from webapp.operations.backup.restore import restore_backup

pytestmark = pytest.mark.sqlite("tests/postgresql/test_backup.py has those of dumps")


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
def test_what_is_newer_or_of_something_else_is_refused(archive, changes, said, refused, tmp_path):
    with tarfile.open(archive) as tar:
        data = tar.extractfile("paidspan.sqlite").read()
    with pytest.raises(PaidspanError, match=said):
        restore_backup(forged(tmp_path / "forged", [("paidspan.sqlite", data)], **changes), tmp_path / "restored", None)
    assert not (tmp_path / "restored").exists()


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
def test_no_name_and_no_link_leads_out_of_the_folder(archive, tmp_path, member, refused):
    with tarfile.open(archive) as tar:
        data = tar.extractfile("paidspan.sqlite").read()
    forged(tmp_path / "forged", [("paidspan.sqlite", data), (member, b"")])
    assert "backup" in refused(tmp_path / "forged")


@pytest.mark.parametrize("wrong", ["twice", "unlisted", "missing", "larger"])
def test_what_is_not_as_the_manifest_says_is_refused(archive, wrong, refused, tmp_path):
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
    assert "damaged" in refused(tmp_path / "forged")


def test_more_than_the_disk_holds_is_refused_before_it_is_unpacked(archive, tmp_path, refused):
    huge = {"name": "paidspan.sqlite", "size": 10**18, "sha256": "0" * 64}
    assert "are free here" in refused(forged(tmp_path / "huge", [], files=[huge]))


def test_a_database_that_does_not_hold_together_is_refused(archive, refused, tmp_path):
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
        assert "backup" in refused(tmp_path / "forged")


def test_a_manifest_that_says_another_migration_than_the_database_is_refused(archive, refused, tmp_path):
    with tarfile.open(archive) as tar:
        data = tar.extractfile("paidspan.sqlite").read()
    forged(tmp_path / "forged", [("paidspan.sqlite", data)], schema_step="0020")
    assert "no backup" in refused(tmp_path / "forged")
