"""The folder of one installation and its secret."""

import hmac
import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from webapp.kit import randomness
from webapp.kit.translatable import _
from webapp.settings import MIN_SECRET, Settings, SettingsError


def secret_keys(settings: Settings) -> tuple[str, ...]:
    """Return the key that signs and seals, then the former one where it still holds."""
    present = settings.secret_key or secret_key(settings.instance)
    return (present, settings.old_secret_key) if settings.old_secret_key not in {"", present} else (present,)


def secret_key(instance: Path) -> str:
    """Return the installation's secret, made at its first use, readable by its owner alone."""
    path = instance / "secret.key"
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    secret = path.read_text(encoding="ascii").strip()
    if len(secret) < MIN_SECRET:
        raise SettingsError((str(path), _("is damaged. Delete it: a new one is made, and everybody signs in again.")))
    return secret


def known_secret_key(instance: Path) -> str:
    """Return the secret that an installation has, to keep it out of what is written; empty where it has none yet."""
    with suppress(OSError):
        return (instance / "secret.key").read_text(encoding="ascii", errors="replace").strip()
    return ""


def mark_of_key(secret: str) -> str:
    """Return what is the same for the same secret and tells nothing of it."""
    return hmac.new(secret.encode(), b"which key an installation has", sha256).hexdigest()[:32]


def _make(path: Path) -> None:
    """Put a whole secret there or none: two processes, or a kill, never leave half of one."""
    fresh = path.with_name(f"secret.{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(randomness.token() + "\n")
    with suppress(FileExistsError):
        os.link(fresh, path)  # the first one there wins
    fresh.unlink()
