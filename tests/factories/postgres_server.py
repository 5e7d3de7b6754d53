"""A PostgreSQL of the tests' own, where Debian's postgresql is installed: an ordinary user's, on a port of its own."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import OperationalError

from tests.factories.ports import free_port

MISSING = "PostgreSQL is not installed (Debian: apt install postgresql)"
_INSTALLED = Path("/usr/lib/postgresql")
_OWNER = "paidspan"
_PATIENCE = 30.0  # seconds
# Nothing of a test must outlive a power cut, and each worker of the tests has some connections.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "300",
    "max_pred_locks_per_transaction": "256",
    "shared_buffers": "128MB",
    "autovacuum_naptime": "10s",
}


@dataclass
class PostgresServer:
    """A cluster that is served."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def url(self, database: str = "postgres") -> str:
        """Return the address of one of its databases."""
        made = URL.create("postgresql", _OWNER, host="127.0.0.1", port=self.port, database=database)
        return made.render_as_string(hide_password=False)


def _ask(url: str) -> None:
    engine = create_engine(url)
    try:
        engine.connect().close()
    finally:
        engine.dispose()


def postgres_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs, None where it is not installed."""
    found = sorted(_INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Serve a new cluster, which goes with everything in it; raise FileNotFoundError where there is no PostgreSQL."""
    programs = postgres_programs()
    if programs is None:
        raise FileNotFoundError(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        user = _ordinary_user(folder)
        initialise = ["initdb", "--pgdata", str(folder / "data"), "--username", _OWNER, "--auth", "trust"]
        _run([*initialise, "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"], programs, user)
        yield from _served(programs, folder, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def standby_of(primary: PostgresServer) -> Iterator[PostgresServer]:
    """Serve a copy that follows a server and can be read (PostgreSQL, 27.2)."""
    programs = postgres_programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="postgres-standby-"))
    try:
        user = _ordinary_user(folder)
        copy = ["pg_basebackup", "--pgdata", str(folder / "data"), "--write-recovery-conf", "--checkpoint", "fast"]
        _run([*copy, "--dbname", primary.url()], programs, user)
        yield from _served(programs, folder, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _served(programs: Path, folder: Path, user: list[str]) -> Iterator[PostgresServer]:
    process, port = _start(programs, folder, user)
    try:
        yield PostgresServer(folder, port, process)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        process.kill()
        process.wait()


def _start(programs: Path, folder: Path, user: list[str]) -> tuple[subprocess.Popen[bytes], int]:
    """Start a cluster and wait until it answers."""
    port = free_port()
    settings = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": str(folder), **_SETTINGS}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("ab") as log:
        command = [*user, str(programs / "postgres"), "-D", str(folder / "data"), *options]
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    url = PostgresServer(folder, port, process).url()
    begun = time.monotonic()
    while True:
        try:
            _ask(url)
        except OperationalError as error:
            if process.poll() is not None or time.monotonic() - begun > _PATIENCE:
                raise RuntimeError((folder / "log").read_text()[-2000:]) from error
            time.sleep(0.05)
        else:
            return process, port


def _ordinary_user(folder: Path) -> list[str]:
    """Return what has a command run as an ordinary user, to whom the folder is given: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return []
    names = {one.pw_name for one in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]


def _run(command: list[str], programs: Path, user: list[str]) -> None:
    done = subprocess.run(
        [*user, str(programs / command[0]), *command[1:]], cwd="/", capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
