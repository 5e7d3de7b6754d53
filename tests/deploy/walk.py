"""Follows the walks of docs/operating.md, line by line, on a new Debian (`python -m tests.deploy.walk bookworm`).

The system is made with debootstrap and booted with its own systemd (systemd-nspawn), on this machine's network: it
takes ports 80, 443 and 8000, and root. What was said is printed; what fails ends it.
"""

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
FOLDER = "root/paidspan"
TRUSTED = "root/trusted.pem"
PATIENCE_SECONDS = 60
# What would fail first where the unit confines too much: files made by other processes, search, many connections.
WORK = r"""
main=$(systemctl show --property MainPID --value paidspan)
grep -E '^(NoNewPrivs|Seccomp|CapBnd)' "/proc/$main/status"; grep 'open files' "/proc/$main/limits"
site() { curl --fail --silent --show-error --insecure --resolve "$SITE:443:127.0.0.1" "https://$SITE$1"; }
slug=$(site / | grep -o '/d/[^"?#]*' | head -n 1)
site "$slug.pdf" | head -c 5; echo
site '/search?q=%E6%8A%A5%E5%91%8A' | grep -c '/d/'
sleep 10; site /readyz/worker
paidspan instance show; paidspan audit
"""


def main() -> None:
    suite = sys.argv[1] if len(sys.argv) > 1 else "bookworm"
    with tempfile.TemporaryDirectory(prefix="paidspan-walk-", dir="/var/tmp") as folder:
        root = Path(folder) / "root"
        run("cp", "--archive", str(new_system(suite)), str(root))  # devices, too
        fill(root, version="0.0.1")
        with booted(root) as leader:
            follow(leader, "One machine with systemd and nginx")
            ask(leader, "systemctl is-active paidspan nginx paidspan-backup.timer")
            ask(leader, WORK)
            fill(root, version="0.0.2")
            follow(leader, "Another version, and back")
            ask(leader, "paidspan --version; journalctl -u paidspan -n 20 -o cat")
            (root / FOLDER / "paidspan-0.0.2-py3-none-any.whl").unlink()
            follow(leader, "Another version, and back")
            ask(leader, "paidspan --version; systemctl is-active paidspan")


def new_system(suite: str) -> Path:
    """Return a system as debootstrap makes it, with the systemd that every Debian has."""
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
    return made


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
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / TRUSTED)  # of a proxy between, too


@contextmanager
def booted(root: Path) -> Iterator[int]:
    """Boot a system; yield its first process."""
    command = [
        "systemd-nspawn",
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
    shell = f"cd /{FOLDER} 2>/dev/null; set -e; SITE=reports.example.com\n{script}"
    done = subprocess.run([*command, "sh", "-xc", shell], capture_output=True, text=True, check=False)
    if check and done.returncode:
        sys.exit(f"exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}")
    return done.stdout


def follow(leader: int, heading: str) -> None:
    """Follow a section of docs/operating.md; what it marks as not tried is no `sh`."""
    section = (ROOT / "docs/operating.md").read_text().split(f"\n### {heading}\n", 1)[1]
    blocks = re.findall(r"```sh\n(.*?)```", re.split(r"\n##", section, maxsplit=1)[0], flags=re.DOTALL)
    begun = time.monotonic()
    said = inside(leader, "".join(blocks))
    sys.stdout.write(f"{said}\n=== {heading}: {len(blocks)} blocks, {time.monotonic() - begun:.0f} s\n")


def ask(leader: int, script: str) -> None:
    sys.stdout.write(f"=== {script}\n{inside(leader, script)}")


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
