"""What every test may ask for. Each test has an installation of its own, made by copying one empty database."""

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from tests.factories.bucket_server import ENVIRONMENT, SERVER, bucket_server, make_bucket, on_bucket
from tests.factories.cashier import Cashier
from tests.factories.desk import Desk
from tests.factories.empty_database import empty_database
from tests.factories.people import People
from tests.factories.postgres_database import empty_postgres_database, on_postgres
from tests.factories.redis_server import empty_redis
from tests.factories.routes import compile_once
from tests.factories.shelf import Shelf
from tests.factories.templates import CompiledOnce
from tests.model.figures import in_words
from webapp import create_app
from webapp.accounts import passwords
from webapp.billing.context import BillingContext
from webapp.documents.models import Document
from webapp.kit import clock, randomness, sqlite_engine
from webapp.kit.database import Database
from webapp.kit.http import database as database_of
from webapp.kit.money import Money
from webapp.settings import Settings, load_settings

# How long an example takes tells of the machine.
hypothesis.settings.register_profile("paidspan", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=10)
LONG = {"model", "faults", "standing"}  # folders of tests that take many seconds each
# Tests that walk about in all of the product.
WALKING = {"contract", "faults", "journeys", "model", "speech", "surface"}
# What `--quick` leaves out besides: lives of payments, the sandbox, processes, other programs, texts of many sizes.
SLOW = {
    *("deploy", "front/standing", "front/test_supervisor.py"),
    *("api/test_description.py", "billing/scenarios", "documents/conversion/test_any_page.py", "exports"),
    *("accounts/test_passwords.py", "documents/texts/test_commands.py", "reading/test_languages_of_pages.py"),
    *("manuscript/test_adversarial.py", "operations", "stripe_sandbox", "test_code_habits.py", "test_contracts.py"),
}
QUICK_CASES = 2  # that `--quick` runs of a test with many
# Tests that collect coverage: it makes them half as long again, and those of other rooms reach little more.
MEASURED = {"access", "accounts", "billing", "documents", "exports", "manuscript", "personal_data"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stripe-live", action="store_true", help="ask Stripe's test mode, not the sandbox, where both do"
    )
    parser.addoption("--quick", action="store_true", help="leave out what takes long: browsers, the model, kills")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("quick" if config.getoption("quick") else "paidspan")
    if on_postgres():
        # An application that a test leaves to the garbage collector leaves connections; SQLite's driver says nothing.
        for category in ("ResourceWarning", "pytest.PytestUnraisableExceptionWarning"):
            config.addinivalue_line("filterwarnings", f"ignore:.*psycopg.*:{category}")
            config.addinivalue_line("filterwarnings", f"ignore:.*BaseConnection.*:{category}")
    _end_first_tracer(config)


def _end_first_tracer(config: pytest.Config) -> None:
    """End the first tracer of a worker.

    pytest-cov starts one in each worker before it knows that it is in one, then another, and `no_cover` pauses only
    that: the first went on in every test, which took the model nearly twice as long.
    """
    collecting = config.pluginmanager.getplugin("_cov")
    if hasattr(config, "workerinput") and collecting is not None and collecting.cov_controller is not None:
        collecting.cov_controller.cov.stop()


def pytest_xdist_auto_num_workers() -> int:
    """Return how many workers `-n auto` starts: one for each core that this process may use, two at least."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(2, cores or 2)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests that walk about counted, summed over all workers, and how many mistakes they find."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    told = [pair for report in reports for pair in report.user_properties]
    lived = [figures for name, figures in told if name == "model"]
    caught = [found for name, found in told if name == "caught"]
    if lived:
        terminalreporter.write_line(f"model: {in_words(sum(map(Counter, lived), Counter()))}")
    if caught:
        terminalreporter.write_line(f"model: {sum(caught)}/{len(caught)} mistakes caught")
    compared = [count for name, count in told if name == "compared"]
    leaks = [found for name, found in told if name == "leak caught"]
    for weight in (weight for name, weight in told if name == "weighed"):
        terminalreporter.write_line(f"weight: {weight}")
    for load in (load for name, load in told if name == "backup"):
        terminalreporter.write_line(f"backup under load: {load}")
    if compared:
        terminalreporter.write_line(
            f"surface: {sum(compared):,} pairs of answers compared, for {len(compared)} readers"
        )
    if leaks:
        terminalreporter.write_line(f"surface: leaks planted, {sum(leaks)}/{len(leaks)} caught")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have each worker's share begin with long tests, so that in the end there are only short ones to share out."""
    for item in items:
        about_sqlite = item.get_closest_marker("sqlite")
        if about_sqlite and on_postgres():
            item.add_marker(pytest.mark.skip(reason=f"about SQLite: {about_sqlite.args[0]}"))
        about_folders = item.get_closest_marker("folder")
        if about_folders and on_bucket():
            item.add_marker(pytest.mark.skip(reason=f"about files in a folder: {about_folders.args[0]}"))
    rooms = {item: item.path.relative_to(config.rootpath / "tests").parts[0] for item in items}
    for item, room in rooms.items():
        if room not in MEASURED:
            item.add_marker(pytest.mark.no_cover)
    if config.getoption("quick"):
        left_out = {item for item in items if rooms[item] in WALKING or _is_slow(item)} | set(_further_cases(items))
        config.hook.pytest_deselected(items=[*left_out])
        items[:] = [item for item in items if item not in left_out]
    workers = getattr(config, "workerinput", {"workercount": 1})["workercount"]
    kinds = [[item for item in items if (item.path.parent.name in LONG) is long] for long in (True, False)]
    items[:] = [one for number in range(workers) for kind in kinds for one in _share(kind, number, workers)]


def pytest_collection_finish() -> None:
    """Have the collector of garbage look less often, and never at what was there before the first test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _is_slow(item: pytest.Item) -> bool:
    place = item.path.relative_to(item.config.rootpath / "tests")
    return any(place.is_relative_to(slow) for slow in SLOW)


def _further_cases(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield the cases of each test but the first few."""
    seen: Counter[tuple[object, str]] = Counter()
    for item in items:
        test = (item.parent, getattr(item, "originalname", item.name))
        seen[test] += 1
        if seen[test] > QUICK_CASES:
            yield item


def _share(items: list[pytest.Item], number: int, of: int) -> list[pytest.Item]:
    return items[len(items) * number // of : len(items) * (number + 1) // of]


@pytest.fixture(scope="session", autouse=True)
def passwords_cost_little() -> Iterator[None]:
    """Signing in would take most of many tests; what a password really costs is told in tests/accounts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session", autouse=True)
def no_power_cuts() -> Iterator[None]:
    """Have nobody wait for the disk; tests/kit/test_database.py says what the product does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_engine, "SYNCHRONOUS", "OFF")
        yield


@pytest.fixture(scope="session", autouse=True)
def templates_and_routes_are_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compile_once)
        patch.setitem(Flask.jinja_options, "bytecode_cache", CompiledOnce())
        yield


@pytest.fixture(autouse=True)
def each_rule_runs_twice(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Throw the first try of each rule away, as where another writer came first: nothing of it may be left.

    Tests that walk about are left alone, and those that count what a request asks of the database say `rules_once`;
    `--quick` does without, and PostgreSQL, where numbers that were given out do not come back.
    """
    room = request.path.relative_to(request.config.rootpath / "tests").parts[0]
    if (
        room in WALKING
        or on_postgres()
        or request.config.getoption("quick")
        or request.node.get_closest_marker("rules_once")
    ):
        return
    write = Database.write

    def write_twice(database: Database, rule: Callable[[Session], object]) -> object:
        with suppress(Exception), database.writing() as session:
            rule(session)
            session.flush()
            raise ThrownAwayError
        return write(database, rule)

    monkeypatch.setattr(Database, "write", write_twice)


class ThrownAwayError(Exception):
    """What a first try ends with."""


@pytest.fixture(autouse=True)
def present_time_and_chance() -> Iterator[None]:
    yield
    clock.set_clock_offset(None)
    randomness.set_random_source(None)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("PAIDSPAN_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def bucket_endpoint() -> Iterator[str]:
    """Return where buckets are served."""
    if SERVER in os.environ:
        yield os.environ[SERVER]
        return
    with bucket_server() as (endpoint, _process):
        yield endpoint


@pytest.fixture
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of an empty bucket, which AWS_* leads to."""
    endpoint = request.getfixturevalue("bucket_endpoint")
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    return f"s3://{make_bucket(endpoint)}/library"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o700)
    if on_bucket():
        monkeypatch.setenv("PAIDSPAN_STORAGE_URL", request.getfixturevalue("bucket"))
    if on_postgres():
        monkeypatch.setenv("PAIDSPAN_DATABASE_URL", empty_postgres_database())
        monkeypatch.setenv("PAIDSPAN_REDIS_URL", empty_redis())
    else:
        (folder / "paidspan.sqlite").write_bytes(empty_database())
    return folder


@pytest.fixture
def settings(instance: Path) -> Settings:
    return load_settings(instance=instance, secret_key="a secret that only the tests know" * 2, sign_up_seconds=0)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    application = create_app(settings)
    application.testing = True
    yield application
    with application.app_context():
        database_of().close()


@pytest.fixture
def database(app: Flask) -> Database:
    with app.app_context():
        return database_of()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def people(app: Flask, database: Database) -> People:
    return People(app, database)


@pytest.fixture
def shelf(database: Database, tmp_path: Path) -> Shelf:
    return Shelf(database, tmp_path)


@pytest.fixture
def cashier(app: Flask, database: Database) -> Cashier:
    return Cashier(app, database)


@pytest.fixture
def billing(cashier: Cashier) -> BillingContext:
    return cashier.billing


@pytest.fixture
def document(shelf: Shelf) -> Document:
    return shelf.put(price=Money(990, "cny"))


@pytest.fixture
def desk_of(people: People) -> Callable[..., Desk]:
    def desk(email: str = "reader@example.com") -> Desk:
        reader = people.reader(email)
        return Desk(reader, people.browser(email))

    return desk


@pytest.fixture
def desk(desk_of: Callable[..., Desk]) -> Desk:
    return desk_of()
