"""What was done is kept as it was."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from webapp.accounts.activity_log import Activity, LoggedActivity, log_activity
from webapp.kit import clock


@pytest.fixture
def entry(database, people):
    reader = people.reader()
    now = clock.now()
    activity = Activity("raised", "plan", 7, before={"price": "9.90"}, after={"price": "12.00"})
    with database.writing() as session:
        log_activity(session, reader.id, activity, now)
    return reader.id, now


def test_an_entry_says_who_when_what_and_how_it_was(database, entry):
    with database.reading() as session:
        (kept,) = session.query(LoggedActivity).all()
    assert (kept.reader_id, kept.at) == entry
    assert (kept.action, kept.subject_kind, kept.subject_id) == ("raised", "plan", "7")
    assert (kept.before, kept.after) == ({"price": "9.90"}, {"price": "12.00"})


@pytest.mark.parametrize(
    "order", ["UPDATE activity_log SET action = 'nothing'", "DELETE FROM activity_log WHERE id > 0"]
)
def test_the_database_refuses_to_change_or_delete_one(database, entry, order):
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
        session.execute(text(order))
    with database.reading() as session:
        assert session.scalar(text("SELECT action FROM activity_log")) == "raised"
