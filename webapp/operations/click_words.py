"""The words of click: it asks the standard library's gettext, which reads files alone, and those compiled.

Ours are compiled in memory, so that one file is kept for it, among what is temporary.
"""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir

from webapp.kit.languages import compiled_catalogue, po_file
from webapp.kit.randomness import token

DOMAIN = "messages"  # the one that click asks
_UNUSED_SECONDS = 86_400
_OTHERS_MAY_WRITE = 0o022


def gettext_name(language: str) -> str:
    """Return a language as gettext writes it."""
    return language.replace("-", "_")


def words_folder(language: str) -> Path:
    """Return the folder in which gettext finds the words of a language, or none where it needs none.

    All processes of a user share it while the words stay as they are. Raise OSError where there is no room for it.
    """
    if not po_file(language).exists():
        return po_file(language).parent
    folder = _own_folder() / sha256(po_file(language).read_bytes()).hexdigest()[:16]
    compiled = folder / gettext_name(language) / "LC_MESSAGES" / f"{DOMAIN}.mo"
    if not compiled.exists():
        _write(compiled, compiled_catalogue(language))
        _remove_unused(folder)
    os.utime(folder)
    return folder


def _write(path: Path, content: bytes) -> None:
    """Put all of a file there or nothing, also where two start at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{token(8)}.new")
    try:
        fresh.write_bytes(content)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _own_folder() -> Path:
    """Return a folder that nobody else on this machine can have put something into."""
    folder = Path(gettempdir(), f"paidspan-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    if state.st_uid != os.getuid() or state.st_mode & _OTHERS_MAY_WRITE:
        raise PermissionError(folder)
    return folder


def _remove_unused(folder: Path) -> None:
    """Remove the words of other versions that no process has begun with for a day."""
    now = folder.stat().st_mtime
    for other in folder.parent.iterdir():
        with suppress(FileNotFoundError):  # another process may do the same
            if now - other.stat().st_mtime > _UNUSED_SECONDS:
                rmtree(other, ignore_errors=True)
