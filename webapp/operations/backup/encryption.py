"""Archives under a passphrase: scrypt (RFC 7914) and AES-256-GCM in chunks, as in STREAM (Hoang and others, 2015).

A chunk's nonce is its number and whether it is the last, so that none can be moved, left out or cut off unseen; the key
is another for each archive, since its salt is.
"""

import io
from typing import BinaryIO

from typing_extensions import Buffer, override

from webapp.kit import randomness
from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _
from webapp.operations.backup.damage import DamagedArchiveError

ENCRYPTED = b"paidspan encrypted backup 1\n"
SCRYPT_COST = 17  # log2 of scrypt's N: 128 MB and half a second
_DEAREST = 20
_SALT, _TAG, _CHUNK = 16, 16, 256 * 1024


class WrongPassphraseError(InvalidInputError):
    """An archive does not open with this passphrase."""

    hint = _("Check --passphrase-file; if it is the right one, use another backup.")

    def __init__(self) -> None:
        super().__init__(_("The backup does not open: the passphrase is another one, or its beginning is damaged."))


class EncryptingWriter(io.RawIOBase):
    """Encrypts what is written and passes it on; closing it writes the last chunk and leaves the file open."""

    def __init__(self, out: BinaryIO, passphrase: bytes) -> None:
        self._out = out
        header = ENCRYPTED + bytes([SCRYPT_COST]) + randomness.random_bytes(_SALT)
        self._chunks = _Chunks(header, passphrase)
        self._buffer = bytearray()
        out.write(header)

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Buffer, /) -> int:
        view = memoryview(data)
        self._buffer += view
        while len(self._buffer) > _CHUNK:  # the last chunk, which may be a full one, is written at the end
            self._out.write(self._chunks.encrypt(bytes(self._buffer[:_CHUNK]), last=False))
            del self._buffer[:_CHUNK]
        return view.nbytes

    @override
    def close(self) -> None:
        try:
            if not self.closed:
                self._out.write(self._chunks.encrypt(bytes(self._buffer), last=True))
        finally:
            super().close()


class DecryptingReader(io.RawIOBase):
    """Reads what was encrypted; raise WrongPassphraseError, or DamagedArchiveError where a chunk is not as written."""

    def __init__(self, file: BinaryIO, passphrase: bytes) -> None:
        self._file = file
        header = file.read(len(ENCRYPTED) + 1 + _SALT)
        if len(header) < len(ENCRYPTED) + 1 + _SALT or header[len(ENCRYPTED)] > _DEAREST:
            raise DamagedArchiveError
        self._chunks = _Chunks(header, passphrase)
        self._ahead = file.read(_CHUNK + _TAG)
        self._open = memoryview(self._next())

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        if not self._open and self._ahead:
            self._open = memoryview(self._next())
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._open))
        target[:count] = self._open[:count]
        self._open = self._open[count:]
        return count

    def _next(self) -> bytes:
        present, self._ahead = self._ahead, self._file.read(_CHUNK + _TAG)
        return self._chunks.decrypt(present, last=not self._ahead)


class _Chunks:
    """The chunks of one archive, in their order."""

    def __init__(self, header: bytes, passphrase: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - few backups need cryptography
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415 - as above

        cost, salt = header[len(ENCRYPTED)], header[-_SALT:]
        self._header = header
        self._cipher = AESGCM(Scrypt(salt=salt, length=32, n=2**cost, r=8, p=1).derive(passphrase))
        self._number = 0

    def encrypt(self, data: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last=last), data, self._header)

    def decrypt(self, data: bytes, *, last: bool) -> bytes:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above

        is_first = self._number == 0
        try:
            return self._cipher.decrypt(self._nonce(last=last), data, self._header)
        except (InvalidTag, ValueError) as error:
            raise WrongPassphraseError if is_first else DamagedArchiveError from error

    def _nonce(self, *, last: bool) -> bytes:
        nonce = self._number.to_bytes(11, "big") + bytes([last])
        self._number += 1
        return nonce
