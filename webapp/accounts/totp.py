"""Codes of an authenticator app (RFC 6238): six digits, a new one every 30 seconds, SHA-1, which all apps know."""

import unicodedata
from base64 import b32encode
from datetime import datetime

from pyotp import HOTP, TOTP
from pyotp.utils import strings_equal

from webapp.kit import randomness

_SECRET_BYTES = 20  # as long as the hash (RFC 4226, section 4)
_STEP_SECONDS = 30
_DRIFT = (-1, 0, 1)  # steps by which a clock may be off (RFC 6238, section 5.2)
CODE_DIGITS = 6


def make_totp_secret() -> str:
    """Return a new secret in base 32."""
    return b32encode(randomness.random_bytes(_SECRET_BYTES)).decode()


def totp_address(secret: str, email: str, issuer: str) -> str:
    """Return the `otpauth:` address that an app reads from a QR code."""
    return TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def bare_code(typed: str) -> str:
    """Return a code without what people and keyboards put around and into it: `１２３ ４５６` is `123456`."""
    return "".join(unicodedata.normalize("NFKC", typed).replace("-", "").split()).lower()


def matching_step(secret: str, code: str, at: datetime, last_step: int) -> int | None:
    """Return the step that a code is of; None for a wrong one, and for one of `last_step` or before.

    A code that was right once is so never again, nor is any older one (RFC 6238, section 5.2).
    """
    present = int(at.timestamp()) // _STEP_SECONDS
    steps = [present + drift for drift in _DRIFT]
    matches = [step for step in steps if strings_equal(HOTP(secret).at(step), code)]
    return next((step for step in matches if step > last_step), None)
