"""The funnel of reading: sums that were counted, ranked, of each gate, without a query that looks at every row."""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, insert, text

from tests.factories.html import parse
from webapp.accounts.models import Role
from webapp.documents.models import Document
from webapp.kit import clock
from webapp.reading_figures.counting import periods_of, store_batch
from webapp.reading_figures.models import DocumentReadingCount, LibraryReadingCount, ReadingKind
from webapp.reading_figures.reading_sums import recent_periods
from webapp.reading_figures.tally import ReadingKey

ENGLISH = {"Accept-Language": "en"}
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def desk(people):
    return people.signed_in("publisher@example.com", Role.PUBLISHER)


@pytest.fixture
def document(shelf):
    return shelf.put()


@pytest.fixture
def counts(database, document):
    kinds = {"preview": 200, "gate": 80, "checkout": 10, "paid": 5, "full": 40, "end": 20, "robot": 7}
    counted = {ReadingKey(document.id, ReadingKind(kind)): count for kind, count in kinds.items()}
    counted |= {ReadingKey(document.slug, ReadingKind(kind), 1): kinds[kind] for kind in ("gate", "checkout", "paid")}
    counted |= {ReadingKey(document.id, ReadingKind.PREVIEW, 0, site): 50 for site in ("zhihu.com", ".", "*")}
    database.write(lambda session: store_batch(session, Counter(counted), clock.now(), SHANGHAI))


def cells(page, css):
    return [[" ".join(cell.text().split()) for cell in row.css("th, td")] for row in parse(page).css(css)]


def test_the_library_is_a_funnel_and_a_ranking(desk, document, counts):
    page = desk.get("/desk/reading", headers=ENGLISH)
    assert [row[:3] for row in cells(page, "#funnel + table tbody tr")] == [
        ["Previews", "200", ""],
        ["Gate seen", "80", "40 %"],
        ["Orders begun", "10", "5.0 %"],
        ["Orders paid", "5", "2.5 %"],
        ["Opened in full", "40", ""],
        ["Read to the end", "20", "50 %"],
    ]
    assert "Robots asked for 7 pages" in page.get_data(as_text=True)
    assert {row[0] for row in cells(page, "#sites + table tbody tr")} == {
        "zhihu.com",
        "other pages of this site",
        "further sites",
    }
    (row,) = cells(page, "#documents + .desk-table tbody tr")
    assert row == [document.title, "200", "80", "10", "5", "40", "20"]
    csv = desk.get("/desk/reading?format=csv&sort=-paid", headers=ENGLISH).get_data(as_text=True)
    assert csv.splitlines()[1].endswith("200,80,10,5,40,20,7")


def test_each_gate_of_a_document_has_its_own(desk, document, counts):
    path = f"/desk/reading/{document.id}"
    (row,) = cells(desk.get(path, headers=ENGLISH), "#gates + .desk-table tbody tr")
    assert row[0] == "Gate 1"
    assert row[2:] == ["80", "40 %", "10", "5", "6.2 %"]
    csv = desk.get(f"{path}?format=csv", headers=ENGLISH).get_data(as_text=True)
    assert csv.splitlines()[1] == "1,80,10,5"


def test_another_period_has_other_numbers_and_an_odd_one_is_this_month(desk, document, counts):
    assert "Nothing was counted" in desk.get("/desk/reading?period=2020-01", headers=ENGLISH).get_data(as_text=True)
    assert cells(desk.get("/desk/reading?period=x", headers=ENGLISH), "#funnel + table tbody tr")[0][1] == "200"
    assert desk.get("/desk/reading?sort=nothing").status_code == 400
    assert desk.get("/desk/reading/99999").status_code == 404


def test_periods_are_those_of_the_publishers_calendar():
    now = datetime(2026, 1, 31, 17, tzinfo=UTC)
    periods = recent_periods(now, SHANGHAI)
    assert periods[:4] == ["2026-02-01", "2026-01-31", "2026-02", "2026-01"]
    assert periods[13:] == ["2025-03", "2026", "2025"]


@pytest.fixture
def crowded(database, document):
    """A library of 20,000 documents, each read this month."""
    month = periods_of(clock.now(), SHANGHAI)[1]

    def fill(session):
        like = session.get_one(Document, document.id)
        same = {"title": "t", "source_hash": "x", "state": like.state, "created_at": like.created_at, "revisions": 1}
        ids = range(1000, 21_000)
        session.execute(insert(Document), [{**same, "id": id_, "slug": f"s{id_}"} for id_ in ids])
        row = {"period": month, "gate": 0, "site": ""}
        rows = [
            {**row, "document_id": id_, "kind": kind, "count": id_ % 997 + 1}
            for id_ in ids
            for kind in (ReadingKind.PREVIEW, ReadingKind.PAID)
        ]
        session.execute(insert(DocumentReadingCount), rows)
        months = [f"{year}-{number:02}" for year in (2024, 2025) for number in range(1, 13)]
        periods = [month, *(f"{one}-{day:02}" for one in months for day in range(1, 28))]
        every = [{"period": one, "kind": kind, "site": "", "count": 9} for one in periods for kind in ReadingKind]
        session.execute(insert(LibraryReadingCount), every)

    with database.writing() as session:
        fill(session)
        session.execute(text("ANALYZE"))


def test_a_large_library_is_ranked_by_an_index_alone(desk, database, crowded, app):
    asked = []

    @event.listens_for(database.read_engine, "before_cursor_execute")
    def _note(_connection, _cursor, statement, parameters, *_rest):
        if "reading_counts" in statement:
            asked.append((statement, parameters))

    for path in ("/desk/reading", "/desk/reading?sort=paid", "/desk/reading/1000"):
        page = desk.get(path, headers=ENGLISH)
        assert page.status_code == 200
    first = cells(desk.get("/desk/reading?sort=-paid", headers=ENGLISH), "#documents + .desk-table tbody tr")
    assert len(first) == 50
    assert {row[1] for row in first} <= {str(number) for number in range(900, 998)}
    if database.url.get_backend_name() != "sqlite":
        return  # PostgreSQL's planner is asked by bench; SQLite says it in words
    with database.read_engine.connect() as connection:
        for statement, parameters in tuple(asked):
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert not [step for step in plan if step.startswith("SCAN") and "CONSTANT" not in step], plan
            assert not [step for step in plan if "TEMP B-TREE FOR ORDER BY" in step and "ranked" in str(plan)], plan
