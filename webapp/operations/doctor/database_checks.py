"""Whether the database is there, whole, of this version, and set up as it must be."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from webapp.accounts.models import Reader
from webapp.documents.models import Document
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.heartbeat import find_heartbeat
from webapp.kit.instance_identity import find_instance
from webapp.kit.languages import number
from webapp.kit.migrate import NewerDatabaseError, SchemaAge, refuse_newer, schema_age
from webapp.kit.translatable import _
from webapp.operations.doctor.diagnosis import Diagnosis, defect, good, warning
from webapp.operations.doctor.examined_installation import ExaminedInstallation
from webapp.operations.start_trouble import damage_trouble, explain_database_error

_CHECK_SECONDS = 4.0  # for SQLite to look through its file
_STEPS = 10_000  # of SQLite's, between two looks at the clock
_LARGE_LOG = 256_000_000  # bytes; SQLite makes it short again at 4 MB, unless somebody reads for hours
_OLDEST_SERVER = 140_000  # PostgreSQL 14, as server_version_num has it
_FEWEST_CONNECTIONS = 60  # two processes with their threads, and the worker
_CLOCKS_APART = 5  # seconds
_AHEAD = timedelta(minutes=2)


def check_database(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the database can be opened."""
    if examined.trouble is not None:
        yield defect(examined.trouble.sentence, examined.trouble.mend)
    elif examined.database_file is not None:
        yield good(_("%(file)s can be read.", file=examined.database_file))
    else:
        yield good(_("%(server)s answers.", server=examined.opened.url.render_as_string(hide_password=True)))


def check_schema(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the tables are those of this version."""
    match examined.age:
        case SchemaAge.CURRENT:
            yield good(_("The tables are those of this version."))
        case SchemaAge.NEWER:
            try:
                refuse_newer(examined.opened)
            except NewerDatabaseError as error:
                yield defect(error.args[0], error.hint)
        case SchemaAge.OLDER:
            mend = _("paidspan serve takes the missing steps when it starts; make a backup before.")
            yield defect(_("The tables are those of an earlier version."), mend)
        case _:
            yield defect(_("There are no tables yet."), _("paidspan serve makes them."))


def check_integrity(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether SQLite finds its file whole, as far as it comes in a few seconds."""
    file = examined.database_file
    if file is None:
        return
    address = examined.opened.read_engine.dialect.create_connect_args(examined.opened.read_engine.url)[0][0]
    until = time.monotonic() + _CHECK_SECONDS
    with closing(sqlite3.connect(address, uri=True)) as connection:
        connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        try:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_INTERRUPT":
                raise
            sentence = _("The file is whole as far as SQLite came in %(seconds)s seconds.", seconds=int(_CHECK_SECONDS))
            yield good(sentence)
            return
        except sqlite3.DatabaseError as error:
            said = str(error)
    if said == "ok":
        yield good(_("SQLite finds its file whole."))
    else:
        trouble = damage_trouble(file.parent)
        yield defect(_("The database is damaged: %(said)s.", said=" ".join(said.split()).rstrip(".")), trouble.mend)


def check_log(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether SQLite keeps its log of writes, and whether that is of a usual size."""
    file = examined.database_file
    if file is None:
        return
    log = file.with_name(f"{file.name}-wal")
    size = log.stat().st_size if log.exists() else 0
    with examined.opened.reading() as session:
        mode = session.execute(text("PRAGMA journal_mode")).scalar()
    if mode != "wal":
        sentence = _("The database does not keep a log of writes (WAL) but works in mode %(mode)s.", mode=mode)
        yield warning(sentence, _("paidspan serve sets it when it starts; stop what else opens the file."))
    elif size > _LARGE_LOG:
        sentence = _("The log of writes (-wal) has grown to %(size)s MB.", size=number(size // 1_000_000))
        yield warning(sentence, _("Something reads without end, or nothing runs: start paidspan again."))
    else:
        yield good(_("Writes are logged (WAL), %(size)s MB at present.", size=number(size // 1_000_000)))


def check_postgresql(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the server is one that paidspan can work on."""
    if examined.database_file is not None:
        return
    with examined.opened.reading() as session:
        asked = session.connection().exec_driver_sql
        release = int(asked("SHOW server_version_num").scalar_one())
        encoding = str(asked("SHOW server_encoding").scalar_one())
        most = int(asked("SHOW max_connections").scalar_one())
        used = int(asked("SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL").scalar_one())
        is_standby = bool(asked("SELECT pg_is_in_recovery()").scalar_one())
    found = list(_server_troubles(release, encoding, is_standby=is_standby))
    yield from found
    if most < _FEWEST_CONNECTIONS or used > most * 0.9:
        yield warning(
            _("The server takes %(most)s connections, and %(used)s are open.", most=most, used=used),
            _("Raise max_connections in postgresql.conf to 100 or more."),
        )
    elif not found:
        told = {"release": f"{release // 10_000}.{release % 10_000}", "used": used, "most": most}
        yield good(_("PostgreSQL %(release)s, UTF8, %(used)s of %(most)s connections.", **told))


def _server_troubles(release: int, encoding: str, *, is_standby: bool) -> Iterator[Diagnosis]:
    if release < _OLDEST_SERVER:
        sentence = _("PostgreSQL %(release)s is too old; 14 or later is needed.", release=release // 10_000)
        yield defect(sentence, _("Upgrade the server (pg_upgrade)."))
    if encoding != "UTF8":
        sentence = _("The database has encoding %(encoding)s, not UTF8.", encoding=encoding)
        yield defect(sentence, _("Make another: createdb --template=template0 --encoding=UTF8, and move over."))
    if is_standby:
        mend = _("Name the primary in PAIDSPAN_DATABASE_URL.")
        yield defect(_("The server is a standby, which cannot be written to."), mend)


def check_read_copy(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the copy that visitors are read from answers; where it does not, they are read from the primary."""
    url = examined.known.database_read_url
    if not url:
        return
    copy = Database(url)
    try:
        age = schema_age(copy)
    except DBAPIError as error:
        trouble = explain_database_error(error.orig)
        yield warning(
            trouble.sentence, _("Visitors are read from the primary meanwhile: see PAIDSPAN_DATABASE_READ_URL.")
        )
    else:
        if age is examined.age:
            yield good(_("The copy that visitors are read from answers."))
        else:
            mend = _("Is PAIDSPAN_DATABASE_READ_URL a copy of this database, and does it follow?")
            yield warning(_("The copy that visitors are read from has other tables."), mend)
    finally:
        copy.close()


def check_database_clock(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the clock of the database's server goes as ours does."""
    if examined.database_file is not None:
        return
    with examined.opened.reading() as session:
        session.connection()
        before = clock.machine_now()
        theirs: datetime = session.connection().exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        after = clock.machine_now()
    apart = abs((theirs - (before + (after - before) / 2)).total_seconds())
    if apart > _CLOCKS_APART:
        sentence = _(
            "The clocks of this machine and of the database differ by %(seconds)s seconds.", seconds=round(apart)
        )
        yield warning(sentence, _("Have both keep time: timedatectl set-ntp true."))
    else:
        yield good(_("The database's clock goes as this machine's."))


def check_clock(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether this machine's clock is not before what was written last."""
    if examined.known.sandbox:  # whose time may have been moved ahead
        yield good(_("The sandbox's time is its own."))
        return
    with examined.opened.reading() as session:
        known, beat = find_instance(session), find_heartbeat(session)
        written = [
            session.scalar(select(func.max(Reader.created_at))),
            session.scalar(select(func.max(Document.published_at))),
            known.backed_up_at if known else None,
            known.audited_at if known else None,
            beat.beat_at if beat else None,
        ]
    newest = max((moment for moment in written if moment is not None), default=None)
    if newest is not None and newest > clock.machine_now() + _AHEAD:
        told = {"now": f"{clock.machine_now():%Y-%m-%d %H:%M}", "newest": f"{newest:%Y-%m-%d %H:%M}"}
        yield defect(
            _("It is %(now)s UTC here, and something was written at %(newest)s UTC.", **told),
            _("Set the clock: timedatectl set-ntp true."),
        )
    else:
        yield good(_("The clock is not behind what was written."))
