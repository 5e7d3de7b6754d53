"""Secrets that are kept and must be read again: sealed with a key that is derived from the installation's.

While the installation's key is changed, what was sealed with the former one opens, too.
"""

from base64 import urlsafe_b64encode
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet, MultiFernet


class SecretBox:
    """Seals texts for one purpose; what was sealed for another, or by another installation, does not open."""

    def __init__(self, secret_keys: tuple[str, ...], purpose: str) -> None:
        self._secret_keys = secret_keys
        self._purpose = purpose

    def seal(self, text: str) -> str:
        """Return a text that only this box opens."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str, valid_for: timedelta | None = None) -> str | None:
        """Return what was sealed; None where it was not sealed here, was changed, or is older than `valid_for`."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - only who has a second factor needs cryptography

        try:
            return self._fernet.decrypt(sealed, int(valid_for.total_seconds()) if valid_for else None).decode()
        except (InvalidToken, ValueError):
            return None

    def is_outdated(self, sealed: str) -> bool:
        """Return whether something was not sealed with the present key, be it with the former one or with none."""
        return SecretBox(self._secret_keys[:1], self._purpose).open(sealed) is None

    @cached_property
    def _fernet(self) -> "MultiFernet":
        """What seals with the first key and opens with each."""
        from cryptography.fernet import MultiFernet  # noqa: PLC0415 - as above

        return MultiFernet([self._fernet_of(key) for key in self._secret_keys])

    def _fernet_of(self, secret_key: str) -> "Fernet":
        from cryptography.fernet import Fernet  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - as above

        info = f"paidspan {self._purpose}".encode()
        derived = HKDF(SHA256(), length=32, salt=None, info=info).derive(secret_key.encode())
        return Fernet(urlsafe_b64encode(derived))
