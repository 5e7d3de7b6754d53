"""Writers on PostgreSQL are as if one came after the other; with less isolation they are not, which a test shows."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from tests.factories.at_once import at_once
from tests.factories.postgres_database import OTHERS_LEAVE
from webapp.accounts.authentication import open_device
from webapp.accounts.devices import Arrival, settle_device
from webapp.accounts.models import Device, Reader
from webapp.billing.stripe_models import Alert
from webapp.kit import clock, content_version
from webapp.kit.content_version import current_version
from webapp.kit.database import Database
from webapp.settings import Mode

SIGN_INS, MOST = 6, 1
TOGETHER_SECONDS, PATIENCE_SECONDS = 0.3, 60
ALONE = 4  # the try in which nobody else writes

pytestmark = pytest.mark.rules_once


def sign_ins(database, reader, barrier):
    """Return what signs a reader in, each on another device; the first tries read before any of them writes."""
    arrival = Arrival(None, known=True, most=MOST, announced=False, locale="en")

    def sign_in():
        def rule(session):
            held = session.get_one(Reader, reader.id)
            session.scalars(select(Device).where(Device.reader_id == reader.id)).all()
            with suppress(BrokenBarrierError):  # where it is run again, alone
                barrier.wait(TOGETHER_SECONDS)
            settle_device(session, open_device(session, held, "a browser", clock.now()), arrival, clock.now())

        database.write(rule)

    return [sign_in] * SIGN_INS


def signed_in(database, reader):
    living = select(func.count()).where(Device.reader_id == reader.id, Device.superseded_at.is_(None))
    with database.reading() as session:
        return session.scalar(living)


def test_of_many_who_sign_in_at_once_as_many_stay_as_may(database, people):
    reader = people.reader()
    at_once(*sign_ins(database, reader, Barrier(SIGN_INS)))
    assert signed_in(database, reader) == MOST


@pytest.mark.parametrize(("isolation", "added"), [("SERIALIZABLE", 1), ("REPEATABLE READ", 2), ("READ COMMITTED", 2)])
def test_with_less_isolation_two_do_what_one_may(database, url, isolation, added):
    """Each adds something where there is nothing, and both see nothing: write skew (PostgreSQL, 13.2.3)."""
    house, both_have_read = Database(url), Barrier(2)
    house.write_engine.update_execution_options(isolation_level=isolation)

    def add(about):
        def rule(session):
            seen = session.scalar(select(func.count()).select_from(Alert))
            with suppress(BrokenBarrierError):
                both_have_read.wait(TOGETHER_SECONDS)
            if not seen:
                session.add(Alert(mode=Mode.TEST, code="drift", about=about, created_at=clock.now()))

        return lambda: house.write(rule)

    try:
        at_once(add("one"), add("another"))
    finally:
        house.close()
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == added


def test_who_comes_second_again_and_again_runs_alone_in_the_end(database, another):
    """Four processes of the model test had one sent away eight times, on a machine with much to do."""
    others, tries = [], 0

    def counting(about):
        def rule(session):
            session.scalar(select(func.count()).select_from(Alert))
            session.add(Alert(mode=Mode.TEST, code="drift", about=about, created_at=clock.now()))

        return rule

    def unlucky(session):
        """Have somebody else come between what is read and what is written, each time."""
        nonlocal tries
        tries += 1
        session.scalar(select(func.count()).select_from(Alert))
        others.append(Thread(target=another.write, args=(counting(f"other {tries}"),)))
        others[-1].start()
        others[-1].join(PATIENCE_SECONDS if tries < ALONE else TOGETHER_SECONDS)
        counting("unlucky")(session)

    database.write(unlucky)
    for other in others:
        other.join()
    assert tries == ALONE
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == tries + 1


def test_who_publishes_at_once_is_counted_each_time(database):
    """All change the one row of the version; who comes second is run again, and in the end nobody is sent away."""
    before = version(database)
    at_once(*[lambda: [database.write(content_version._grow) for _ in range(10)]] * 4)
    assert version(database) == before + 40


def version(database):
    with database.reading() as session:
        return current_version(session)[0]


def test_what_is_read_is_one_moment_and_cannot_be_written(database, people, another):
    people.reader("one@example.com")
    with another.reading() as session:
        assert session.scalar(select(func.count()).select_from(Reader)) == 1
        people.reader("two@example.com")
        assert session.scalar(select(func.count()).select_from(Reader)) == 1
        with pytest.raises(DBAPIError, match="read-only"):
            session.execute(Reader.__table__.delete())


def test_who_waits_too_long_for_a_lock_is_told_so(database, people, url):
    reader, hasty = people.reader(), Database(url, patience=0.2)

    def rename(session):
        session.get_one(Reader, reader.id).email = "other@example.com"

    try:
        with database.writing() as session:
            rename(session)
            session.flush()
            with pytest.raises(DBAPIError, match="lock timeout"):
                hasty.write(rename)
    finally:
        hasty.close()


def test_after_a_restart_of_the_database_the_next_one_is_answered(database, another):
    with another.writing_plainly() as connection:
        before = version(database)
        connection.exec_driver_sql(OTHERS_LEAVE)
    assert version(database) == before


def test_a_nul_is_in_no_text_and_finds_nothing(database, people):
    people.reader("a@example.com")
    with database.writing() as session:
        session.scalars(select(Reader)).one().look = "dark\0"
    with database.reading() as session:
        assert session.scalars(select(Reader).where(Reader.email == "a\0@example.com")).all() == []
        assert session.scalars(select(Reader.look)).one() == "dark\ufffd"
