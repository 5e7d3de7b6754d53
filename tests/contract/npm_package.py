"""The npm package `stripe`, fetched once into .stamps/ to be read: nothing of it is run, or kept in the repository."""

import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

# The version whose types are of the API version that the pinned Python SDK speaks; a test holds the two together.
NPM_VERSION = "23.1.0"
_STAMPS = Path(__file__).parents[2] / ".stamps"
# Of a machine without a network we want to know at once.
_PACK = ("npm", "pack", f"stripe@{NPM_VERSION}", "--silent", "--fetch-retries=0", "--fetch-timeout=60000")


class PackageMissingError(Exception):
    """The package cannot be had here, and why."""


@cache
def find_package() -> tuple[Path | None, str]:
    """Return the folder of the package, fetched if need be; None, and why, where it cannot be had."""
    folder = _STAMPS / f"stripe-{NPM_VERSION}"
    try:
        if not folder.exists():
            _fetch(folder)
    except PackageMissingError as error:
        return None, f"Stripe's TypeScript types cannot be read: {error}"
    return folder, ""


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise PackageMissingError("there is no npm")
    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        packed = subprocess.run([npm, *_PACK[1:]], cwd=made, capture_output=True, text=True, check=False)
        if packed.returncode:
            raise PackageMissingError(f"npm pack stripe@{NPM_VERSION} failed: {packed.stderr.strip() or 'no answer'}")
        with tarfile.open(Path(made, packed.stdout.strip())) as archive:
            archive.extractall(made, filter="data")
        if not folder.exists():  # another process may have been faster
            Path(made, "package").rename(folder)
