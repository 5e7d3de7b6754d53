"""A served house, on either database, to which Stripe's events come without end; each that was taken is counted."""

import http.client
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread

import stripe
from sqlalchemy import func, select

from tests.factories.house import SECRET, House, build_house
from tests.factories.postgres_database import SERVER, new_postgres_database
from tests.factories.postgres_server import DURABLE, PostgresServer, postgres_server
from tests.front.serving import Site, end, start_product
from webapp.billing.models import Grant, Receipt
from webapp.billing.stripe_models import StripeEvent
from webapp.kit.database import Database
from webapp.kit.migrate import upgrade

WRITERS = 3
TAKEN = {200, 202, 204}


@dataclass
class WritingLoad:
    """Threads that each post one event after the other; `taken` holds the ids of those that were said to be kept."""

    port: int
    secret: str
    body: dict[str, object]
    taken: list[str] = field(default_factory=list)
    answers: Counter[object] = field(default_factory=Counter)
    _stop: Event = field(default_factory=Event)
    _numbers: Iterator[int] = field(default_factory=count)

    def post(self) -> int | str:
        """Post one event; return the status, or that there was no answer."""
        id_ = f"evt_load_{os.getpid()}_{next(self._numbers)}"
        body = json.dumps(self.body | {"id": id_})
        signature = stripe.WebhookSignature.generate_signature_header(body, self.secret)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        came: int | str = "no answer"
        with suppress(OSError, http.client.HTTPException):
            connection.request("POST", "/webhooks/stripe", body, {"Stripe-Signature": signature})
            came = connection.getresponse().status
        connection.close()
        if came in TAKEN:
            self.taken.append(id_)
        self.answers[came] += 1
        return came

    def _run(self) -> None:
        while not self._stop.is_set():
            if self.post() not in TAKEN:
                self._stop.wait(0.05)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Have it go on meanwhile."""
        threads = [Thread(target=self._run) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()


@dataclass
class LoadedHouse:
    """A house in which something was paid, and where it is served."""

    house: House
    settings: dict[str, str]
    server: PostgresServer | None
    cookie: str

    def start(self, port: int = 0) -> Site:
        """Start the product on it."""
        return start_product(self.house.folder, port=port, PAIDSPAN_SECRET_KEY=SECRET, **self.settings)

    @contextmanager
    def served(self) -> Iterator[Site]:
        """Serve it until the end."""
        site = self.start()
        try:
            site.wait("/readyz")
            yield site
        finally:
            end(site)

    def load(self, site: Site) -> WritingLoad:
        """Return a load of events about what was paid."""
        event = next(one for one in self.house.newsboy.events() if one["type"] == "charge.succeeded")
        return WritingLoad(site.port, self.house.billing.gateway.webhook_secret, event)

    def lost(self, load: WritingLoad) -> set[str]:
        """Return what was said to be kept and is not there."""
        with self.house.database.reading() as session:
            return set(load.taken) - set(session.scalars(select(StripeEvent.id)))

    def held(self) -> tuple[int | None, int | None]:
        """Return how many grants and receipts there are, of one payment."""
        with self.house.database.reading() as session:
            return tuple(session.scalar(select(func.count()).select_from(table)) for table in (Grant, Receipt))


@contextmanager
def loaded_house(folder: Path, *, on_postgresql: bool) -> Iterator[LoadedHouse]:
    """Build a house on a database of its own, whose commits wait for the disk."""
    if not on_postgresql:
        yield from _built(folder, {}, None)
        return
    with postgres_server(DURABLE) as server:
        outside = os.environ.get(SERVER)
        os.environ[SERVER] = server.url()
        try:
            url = new_postgres_database()
        finally:
            os.environ.pop(SERVER)
            os.environ.update({SERVER: outside} if outside else {})
        database = Database(url)
        upgrade(database)
        database.close()
        yield from _built(folder, {"database_url": url}, server)


def _built(folder: Path, settings: dict[str, str], server: PostgresServer | None) -> Iterator[LoadedHouse]:
    house = build_house(folder / "instance", **settings)
    house.comes_back(house.buys("document"))
    cookies = [house.reader.get_cookie(name) for name in ("paidspan", "remember_token")]
    cookie = "; ".join(f"{one.key}={one.value}" for one in cookies if one)
    named = {f"PAIDSPAN_{name.upper()}": value for name, value in settings.items()}
    try:
        yield LoadedHouse(house, named, server, cookie)
    finally:
        house.let_go()
