"""Rounds: all servers by turns, again and again, so that what else the machine does falls on all of them alike."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.front_door.load import Measured, Requests, full_load, paced_load
from bench.front_door.rows import Row, bare_requests
from bench.front_door.servers import PRODUCT, Server

_WARM_UP = 1.0  # seconds
Start = Callable[[], AbstractContextManager[Server]]


@dataclass(frozen=True)
class Shape:
    """How long and how often is measured; `half` seconds at half of the highest rate, 0 where that is left out.

    One that has just started has answered `awake` of the last requests before.
    """

    seconds: float
    rounds: int
    half: float
    awake: int = 20


@dataclass(frozen=True)
class Figures:
    """What a row came to: the median of each server, and the product at half of its load."""

    row: Row
    full: Mapping[str, Measured]
    half: Measured | None

    def ratio(self, kind: str) -> float:
        return self.full[PRODUCT].rate / self.full[kind].rate

    @property
    def wrong(self) -> int:
        """How many of the product's answers were errors."""
        return self.full[PRODUCT].wrong + (self.half.wrong if self.half else 0)

    def misses(self, share: float) -> list[str]:
        """Return what is under this share of its goal."""
        return [
            f"({self.row.letter}) {self.ratio(kind):.2f} × bare {kind}, the goal is {goal}"
            for kind, goal in self.row.goals.items()
            if self.ratio(kind) < goal * share
        ]


def keep_answer(row: Row, product: Server, answers: Path) -> None:
    """Keep what the product answers to the first of a row's requests, for bare applications to hand out.

    Raise SystemExit where it is not what the row is about.
    """
    status, headers, body = product.ask(row.requests.example())
    named = {name.lower(): value for name, value in headers.items()}
    text = "" if "content-encoding" in named else body.decode()
    if not row.is_right(status, text):
        raise SystemExit(f"({row.letter}) is not answered as it should be: {status} {text[:300]}")
    content_type = named.get("content-type", "text/plain")
    Path(answers, row.file).write_bytes(content_type.encode() + b"\n" + body)


def measure_row(row: Row, servers: Mapping[str, Server], folder: Path, shape: Shape) -> Figures:
    """Return the figures of a row; `servers` are all of them, the product's as well."""
    asked = {kind: row.requests if kind == PRODUCT else bare_requests(row, folder) for kind in servers}
    _warm_up(servers[PRODUCT], row.requests)
    rounds = [
        {kind: full_load(server, asked[kind], shape.seconds) for kind, server in servers.items()}
        for _ in range(shape.rounds)
    ]
    return _figures(row, rounds, servers[PRODUCT], shape)


def _warm_up(product: Server, requests: Requests) -> None:
    """Have the product meet everybody who asks, and then all that is asked for."""
    for request in requests.each_end():
        product.ask(request)
    full_load(product, requests, _WARM_UP)


def _awaken(product: Server, requests: Requests, answers: int) -> None:
    """Have a process that has just started answer as often as loads its templates and the like."""
    for request in requests.last(answers):
        product.ask(request)


def measure_first_views(row: Row, start: Start, bare: Mapping[str, Server], folder: Path, shape: Shape) -> Figures:
    """Return the figures of a row whose product has just started, in each round anew."""
    asked = bare_requests(row, folder)
    rounds = []
    for _ in range(shape.rounds):
        measured = {kind: full_load(server, asked, shape.seconds) for kind, server in bare.items()}
        with start() as product:
            _awaken(product, row.requests, shape.awake)
            rounds.append({**measured, PRODUCT: full_load(product, row.requests, shape.seconds)})
    with start() as product:
        _awaken(product, row.requests, shape.awake)
        return _figures(row, rounds, product, shape)


def measure_product(row: Row, product: Server, shape: Shape) -> Figures:
    """Return the figures of a row that is compared with nothing."""
    return _figures(row, [{PRODUCT: full_load(product, row.requests, shape.seconds)}], product, shape, half=False)


def compare(asked: list[tuple[Server, Requests]], shape: Shape) -> list[float]:
    """Return how many requests each of these servers answers in a second, by turns."""
    for one in asked:
        _warm_up(*one)
    rates = [[full_load(*one, shape.seconds).rate for one in asked] for _ in range(shape.rounds)]
    return [median(of_one) for of_one in zip(*rates, strict=True)]


def _figures(
    row: Row, rounds: list[dict[str, Measured]], product: Server, shape: Shape, *, half: bool = True
) -> Figures:
    full = {kind: _median([one[kind] for one in rounds]) for kind in rounds[0]}
    rate = full[PRODUCT].rate / 2
    paced = paced_load(product, row.requests, rate, shape.half) if half and shape.half else None
    return Figures(row, full, paced)


def _median(measured: list[Measured]) -> Measured:
    """Return the median of each figure, and all answers that were wrong."""
    return Measured(
        rate=median(one.rate for one in measured),
        p50=median(one.p50 for one in measured),
        p99=median(one.p99 for one in measured),
        wrong=sum(one.wrong for one in measured),
        size=median(one.size for one in measured),
    )
