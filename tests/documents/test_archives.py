"""Archives from strangers: nothing of them leaves its place, fills the disk or is followed."""

import io
import stat
import struct
import zipfile

import pytest

from webapp.documents import archives
from webapp.documents.archives import Archive, ArchiveError
from webapp.documents.sources import SourceError, Unreadable, find_sources
from webapp.manuscript import Severity

TEXT = b"# Words\n\nof a report.\n"


def packed(path, *members, **options):
    """Write an archive of names, or of members that say more of themselves, each with its bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def special(name, kind):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (kind | 0o644) << 16
    return info


def found(path, most=20_000_000):
    return list(find_sources([str(path)], most, io.BytesIO()))


def refused(path, most=20_000_000):
    """Return what is not read, by its name: a code, and whether that is an error."""
    return {
        each.shown.removeprefix(f"{path}/"): (each.error.code, each.severity is Severity.ERROR)
        for each in found(path, most)
        if isinstance(each, Unreadable)
    }


def read(path):
    return [each.key for each in found(path) if not isinstance(each, Unreadable)]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_each_kind_of_trap_is_refused_by_itself_with_a_sentence(tmp_path):
    traps = [
        ("../../climbs.md", TEXT),
        ("..\\..\\windows.md", TEXT),
        ("C:/drive.md", TEXT),
        (f"{'x' * 260}.md", TEXT),
        ("/".join(["folder"] * 200) + "/deep.md", TEXT),
        ("two\nlines.md", TEXT),
        (special("link.md", stat.S_IFLNK), b"/etc/passwd"),
        (special("device.md", stat.S_IFCHR), b""),
        (special("fifo.md", stat.S_IFIFO), b""),
        ("twice.md", TEXT),
        ("twice.md", b"# Others\n\nwords.\n"),
        ("inner.zip", b"PK\x05\x06" + b"\0" * 18),
        ("inner.tar.gz", b"\x1f\x8b"),
        ("/good.md", TEXT),
    ]
    path = packed(tmp_path / "all.zip", *traps)
    told = refused(path)
    assert {name[:12]: code for name, (code, _error) in told.items()} == {
        "../../climbs": "unsafe-name",
        "../../window": "unsafe-name",
        "C:/drive.md": "unsafe-name",
        "x" * 12: "unsafe-name",
        "folder/folde": "unsafe-name",
        "two\nlines.md": "unsafe-name",
        "link.md": "link-outside",
        "device.md": "unreadable",
        "fifo.md": "unreadable",
        "twice.md": "same-name",
        "inner.zip": "nested-archive",
        "inner.tar.gz": "nested-archive",
    }
    assert {name for name, (_code, error) in told.items() if not error} == {"inner.zip", "inner.tar.gz"}
    assert read(path) == ["good.md", "twice.md"]


def test_what_wants_a_password_says_so(tmp_path):
    path = packed(tmp_path / "all.zip", ("one.md", TEXT))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag in the directory
    path.write_bytes(data)
    assert refused(path) == {"one.md": ("unreadable", True)}


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    path = packed(tmp_path / "bomb.zip", *((f"{number}.md", b"0" * 1_000_000) for number in range(3)))
    monkeypatch.setattr(archives, "_BOMB_FROM", 2_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    (only,) = found(path)
    assert only.error.code == "archive-bomb"


def test_a_large_member_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = packed(tmp_path / "large.zip", ("large.md", b"0" * 5_000))
    (source,) = found(path, most=1_000)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    with pytest.raises(SourceError) as error:
        source.read()
    assert error.value.code == "too-large"


def test_a_member_that_lies_about_its_size_is_damaged(tmp_path):
    path = packed(tmp_path / "lies.zip", ("one.md", TEXT * 1000))
    data = bytearray(path.read_bytes())
    for sign, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.index(sign) + place, 10)
    path.write_bytes(data)
    (source,) = found(path)
    with pytest.raises(SourceError):
        source.read()


def test_too_many_members_are_not_even_listed(tmp_path, monkeypatch):
    path = packed(tmp_path / "many.zip", *((f"{number}.md", TEXT) for number in range(4)))
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    with pytest.raises(ArchiveError, match="more than 3 files"):
        Archive(path)
    monkeypatch.setattr(archives, "_MOST_DIRECTORY", 50)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(ArchiveError, match="more than 3 files"):
        Archive(path)


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all" * 10, b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_is_told_as_such(data, tmp_path):
    path = tmp_path / "none.zip"
    path.write_bytes(data)
    (only,) = found(path)
    assert only.error.code in {"unreadable", "archive-bomb"}
    assert str(only.error)


def test_chinese_folders_of_windows_and_mirrors_of_a_mac_are_read_as_they_are(tmp_path):
    """outline/outline#7672: names garbled, then too long; charmverse/app.charmverse.io#1411: mirrors of a Mac."""
    folder = "二〇二六年度冷链运输与仓储周转情况调查报告汇编" * 2
    names = [name.encode("gb18030") for name in (f"{folder}/报告.md", "__MACOSX/._报告.md")]
    path = packed(tmp_path / "all.zip", *((str(place) * len(name), TEXT) for place, name in enumerate(names)))
    data = path.read_bytes()
    for place, name in enumerate(names):  # as a packer writes them that says nothing of UTF-8
        data = data.replace(str(place).encode() * len(name), name)
    path.write_bytes(data)
    assert read(path) == [f"{folder}/报告.md"]
    assert refused(path) == {}
