"""Where every random thing comes from, so that a test can seed all of it at once."""

import secrets
from collections.abc import Callable
from uuid import UUID


class _Chance:
    source: Callable[[int], bytes] = secrets.token_bytes


def random_bytes(count: int) -> bytes:
    """Return `count` unguessable bytes."""
    return _Chance.source(count)


def token(count: int = 32) -> str:
    """Return an unguessable token of `count` bytes in hexadecimal digits."""
    return random_bytes(count).hex()


def uuid() -> str:
    """Return a random UUID (RFC 9562, version 4) in its usual form."""
    return str(UUID(bytes=random_bytes(16), version=4))


def fraction() -> float:
    """Return a number from 0 to 1."""
    return random_bytes(1)[0] / 255


def set_random_source(source: Callable[[int], bytes] | None) -> None:
    """Have everything random come from `source` (bytes of the length asked for); None puts the system's back."""
    _Chance.source = source or secrets.token_bytes
