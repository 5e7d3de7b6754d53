"""A house to look at: reports of several kinds and dates, a subscriber who bought one, a newcomer, a publisher."""

import io
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tests.factories.cashier import Cashier
from tests.factories.people import People, token_in
from webapp import create_app
from webapp.accounts.models import Role
from webapp.documents.importing import Importer, ImportOrder
from webapp.documents.preparation import Options
from webapp.documents.sources import find_sources
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.email_queue import OutboxFolder, send_queued_emails
from webapp.kit.http import database as database_of
from webapp.kit.templating import email_renderer
from webapp.operations.first_start import SAMPLES, prepare_instance
from webapp.settings import load_settings

SUBSCRIBER, NEWCOMER, PUBLISHER = "lin@example.com", "chen@example.com", "editor@example.com"
REPORT = "云泽市图书馆2025年度工作报告"
ANOTHER = "2026年城市阅读市场观察"
REPORTS = Path(__file__).parent / "reports"
# What each is about, and how many days ago it came out.
SHELF = {
    SAMPLES / "annual-report-2025.txt": (("年度报告", "图书馆"), 0),
    SAMPLES / "reading-market-2026.md": (("阅读", "市场"), 0),
    SAMPLES / "river-freight-2026.md": (("freight", "rivers"), 0),
    REPORTS / "cold-chain.md": (("冷链", "县域"), 6),
    REPORTS / "bus-lines.txt": (("公交", "城市"), 15),
    REPORTS / "repair-shops.md": (("trades",), 31),
    REPORTS / "groundwater.txt": (("水利",), 58),
    REPORTS / "opening-hours.txt": (("图书馆",), 400),
}


@dataclass(frozen=True)
class Showroom:
    """An instance that is stocked, for a server to serve; everybody's password is the tests'."""

    instance: Path

    def mails(self) -> list[Path]:
        """Return the mails that were sent, as files, the latest last."""
        return sorted((self.instance / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)


def html_of(mail: Path) -> str:
    """Return what a mail program shows of a mail."""
    part = message_from_bytes(mail.read_bytes(), policy=SMTP).get_body(("html",))
    assert part is not None
    return str(part.get_content())


def stock(instance: Path) -> Showroom:
    """Make an instance with all of it."""
    settings = load_settings(instance=instance)
    prepare_instance(settings)
    app = create_app(settings)
    with app.app_context():
        database = database_of()
    for path, (tags, days) in SHELF.items():
        _publish(database, path, tags, days)
    _people(app, database)
    send_queued_emails(
        database,
        email_renderer(app),
        OutboxFolder(instance / "outbox"),
        settings.sender,
        clock.now() + timedelta(days=1),
    )
    database.close()
    return Showroom(instance)


def _publish(database: Database, path: Path, tags: tuple[str, ...], days: int) -> None:
    clock.set_clock_offset(lambda: -timedelta(days=days))
    order = ImportOrder(Options(tags=tags), publish=True)
    list(Importer(database, order).run(find_sources([str(path)], 20_000_000, io.BytesIO())))
    clock.set_clock_offset(None)


def _people(app: Flask, database: Database) -> None:
    people, cashier = People(app, database), Cashier(app, database)
    people.reader(NEWCOMER)
    people.reader(PUBLISHER, Role.PUBLISHER)
    subscriber = people.signed_in(SUBSCRIBER)
    for plan in ("document", "year"):
        bought = cashier.buy(subscriber, plan, REPORT)
        subscriber.get(f"/checkout/return?session_id={bought}")
    cashier.sandbox.close()
    _read(subscriber)


def _read(subscriber: FlaskClient) -> None:
    """Leave what a reader leaves behind: where they stopped, a bookmark, a passage with a note."""
    form = {"csrf_token": token_in(subscriber.get("/account")), "view": "showroom", "turn": "1"}
    for slug, permille in ((REPORT, "420"), (ANOTHER, "130")):
        subscriber.post(f"/d/{slug}/position", data=form | {"permille": permille})
    subscriber.post(f"/d/{REPORT}/bookmark", data=form)
    passage = {"exact": "全年新购纸质图书11.4万册", "note": "与上年的采购单核对"}
    subscriber.post(f"/d/{REPORT}/notes", data=form | passage)
