"""What an installation needs before it serves: made where it is missing, left alone where it is there."""

import io
from dataclasses import dataclass
from functools import partial
from itertools import chain, count
from pathlib import Path

import click
from sqlalchemy import select

from webapp.accounts.models import Reader, Role
from webapp.accounts.registration import register
from webapp.billing.context import open_billing, open_sandbox
from webapp.billing.plans import set_price
from webapp.billing.stripe_setup import learn_products, make_first_plans
from webapp.documents.importing import Importer, ImportOrder
from webapp.documents.models import Document
from webapp.documents.rerender import RERENDER_BATCH, rerender_all
from webapp.documents.sources import find_sources
from webapp.factory import join_rooms
from webapp.feeds.feed_ids import keep_feed_ids
from webapp.kit import clock, randomness
from webapp.kit.database import Database
from webapp.kit.errors import PaymentsUnavailableError
from webapp.kit.file_lock import hold_file_lock
from webapp.kit.instance import mark_of_key, secret_key, secret_keys
from webapp.kit.instance_identity import note_key, note_start
from webapp.kit.languages import gettext
from webapp.kit.migrate import upgrade
from webapp.kit.money import Money
from webapp.search.index import INDEX_BATCH, fill_index
from webapp.settings import Env, Settings
from webapp.site_pages.page_texts import copy_drafts, open_page_texts

SAMPLES = Path(__file__).parents[1] / "samples"
SAMPLE_PRICE = Money(990, "cny")
PUBLISHER = "publisher@example.com"


@dataclass(frozen=True, slots=True)
class FirstPublisher:
    """The account made at the first start; its password is shown once and must be changed at the first sign-in."""

    email: str
    password: str


def prepare_instance(settings: Settings) -> FirstPublisher | None:
    """Make folder, secret, texts, database, plans, samples and the publisher's account where they are missing.

    Of two that start at once the second waits, and finds it all there.
    """
    join_rooms()
    secret_key(settings.instance)
    with hold_file_lock(settings.instance / "start.lock"):
        return _prepare(settings)


def _prepare(settings: Settings) -> FirstPublisher | None:
    copy_drafts(settings)
    for problem in open_page_texts(settings).unusable():
        click.echo(f"paidspan: {gettext(problem)}", err=True)
    database = Database(settings.database)
    try:
        upgrade(database)
        database.write(partial(note_start, base_url=settings.base_url))
        database.write(partial(note_key, mark=mark_of_key(secret_keys(settings)[0])))
        database.write(partial(keep_feed_ids, base_url=settings.base_url))
        _renew_editions(database)
        _fill_index(database)
        _prepare_billing(settings, database)
        if not _has_people(database):
            _add_samples(database, settings)
        return None if _has_publisher(database) else _first_publisher(database)
    finally:
        database.close()


def _prepare_billing(settings: Settings, database: Database) -> None:
    """Sell something where payments are simulated, and learn what an earlier version did not keep of what is sold."""
    sandbox = open_sandbox(settings)
    billing = open_billing(settings, database, sandbox)
    if sandbox is not None:
        make_first_plans(billing)
    try:
        learn_products(billing)
    except PaymentsUnavailableError as error:
        click.echo(f"paidspan: {gettext(error.args[0])}", err=True)


def _renew_editions(database: Database) -> None:
    """Render anew what an earlier version published; say how far it is where that takes a while."""
    done = 0
    for renewed in rerender_all(database):
        done += renewed
        if done >= RERENDER_BATCH:
            click.echo("paidspan: " + gettext("%(done)s documents rendered anew", done=done), err=True)


def _fill_index(database: Database) -> None:
    """Index what an earlier version published; say how far it is where that takes a while."""
    done = 0
    for indexed in fill_index(database):
        done += indexed
        if done >= INDEX_BATCH:
            click.echo("paidspan: " + gettext("%(done)s documents indexed for search", done=done), err=True)


def _has_people(database: Database) -> bool:
    with database.reading() as session:
        return session.scalar(select(Reader.id).limit(1)) is not None


def _has_publisher(database: Database) -> bool:
    with database.reading() as session:
        return session.scalar(select(Reader.id).where(Reader.role == Role.PUBLISHER).limit(1)) is not None


def _add_samples(database: Database, settings: Settings) -> None:
    """Publish the samples into an empty library; a real house begins with empty shelves."""
    with database.reading() as session:
        begun = session.scalar(select(Document.id).limit(1)) is not None
    if begun or settings.env is Env.PRODUCTION:
        return
    order = ImportOrder(publish=True, on_stored=lambda session, document: set_price(session, document.id, SAMPLE_PRICE))
    sources = find_sources([str(SAMPLES)], settings.max_source_bytes, io.BytesIO())
    for outcome in Importer(database, order).run(sources):
        assert outcome.slug, outcome.problems


def _first_publisher(database: Database) -> FirstPublisher:
    """Make the publisher's account, at an address that no reader has."""
    with database.reading() as session:
        taken = set(session.scalars(select(Reader.email_key)))
    numbered = (PUBLISHER.replace("@", f"-{number}@") for number in count(2))
    email = next(address for address in chain([PUBLISHER], numbered) if address not in taken)
    password = randomness.token(9)
    new = partial(register, email=email, password=password, role=Role.PUBLISHER, now=clock.now(), one_time=True)
    database.write(new)
    return FirstPublisher(email, password)
