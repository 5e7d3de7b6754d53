"""Devices that an account is known to be signed in to from: what they try is not what strangers try.

A browser keeps an entry for each account that was signed in to in it (OWASP: Slow Down Online Guessing Attacks with
Device Cookies). It names nobody, and says nothing any more once the password is another. It signs nobody in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest

from webapp.accounts.models import Reader
from webapp.accounts.passwords import DECOY_HASH
from webapp.kit import randomness

KNOWN_FOR = timedelta(days=400)  # the longest that browsers keep a cookie (RFC 6265bis)
MOST_ACCOUNTS = 5  # of one browser, which a family may share
_PURPOSE = b"known device"
# "6a2b3c4d-" and two stretches of hexadecimal digits: until when, which device, and the proof of both
_ENTRY = re.compile(r"([0-9a-f]{8,10})-([0-9a-f]{32})-([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class _Entry:
    until: int
    device: str
    proof: str

    def __str__(self) -> str:
        return f"{self.until:08x}-{self.device}-{self.proof}"


def known_device(cookie: str, reader: Reader | None, secrets: tuple[str, ...], now: datetime) -> str:
    """Return the name of this device where its cookie makes it one that the account knows, else an empty string.

    The same work whether there is such an account or not.
    """
    found = ""
    for entry in _entries(cookie):
        proofs = [_proof(entry.until, entry.device, reader, secret) for secret in secrets]
        fits = [compare_digest(entry.proof, proof) for proof in proofs]
        if any(fits) and reader is not None and entry.until > now.timestamp():
            found = found or entry.device
    return found


def with_known_device(cookie: str, reader: Reader, secrets: tuple[str, ...], now: datetime) -> str:
    """Return the cookie of a browser in which an account was just signed in to, signed with the first secret."""
    until, device = int((now + KNOWN_FOR).timestamp()), randomness.token(16)
    new = _Entry(until, device, _proof(until, device, reader, secrets[0]))
    others = [entry for entry in _entries(cookie) if not known_device(str(entry), reader, secrets, now)]
    return ".".join(map(str, [new, *others][:MOST_ACCOUNTS]))


def _entries(cookie: str) -> Iterator[_Entry]:
    for written in cookie.split(".", MOST_ACCOUNTS)[:MOST_ACCOUNTS]:
        found = _ENTRY.fullmatch(written)
        if found:
            yield _Entry(int(found[1], 16), found[2], found[3])


def _proof(until: int, device: str, reader: Reader | None, secret: str) -> str:
    """Return what only this installation can write, for this account as long as its password is what it is."""
    whose = f"{reader.id} {reader.password_hash}" if reader else f"0 {DECOY_HASH}"
    signed = b"\0".join([_PURPOSE, f"{until} {device} {whose}".encode()])
    return hmac_digest(secret.encode(), signed, sha256).hex()
