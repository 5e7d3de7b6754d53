"""A version gives way to the next while people read and write: `python -m tests.operations.rolling_upgrade [SERVER]`.

The former one is taken from git, as it was before the latest step of the database. It goes on answering while and after
the present one changes the tables, beside that one; in the end its backup is put back and it serves that. SERVER is the
address of a PostgreSQL, on which databases of these names are made anew; without it, all of it is on SQLite.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from threading import Event, Thread

from tests.factories.ports import free_port
from tests.front.serving import Answered, Site, end, start, wait_until

ROOT = Path(__file__).parents[2]
STEPS = "webapp/migrations/versions"
READER, PASSWORD, SECRET = "reader@example.com", "long enough a password", "Zp0vQm3Xk8sT5yBn2Lw7Rc1Jf6Hd9Ga4"
BESIDE_SECONDS = 5  # in which both versions are asked
PROGRAM = [sys.executable, "-m", "webapp"]
REFUSES = "NewerDatabaseError"  # in kit/migrate.py of versions that say so in a sentence


def unpack_former(folder: Path) -> str | None:
    """Unpack the version before the latest step into a folder; return why not, where git cannot say."""
    newest = max((ROOT / STEPS).glob("[0-9]*.py")).name
    added = git("log", "-1", "--diff-filter=A", "--format=%H", "--", f"{STEPS}/{newest}")
    if added is None:
        return "this is no clone of the repository"
    commit = f"{added}^" if added else "HEAD"
    archive = subprocess.run(["git", "-C", ROOT, "archive", commit], capture_output=True, check=False)
    if archive.returncode:
        return f"git has no {commit}: {archive.stderr.decode().strip()}"
    folder.mkdir()
    subprocess.run(["tar", "--extract", "--directory", folder], input=archive.stdout, check=True)
    return None


def git(*arguments: str) -> str | None:
    with suppress(FileNotFoundError):
        done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None
    return None


@dataclass(frozen=True)
class Version:
    """The product as it is in a folder."""

    tree: Path

    @property
    def refuses(self) -> bool:
        """Whether it says in a sentence that a database is newer."""
        return REFUSES in (self.tree / "webapp/kit/migrate.py").read_text()

    def serve(self, instance: Path, **settings: str) -> Site:
        port = free_port()
        command = [*PROGRAM, "serve", "--port", str(port), "--instance", str(instance)]
        return start(command, port, instance.with_name(f"log.{port}"), self._environment(settings), self.tree)

    def run(self, *arguments: str, given: str = "", **settings: str) -> str:
        environment = os.environ | self._environment(settings)
        command = [*PROGRAM, *arguments]
        ran = {"cwd": self.tree, "env": environment, "input": given}
        done = subprocess.run(command, **ran, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        return {"PYTHONPATH": str(self.tree), "PAIDSPAN_SECRET_KEY": SECRET, **settings}


@dataclass
class Load:
    """Somebody who reads and writes at a site, again and again, and what came of it."""

    site: Site
    cookie: str
    document: str
    counts: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    chosen: str = ""  # as it was acknowledged last

    def read(self, number: int) -> None:
        self._note("read", 200, self.site.ask("GET", ("/", self.document, "/account")[number % 3], self.cookie))

    def write(self, number: int) -> None:
        theme = ("dark", "light", "sepia")[number % 3]
        token = token_in(self.site.ask("GET", "/account", self.cookie))
        answer = self.site.ask("POST", "/look", self.cookie, {"csrf_token": token, "theme": theme})
        if self._note("written", 303, answer):
            self.chosen = theme

    def _note(self, what: str, wanted: int, answer: Answered) -> bool:
        if answer.status == 503 and answer.headers["Retry-After"]:
            self.counts["asked to come again"] += 1
        elif answer.status == wanted:
            self.counts[what] += 1
            return True
        else:
            self.failed.append(f"{what}: {answer.status} {answer.text[:200]}")
        return False

    @contextmanager
    def going_on(self):
        """Read and write until this ends."""
        stop = Event()

        def run(act, pause: float) -> None:
            number = 0
            while not stop.wait(pause):
                try:
                    act(number)
                except (OSError, HTTPException, AssertionError) as error:
                    self.failed.append(f"{act.__name__}: {error!r}")
                number += 1

        threads = [Thread(target=run, args=(self.read, 0.05)), Thread(target=run, args=(self.write, 0.5))]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def token_in(page: Answered) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, f"no form on this page: {page.status}"
    return found[1]


def sign_in(site: Site) -> str:
    """Return the cookie of a browser in which the reader is signed in."""
    page = site.ask("GET", "/login")
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    form = {"csrf_token": token_in(page), "email": READER, "password": PASSWORD}
    answer = site.ask("POST", "/login", cookie, form)
    assert answer.status == 303, answer.text
    cookies = [one.partition(";")[0] for one in answer.headers.get_all("Set-Cookie")]
    return "; ".join(cookies)


def document_on(site: Site) -> str:
    found = re.search(r'href="(/d/[^"#?]+)"', site.ask("GET", "/").text)
    assert found, "no document"
    return found[1]


def upgrade_and_go_back(folder: Path, make_database) -> dict[str, object]:
    """Let the former version give way to this one, then go back; return what came of it."""
    former, present = Version(folder / "former"), Version(ROOT)
    told: dict[str, object] = {}
    instance, settings = folder / "instance", database_setting(make_database)
    old = former.serve(instance, **settings)
    try:
        old.wait("/readyz")
        former.run("user", "add", READER, "--password-stdin", "--instance", str(instance), given=PASSWORD, **settings)
        former.run("backup", str(folder / "before"), "--instance", str(instance), **settings)
        first = Load(old, sign_in(old), document_on(old))
        with first.going_on():
            new = present.serve(instance, **settings)
            try:
                new.wait("/readyz")
                second = Load(new, sign_in(new), first.document)
                told["while"] = sum(first.counts.values())
                with second.going_on():
                    time.sleep(BESIDE_SECONDS)
                    for child in old.children():
                        os.kill(child, signal.SIGKILL)  # which comes back as the version that it was
                    wait_until(lambda: old.answers("/healthz"))
                told["ready"] = old.ask("GET", "/readyz").status
            finally:
                end(new)
    finally:
        end(old)
    told |= {"former": first.counts, "present": second.counts, "failed": [*second.failed, *without_killed(first)]}
    told["refused"] = refusal(former, instance, settings)
    told["went back"] = go_back(former, folder, database_setting(make_database))
    return told


def without_killed(load: Load) -> list[str]:
    """Return what failed otherwise than for the kill of who was answering."""
    broken = ("RemoteDisconnected", "ConnectionResetError", "ConnectionRefusedError", "IncompleteRead")
    return [one for one in load.failed if not any(kind in one for kind in broken)]


def refusal(former: Version, instance: Path, settings: dict[str, str]) -> str:
    """Start the former version on the changed tables; return what it says as it ends."""
    late = former.serve(instance, **settings)
    try:
        wait_until(lambda: late.process.poll() is not None)
        assert late.process.returncode == 1
        return late.log.read_text()
    finally:
        end(late)


def go_back(former: Version, folder: Path, settings: dict[str, str]) -> bool:
    """Put the backup from before back with the former version, and have it serve that."""
    former.run("restore", str(folder / "before"), "--instance", str(folder / "back"), **settings)
    site = former.serve(folder / "back", **settings)
    try:
        site.wait("/readyz")
        return site.ask("GET", document_on(site), sign_in(site)).status == 200
    finally:
        end(site)


def database_setting(make_database) -> dict[str, str]:
    return {"PAIDSPAN_DATABASE_URL": make_database()} if make_database else {}


def main() -> None:
    from tests.factories.postgres_database import SERVER, new_postgres_database

    make_database = new_postgres_database if SERVER in os.environ else None
    with tempfile.TemporaryDirectory() as folder:
        missing = unpack_former(Path(folder) / "former")
        if missing:
            sys.exit(missing)
        told = upgrade_and_go_back(Path(folder), make_database)
    told["refused"] = str(told["refused"]).strip().splitlines()[-1]
    sys.stdout.write("\n".join(f"{name}: {what}" for name, what in told.items()) + "\n")
    sys.exit(bool(told["failed"]) or not told["went back"])


if __name__ == "__main__":
    main()
