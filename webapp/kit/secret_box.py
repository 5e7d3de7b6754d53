"""Secrets that are kept and must be read again: sealed with a key that is derived from the installation's."""

from base64 import urlsafe_b64encode
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class SecretBox:
    """Seals texts for one purpose; what was sealed for another, or by another installation, does not open."""

    def __init__(self, secret_key: str, purpose: str) -> None:
        derived = HKDF(SHA256(), length=32, salt=None, info=f"paidspan {purpose}".encode()).derive(secret_key.encode())
        self._fernet = Fernet(urlsafe_b64encode(derived))

    def seal(self, text: str) -> str:
        """Return a text that only this box opens."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str, valid_for: timedelta | None = None) -> str | None:
        """Return what was sealed; None where it was not sealed here, was changed, or is older than `valid_for`."""
        try:
            return self._fernet.decrypt(sealed, int(valid_for.total_seconds()) if valid_for else None).decode()
        except (InvalidToken, ValueError):
            return None
