"""A PostgreSQL of the tests' own, where Debian's postgresql is installed: an ordinary user's, on a port of its own."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
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
# What an operator has, but for more memory: for figures, and for what a kill must not lose.
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "shared_buffers": "512MB"}


@dataclass
class PostgresServer:
    """A cluster, served or stopped."""

    folder: Path
    port: int
    user: list[str] = field(default_factory=list)
    settings: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Return the address of one of its databases."""
        made = URL.create("postgresql", _OWNER, host="127.0.0.1", port=self.port, database=database)
        return made.render_as_string(hide_password=False)

    def start(self) -> None:
        """Serve, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self._command(), cwd=self.folder, stdout=log, stderr=log)
        begun = time.monotonic()
        while True:
            try:
                _ask(self.url())
            except OperationalError as error:
                if self.process.poll() is not None or time.monotonic() - begun > _PATIENCE:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from error
                time.sleep(0.05)
            else:
                return

    def _command(self) -> list[str]:
        programs = postgres_programs()
        assert programs is not None
        sockets = {"unix_socket_directories": str(self.folder)}
        settings = {"listen_addresses": "127.0.0.1", "port": str(self.port), **sockets, **_SETTINGS, **self.settings}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [*self.user, str(programs / "postgres"), "-D", str(self.folder / "data"), *options]

    def stop_at_once(self) -> None:
        """Stop as `pg_ctl stop -m immediate` does: nobody is asked, and the next start recovers from the log."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """Stop, and cut off whoever is connected still."""
        self._end(signal.SIGINT)

    def _end(self, by: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(by)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=_PATIENCE)
        self.process.kill()
        self.process.wait()
        self.process = None

    def processes(self) -> list[int]:
        """Return the server's process and all that it started for who is connected."""
        if self.process is None:
            return []
        main = self.process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [main, *map(int, children)]


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
def postgres_server(settings: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """Serve a new cluster, which goes with everything in it; raise FileNotFoundError where there is no PostgreSQL."""
    programs = postgres_programs()
    if programs is None:
        raise FileNotFoundError(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        user = ordinary_user(folder)
        initialise = ["initdb", "--pgdata", str(folder / "data"), "--username", _OWNER, "--auth", "trust"]
        _run([*initialise, "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"], programs, user)
        yield from _served(folder, user, settings or {})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def standby_of(primary: PostgresServer) -> Iterator[PostgresServer]:
    """Serve a copy that follows a server and can be read (PostgreSQL, 27.2)."""
    programs = postgres_programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="postgres-standby-"))
    try:
        user = ordinary_user(folder)
        copy = ["pg_basebackup", "--pgdata", str(folder / "data"), "--write-recovery-conf", "--checkpoint", "fast"]
        _run([*copy, "--dbname", primary.url()], programs, user)
        yield from _served(folder, user, {})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _served(folder: Path, user: list[str], settings: Mapping[str, str]) -> Iterator[PostgresServer]:
    server = PostgresServer(folder, free_port(), user, settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def ordinary_user(folder: Path) -> list[str]:
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
