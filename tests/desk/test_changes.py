"""A page of the desk writes in one way alone, and what it did is in the log in the same transaction."""

import ast
from pathlib import Path

import pytest
from sqlalchemy import select

import webapp.desk
from webapp.accounts.activity_log import Activity, LoggedActivity
from webapp.accounts.login import sign_in_every_request
from webapp.accounts.models import Reader, Role
from webapp.accounts.permissions import public
from webapp.desk.changes import change, note

ROOM = Path(webapp.desk.__file__).parent
WRITES = {"write", "write_when_sent", "database"}  # of kit.http
MAY = {"changes.py", "data_table.py"}  # the one way; and what reads batch by batch


def rename(session):
    reader = session.scalars(select(Reader)).one()
    before, reader.look = reader.look, "dark"
    return before


@pytest.fixture
def pressing(app, people, database):
    """Return what presses a button of the desk that runs this, and what is in the log afterwards."""
    people.reader("house@example.com", Role.OWNER)
    with database.reading() as session:
        sign_in_every_request(app, session.scalars(select(Reader)).one())

    def press(act):
        app.add_url_rule("/button", "button", public(lambda: act() or ""), methods=["POST"])
        answer = app.test_client().post("/button")
        with database.reading() as session:
            return answer, session.scalars(select(LoggedActivity)).all(), session.scalars(select(Reader.look)).one()

    app.config["WTF_CSRF_ENABLED"] = False
    return press


def test_what_was_done_is_logged_with_who_did_it(pressing):
    def act():
        change(rename, lambda before: Activity("renamed", "reader", 1, {"look": before}, {"look": "dark"}))

    answer, (entry,), look = pressing(act)
    assert (answer.status_code, look) == (200, "dark")
    assert (entry.reader_id, entry.action, entry.before, entry.after) == (1, "renamed", {"look": ""}, {"look": "dark"})


def test_where_nothing_was_done_nothing_is_logged(pressing):
    assert pressing(lambda: change(lambda _session: None, lambda _done: None))[1] == []


def test_what_failed_is_neither_done_nor_logged(pressing, app):
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def act():
        def fail(session):
            rename(session)
            raise RuntimeError

        change(fail, Activity("renamed", "reader", 1))

    answer, entries, look = pressing(act)
    assert (answer.status_code, entries, look) == (500, [], "")


def test_what_stripe_was_asked_for_is_noted_afterwards(pressing):
    assert [entry.action for entry in pressing(lambda: note(Activity("refunded", "payment", 3)))[1]] == ["refunded"]


def test_no_page_of_the_desk_writes_in_another_way():
    for file in ROOM.rglob("*.py"):
        if file.name in MAY:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "webapp.kit.http":
                assert not WRITES & {name.name for name in node.names}, f"{file.name}: use webapp.desk.changes.change"
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"writing", "writing_plainly", "write_sessions"}, file.name
