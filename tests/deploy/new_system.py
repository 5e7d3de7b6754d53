"""A new Debian, made with debootstrap and booted with its own systemd (systemd-nspawn), on this machine's network."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
BASES = Path("/var/tmp/paidspan-walk")  # systems as debootstrap made them
MIRROR = "http://deb.debian.org/debian"
FOLDER = "root/paidspan"  # where a walk begins
TRUSTED = "root/trusted.pem"
PATIENCE_SECONDS = 60
# Two systems in one group of processes would end each other's services.
_IN_A_GROUP = """
for top in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
  [ -e "$top/cgroup.procs" ] && mkdir -p "$top/$0" && echo $$ >"$top/$0/cgroup.procs"
done
exec "$@"
"""


def new_system(suite: str, root: Path) -> Path:
    """Make a system as debootstrap does, with the systemd that every Debian has; return where."""
    made = BASES / suite
    if not made.exists():
        half = BASES / f"{suite}.half"
        shutil.rmtree(half, ignore_errors=True)
        BASES.mkdir(exist_ok=True)
        run("debootstrap", "--variant=minbase", "--include=systemd-sysv,dbus", suite, str(half), MIRROR)
        sources = f"deb {MIRROR} {suite} main\ndeb {MIRROR}-security {suite}-security main\n"
        (half / "etc/apt/sources.list").write_text(sources)
        (half / "etc/machine-id").write_text("uninitialized\n")  # each copy finds its own
        half.rename(made)
    run("cp", "--archive", str(made), str(root))  # devices, too
    (root / FOLDER).mkdir()
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / TRUSTED)  # of a proxy between, too
    return root


def fill(root: Path, version: str) -> None:
    """Put what the walk has copied to the server into the folder in which it begins, as this version."""
    place = root / FOLDER
    with tempfile.TemporaryDirectory() as copied:
        source = Path(copied) / "source"
        shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "instance", "build", "dist", "bench"))
        about = source / "pyproject.toml"
        about.write_text(re.sub(r'(?m)^version = ".*"', f'version = "{version}"', about.read_text(), count=1))
        run(sys.executable, "-m", "build", "--wheel", "--outdir", str(place), str(source))
    shutil.copy(ROOT / "requirements.lock", place)
    shutil.copytree(ROOT / "deploy", place / "deploy", dirs_exist_ok=True)


@contextmanager
def booted(root: Path) -> Iterator[int]:
    """Boot a system; yield its first process."""
    command = [
        *("sh", "-c", _IN_A_GROUP, f"walk-{root.name}-{os.getpid()}", "systemd-nspawn"),
        "--directory",
        str(root),
        "--boot",
        "--register=no",
        "--keep-unit",
        "--resolv-conf=off",
    ]
    with (root.parent / "boot.log").open("w") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield first_process(process)
    finally:
        process.terminate()  # which has it shut down
        process.wait(timeout=PATIENCE_SECONDS)


def first_process(container: subprocess.Popen) -> int:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        children = Path(f"/proc/{container.pid}/task/{container.pid}/children").read_text().split()
        states = [inside(int(child), "systemctl is-system-running", check=False).strip() for child in children]
        if any(state in {"running", "degraded"} for state in states):
            return int(children[0])
        time.sleep(0.5)
    raise SystemExit("the system did not boot")


def inside(leader: int, script: str, *, check: bool = True) -> str:
    """Run a script in a booted system, as root, in the folder of the walk; return what it printed."""
    path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    command = ["nsenter", "--target", str(leader), "--all", "env", "-i", path, "HOME=/root", "LANG=C.UTF-8"]
    command += [f"PIP_CERT=/{TRUSTED}", "DEBIAN_FRONTEND=noninteractive"]
    shell = f"cd /{FOLDER} 2>/dev/null; set -e\n{script}"
    done = subprocess.run([*command, "sh", "-xc", shell], capture_output=True, text=True, check=False)
    if check and done.returncode:
        log = inside(leader, "journalctl --unit=paidspan --lines=40 --output=cat", check=False)
        sys.exit(f"exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}\n{log}")
    return done.stdout


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
