"""A file that is not as it was written is refused, and nothing is touched."""

import pytest

from tests.operations.backup.restored import PASSPHRASE
from webapp.operations.backup import encryption
from webapp.operations.backup.take import take_backup


def test_a_file_that_breaks_off_is_refused(archive, sealed, refused, tmp_path):
    for whole, passphrase in ((archive, None), (sealed, PASSPHRASE)):
        data = whole.read_bytes()
        for length in {*range(0, len(data), len(data) // 60), *range(len(data) - 40, len(data)), 1, 2, 28, 29, 44}:
            (tmp_path / "part").write_bytes(data[:length])
            assert "backup" in refused(tmp_path / "part", passphrase), length


def test_a_file_with_a_flipped_bit_anywhere_is_refused(archive, sealed, refused, tmp_path):
    for whole, passphrase in ((archive, None), (sealed, PASSPHRASE)):
        data = whole.read_bytes()
        places = {*range(80), *range(0, len(data), len(data) // 150), *range(len(data) - 120, len(data))}
        for place in places - {len(encryption.ENCRYPTED)}:  # which asks scrypt for much memory; see below
            changed = bytearray(data)
            changed[place] ^= 1 << place % 8
            (tmp_path / "flipped").write_bytes(changed)
            assert "backup" in refused(tmp_path / "flipped", passphrase), place


@pytest.mark.parametrize("cost", [0, 9, 11, 21, 255])
def test_another_cost_of_the_passphrase_is_refused_and_a_dear_one_unasked(sealed, tmp_path, cost, refused):
    data = bytearray(sealed.read_bytes())
    data[len(encryption.ENCRYPTED)] = cost
    sealed.write_bytes(data)
    assert "backup" in refused(sealed, PASSPHRASE)


def test_chunks_cannot_be_moved_left_out_or_added(house, tmp_path, monkeypatch, refused):
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
        assert "backup" in refused(tmp_path / "other", PASSPHRASE)


def test_a_wrong_passphrase_and_a_missing_one_are_told(sealed, tmp_path, refused):
    assert "passphrase is another one" in refused(sealed, b"another")
    assert "is encrypted" in refused(sealed)
    assert b"SQLite" not in sealed.read_bytes()


@pytest.mark.parametrize("content", [b"", b"x", b"no backup at all" * 100, b"\x1f\x8b" * 100])
def test_what_is_no_backup_is_refused(tmp_path, content, refused):
    (tmp_path / "file").write_bytes(content)
    assert "backup" in refused(tmp_path / "file")
