"""A folder in which nothing can be done is told in one sentence with the mend, whoever runs which command."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.factories.empty_database import empty_database
from tests.factories.ports import free_port
from webapp.kit import folder_state
from webapp.kit.folder_state import find_network_trouble
from webapp.kit.instance import secret_key
from webapp.operations.opened_installation import announce_network
from webapp.settings import load_settings

ROOT = Path(__file__).parents[2]
NOBODY = 65534
COMMANDS = (["user", "list"], ["serve"], ["jobs", "run"])
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away and mount")
pytestmark = pytest.mark.sqlite("the file of the database lies in the folder")

# Has each lock of a file refused, as a file system without a lock service does.
NO_LOCKS = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#define REFUSING(name) int name(int file, int order, ...) { \\
    va_list rest; va_start(rest, order); void *given = va_arg(rest, void *); va_end(rest); \\
    if (order == F_SETLK || order == F_SETLKW || order == F_GETLK) { errno = ENOLCK; return -1; } \\
    int (*next)(int, int, ...) = dlsym(RTLD_NEXT, #name); return next(file, order, given); }
REFUSING(fcntl)
REFUSING(fcntl64)
"""


@pytest.fixture
def place():
    """A folder that everybody may enter; those of pytest are for their owner alone."""
    made = Path(tempfile.mkdtemp(prefix="paidspan-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def installed(place):
    folder = place / "site"
    secret_key(folder)
    (folder / "paidspan.sqlite").write_bytes(empty_database())
    return folder


def said(command, folder, *, user=None, language="en_US.UTF-8", **environment):
    """Return what a command says in the end, which must be all that it says and no traceback."""
    port = ["--port", str(free_port())] if command == ["serve"] else []
    run = [sys.executable, "-m", "webapp", *command, *port, "--instance", str(folder)]
    setpriv = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"] if user else []
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": language, **environment}
    done = subprocess.run(
        [*setpriv, *run], cwd=ROOT, env=given, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "Errno" not in done.stderr
    return done.stderr.splitlines()[-1]


@contextmanager
def mounted(folder, *options):
    tried = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"nothing can be mounted here: {tried.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@needs_root
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_folder_of_somebody_else_is_named_with_both_users(installed, command):
    assert said(command, installed, user=NOBODY) == (
        f"paidspan: {installed} belongs to root, and this runs as nobody, who may not use it. "
        f"Run it as root, or give it away: chown -R nobody {installed}."
    )


@needs_root
def test_files_that_root_left_in_the_folder_of_a_user_are_named(installed):
    for path in (installed, installed / "secret.key"):
        os.chown(path, NOBODY, NOBODY)
    told = said(["jobs", "run"], installed, user=NOBODY)
    assert "belongs to root" in told
    assert f"chown -R nobody {installed}." in told


@needs_root
def test_it_is_said_in_chinese_too(installed):
    told = said(["user", "list"], installed, user=NOBODY, language="zh_CN.UTF-8")
    assert f"{installed} 属于用户 root" in told
    assert f"chown -R nobody {installed}" in told


@needs_root
def test_a_folder_that_cannot_be_made_is_to_be_made_by_who_can(place):
    told = said(["serve"], place / "new", user=NOBODY)
    assert told.endswith(f"Make it for nobody: install -d -m 700 -o nobody {place / 'new'}.")


@needs_root
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_folder_that_can_only_be_read_says_how_to_mount_it(installed, command):
    with mounted(installed, "--bind", str(installed)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(installed)], check=True)
        told = said(command, installed)
    assert told.startswith(f"paidspan: {installed} is on a file system that can only be read. Mount it for writing")
    assert f"mount -o remount,rw {installed} " in told


@needs_root
def test_a_full_disk_is_told_and_leaves_nothing_half_written(place):
    with mounted(place, "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
        filling = place / "filling"
        _fill(filling)
        assert "The disk of" in said(["serve"], place / "site")
        filling.unlink()
        assert said(["serve"], place / "site").startswith(f"paidspan: The disk of {place / 'site'} is full: ")
        pages = list((place / "site" / "pages").glob("*"))
        assert all(page.stat().st_size for page in pages)


@needs_root
def test_a_disk_without_room_for_another_file_is_told(place):
    with mounted(place, "-t", "tmpfs", "-o", "size=20m,nr_inodes=4", "tmpfs"):
        assert "holds as many files as it can" in said(["serve"], place / "site")


def test_a_file_system_that_cannot_lock_is_told(installed, tmp_path):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler to have locks refused with")
    (tmp_path / "no_locks.c").write_text(NO_LOCKS)
    library = tmp_path / "no_locks.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, tmp_path / "no_locks.c", "-ldl"], check=True)
    told = said(["user", "list"], installed, LD_PRELOAD=str(library))
    assert told.startswith(f"paidspan: SQLite cannot lock files in {installed} (")
    assert told.endswith("use PostgreSQL (PAIDSPAN_DATABASE_URL).")


def test_a_damaged_database_is_told_with_where_its_backup_goes(installed):
    (installed / "paidspan.sqlite").write_bytes(b"this was a database once" * 1000)
    assert said(["user", "list"], installed).startswith(
        f"paidspan: The database in {installed} is damaged, or is none."
    )


MOUNTED = """22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / {folder} rw - {kind} server:/share rw,nolock
"""


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p"])
def test_serving_from_another_machines_disk_is_warned_of(tmp_path, monkeypatch, capsys, kind):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTED.format(folder=tmp_path, kind=kind))
    monkeypatch.setattr(folder_state, "MOUNTS", mounts)
    announce_network(load_settings(instance=tmp_path / "site"))
    assert f"lies on another machine ({kind})" in capsys.readouterr().err


def test_a_disk_of_this_machine_is_none_of_another(tmp_path):
    assert find_network_trouble(tmp_path) is None


def _fill(path):
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"0" * 4096)
