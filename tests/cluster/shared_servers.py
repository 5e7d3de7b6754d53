"""What hosts share: PostgreSQL, Redis and buckets."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from redis import Redis
from redis.exceptions import RedisError
from requests import RequestException
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from tests.cluster.network import Host
from tests.factories.bucket_server import ENVIRONMENT, make_bucket
from tests.factories.postgres_server import ordinary_user, postgres_programs

if TYPE_CHECKING:
    from subprocess import Popen

PATIENCE = 60.0  # seconds until a service is there


def wait_until(true: Callable[[], object], what: str, seconds: float = PATIENCE) -> float:
    """Wait until something is true, and return after how many seconds it was."""
    begun = time.monotonic()
    while not true():
        if time.monotonic() - begun > seconds:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - begun


class Service:
    """A program on a host, which can be killed, stopped and started again."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host, self.folder = host, folder
        self.log = folder / f"{host.name}.log"
        self.process: Popen[bytes] | None = None

    def words(self) -> list[str]:
        """Return the command."""
        raise NotImplementedError

    def is_there(self) -> bool:
        """Return whether it answers."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return {}

    def start(self) -> None:
        """Start it, and wait until it is there."""
        self.process = self.host.start(self.log, *self.words(), env=self.environment())
        try:
            wait_until(self.is_there, self.host.name)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.log.read_text()[-3000:]}") from None

    def end(self, by: signal.Signals) -> None:
        """End it by a signal, and wait until it has ended."""
        assert self.process is not None
        self.process.send_signal(by)
        self.process.wait(timeout=PATIENCE)

    def kill(self) -> None:
        """Kill all of its processes at once."""
        for number in self.host.run("ip", "netns", "pids", self.host.name).split():
            with suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGKILL)
        assert self.process is not None
        self.process.wait(timeout=PATIENCE)


class Postgres(Service):
    """A database that keeps what it has acknowledged."""

    def __init__(self, host: Host, folder: Path) -> None:
        super().__init__(host, folder)
        programs = postgres_programs()
        assert programs is not None
        self._programs, self._data = programs, folder / "data"
        self._user = ordinary_user(folder)
        make = [str(programs / "initdb"), "--pgdata", str(self._data), "--username", "paidspan", "--auth", "trust"]
        host.run(*self._user, *make, "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        with (self._data / "pg_hba.conf").open("a") as allowed:
            allowed.write("host all all 10.77.0.0/24 trust\n")

    def words(self) -> list[str]:
        settings = {"listen_addresses": self.host.address, "unix_socket_directories": str(self.folder)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [*self._user, str(self._programs / "postgres"), "-D", str(self._data), *options]

    def url(self, name: str) -> str:
        return f"postgresql://paidspan@{self.host.address}/{name}"

    def is_there(self) -> bool:
        engine = create_engine(self.url("postgres"))
        try:
            engine.connect().close()
        except OperationalError:
            return False
        finally:
            engine.dispose()
        return True

    def make_database(self, name: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
        engine.dispose()


class RedisService(Service):
    """Where the hosts count tries together."""

    @property
    def url(self) -> str:
        return f"redis://{self.host.address}:6379/0"

    def words(self) -> list[str]:
        kept_nowhere = ["--save", "", "--appendonly", "no", "--protected-mode", "no"]
        return ["redis-server", "--bind", self.host.address, *kept_nowhere, "--dir", str(self.folder)]

    def is_there(self) -> bool:
        try:
            with Redis.from_url(self.url) as asked:
                return bool(asked.ping())
        except RedisError:
            return False


class Buckets(Service):
    """Where the hosts keep pictures and downloads: moto's server."""

    @property
    def endpoint(self) -> str:
        return f"http://{self.host.address}:9000"

    @property
    def settings(self) -> dict[str, str]:
        """Return what a host says of its bucket, which is there."""
        return {"PAIDSPAN_STORAGE_URL": "s3://paidspan/files", "AWS_ENDPOINT_URL": self.endpoint, **ENVIRONMENT}

    def words(self) -> list[str]:
        return [sys.executable, "-m", "moto.server", "-H", self.host.address, "-p", "9000"]

    def is_there(self) -> bool:
        try:
            return bool(make_bucket(self.endpoint, "paidspan"))
        except RequestException:
            return False


def missing_programs() -> str:
    """Return which programs of Debian's are not installed."""
    lacks = [name for name in ("redis-server", "nginx", "ip", "unshare", "openssl") if shutil.which(name) is None]
    lacks += [] if postgres_programs() else ["postgresql"]
    return f"not installed: {', '.join(lacks)}" if lacks else ""
