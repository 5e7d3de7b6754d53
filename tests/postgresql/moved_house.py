"""A library with readers who pay, read and note, and what must be the same once its database has moved."""

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.cashier import Cashier
from tests.factories.people import People
from tests.factories.shelf import REPORT, Shelf
from tests.factories.stripe_events import Newsboy
from webapp import create_app
from webapp.accounts.api_tokens import Scope
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Reader
from webapp.accounts.second_factor import set_second_factor
from webapp.exports.export_jobs import request_export
from webapp.exports.file_formats import EditionSide, ExportKey, FileFormat
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.http import database as database_of
from webapp.kit.migrate import upgrade
from webapp.kit.money import Money
from webapp.kit.table_base import Base
from webapp.library.models import Highlight
from webapp.library.reading_positions import ReportedPosition, save_position, set_bookmark
from webapp.settings import load_settings

PATHS = ["/", "/feed.atom", "/sitemap.xml", "/tags", "/search?q=库存", "/api/v1/documents", "/plans"]
OWN_PATHS = [
    "/library",
    "/library/notes.md",
    "/library/history",
    "/library/bookmarks",
    "/library/bought",
    "/library/notes",
]
PLANS = ("year", "document", "month")
# What a library has rows in once it was filled, and what it has none in.
FILLED = {
    *("access_tokens", "bookmarks", "devices", "document_prices", "document_tags", "documents", "export_jobs"),
    *("full_editions", "grants", "highlights", "mailed_tokens", "mails", "plans", "public_editions", "purchases"),
    *("reader_versions", "readers", "reading_positions", "receipts", "recovery_codes", "revisions", "second_factors"),
    *("stripe_customers", "stripe_events", "stripe_objects"),
}


class House:
    """An application on a database."""

    def __init__(self, folder: Path, url: str) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self.app = create_app(
            load_settings(instance=folder, database_url=url, secret_key="of the tests " * 4, sign_up_seconds=0)
        )
        with self.app.app_context():
            self.database = database_of()
        self.people = People(self.app, self.database)
        self.url = self.database.url.render_as_string(hide_password=False)

    def close(self) -> None:
        self.database.close()


@dataclass
class Houses:
    """Those that share one folder, as an installation that moves does."""

    folder: Path
    opened: list[House] = field(default_factory=list)

    def open(self, url: str) -> House:
        """Open one on a database, whose tables are made where there are none."""
        database = Database(url)
        upgrade(database)
        database.close()
        self.opened.append(House(self.folder / "instance", url))
        return self.opened[-1]

    def open_old(self) -> House:
        """Open the one that is to move."""
        return self.open(f"sqlite:///{self.folder / 'old.sqlite'}")

    def close(self) -> None:
        for house in self.opened:
            house.close()


@dataclass(frozen=True)
class Library:
    """What was put into a house: its documents, the cookie of a reader who paid, the secret of a program."""

    slugs: list[str]
    cookie: str
    secret: str


def fill(house: House, folder: Path, documents: int, readers: int) -> Library:
    """Put so many documents and readers into a house; two of three readers pay, and Stripe tells of it."""
    shelf = Shelf(house.database, folder)
    put = [
        shelf.put(REPORT.replace("库存", f"库存{number}"), f"{number}.txt", tags=("仓储",), price=Money(990, "cny"))
        for number in range(documents)
    ]
    slugs, cashier, cookie = [one.slug for one in put], Cashier(house.app, house.database), ""
    for number in range(readers):
        reader = house.people.reader(f"reader{number}@example.com")
        pays = bool(number % 3)
        if pays:
            browser, plan = house.people.browser(reader.email), PLANS[number // 2 % len(PLANS)]
            paid = cashier.buy(browser, plan, slugs[number % documents] if plan == "document" else "")
            browser.get(f"/checkout/return?session_id={paid}")
            kept = browser.get_cookie("paidspan")
            assert kept is not None
            cookie = kept.value
        house.database.write(partial(_use, reader_id=reader.id, document_id=put[number % documents].id, pays=pays))
    newsboy = Newsboy(house.app, cashier.billing)
    for event in newsboy.events()[:500]:  # readers who came back told the same
        assert newsboy.post(event).status_code < 300
    return Library(slugs, cookie, house.people.token(house.people.reader("program@example.com"), *Scope))


def _use(session: Session, reader_id: int, document_id: int, *, pays: bool) -> None:
    """Write what a reader leaves who reads, notes, takes a file along and forgot the password."""
    now, reader = clock.now(), session.get_one(Reader, reader_id)
    save_position(session, reader_id, document_id, ReportedPosition("view", 1, 300, "一段 🙂"), now)
    set_bookmark(session, reader_id, document_id, "", now)
    marked = {"number": 1, "exact": "入库平稳", "prefix": "全年", "suffix": "，", "position": 0, "note": "甲 🙂\n乙"}
    session.add(Highlight(reader_id=reader_id, document_id=document_id, created_at=now, updated_at=now, **marked))
    make_mailed_token(session, reader, Purpose.RECOVER, now)
    if pays:
        request_export(session, ExportKey(document_id, EditionSide.FULL, FileFormat.PDF, 1, now), now)
    else:
        set_second_factor(session, reader, "sealed", 0, now)


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables."""
    with database.reading() as session:
        connection = session.connection()
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def pages(house: House, library: Library) -> dict[tuple[str, str], bytes]:
    """Return what a visitor, a reader who paid and a program are shown."""
    visitor, reader, program = (house.app.test_client() for _ in range(3))
    reader.set_cookie("paidspan", library.cookie)
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {library.secret}"
    paths = [*PATHS, *OWN_PATHS, *(f"/d/{slug}" for slug in library.slugs)]
    others = {"visitor": visitor, "program": program, "reader": reader}
    return {(name, path): _without_tokens(client.get(path).data) for name, client in others.items() for path in paths}


def _without_tokens(page: bytes) -> bytes:
    """Return a page but for what is new in it each time."""
    return re.sub(rb'(name="csrf_token"[^>]* value=)"[^"]+"', rb"\1", page)
