"""A generated library: reports brought in by the product's own import and then copied, and readers who hold gifts."""

import io
import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import insert

from bench.front_door.reports import written_reports
from webapp import create_app
from webapp.accounts.api_tokens import AccessToken, Scope
from webapp.accounts.models import Device, Reader, Role
from webapp.accounts.passwords import hash_password
from webapp.billing.models import Grant, GrantSource
from webapp.documents.importing import Importer, ImportOrder
from webapp.documents.preparation import Options
from webapp.documents.sources import find_sources
from webapp.factory import join_rooms
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.operations.first_start import prepare_instance
from webapp.search.index import fill_index
from webapp.settings import Settings, load_settings

PASSWORD = "the password of everybody here"
WRITTEN = 60  # reports that differ; the others are copies of these under other names
TAGS = ["年度报告", "市场", "物流", "水利", "图书馆", "公共服务", "能源", "卫生"]
_LASTS = timedelta(days=365)
_AT_ONCE = 50_000  # readers in a transaction
_MOST_SIGNED_IN = 20_000  # readers whose cookies and tokens are made


@dataclass(frozen=True)
class Library:
    """An instance that is stocked, and what its clients send."""

    instance: Path
    documents: int
    readers: int
    slugs: list[str]
    cookies: list[str]
    tokens: list[str]

    def settings(self, **more: str) -> Settings:
        return load_settings(instance=self.instance, **more)


def stock_library(instance: Path, documents: int, readers: int, *, indexed: bool = True) -> Library:
    """Return a new library of so many documents and readers."""
    settings = load_settings(instance=instance)
    prepare_instance(settings)
    join_rooms()
    database = Database(settings.database)
    _import(database, min(WRITTEN, max(documents - 3, 1)))
    database.close()
    _copy(instance / "paidspan.sqlite", documents)
    database = Database(settings.database)
    _register(database, readers)
    if indexed:
        for _done in fill_index(database):
            pass
    with database.writing_plainly() as connection:
        connection.exec_driver_sql("ANALYZE")
        slugs = list(connection.exec_driver_sql("SELECT slug FROM documents ORDER BY id").scalars())
    database.close()
    signed_in = range(min(readers, _MOST_SIGNED_IN))
    app = create_app(settings)
    cookies = [session_cookie(app, {"_user_id": _secret("device", one), "_fresh": True}) for one in signed_in]
    return Library(instance, documents, readers, slugs, cookies, [_secret("token", one) for one in signed_in])


def session_cookie(app: Flask, session: dict[str, object]) -> str:
    """Return the cookie of a browser with this session, as the product signs it."""
    signer = app.session_interface.get_signing_serializer(app)
    assert signer is not None
    name = app.config["SESSION_COOKIE_NAME"]
    return f"{name}={signer.dumps({'csrf_token': sha256(repr(session).encode()).hexdigest()[:40], **session})}"


def address_of(reader: int) -> str:
    return f"reader-{reader}@example.com"


def _secret(kind: str, reader: int) -> str:
    return sha256(f"{kind} of {reader}".encode()).hexdigest()[:43]


def _import(database: Database, count: int) -> None:
    """Publish reports by the product's own rules; the samples are there already."""
    chance = random.Random(7)
    with TemporaryDirectory() as folder:
        for number, text in enumerate(written_reports(count, chance)):
            Path(folder, f"{number:04}.txt").write_text(text, "utf-8")
        for path in sorted(Path(folder).iterdir()):
            order = ImportOrder(Options(tags=tuple(chance.sample(TAGS, 2))), publish=True, duplicates=True)
            (outcome,) = Importer(database, order).run(find_sources([str(path)], 20_000_000, io.BytesIO()))
            assert outcome.slug, outcome.problems


def _copy(path: Path, wanted: int) -> None:
    """Copy the documents under other ids, slugs and titles until there are so many, each minute an older one."""
    with closing(sqlite3.connect(path)) as connection:
        present = connection.execute("SELECT max(id) FROM documents").fetchone()[0]
        for first in range(present, wanted, present):
            some = {"shift": first, "most": wanted - first}
            for table, changed in _CHANGED.items():
                columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
                values = ", ".join(changed.get(column, column) for column in columns)
                key = "id" if table == "documents" else "document_id"
                connection.execute(
                    f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}"
                    f" WHERE {key} <= min({present}, :most)",
                    some,
                )
        connection.commit()


_CHANGED = {
    "documents": {
        "id": "id + :shift",
        "slug": "slug || '-' || :shift",
        "title": "title || ' ' || :shift",
        "source_key": "NULL",
        "feed_id": "feed_id || '-' || :shift",
        "published_at": "datetime(published_at, '-' || :shift || ' minutes') || '.000000'",
    },
    "document_tags": {"document_id": "document_id + :shift"},
    "public_editions": {"document_id": "document_id + :shift", "title": "title || ' ' || :shift"},
    "full_editions": {"document_id": "document_id + :shift", "title": "title || ' ' || :shift"},
}


def _register(database: Database, count: int) -> None:
    """Put readers into the tables, each signed in somewhere, with a token and a gift of everything for a year."""
    now, password = clock.now(), hash_password(PASSWORD)
    with database.reading() as session:
        offset = max((id_ for (id_,) in session.query(Reader.id)), default=0) + 1
    for first in range(0, count, _AT_ONCE):
        some = range(first, min(first + _AT_ONCE, count))
        addresses = [address_of(one) for one in some]
        people = {"password_hash": password, "role": Role.READER, "created_at": now}
        held = {"created_at": now, "last_seen_at": now, "expires_at": now + _LASTS, "user_agent": "bench"}
        gift = {"source": GrantSource.COMPLIMENTARY, "starts_at": now, "ends_at": now + _LASTS}
        token = {"name": "bench", "scope_words": sorted(Scope), "created_at": now, "last_used_at": now + _LASTS}
        rows: dict[type, list[dict[str, object]]] = {
            Reader: [
                {"id": offset + one, "email": address, "email_key": address, **people}
                for one, address in zip(some, addresses, strict=True)
            ],
            Device: [{"reader_id": offset + one, "token_hash": _hashed("device", one), **held} for one in some],
            Grant: [{"reader_id": offset + one, "source_id": f"gift {one}", **gift} for one in some],
            AccessToken: [{"reader_id": offset + one, "token_hash": _hashed("token", one), **token} for one in some],
        }
        with database.writing() as session:
            for table, made in rows.items():
                session.execute(insert(table), made)


def _hashed(kind: str, reader: int) -> str:
    return sha256(_secret(kind, reader).encode()).hexdigest()
