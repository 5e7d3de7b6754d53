"""Follows the walks of docs/operating.md, line by line, on new systems (`make walk`, or
`python -m tests.deploy.walk trixie one` and `… bookworm several`).

It takes root, and the ports 80, 443, 8000, 5432 and 6379 of this machine. What was said is printed; what fails ends it.
"""

import re
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex

from tests.deploy.new_system import FOLDER, ROOT, booted, fill, inside, new_system, run

_AS_READER = r"""
site() { curl --fail --silent --show-error --insecure --resolve "$SITE:443:127.0.0.1" "https://$SITE$1"; }
"""
# What would fail first where the unit confines too much: files made by other processes, search, many connections.
WORK = (
    _AS_READER
    + r"""
main=$(systemctl show --property MainPID --value paidspan)
grep -E '^(NoNewPrivs|Seccomp|CapBnd)' "/proc/$main/status"; grep 'open files' "/proc/$main/limits"
slug=$(site / | grep -o '/d/[^"?#]*' | head -n 1)
site "$slug.pdf" | head -c 5; echo
site '/search?q=%E6%8A%A5%E5%91%8A' | grep -c '/d/'
sleep 10; site /readyz/worker
paidspan instance show; paidspan audit
"""
)
# Hosts are addresses of this machine.
ADDRESSES = {"10.0.0.0/24": "127.0.0.0/8", "10.0.0.1": "127.0.0.1"}


def main() -> None:
    suite, which = sys.argv[1:3]
    with tempfile.TemporaryDirectory(prefix="paidspan-walk-", dir="/var/tmp") as folder:
        {"one": walk_one_machine, "several": walk_several_hosts}[which](suite, Path(folder))


def walk_one_machine(suite: str, folder: Path) -> None:
    root = new_system(suite, folder / "one")
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


def walk_several_hosts(suite: str, folder: Path) -> None:
    """Two hosts of paidspan, the second one a copy of the first before its first start; nginx is on the second."""
    database, first, second = (folder / name for name in ("database", "first", "second"))
    new_system(suite, database)
    fill(new_system(suite, first), version="0.0.1")
    with ExitStack() as hosts:
        at_database = hosts.enter_context(booted(database))
        printed = follow(at_database, "Several hosts", blocks=[0])
        addresses = "".join(f"{line}\n" for line in printed.splitlines() if line.startswith("PAIDSPAN_"))
        with booted(first) as leader:
            follow(leader, "One machine with systemd and nginx", blocks=[0, 1])
            (first / "etc/paidspan/paidspan.env").open("a").write(addresses)
        run("cp", "--archive", str(first), str(second))
        (second / "etc/machine-id").write_text(f"{token_hex(16)}\n")
        at_first, at_second = (hosts.enter_context(booted(root)) for root in (first, second))
        follow(at_first, "Several hosts", blocks=[1])
        others = [line for line in block("Several hosts", 1).splitlines(keepends=True) if "user add" not in line]
        say(inside(at_second, moved("".join(others)).replace("127.0.0.11", "127.0.0.12")))
        inside(at_first, "systemctl disable --now nginx")  # of the same network here
        *lines, _last = block("One machine with systemd and nginx", 3).splitlines(keepends=True)
        say(inside(at_second, "SITE=reports.example.com\n" + "".join(lines)))
        follow(at_second, "Several hosts", blocks=[2])
        meet(at_first, at_second, at_database)


def meet(at_first: int, at_second: int, at_database: int) -> None:
    """Ask both hosts, by their own addresses and through nginx, while one of them goes and comes back."""
    both = "for host in 127.0.0.11 127.0.0.12; do curl -fsS http://$host:8000/readyz; done"
    ask(at_second, both)
    ask(at_first, "paidspan instance show; echo '# Told' | paidspan import - --publish")
    ask(at_second, "curl -fsS http://127.0.0.12:8000/ | grep -c Told")
    ask(at_second, _AS_READER + "systemctl stop paidspan; for i in 1 2 3 4 5 6; do site /readyz | head -n 1; done")
    ask(at_second, _AS_READER + "systemctl start paidspan; sleep 20; site /readyz; " + both)
    ask(at_second, _AS_READER + "i=0; while [ $i -lt 200 ]; do site / >/dev/null; i=$((i + 1)); done; echo $i asked")
    ask(at_first, "systemctl start paidspan-backup; ls -l /var/backups/paidspan")
    ask(at_database, "runuser -u postgres -- psql -Atc 'SELECT client_addr, count(*) FROM pg_stat_activity GROUP BY 1'")


def block(heading: str, number: int) -> str:
    """Return a block of commands of a section of docs/operating.md; what is marked as not tried is no `sh`."""
    section = (ROOT / "docs/operating.md").read_text().split(f"\n### {heading}\n", 1)[1]
    return re.findall(r"```sh\n(.*?)```", re.split(r"\n##", section, maxsplit=1)[0], flags=re.DOTALL)[number]


def count_blocks(heading: str) -> int:
    section = (ROOT / "docs/operating.md").read_text().split(f"\n### {heading}\n", 1)[1]
    return re.split(r"\n##", section, maxsplit=1)[0].count("```sh\n")


def moved(script: str) -> str:
    """Return commands for addresses of this machine."""
    for written, here in ADDRESSES.items():
        script = script.replace(written, here)
    return script


def follow(leader: int, heading: str, blocks: list[int] | None = None) -> str:
    """Follow a section, or some of its blocks; return what was printed."""
    numbers = range(count_blocks(heading)) if blocks is None else blocks
    begun = time.monotonic()
    said = inside(leader, "SITE=reports.example.com\n" + "".join(moved(block(heading, number)) for number in numbers))
    say(f"{said}\n=== {heading}: {len(numbers)} blocks, {time.monotonic() - begun:.0f} s\n")
    return said


def ask(leader: int, script: str) -> None:
    say(f"=== {script}\n" + inside(leader, "SITE=reports.example.com\n" + script))


def say(words: str) -> None:
    sys.stdout.write(words)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
