"""Load: wrk for as much as a server bears, and a client of our own for a given rate."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.front_door.servers import ROOT, Server

CONNECTIONS = 16
WITHOUT_WRK = "wrk is missing, with which this bench sends requests: apt-get install wrk (https://github.com/wg/wrk)"
_LONGEST = 300  # seconds; it is told to stop before
_lots = count(1)


@dataclass(frozen=True)
class Requests:
    """What is asked for: the beginnings of raw requests and their ends, put together by lot or, once each, in order."""

    heads: Path
    tails: Path
    in_order: bool = False

    @property
    def arguments(self) -> list[str]:
        return [str(self.heads), str(self.tails), "in-order" if self.in_order else "by-lot", str(next(_lots))]

    def example(self) -> bytes:
        """Return one of them."""
        heads, tails = self._pieces()
        place = len(heads) - 1
        return heads[place] + tails[place % len(tails)]

    def last(self, many: int) -> list[bytes]:
        """Return the last ones, which are not come to where they are made in order and there are many."""
        heads, tails = self._pieces()
        return [heads[place] + tails[place % len(tails)] for place in range(len(heads) - many, len(heads))]

    def each_end(self) -> Iterator[bytes]:
        """Yield one request with each of the ends: one of each who asks."""
        heads, tails = self._pieces()
        return (heads[number % len(heads)] + tail for number, tail in enumerate(tails))

    def _pieces(self) -> tuple[list[bytes], list[bytes]]:
        heads, tails = (path.read_bytes().split(b"\0")[:-1] for path in (self.heads, self.tails))
        return heads, tails


@dataclass(frozen=True)
class Measured:
    """What came back: latencies in milliseconds, `size` in bytes on the wire of an answer with its headers."""

    rate: float
    p50: float
    p99: float
    wrong: int
    size: float = 0.0


def keep_pieces(path: Path, pieces: list[bytes]) -> Path:
    """Write pieces of requests into a file and return its path."""
    path.write_bytes(b"".join(piece + b"\0" for piece in pieces))
    return path


def refuse_missing_wrk() -> None:
    """Raise SystemExit that says how to get wrk where it is missing."""
    if shutil.which("wrk") is None:
        raise SystemExit(WITHOUT_WRK)


def full_load(server: Server, requests: Requests, seconds: float) -> Measured:
    """Have a server answer as many requests as it can; raise SystemExit where one was not answered well."""
    script = Path(__file__).with_name("requests.lua")
    shape = ["-t1", f"-c{CONNECTIONS}", f"-d{_LONGEST}", "--latency", "--timeout", "20s"]
    command = ["wrk", *shape, "-s", str(script), f"http://127.0.0.1:{server.port}/", "--", *requests.arguments]
    told = json.loads(_output(command, seconds))
    if told["used_up"]:
        raise SystemExit(f"{server.kind}: there were too few pairs for requests that are made once each")
    if told["broken"] or not told["requests"]:
        raise SystemExit(f"{server.kind}: {told['broken']} requests were not answered")
    spent = told["microseconds"] / 1_000_000
    size = told["bytes"] / told["requests"]
    return Measured(told["requests"] / spent, told["p50"] / 1000, told["p99"] / 1000, told["wrong"], size)


def paced_load(server: Server, requests: Requests, rate: float, seconds: float) -> Measured:
    """Send so many requests a second, each at its time, whatever comes back."""
    numbers = [str(server.port), str(rate), str(seconds)]
    command = [sys.executable, "-m", "bench.front_door.paced_client", *numbers, *requests.arguments]
    told = json.loads(_output(command))
    return Measured(rate, told["p50"] / 1000, told["p99"] / 1000, told["wrong"])


def _output(command: list[str], seconds: float | None = None) -> str:
    """Return the last line that a command prints, which is told to come to its end after so many seconds."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if seconds is not None:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    if process.returncode:
        raise SystemExit(f"{command[0]}: {err or out}")
    return out.strip().splitlines()[-1]
