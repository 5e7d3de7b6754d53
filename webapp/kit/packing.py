"""Pages packed around a secret (gzip: RFC 1952; deflate: RFC 1951).

A secret that is compressed together with text that others choose can be guessed by how long the answer gets (BREACH,
breachattack.com). Here it stands in blocks of its own, which are stored as they are, and nothing refers to them: each
part between them is compressed by itself.
"""

import zlib
from array import array
from dataclasses import dataclass
from functools import cached_property
from gzip import decompress

from flask import Response, request

_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # deflate, no name, no time, from an unknown system
_TRAILER_BYTES = 8
WORTH_PACKING = 1000  # bytes


def pack_around(body: bytes, secret: bytes) -> bytes:
    """Return a body as gzip that tells by its length how often a secret stands in it, and nothing else of it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    parts = [packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH) for part in _split(body, secret)]
    return _HEADER + _stored(secret).join(parts) + packer.flush() + _trailer(zlib.crc32(body), len(body))


def pack_response(response: Response, secret: str) -> Response:
    """Pack an answer around a secret where who asks takes that, unless the request has words that it may show."""
    body = response.get_data()
    if len(body) >= WORTH_PACKING and not request.args and request.accept_encodings["gzip"] > 0:
        response.set_data(pack_around(body, secret.encode()))
        response.content_encoding = "gzip"
    return response


@dataclass(frozen=True)
class PackedPage:
    """What pages have in common that were packed around secrets of their own.

    `parts` are packed; `sizes` and `checksums` (CRC-32) are those of each as it was before.
    """

    parts: tuple[bytes, ...]
    sizes: tuple[int, ...]
    checksums: tuple[int, ...]

    def around(self, secret: bytes) -> bytes:
        """Return the page with another secret."""
        checksum = self.checksums[0]
        for own, turns in zip(self.checksums[1:], self._turns, strict=True):
            checksum = own ^ _turned(zlib.crc32(secret, checksum), turns)
        size = sum(self.sizes) + len(secret) * (len(self.sizes) - 1)
        return _HEADER + _stored(secret).join(self.parts) + _trailer(checksum, size)

    @cached_property
    def _turns(self) -> "list[array[int]]":
        """What each bit of the checksum of all before a part becomes by so many bytes: a checksum is linear in them."""
        return [_turns_of(size) for size in self.sizes[1:]]


def unpack_page(packed: bytes, secret: bytes) -> tuple[PackedPage, list[bytes]]:
    """Return what `pack_around` made, and its parts as they were before; raise ValueError where it did not."""
    plain = _split(decompress(packed), secret)
    parts = _split(packed[len(_HEADER) : -_TRAILER_BYTES], _stored(secret) if secret else b"")
    if not packed.startswith(_HEADER) or len(parts) != len(plain):
        raise ValueError("this was packed in another way")
    return PackedPage(tuple(parts), tuple(map(len, plain)), tuple(map(zlib.crc32, plain))), plain


def _turns_of(size: int) -> "array[int]":
    zeros = bytes(size)
    none = zlib.crc32(zeros)
    return array("L", (zlib.crc32(zeros, 1 << bit) ^ none for bit in range(32)))


def _turned(checksum: int, turns: "array[int]") -> int:
    turned = 0
    for bit, turn in enumerate(turns):
        if checksum >> bit & 1:
            turned ^= turn
    return turned


def _split(body: bytes, secret: bytes) -> list[bytes]:
    return body.split(secret) if secret else [body]


def _stored(data: bytes) -> bytes:
    """Return a block that holds up to 65,535 bytes as they are (RFC 1951, 3.2.4); it begins where a byte does."""
    size = len(data)
    return b"\0" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + data


def _trailer(checksum: int, size: int) -> bytes:
    return checksum.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
