"""What becomes of a served house whose disk is full or only to be read, whose log is damaged, whose clock jumps."""

import os
import signal
import sqlite3
import subprocess
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.factories.house import SECRET
from tests.faults.lockable_disk import lockable_disk
from tests.faults.writing_load import TAKEN, loaded_house
from tests.front.serving import running, start_module, wait_until

MINUTE, HOUR, DAY = 60, 3600, 86_400


@pytest.fixture
def loaded(tmp_path):
    with loaded_house(tmp_path, on_postgresql=False) as built:
        yield built


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder on a disk of its own, of 24 MB."""
    if os.getuid() != 0:
        pytest.skip("only root may mount a disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def disk_to_lock(tmp_path):
    if os.getuid() != 0:
        pytest.skip("only root may mount a disk")
    with ExitStack() as opened:
        try:
            disk = opened.enter_context(lockable_disk(tmp_path))
        except OSError as error:
            pytest.skip(f"no disk can be mounted here: {error}")
        yield disk


def fill(folder):
    """Leave no room on a disk, and return the file that takes it."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"\0" * 65_536):
            pass
    return path


def test_a_full_disk_is_told_and_what_was_taken_is_kept(small_disk):
    with loaded_house(small_disk, on_postgresql=False) as loaded, loaded.served() as site:
        load, document = loaded.load(site), quote(f"/d/{loaded.house.document.slug}")
        wait_until(lambda: load.post() in TAKEN)
        filler = fill(small_disk)
        wait_until(lambda: load.post() not in TAKEN)
        saved = site.ask("POST", f"{document}/bookmark", loaded.cookie, {"csrf_token": loaded.house.token})
        while_full = {path: site.ask("GET", path, loaded.cookie).status for path in ("/", document, "/account")}
        ready = site.ask("GET", "/readyz")
        filler.unlink()
        wait_until(lambda: load.post() in TAKEN)
        assert while_full == {"/": 200, document: 200, "/account": 200}
        assert ready.status == 503
        assert (saved.status, "Nothing can be saved right now" in saved.text) == (503, True)
        assert "is full: 0 bytes are left. Make room there" in site.log.read_text()
        assert set(load.answers) <= {*TAKEN, 503}, load.answers
        assert loaded.lost(load) == set()
        assert loaded.held() == (1, 1)
        wait_until(lambda: site.answers("/readyz/worker"))


def test_a_disk_that_can_only_be_read_is_told_and_reading_goes_on(disk_to_lock):
    with loaded_house(disk_to_lock.folder, on_postgresql=False) as loaded, loaded.served() as site:
        load, document = loaded.load(site), quote(f"/d/{loaded.house.document.slug}")
        wait_until(lambda: load.post() in TAKEN)
        with disk_to_lock.locked():
            kept, refused = len(load.taken), {load.post() for _ in range(5)}
            pages = {path: site.ask("GET", path, loaded.cookie).status for path in ("/", document, "/account")}
            saved = site.ask("POST", f"{document}/bookmark", loaded.cookie, {"csrf_token": loaded.house.token})
            ready = site.ask("GET", "/readyz")
            wait_until(lambda: "the background worker ended" in site.log.read_text())
        wait_until(lambda: load.post() in TAKEN)
        wait_until(lambda: site.answers("/readyz") and site.answers("/readyz/worker"))
        assert refused == {503}
        assert pages == {"/": 200, document: 200, "/account": 200}
        assert (saved.status, "Nothing can be saved right now" in saved.text) == (503, True)
        assert (ready.status, "disk read-only" in ready.text) == (503, True)
        assert "is on a file system that can only be read. Mount it for writing" in site.log.read_text()
        assert len(load.taken) > kept
        assert loaded.lost(load) == set()
        assert loaded.held() == (1, 1)


def test_a_damaged_log_of_writes_leaves_what_was_folded_in(loaded):
    loaded.house.let_go()  # which folds the log in
    path = Path(loaded.house.database.url.database)
    with loaded.served() as site:
        load = loaded.load(site)
        for _event in range(20):
            load.post()
        for process in site.processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        site.process.wait()
    log = path.with_name(f"{path.name}-wal")
    with log.open("r+b") as file:
        file.seek(log.stat().st_size // 2)
        file.write(os.urandom(log.stat().st_size // 3))
    with loaded.served() as site:
        answer = site.ask("GET", quote(f"/d/{loaded.house.document.slug}"), loaded.cookie)
        assert (answer.status, site.ask("GET", "/readyz").status) == (200, 200)
        assert loaded.load(site).post() in TAKEN
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert loaded.held() == (1, 1)


def test_a_clock_that_jumps_fails_nothing_and_gives_nothing_away(loaded, tmp_path):
    off, document = tmp_path / "off", quote(f"/d/{loaded.house.document.slug}")
    off.write_text("0")
    site = start_module("tests.faults.clocked", loaded.house.folder, CLOCK_OFF=str(off), PAIDSPAN_SECRET_KEY=SECRET)
    with running(site):
        full = site.ask("GET", document, loaded.cookie).body
        preview = site.ask("GET", document).body
        for jump in (0, 2 * HOUR, -4 * MINUTE, 2 * DAY, -2 * DAY, 0):
            off.write_text(str(jump))
            has_begun = jump >= -4 * MINUTE  # what was paid, by our clock
            for _again in range(3):  # made, made for another, remembered
                read = site.ask("GET", document, loaded.cookie)
                assert (read.status, len(read.body) == len(full)) == (200, has_begun), jump
                assert site.ask("GET", document).body == preview, jump
            statuses = [site.ask("GET", path, loaded.cookie).status for path in ("/", "/account", "/library", "/plans")]
            assert statuses == [200] * 4, jump
