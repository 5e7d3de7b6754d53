"""The table of the desk, tried by its log: sorted, filtered by pages, its columns chosen, taken along."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.factories.html import parse
from webapp.accounts.activity_log import Activity, log_activity
from webapp.accounts.models import Role
from webapp.desk.data_table import ROWS
from webapp.kit import clock

MANY = ROWS * 2 + 1


@pytest.fixture
def desk(people):
    return people.signed_in("house@example.com", Role.OWNER)


@pytest.fixture
def logged(database):
    def fill(many, subject="={}"):
        now = clock.now()
        with database.writing() as session:
            for number in range(many):
                activity = Activity("published", "document", subject.format(number), before={"price": None})
                log_activity(session, None, activity, now + timedelta(seconds=number))

    return fill


def cells(page, column):
    return [row.css("td")[column].text(strip=True) for row in parse(page).css(".desk-table tbody tr")]


def test_an_empty_table_says_so(desk):
    page = desk.get("/desk/log")
    assert parse(page).css_first(".desk-empty") is not None
    assert parse(page).css_first("table") is None


def test_all_rows_are_on_some_page_and_on_one_alone_the_latest_first(desk, logged):
    logged(MANY)
    page, found = desk.get("/desk/log"), []
    while True:
        found += cells(page, 3)
        following = parse(page).css_first("a[rel=next]")
        if following is None:
            break
        page = desk.get("/desk/log" + following.attributes["href"])
    assert found == [f"文档={number}" for number in reversed(range(MANY))]


def test_it_is_sorted_the_other_way_round_by_the_head_of_a_column(desk, logged):
    logged(3)
    page = desk.get("/desk/log")
    head = parse(page).css_first("th[aria-sort=descending] a")
    page = desk.get("/desk/log" + head.attributes["href"])
    assert cells(page, 3) == [f"文档={number}" for number in range(3)]
    assert parse(page).css_first("th[aria-sort=ascending]") is not None


@pytest.mark.parametrize("sort", ["who", "-", "at; drop table readers", "-nothing"])
def test_a_column_that_has_no_order_is_refused_with_a_sentence(desk, sort):
    answer = desk.get("/desk/log", query_string={"sort": sort})
    assert answer.status_code == 400
    assert "不能这样排序" in answer.text


def test_the_columns_are_those_that_were_chosen(desk, logged):
    logged(1)
    page = desk.get("/desk/log?show=action&show=nonsense&sort=at")
    assert [one.text(strip=True) for one in parse(page).css("th")] == ["操作"]
    assert parse(page).css_first('form input[name="sort"][value="at"]') is not None, "the order is kept"


def test_as_a_file_it_has_all_rows_and_runs_nothing(desk, logged):
    logged(MANY, subject="{}")
    logged(1, subject='=HYPERLINK("https://evil.example")')
    answer = desk.get("/desk/log?format=csv&sort=at&show=subject")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="log.csv"'
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert head == ["时间", "操作人", "操作", "对象", "更改前后", "之后"]
    assert len(rows) == MANY + 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_it_is_kept_nowhere_and_in_no_index(desk):
    answer = desk.get("/desk/log")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_who_has_no_desk_finds_none(people, client):
    assert people.signed_in("reader@example.com").get("/desk/log").status_code == 404
    assert client.get("/desk/log").headers["Location"] == "/login?next=/desk/log"
    editor = people.signed_in("editor@example.com", Role.EDITOR)
    assert editor.get("/desk/log").status_code == 403


def test_the_log_asks_by_an_index_however_it_is_sorted(database):
    with database.reading() as session:
        if session.bind.dialect.name != "sqlite":
            pytest.skip("the plan is SQLite's")
        for direction in ("DESC", "ASC"):
            plan = session.execute(
                text(f"EXPLAIN QUERY PLAN SELECT * FROM activity_log ORDER BY at {direction}, id {direction} LIMIT 51")
            ).all()
            assert "ix_activity_log_at" in plan[0].detail
            assert len(plan) == 1
