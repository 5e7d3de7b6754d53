"""A house with its sandbox that is put back to its first day in a moment, with a time and a chance that repeat."""

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from tests.factories.empty_database import empty_database
from tests.factories.people import PASSWORD
from tests.factories.shelf import Shelf
from webapp.accounts.models import Reader
from webapp.accounts.registration import disable_reader, register
from webapp.billing.closed_accounts import stop_charging
from webapp.billing.context import BillingContext, open_billing, open_sandbox
from webapp.billing.models import PlanKind
from webapp.billing.order_terms import Buyer
from webapp.billing.stripe_setup import FIRST_PLANS, PlanWish, set_up_plans, set_up_portal
from webapp.factory import join_rooms
from webapp.kit import clock, randomness
from webapp.kit.database import Database
from webapp.kit.money import Money
from webapp.settings import load_settings
from webapp.stripe_sandbox.faults import Faults
from webapp.stripe_sandbox.sandbox import Sandbox

FIRST_DAY = datetime(2031, 1, 31, 9, tzinfo=UTC)  # a day that not every month has
READERS, DOCUMENTS, TRIAL_DAYS = 2, 2, 7
CODES = {"HALF": 50, "FREE": 100}
FILES = ("paidspan.sqlite", "sandbox.sqlite")
FIRST_DAY_STATE = "first"
SECRET = "a secret that only the tests know" * 2


@dataclass
class World:
    """One house and its sandbox: `now` is the time in both, which only a history moves."""

    folder: Path
    database: Database
    sandbox: Sandbox
    billing: BillingContext
    buyers: list[Buyer]
    documents: list[int]
    foreign_price: str
    now: datetime = FIRST_DAY
    _open: list[sqlite3.Connection] = field(default_factory=list)
    _kept: dict[str, datetime] = field(default_factory=dict)

    @property
    def stripe(self):
        """Return the SDK's own client, for what the publisher does at Stripe."""
        return self.billing.gateway.client.v1

    @property
    def ours(self) -> sqlite3.Connection:
        """Return a look into the application's database, past the application."""
        return self._looks[0]

    @property
    def theirs(self) -> sqlite3.Connection:
        """Return a look into the sandbox's file, past the sandbox."""
        return self._looks[1]

    @property
    def _looks(self) -> list[sqlite3.Connection]:
        if not self._open:
            self._open += [sqlite3.connect(self.folder / name, isolation_level=None) for name in FILES]
        return self._open

    def begin_anew(self, state: str = FIRST_DAY_STATE) -> None:
        """Put everything back to the first day, or to a state that was kept."""
        self.let_go()
        for name in FILES:
            shutil.copyfile(self.folder / state / name, self.folder / name)
        self.now = self._kept.get(state, FIRST_DAY)
        randomness.set_random_source(random.Random(0).randbytes)

    def keep(self, state: str) -> None:
        """Keep everything as it is, to begin from there."""
        self.let_go()
        self._kept[state] = self.now
        (self.folder / state).mkdir()
        for name in FILES:
            shutil.copyfile(self.folder / name, self.folder / state / name)

    def prices(self) -> dict[str, str]:
        """Return the price at Stripe of each kind of plan on sale."""
        return dict(self.ours.execute("SELECT kind, stripe_price_id FROM plans WHERE active"))

    def sell_in(self, currency: str) -> None:
        """Sell all plans in another currency from now on, at the same numbers."""
        wishes = [*map(_tried_first, FIRST_PLANS)]
        set_up_plans(self.billing, [replace(wish, price=Money(wish.price.minor_units, currency)) for wish in wishes])

    def disable(self, number: int) -> None:
        """Take a reader's account out of use, as the command does; Stripe is asked later."""

        def rule(session: Session) -> None:
            reader = session.get_one(Reader, self.buyers[number].reader_id)
            disable_reader(session, reader, self.now)
            stop_charging(session, reader.id)

        self.database.write(rule)

    @contextmanager
    def failing(self, fault: str) -> Iterator[None]:
        """Have Stripe fail in one way whenever it is asked."""
        self.sandbox.set_faults(Faults(**{fault: 1}))
        try:
            yield
        finally:
            self.sandbox.set_faults(Faults())

    def pass_time(self, by: timedelta) -> None:
        """Move the time and let happen what falls due."""
        self.now += by
        self.sandbox.settle()

    def let_go(self) -> None:
        """Close the connections to the files, so that others may take their place."""
        while self._open:
            self._open.pop().close()
        self.database.close()
        self.sandbox.close()


@contextmanager
def small_world() -> Iterator[World]:
    """Open a world in memory where the machine has a place for that, and take it down again."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder, careless_files():
        world = _built(Path(folder))
        with at_its_time(world):
            furnish(world)
            yield world


@contextmanager
def at_its_time(world: World) -> Iterator[None]:
    """Have it be the world's time, and let go of the world in the end."""
    real, clock.now = clock.now, lambda: world.now
    try:
        yield
    finally:
        clock.now = real
        randomness.set_random_source(None)
        world.let_go()


@contextmanager
def careless_files() -> Iterator[None]:
    """Have no file wait for the disk: nothing here need survive a power cut."""

    def careless(connection, _record) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", careless)
    yield
    event.remove(Engine, "connect", careless)


def _built(folder: Path) -> World:
    join_rooms()
    (folder / FILES[0]).write_bytes(empty_database())
    settings = load_settings(instance=folder, secret_key=SECRET)
    database, sandbox = Database(settings.database), open_sandbox(settings)
    return World(folder, database, sandbox, open_billing(settings, database, sandbox), [], [], "")


def furnish(world: World) -> None:
    """Open the shop: plans, documents, readers, promotion codes, and somebody else's product at the same account."""
    set_up_plans(world.billing, [*map(_tried_first, FIRST_PLANS)])
    set_up_portal(world.billing)
    shelf = Shelf(world.database, world.folder)
    world.documents += [shelf.put(name=f"{number}.txt", price=Money(990, "cny")).id for number in range(DOCUMENTS)]
    with world.database.writing() as session:
        for number in range(READERS):
            reader = register(session, f"{number}@example.com", PASSWORD, now=world.now)
            world.buyers.append(Buyer(reader.id, reader.email, "en"))
    for code, percent in CODES.items():
        coupon = world.stripe.coupons.create({"percent_off": percent, "duration": "once"})
        world.stripe.promotion_codes.create({"code": code, "promotion": {"type": "coupon", "coupon": coupon.id}})
    foreign = {"product_data": {"name": "A poster"}, "unit_amount": 700, "currency": "cny"}
    world.foreign_price = world.stripe.prices.create({**foreign, "recurring": {"interval": "month"}}).id
    world.keep(FIRST_DAY_STATE)


def _tried_first(wish: PlanWish) -> PlanWish:
    return PlanWish(wish.kind, wish.name, wish.price, wish.days, TRIAL_DAYS if wish.kind is PlanKind.YEAR else 0)
