"""Pages of a list, put together, are the list; a cursor is written in one way, and anything else is none."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Integer, create_engine, delete, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from webapp.kit.paging import RowOrder, fetch_page, read_cursor, write_cursor
from webapp.kit.table_base import Base as OurBase

NOON = datetime(2026, 1, 12, 12, tzinfo=UTC)
LARGEST = 2**63 - 1


class Base(DeclarativeBase):
    type_annotation_map = OurBase.type_annotation_map


class Row(Base):
    """Something with a moment and a number, or without."""

    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime | None]
    size: Mapped[int | None] = mapped_column(Integer)


def order_of(column, stand_in, *, ascending, with_nulls):
    shown = func.coalesce(column, stand_in, type_=column.type) if with_nulls else column
    return RowOrder(shown, Row.id, ascending)


def expected(rows, attribute, stand_in, *, ascending, with_nulls):
    kept = [row for row in rows if with_nulls or getattr(row, attribute) is not None]
    return [
        row.id
        for row in sorted(kept, key=lambda row: (getattr(row, attribute) or stand_in, row.id), reverse=not ascending)
    ]


def walk(session, order, limit, between=lambda _ids: None):
    """Return the ids on all pages of a list; `between` happens after each page."""
    seen, after = [], None
    while True:
        page = fetch_page(session, select(Row.id), order, after, limit)
        assert len(page.rows) <= limit
        seen += [id_ for (id_,) in page.rows]
        after = page.after
        if after is None:
            return seen
        assert len(page.rows) == limit
        between(seen)


@pytest.fixture(scope="module")
def engine():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


# Few moments and few sizes, so that many rows share one; a second is parted, and None is there.
MOMENTS = st.one_of(st.none(), st.integers(0, 4).map(lambda part: NOON + timedelta(microseconds=part * 250_000)))
SIZES = st.one_of(st.none(), st.sampled_from([0, 1, 2, LARGEST]))
FEW_ROWS = st.lists(st.tuples(MOMENTS, SIZES), max_size=25)
ATTRIBUTES = st.sampled_from([("at", datetime(1, 1, 1, tzinfo=UTC)), ("size", 0)])


@given(FEW_ROWS, ATTRIBUTES, st.integers(1, 9), st.booleans(), st.booleans())
def test_all_pages_together_are_the_whole_list_in_order(engine, values, sorted_by, limit, ascending, with_nulls):
    attribute, stand_in = sorted_by
    how = {"ascending": ascending, "with_nulls": with_nulls}
    with Session(engine) as session:
        rows = [Row(id=id_, at=at, size=size) for id_, (at, size) in enumerate(values, 1)]
        session.add_all(rows)
        session.flush()
        seen = walk(session, order_of(getattr(Row, attribute), stand_in, **how), limit)
        assert seen == expected(rows, attribute, stand_in, **how)


@given(FEW_ROWS, st.integers(1, 5), st.booleans())
def test_what_is_deleted_between_two_pages_takes_nothing_along(engine, values, limit, ascending):
    with Session(engine) as session:
        rows = [Row(id=id_, at=at or NOON) for id_, (at, _size) in enumerate(values, 1)]
        session.add_all(rows)
        session.flush()
        whole = [row.id for row in sorted(rows, key=lambda row: (row.at, row.id), reverse=not ascending)]
        gone = walk(
            session,
            RowOrder(Row.at, Row.id, ascending),
            limit,
            between=lambda seen: session.execute(delete(Row).where(Row.id == seen[-1])),
        )
        assert gone == whole


def test_a_page_tells_what_follows_only_where_something_does(engine):
    with Session(engine) as session:
        session.add_all(Row(id=id_, at=NOON) for id_ in range(4))
        session.flush()
        order = RowOrder(Row.at, Row.id)
        assert fetch_page(session, select(Row.id), order, None, 4).after is None
        first = fetch_page(session, select(Row.id), order, None, 2)
        assert first.after == write_cursor(NOON, 2)
        assert fetch_page(session, select(Row.id), order, first.after, 2).after is None
        assert fetch_page(session, select(Row.id), order, write_cursor(NOON, 0), 2).rows == ()


@given(st.one_of(st.datetimes(timezones=st.just(UTC)), st.integers(0, LARGEST)), st.integers(0, LARGEST))
def test_what_is_written_is_read_and_needs_no_quoting(place, number):
    cursor = write_cursor(place, number)
    kind, other = (datetime, int) if isinstance(place, datetime) else (int, datetime)
    assert read_cursor(cursor, kind) == (place, number)
    assert read_cursor(cursor, other) is None
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_addresses_of_before_lead_where_they_led():
    assert write_cursor(datetime(2026, 1, 2, 3, 4, 5, 60, UTC), 17) == "MjAyNi0wMS0wMlQwMzowNDowNS4wMDAwNjArMDA6MDAgMTc"


def packed(text):
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-12T12:00:00+00:00 １２",
        "2026-01-12T12:00:00+00:00 ٣",
        "2026-01-12T12:00:00+00:00 1_0",
        "2026-01-12T12:00:00+00:00 +5",
        "2026-01-12T12:00:00+00:00 05",
        "2026-01-12T12:00:00+00:00 -0",
        "2026-01-12T12:00:00+00:00 -1",
        f"2026-01-12T12:00:00+00:00 {2**63}",
        "2026-01-12T12:00:00+00:00 1 ",
        "2026-01-12T12:00:00+00:00  1",
        "2026-01-12T12:00:00+00:00 1\n",
        "2026-01-12T12:00:00+00:00 1 1",
        "2026-01-12T12:00:00+00:00",
        "2026-W03-1T12:00:00+00:00 1",
        "20260112T120000+00:00 1",
        "2026-01-12T12:00:00Z 1",
        "2026-01-12T12:00:00-00:00 1",
        "2026-01-12T12:00:00 1",
        "2026-01-12T12:00:00+08:00 1",
        "0001-01-01T00:00:00+08:00 1",
        "2026-01-12T12+00:00 1",
        "2026-01-12T12:00:00.000000+00:00 1",
        "2026-01-12T12:00:00.5+00:00 1",
        "2026-13-12T12:00:00+00:00 1",
        "１ 1",
        "1_0 1",
        "+1 1",
        "-1 1",
        f"{2**63} 1",
        "9" * 5000 + " 1",
        "1.0 1",
        "None 1",
        "",
        " ",
    ],
)
def test_another_spelling_of_a_key_is_none_of_ours(text):
    for kind in (datetime, int):
        assert read_cursor(packed(text), kind) is None


@pytest.mark.parametrize("cursor", [write_cursor(NOON, 12), write_cursor(12, 1)])
def test_another_spelling_of_a_cursor_is_none_of_ours(cursor):
    kind = datetime if len(cursor) > 10 else int
    others = [f"{cursor}!", f"!{cursor}", f"{cursor}=", f"{cursor}==", f"{cursor}\n", f" {cursor}", cursor + "A" * 4]
    others += [
        cursor[:-1] + chr(ord(cursor[-1]) + 1),  # its last bits are not used
        cursor[:-1],
        f"{cursor[:3]}\u200b{cursor[3:]}",
        f"{cursor}\ud800",
    ]
    others += [cursor.replace("M", "Ｍ"), cursor + "é", cursor * 2, "%00", "x" * 100_000, "\0"]
    assert {read_cursor(other, kind) for other in others} == {None}
    assert read_cursor(cursor, kind) is not None


@given(st.text(max_size=120))
def test_no_text_is_an_error_and_what_is_read_is_written_so(text):
    for kind in (datetime, int):
        for cursor in (text, packed(text.encode("utf-8", "replace").decode())):
            key = read_cursor(cursor, kind)
            assert key is None or write_cursor(*key) == cursor
