"""Clients that hold connections and send next to nothing, by the thousand: slow bodies, half headers, idle ones.

As a program: `python -m tests.front.attackers PORT SLOW HALF IDLE SECONDS [PAUSE]` prints what they got, as JSON.
"""

import asyncio
import json
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from webapp.front.listen import raise_file_limit

_HEADER = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
_RAMP_SECONDS = 5.0  # within which they come, as from many machines
_AT_ONCE = 200  # connections that are opened at the same time, so that none is lost before anybody looks


@dataclass(frozen=True)
class Kind:
    """What one sends first, and then byte by byte; empty for nothing."""

    name: str
    begins: bytes
    goes_on: bytes


SLOW = Kind("slow bodies", _HEADER + b"Content-Length: 1000\r\n\r\n", b"a")
HALF = Kind("half headers", _HEADER + b"X-Never-Ending: ", b"a")
IDLE = Kind("idle connections", b"", b"")


class Attack:
    """So many of each kind, who come again when they are thrown out, until the time is over."""

    def __init__(self, port: int, seconds: float, pause: float) -> None:
        self._port, self._seconds, self._pause = port, seconds, pause
        self._ramp = min(_RAMP_SECONDS, seconds / 4)
        self._doors = asyncio.Semaphore(_AT_ONCE)
        self.got: dict[str, Counter[str]] = {}
        self.held: Counter[str] = Counter()
        self.most_held = 0

    async def run(self, numbers: dict[Kind, int]) -> None:
        end = asyncio.get_running_loop().time() + self._seconds
        async with asyncio.TaskGroup() as group:
            for kind, number in numbers.items():
                self.got[kind.name] = Counter()
                for place in range(number):
                    group.create_task(self._come_again(kind, end, self._ramp * place / number))

    async def _come_again(self, kind: Kind, end: float, after: float) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(after)
        while (left := end - loop.time()) > 0:
            outcome = "still held"
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    outcome = await self._come(kind)
            self.got[kind.name][outcome] += 1
            if outcome.startswith("refused"):
                await asyncio.sleep(self._pause)

    async def _come(self, kind: Kind) -> str:
        """Return how one connection ended: with an answer's status, or closed."""
        try:
            async with self._doors:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError as error:
            return f"refused ({error.strerror})"
        self.held[kind.name] += 1
        self.most_held = max(self.most_held, self.held.total())
        sending = asyncio.create_task(self._send(kind, writer))
        try:
            answer = await reader.read(12)  # "HTTP/1.1 408"
            return answer[9:].decode() if answer else "closed"
        except OSError:
            return "closed"
        finally:
            self.held[kind.name] -= 1
            sending.cancel()
            writer.close()

    async def _send(self, kind: Kind, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            writer.write(kind.begins)
            while kind.goes_on:
                await writer.drain()
                await asyncio.sleep(self._pause)
                writer.write(kind.goes_on)
            await asyncio.sleep(self._seconds)


def main() -> None:
    port, slow, half, idle = map(int, sys.argv[1:5])
    seconds, pause = float(sys.argv[5]), float(sys.argv[6]) if len(sys.argv) > 6 else 1.0
    raise_file_limit()

    async def attack() -> Attack:
        made = Attack(port, seconds, pause)
        await made.run({SLOW: slow, HALF: half, IDLE: idle})
        return made

    made = asyncio.run(attack())
    json.dump({"most held at once": made.most_held, **made.got}, sys.stdout)


if __name__ == "__main__":
    main()
