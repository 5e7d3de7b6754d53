"""What the background worker looks for, each time it looks."""

import os
from datetime import timedelta

from tests.factories.images import picture
from tests.factories.old_editions import make_old
from webapp.billing.context import current_billing
from webapp.documents.image_encoding import encode_image
from webapp.documents.models import State
from webapp.documents.publishing import get_document_by_slug
from webapp.documents.rerender import has_outdated_editions
from webapp.documents.schedule import ScheduleOrder, schedule_publication
from webapp.kit import clock
from webapp.kit.file_store import UPLOADS
from webapp.operations import worker
from webapp.operations.worker import keep_schedule, renew_editions


def test_it_renders_anew_what_an_older_version_published(settings, database, shelf):
    shelf.put()
    make_old(database)
    renew_editions(settings, database)
    assert not has_outdated_editions(database)


def test_it_begins_no_process_where_nothing_is_to_be_done(settings, database, shelf, monkeypatch):
    shelf.put()
    monkeypatch.setattr(worker, "get_context", None)
    renew_editions(settings, database)


def test_it_publishes_what_is_due(settings, database, shelf):
    slug, now = shelf.put(publish=False).slug, clock.now()

    def plan(session):
        schedule_publication(session, get_document_by_slug(session, slug), ScheduleOrder(now + timedelta(hours=1), now))

    database.write(plan)
    assert keep_schedule(settings, database) == 0
    clock.set_clock_offset(lambda: timedelta(hours=2))
    assert keep_schedule(settings, database) == 1
    with database.reading() as session:
        assert get_document_by_slug(session, slug).state is State.PUBLISHED


def test_its_ten_minute_tidying_deletes_pictures_that_nothing_asks_for(app, settings, shelf):
    shelf.images.keep(encode_image(picture()))
    (path,) = (settings.instance / UPLOADS).glob("*/*")
    with app.app_context():
        queue = worker._queue(app, settings, current_billing())
    (tidying,) = (task for task in queue._registry.periodic_tasks if "forget_files" in task.name)
    tidying.execute()
    assert path.exists()
    os.utime(path, (0, 0))
    tidying.execute()
    assert not path.exists()
