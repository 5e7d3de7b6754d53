"""The day on which a device was last seen: noted once a day, after the page was sent."""

from datetime import timedelta

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests.factories.devices import devices_kept, devices_shown
from webapp.accounts import login
from webapp.kit import clock


def days(number):
    moved = timedelta(days=number)
    clock.set_clock_offset(lambda: moved)


def seen(database):
    return devices_kept(database)[0].last_seen_at


def visit(client, path="/account"):
    """Ask for a page and take the answer whole, as a server does, which then closes it."""
    answer = client.get(path)
    answer.close()
    return answer


def test_the_day_is_noted_once_a_day(browser, database):
    client = browser()
    first = seen(database)
    visit(client)
    assert seen(database) == first
    days(1)
    visit(client)
    second = seen(database)
    assert timedelta(hours=23) < second - first < timedelta(hours=25)
    visit(client)
    assert seen(database) == second
    other = browser()
    days(3)
    assert f"last seen on {second.astimezone(login_zone(client)):%-d %b %Y}" in devices_shown(other)[1]


def login_zone(client):
    with client.application.app_context():
        return login.zone()


def test_a_page_of_a_new_day_asks_no_more_and_writes_when_it_is_sent(browser, database, document):
    client, asked = browser(), []
    path = f"/d/{document.slug}"

    def note(_connection, _cursor, statement, *_more):
        asked.append(statement)

    def statements():
        asked.clear()
        answer = client.get(path)
        before_it_is_closed = list(asked)
        answer.close()
        return before_it_is_closed

    visit(client, path)
    engines = (database.read_engine, database.write_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    usual = statements()
    days(1)
    assert statements() == usual
    assert any("UPDATE devices" in one for one in asked)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_a_day_that_cannot_be_noted_spoils_no_page(browser, database, monkeypatch):
    client, first = browser(), seen(database)
    days(1)

    def busy(*_given, **_more):
        raise OperationalError("", {}, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr(login, "note_seen", busy)
        assert visit(client).status_code == 200
    assert seen(database) == first
    visit(client)
    assert seen(database) > first
