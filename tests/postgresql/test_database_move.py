"""A library moves from SQLite to PostgreSQL and back: every table is equal, and pages are the same bytes."""

import re

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select

from tests.factories.cashier import Cashier
from tests.factories.people import People
from tests.factories.postgres_database import new_postgres_database
from tests.factories.shelf import REPORT, Shelf
from webapp import create_app
from webapp.accounts.api_tokens import Scope
from webapp.accounts.models import Reader
from webapp.kit.database import Database
from webapp.kit.errors import InvalidInputError
from webapp.kit.http import database as database_of
from webapp.kit.migrate import upgrade
from webapp.kit.money import Money
from webapp.kit.table_base import Base
from webapp.operations import database_move
from webapp.operations.cli import cli
from webapp.operations.database_move import move_database
from webapp.settings import load_settings

DOCUMENTS, READERS = 12, 20
PATHS = ["/", "/feed.atom", "/sitemap.xml", "/tags", "/search?q=库存", "/api/v1/documents", "/plans"]


class House:
    """An application on a database."""

    def __init__(self, folder, url):
        folder.mkdir(mode=0o700, exist_ok=True)
        self.app = create_app(
            load_settings(instance=folder, database_url=url, secret_key="of the tests " * 4, sign_up_seconds=0)
        )
        with self.app.app_context():
            self.database = database_of()
        self.people = People(self.app, self.database)
        self.url = self.database.url.render_as_string(hide_password=False)

    def close(self):
        self.database.close()


@pytest.fixture
def opened(tmp_path):
    """Open houses that share one folder, as an installation that moves does."""
    made = []

    def house(url):
        database = Database(url)
        upgrade(database)
        database.close()
        made.append(House(tmp_path / "instance", url))
        return made[-1]

    yield house
    for one in made:
        one.close()


@pytest.fixture
def old(opened, tmp_path):
    house = opened(f"sqlite:///{tmp_path / 'old.sqlite'}")
    shelf, people = Shelf(house.database, tmp_path), house.people
    texts, price = [REPORT.replace("库存", f"库存{number}") for number in range(DOCUMENTS)], Money(990, "cny")
    slugs = [shelf.put(text, f"{number}.txt", tags=("仓储",), price=price).slug for number, text in enumerate(texts)]
    cashier = Cashier(house.app, house.database)
    for number in range(READERS):
        reader = people.reader(f"reader{number}@example.com")
        if number % 3:
            browser, plan = people.browser(reader.email), ("year", "document")[number % 2]
            paid = cashier.buy(browser, plan, slugs[number % DOCUMENTS] if plan == "document" else "")
            browser.get(f"/checkout/return?session_id={paid}")
    house.secret = people.token(people.reader("program@example.com"), *Scope)
    house.slugs = slugs
    return house


@pytest.fixture
def new(postgres):
    database = Database(new_postgres_database())
    yield database
    database.close()


def rows(database):
    with database.reading() as session:
        connection = session.connection()
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def pages(house, slugs, cookie, secret):
    visitor, reader, program = (house.app.test_client() for _ in range(3))
    reader.set_cookie("paidspan", cookie)
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    paths = [*PATHS, *(f"/d/{slug}" for slug in slugs)]
    others = {"visitor": visitor, "program": program}
    shown = {(name, path): client.get(path).data for name, client in others.items() for path in paths}
    return shown | {("reader", path): without_tokens(reader.get(path).get_data(as_text=True)) for path in paths}


def without_tokens(page):
    return re.sub(r'(name="csrf_token"[^>]* value=)"[^"]+"', r"\1", page)


def test_there_and_back(old, new, opened, tmp_path):
    browser = old.people.browser("reader2@example.com")
    cookie = browser.get_cookie("paidspan").value
    told = []
    move_database(old.database, new, told.append)
    assert rows(new) == rows(old.database)
    assert {one.name: one.rows for one in told}["readers"] == READERS + 1
    there = opened(new.url.render_as_string(hide_password=False))
    before, after = (pages(house, old.slugs, cookie, old.secret) for house in (old, there))
    assert any("paid-gate" not in page for (who, path), page in before.items() if who == "reader" and "/d/" in path)
    assert after == before
    assert there.people.reader("later@example.com").id == READERS + 2
    back = Database(f"sqlite:///{tmp_path / 'back.sqlite'}")
    move_database(there.database, back, told.append)
    assert rows(back) == rows(there.database)
    back.close()


def test_the_command_says_what_went_and_what_to_do(old, new):
    url = new.url.render_as_string(hide_password=False)
    done = CliRunner().invoke(cli, ["db", "move", old.url, url])
    assert done.exit_code == 0, done.output
    assert f"readers{READERS + 1:>29}" in done.output
    assert "PAIDSPAN_DATABASE_URL" in done.output
    again = CliRunner().invoke(cli, ["db", "move", old.url, url])
    assert str(again.exception).startswith("The target is not empty.")


def test_a_target_that_holds_something_keeps_it(old, opened, new):
    there = opened(new.url.render_as_string(hide_password=False))
    there.people.reader("mine@example.com")
    held = rows(new)
    with pytest.raises(InvalidInputError, match="not empty"):
        move_database(old.database, new, print)
    assert rows(new) == held


@pytest.mark.parametrize("stop_at", ["documents", "grants", "reader_versions"])
def test_what_stops_half_way_leaves_nothing_and_can_be_begun_again(old, new, stop_at, monkeypatch):
    digest = database_move._digest

    def stop(connection, table, *changes):
        if table.name == stop_at:
            raise KeyboardInterrupt
        return digest(connection, table, *changes)

    with monkeypatch.context() as patch:
        patch.setattr(database_move, "_digest", stop)
        with pytest.raises(KeyboardInterrupt):
            move_database(old.database, new, print)
    assert rows(new)["readers"] == []
    move_database(old.database, new, lambda table: table)
    assert rows(new) == rows(old.database)


def test_a_source_that_changes_meanwhile_is_not_moved(old, new, monkeypatch):
    go_on = database_move._go_on_counting

    def late(given):
        go_on(given)
        old.people.grant(old.people.kept(2))

    monkeypatch.setattr(database_move, "_go_on_counting", late)
    with pytest.raises(InvalidInputError, match="changed meanwhile"):
        move_database(old.database, new, print)
    assert rows(new)["readers"] == []


def test_what_does_not_arrive_as_it_was_is_refused(old, new, monkeypatch):
    insert = database_move.insert
    spoilt = lambda table: insert(table) if table.name != "receipts" else delete(table)  # noqa: E731
    monkeypatch.setattr(database_move, "insert", spoilt)
    with pytest.raises(InvalidInputError, match="receipts did not arrive"):
        move_database(old.database, new, lambda table: table)
    assert rows(new)["readers"] == []


def test_a_source_of_another_version_is_refused(new, tmp_path):
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(InvalidInputError, match="this version"):
        move_database(empty, new, print)
    empty.close()


def test_a_nul_becomes_the_sign_for_what_cannot_be_shown(old, new):
    with old.database.writing() as session:
        session.scalars(select(Reader).where(Reader.email == "reader1@example.com")).one().look = "a\0b"
    move_database(old.database, new, lambda table: table)
    with new.reading() as session:
        assert session.scalar(select(Reader.look).where(Reader.email == "reader1@example.com")) == "a\ufffdb"
