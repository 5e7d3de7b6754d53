"""The log at the desk: each act in words, found by who, what, which and when, by an index; no text of a document."""

import ast
import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

import webapp
from tests.desk.xss_strings import XSS_STRINGS, assert_harmless
from tests.factories.html import parse
from webapp.accounts.activity_log import Activity, log_activity
from webapp.accounts.models import Role
from webapp.desk.log_words import ACT_WORDS, SUBJECT_WORDS

ENGLISH = {"Accept-Language": "en"}
OWNER, EDITOR = "owner@example.com", "editor@example.com"


@pytest.fixture
def desk(people):
    return people.signed_in(OWNER, Role.OWNER)


@pytest.fixture
def logged(desk, people, database):
    """Fill the log with three acts: of an editor, of the owner, of a command."""
    editor = people.reader(EDITOR, Role.EDITOR).id
    acts = (
        (editor, Activity("published", "document", 7), 1),
        (1, Activity("changed settings", "setting", "site_name", {"site_name": ""}, {"site_name": "Harbour"}), 2),
        (None, Activity("changed role", "person", editor, {"role": "reader"}, {"role": "editor"}), 3),
    )
    with database.writing() as session:
        for who, act, day in acts:
            log_activity(session, who, act, datetime(2026, 3, day, 20, tzinfo=UTC))


def rows(desk, query=""):
    page = desk.get(f"/desk/log{query}", headers=ENGLISH)
    assert page.status_code == 200, page.text
    return [[cell.text(strip=True) for cell in row.css("td, th")][1:] for row in parse(page).css("tbody tr")]


def test_each_act_is_told_in_words_with_what_was_before(desk, logged):
    assert rows(desk) == [
        ["the command line", "changed a role", "person2", "role: reader → editor"],
        [OWNER, "changed settings", "settingsite_name", "site_name: – → Harbour"],
        [EDITOR, "published", "document 7", ""],
    ]
    assert parse(desk.get("/desk/log")).css_first('a[href="/desk/documents/7"]') is not None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"?who={EDITOR.upper()}", ["published"]),
        ("?who=nobody@example.com", []),
        ("?action=published", ["published"]),
        ("?kind=setting", ["changed settings"]),
        ("?kind=document&number=7", ["published"]),
        ("?number=8", []),
        ("?since=2026-03-03", ["changed a role", "changed settings"]),  # 20:00 UTC is the next day in Shanghai
        ("?until=2026-03-02", ["published"]),
        ("?since=2026-03-03&until=2026-03-03", ["changed settings"]),
    ],
)
def test_it_is_found_by_who_what_which_and_when(desk, logged, query, found):
    assert [row[1] for row in rows(desk, query)] == found


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "0001-01-01"])
def test_what_is_no_day_is_refused_with_a_sentence(desk, day):
    answer = desk.get(f"/desk/log?since={day}", headers=ENGLISH)
    assert (answer.status_code, "no day" in answer.text) == (400, True)


def test_it_is_taken_along_as_csv(desk, logged):
    answer = desk.get("/desk/log?format=csv&sort=at", headers=ENGLISH)
    _head, *lines = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert [line[2:] for line in lines][1] == [
        "changed settings",
        "setting site_name",
        "site_name=",
        "site_name=Harbour",
    ]


def test_strings_that_would_act_do_not(desk, database):
    with database.writing() as session:
        for text in XSS_STRINGS:
            log_activity(
                session, 1, Activity(text[:40], text[:20], text[:120], {text: text}, {text: text}), datetime.now(UTC)
            )
    for page in ("/desk/log", "/desk/log?sort=at"):
        assert_harmless(desk.get(page).text)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "ix_activity_log_at"),
        (f"?who={OWNER}", "ix_activity_log_reader_id_at"),
        ("?action=published", "ix_activity_log_action_at"),
        ("?kind=document&number=7", "ix_activity_log_subject"),
    ],
)
def test_it_asks_by_an_index_and_sorts_nothing(desk, logged, database, query, index):
    if database.url.get_backend_name() != "sqlite":
        pytest.skip("the plan is SQLite's")
    asked = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
    rows(desk, query)
    statement, values = next((text, values) for text, values in asked if "FROM activity_log" in text)
    with database.read_engine.connect() as connection:
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert index in plan[0]
    assert not [line for line in plan if "TEMP B-TREE" in line]


def test_every_act_that_is_logged_has_its_words():
    """A new one gets its sentence in desk/log_words.py."""
    found = set()
    for path in Path(webapp.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Activity":
                found.add(tuple(arg.value if isinstance(arg, ast.Constant) else None for arg in node.args[:2]))
    assert {action for action, _kind in found if action} <= ACT_WORDS.keys()
    assert {kind for _action, kind in found if kind} <= SUBJECT_WORDS.keys()
