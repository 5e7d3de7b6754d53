"""What the background worker looks for, each time it looks."""

from tests.factories.old_editions import make_old
from webapp.documents.rerender import has_outdated_editions
from webapp.operations import worker
from webapp.operations.worker import renew_editions


def test_it_renders_anew_what_an_older_version_published(settings, database, shelf):
    shelf.put()
    make_old(database)
    renew_editions(settings, database)
    assert not has_outdated_editions(database)


def test_it_begins_no_process_where_nothing_is_to_be_done(settings, database, shelf, monkeypatch):
    shelf.put()
    monkeypatch.setattr(worker, "get_context", None)
    renew_editions(settings, database)
