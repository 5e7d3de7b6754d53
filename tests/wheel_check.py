"""Builds the wheel, installs it into an empty environment, serves from it, and reads a document (`make wheel`).

It is built twice, and so is the source archive: the same bytes come of it each time.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import venv
from pathlib import Path

from tests.factories.html import attributes

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 120


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        run(sys.executable, "-m", "build", "--outdir", str(place), str(ROOT))
        build_elsewhere(place / "elsewhere", place)
        wheel = next(place.glob("*.whl"))
        venv.create(place / "env", with_pip=True)
        python = place / "env/bin/python"
        pins = str(ROOT / "requirements.lock")
        run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", pins, str(wheel))
        serve_and_read(place / "env/bin/paidspan", place)
    sys.stdout.write(f"{wheel.name}: installed, served, a document was read\n")


def build_elsewhere(copy: Path, first: Path) -> None:
    """Build again from a copy whose files are of another time and others may write: the same bytes come of it."""
    ignored = shutil.ignore_patterns(".git", ".venv", ".stamps", "__pycache__", "instance", "build", "dist")
    shutil.copytree(ROOT, copy / "source", ignore=ignored)
    for path in (copy / "source").rglob("*"):
        path.chmod(path.stat().st_mode | 0o066)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    run(sys.executable, "-m", "build", "--outdir", str(copy / "built"), str(copy / "source"))
    for again in (copy / "built").iterdir():
        assert again.read_bytes() == (first / again.name).read_bytes(), f"{again.name} is of other bytes each time"


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def serve_and_read(paidspan: Path, place: Path) -> None:
    port = free_port()
    command = [str(paidspan), "serve", "--port", str(port), "--instance", str(place / "instance")]
    server = subprocess.Popen(command, cwd=place, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        catalogue = read_when_up(address)
        paths = attributes(catalogue, '[href^="/d/"]', "href")
        assert paths, "the catalogue shows no document"
        page = read(address + urllib.parse.quote(paths[0], safe="/%"))
        assert 'class="paid-gate"' in page, "the document has no gate"
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_when_up(address: str) -> str:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            return read(address)
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server from the wheel did not come up")


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=PATIENCE_SECONDS) as answer:
        return answer.read().decode()


if __name__ == "__main__":
    main()
