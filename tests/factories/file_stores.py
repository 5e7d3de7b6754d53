"""Where the tests' installations keep files: in their folders, or in buckets (`python -m tests.on_bucket pytest …`)."""

import os
from pathlib import Path

from webapp.kit.file_store import FileStore, KeptFile, file_store_at


def files_of(folder: Path) -> FileStore:
    """Return what the installation of a folder keeps files in."""
    return file_store_at(os.environ.get("PAIDSPAN_STORAGE_URL") or str(folder))


def kept_files(folder: Path, kind: str) -> list[KeptFile]:
    """Return what an installation keeps in `uploads` or `exports`."""
    return [*files_of(folder).files(kind)]


def last_names(folder: Path, kind: str) -> set[str]:
    """Return the names of what it keeps there, without folders."""
    return {file.name.rpartition("/")[2] for file in kept_files(folder, kind)}
