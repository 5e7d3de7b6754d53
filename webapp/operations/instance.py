"""The folder of one installation and its secret."""

import os
from pathlib import Path

from webapp.kit import chance


def secret_key(instance: Path) -> str:
    """Answers the installation's secret, made at its first use, readable by its owner alone."""
    path = instance / "secret.key"
    instance.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(chance.token() + "\n")
    return path.read_text(encoding="ascii").strip()
