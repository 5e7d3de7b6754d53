"""The end of an archive: the SHA-256 of all bytes before it, as the comment of an empty member of the gzip file.

An archive is thus still an ordinary .tar.gz, and not one bit of it can change unseen, not even those that gzip passes
over. Source: RFC 1952, section 2.3.
"""

import io
from hashlib import sha256
from typing import BinaryIO

from typing_extensions import Buffer, override

from webapp.operations.backup.damage import DamagedArchiveError

_BEFORE = b"\x1f\x8b\x08\x10\x00\x00\x00\x00\x00\xffsha256 "  # a member's header with a comment
_AFTER = b"\x00\x03\x00" + bytes(8)  # the end of the comment, no data, and their CRC and length
_LENGTH = len(_BEFORE) + 64 + len(_AFTER)
_BLOCK = 1024 * 1024


class ChecksumWriter(io.RawIOBase):
    """Passes on what is written; closing it writes the trailer and leaves the file open."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._digest = sha256()

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Buffer, /) -> int:
        self._digest.update(data)
        return self._out.write(data)

    @override
    def close(self) -> None:
        try:
            if not self.closed:
                self._out.write(_trailer(self._digest.hexdigest()))
        finally:
            super().close()


def verify_trailer(file: BinaryIO) -> None:
    """Read a file through and go back to its beginning; raise DamagedArchiveError where a bit of it is another."""
    left = file.seek(0, io.SEEK_END) - _LENGTH
    file.seek(0)
    digest = sha256()
    while left > 0:
        block = file.read(min(_BLOCK, left))
        digest.update(block)
        left -= len(block)
    if left < 0 or file.read() != _trailer(digest.hexdigest()):
        raise DamagedArchiveError
    file.seek(0)


def _trailer(digest: str) -> bytes:
    return _BEFORE + digest.encode() + _AFTER
