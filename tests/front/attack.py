"""The full form of tests/front/standing/test_slow_clients.py: `python -m tests.front.attack [SECONDS] [WORKERS]`.

1,000 slow bodies, 1,000 half headers and 5,000 idle connections at once, from a process of their own, while this one
asks for /healthz and a preview and measures how long that takes.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from urllib.parse import quote

from tests.factories.house import SECRET, build_house
from tests.front.serving import Site, running, start_product

SLOW, HALF, IDLE = 1000, 1000, 5000
PAUSE_SECONDS = 0.05  # between two questions


def resident_kilobytes(process: int) -> int:
    """Return how much memory a process takes."""
    lines = (Path("/proc") / str(process) / "status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def measure(site: Site, pages: dict[str, tuple[str, str]], go_on: Callable[[], bool]) -> dict[str, list[float]]:
    """Ask for pages in turn, over a new connection each; return how long each took, in seconds."""
    took: dict[str, list[float]] = {name: [] for name in pages}
    while go_on():
        for name, (page, cookie) in pages.items():
            begun = time.perf_counter()
            answer = site.ask("GET", page, cookie)
            took[name].append(time.perf_counter() - begun)
            assert answer.status == 200, (name, answer.status)
        time.sleep(PAUSE_SECONDS)
    return took


def told(seconds: list[float]) -> str:
    """Return how long something took, in milliseconds."""
    ninety_nine = quantiles(seconds, n=100, method="inclusive")[98]
    figures = {"median": median(seconds), "p99": ninety_nine, "max": max(seconds)}
    return f"{len(seconds)} answers, " + ", ".join(f"{name} {1000 * value:.1f} ms" for name, value in figures.items())


def attackers(port: int, *numbers: float) -> subprocess.Popen:
    """Start the attackers: slow bodies, half headers, idle connections, for how long, and the pause between bytes."""
    command = [sys.executable, "-m", "tests.front.attackers", str(port), *map(str, numbers)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def before(seconds: float) -> Callable[[], bool]:
    """Return what says whether so many seconds from now are still to come."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def memory(site: Site) -> str:
    return ", ".join(f"{resident_kilobytes(one) / 1000:.0f} MB" for one in site.processes())


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with TemporaryDirectory() as folder:
        house = build_house(Path(folder) / "instance")
        signed_in = f"paidspan={house.reader.get_cookie('paidspan').value}"
        preview = quote(f"/d/{house.document.slug}")
        pages = {
            "/healthz": ("/healthz", ""),
            "a preview, remembered": (preview, ""),
            "the same, made by Flask": (preview, signed_in),
        }
        with running(start_product(house.folder, workers=workers, PAIDSPAN_SECRET_KEY=SECRET)) as site:
            site.wait("/readyz")
            measure(site, pages, before(1))  # by which templates are compiled
            quiet, memory_before = measure(site, pages, before(5)), memory(site)
            attack = attackers(site.port, SLOW, HALF, IDLE, seconds)
            during, memory_after = measure(site, pages, before(seconds - 1)), memory(site)
            leaving = measure(site, pages, lambda: attack.poll() is None)
            got = json.loads(attack.communicate()[0])
    for name in pages:
        print(f"{name}: quiet {told(quiet[name])}; under attack {told(during[name])}")
        print(f"  in the second when all of them leave at once {told(leaving[name])}")
    print("attackers:", json.dumps(got))
    print(f"the supervisor, the background worker, the workers: {memory_before} before, {memory_after} under attack")


if __name__ == "__main__":
    main()
