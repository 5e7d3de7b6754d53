"""From a batch to rows: sums of a day, a month and a year, whichever processes counted, and nothing of anybody."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from webapp.documents.models import Document
from webapp.documents.slugs import change_slug
from webapp.kit import clock
from webapp.kit.shown_documents import DocumentView
from webapp.reading_figures.count_keeper import CountKeeper
from webapp.reading_figures.counting import count_at_gate, delete_old_days, periods_of, store_batch
from webapp.reading_figures.models import DocumentReadingCount, LibraryReadingCount, ReadingKind
from webapp.reading_figures.tally import ReadingKey, ReadingTally
from webapp.reading_figures.visits import Visit

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 30, 17, tzinfo=UTC)  # the first of December there
PREVIEW, GATE, PAID = ReadingKind.PREVIEW, ReadingKind.GATE, ReadingKind.PAID


@pytest.fixture
def document(shelf):
    return shelf.put()


@pytest.fixture
def counted(database):
    """Return what is stored of a period, by document, kind, gate and site; of the library without documents."""

    def read(period, table=DocumentReadingCount):
        with database.reading() as session:
            rows = session.scalars(select(table).where(table.period == period)).all()
        named = [
            (*((row.kind, row.gate, row.site) if table is DocumentReadingCount else (row.kind, row.site)), row.count)
            for row in rows
        ]
        return sorted(named)

    return read


def store(database, counts, now=NOW):
    database.write(lambda session: store_batch(session, Counter(counts), now, SHANGHAI))


def test_a_moment_lies_on_the_publishers_day():
    assert periods_of(NOW, SHANGHAI) == ("2026-12-01", "2026-12", "2026")


def test_counts_of_several_batches_are_added_up(database, document, counted):
    counts = {
        ReadingKey(document.id, PREVIEW): 3,
        ReadingKey(document.id, PREVIEW, 0, "zhihu.com"): 2,
        ReadingKey(document.slug, GATE): 2,
        ReadingKey(document.slug, GATE, 1): 2,
    }
    store(database, counts)
    store(database, counts)
    expected = [("gate", 0, "", 4), ("gate", 1, "", 4), ("preview", 0, "", 6), ("preview", 0, "zhihu.com", 4)]
    for period in ("2026-12-01", "2026-12", "2026"):
        assert counted(period) == expected
        library = [("gate", "", 4), ("preview", "", 6), ("preview", "zhihu.com", 4)]
        assert counted(period, LibraryReadingCount) == library


def test_what_is_no_document_or_gate_of_ours_is_not_stored(database, document, counted):
    store(
        database,
        {
            ReadingKey(99_999, PREVIEW): 1,
            ReadingKey("no-such-document", GATE, 1): 1,
            ReadingKey(document.slug, GATE, 299): 1,
            ReadingKey(document.slug, ReadingKind.END): 1,
        },
    )
    assert counted("2026-12") == [("end", 0, "", 1)]


def test_an_order_is_counted_at_the_gate_where_it_began(database, document, counted):
    for landing in (
        f"/d/{document.slug}#gate-1",
        f"/d/{document.slug}?plan=year#gate-1",
        f"/d/{document.slug}#gate-99",
        f"/d/{document.slug}",
        "/account/plan",
        "/d/none#gate-1",
        f"/d/{document.slug}/notes",
    ):
        database.write(lambda session, landing=landing: count_at_gate(session, PAID, landing, NOW, SHANGHAI))
    assert counted("2026") == [("paid", 0, "", 4), ("paid", 1, "", 2)]


def test_a_document_that_was_renamed_meanwhile_is_the_same(database, document, counted):
    former = document.slug
    database.write(lambda session: change_slug(session, session.get_one(Document, document.id), "another"))
    database.write(lambda session: count_at_gate(session, PAID, f"/d/{former}#gate-1", NOW, SHANGHAI))
    assert counted("2026") == [("paid", 0, "", 1), ("paid", 1, "", 1)]


def test_old_days_go_and_their_months_stay(database, document, counted):
    store(database, {ReadingKey(document.id, PREVIEW): 1})
    database.write(lambda session: delete_old_days(session, NOW + timedelta(days=400), SHANGHAI))
    assert counted("2026-12-01") == [("preview", 0, "", 1)]
    database.write(lambda session: delete_old_days(session, NOW + timedelta(days=401), SHANGHAI))
    assert counted("2026-12-01") == counted("2026-12-01", LibraryReadingCount) == []
    assert counted("2026-12") == [("preview", 0, "", 1)]


def test_the_counts_of_a_deleted_document_go_with_it(database, document, counted):
    store(database, {ReadingKey(document.id, PREVIEW): 1})
    database.write(lambda session: session.execute(text("DELETE FROM documents WHERE id = :id"), {"id": document.id}))
    assert counted("2026") == []
    assert counted("2026", LibraryReadingCount) == [("preview", "", 1)]


def test_what_cannot_be_stored_now_is_stored_next_time(database, document, counted, monkeypatch, caplog):
    tally = ReadingTally()
    keeper = CountKeeper(database, tally, lambda: SHANGHAI)
    tally.count_view(DocumentView(document.id, full=False), Visit("", robot=False, ahead=False))
    with monkeypatch.context() as patch:
        patch.setattr(type(database), "write", lambda *_arguments: 1 / 0)
        keeper.store()
    assert "could not be counted just now" in caplog.text
    keeper.store()
    keeper.store()
    year = f"{clock.now().astimezone(SHANGHAI):%Y}"
    assert counted(year) == [("preview", 0, "", 1)]


def test_the_tables_have_no_place_for_a_person():
    """Who adds a column here says what it is for; none of these tells of a reader, an address or a browser."""
    assert set(DocumentReadingCount.__table__.c.keys()) == {"period", "document_id", "kind", "gate", "site", "count"}
    assert set(LibraryReadingCount.__table__.c.keys()) == {"period", "kind", "site", "count"}
