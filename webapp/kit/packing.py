"""Pages packed around a secret (gzip: RFC 1952; deflate: RFC 1951).

A secret that is compressed together with text that others choose can be guessed by how long the answer gets (BREACH,
breachattack.com). Here it stands in blocks of its own, which are stored as they are, and nothing refers to them: each
part between them is compressed by itself.
"""

import zlib
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class PackedPage:
    """What pages have in common that were packed around secrets of their own: their parts, as they are and packed."""

    parts: tuple[bytes, ...]
    packed: tuple[bytes, ...]

    def around(self, secret: bytes) -> bytes:
        """Return the page with another secret."""
        checksum = zlib.crc32(self.parts[0])
        for part in self.parts[1:]:
            checksum = zlib.crc32(part, zlib.crc32(secret, checksum))
        size = sum(map(len, self.parts)) + len(secret) * (len(self.parts) - 1)
        return _HEADER + _stored(secret).join(self.packed) + _trailer(checksum, size)


def unpack_page(packed: bytes, secret: bytes) -> PackedPage:
    """Return the parts of what `pack_around` made; raise ValueError where it did not."""
    parts = _split(decompress(packed), secret)
    deflated = _split(packed[len(_HEADER) : -_TRAILER_BYTES], _stored(secret) if secret else b"")
    page = PackedPage(tuple(parts), tuple(deflated))
    if page.around(secret) != packed:
        raise ValueError("this was packed in another way")
    return page


def _split(body: bytes, secret: bytes) -> list[bytes]:
    return body.split(secret) if secret else [body]


def _stored(data: bytes) -> bytes:
    """Return a block that holds up to 65,535 bytes as they are (RFC 1951, 3.2.4); it begins where a byte does."""
    size = len(data)
    return b"\0" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + data


def _trailer(checksum: int, size: int) -> bytes:
    return checksum.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
