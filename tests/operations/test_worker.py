"""What the background worker looks for, each time it looks."""

import os

from tests.factories.images import picture
from tests.factories.old_editions import make_old
from webapp.billing.context import current_billing
from webapp.documents.image_encoding import encode_image
from webapp.documents.rerender import has_outdated_editions
from webapp.kit.file_store import UPLOADS
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
