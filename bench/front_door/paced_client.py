"""A client that sends at a rate, whatever comes back: python -m bench.front_door.paced_client PORT RATE SECONDS FILES…

Each request has its time; where no connection is free then, it waits, and what it waits counts (as in wrk2). It runs in
a process of its own, and selects with the precision of microseconds.
"""

import gc
import json
import random
import re
import select
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

CONNECTIONS = 32
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


@dataclass
class Line:
    """A connection, and the answer that it waits for."""

    socket: socket.socket
    due: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    whole: int = 0

    def send(self, request: bytes, due: float) -> None:
        self.due, self.whole = due, 0
        self.received.clear()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Return whether the answer is whole."""
        chunk = self.socket.recv(262_144)
        if not chunk:
            raise SystemExit("the server closed a connection")
        self.received += chunk
        if not self.whole:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            found = _LENGTH.search(self.received, 0, end + 2)
            self.whole = end + 4 + (int(found[1]) if found else 0)
        return len(self.received) >= self.whole


class PacedClient:
    """So many connections, and what came back over them."""

    def __init__(self, port: int) -> None:
        lines = [Line(socket.create_connection(("127.0.0.1", port))) for _ in range(CONNECTIONS)]
        for line in lines:
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._by_number = {line.socket.fileno(): line for line in lines}
        self._free = deque(lines)
        self._busy: set[int] = set()
        self.seconds: list[float] = []
        self.wrong = 0

    def run(self, pairs: list[bytes], rate: float) -> None:
        begun = time.perf_counter() + 0.05
        sent = 0
        while len(self.seconds) < len(pairs):
            now = time.perf_counter()
            while sent < len(pairs) and self._free and now >= begun + sent / rate:
                line = self._free.pop()
                line.send(pairs[sent], begun + sent / rate)
                self._busy.add(line.socket.fileno())
                sent += 1
            waits = sent < len(pairs) and self._free
            patience = max(0.0, begun + sent / rate - time.perf_counter()) if waits else 5.0
            ready, _, _ = select.select(self._busy, (), (), patience)
            if not ready and not waits:
                raise SystemExit("there was no answer for five seconds")
            self._take(ready)

    def _take(self, ready: list[int]) -> None:
        for number in ready:
            line = self._by_number[number]
            if line.receive():
                self.seconds.append(time.perf_counter() - line.due)
                self.wrong += not 200 <= int(line.received[9:12]) < 300
                self._busy.discard(number)
                self._free.append(line)


def pieces(path: str) -> list[bytes]:
    return Path(path).read_bytes().split(b"\0")[:-1]


def main(port: int, rate: float, seconds: float, files: list[str]) -> None:
    """Print what came back, as JSON."""
    (heads, tails), in_order = (pieces(path) for path in files[:2]), files[2] == "in-order"
    count, chance = max(1, int(rate * seconds)), random.Random(int(files[3]))
    if in_order:
        pairs = [heads[number] + tails[number % len(tails)] for number in range(min(count, len(heads)))]
    else:
        pairs = [chance.choice(heads) + chance.choice(tails) for _ in range(count)]
    client = PacedClient(port)
    gc.collect()
    gc.disable()  # a pause of this client's own would count as the server's
    client.run(pairs, rate)
    times = sorted(client.seconds)
    place = lambda share: times[min(len(times) - 1, int(len(times) * share))] * 1_000_000  # noqa: E731
    told = {"requests": len(times), "p50": place(0.5), "p99": place(0.99), "wrong": client.wrong}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
