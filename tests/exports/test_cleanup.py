"""Files of editions that are no more, and halves of files, do not stay."""

import os
from datetime import timedelta

import pytest

from tests.factories.file_stores import kept_files
from tests.factories.shelf import REPORT
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.exports.cleanup import delete_outdated_files
from webapp.exports.file_formats import FileFormat
from webapp.exports.render import export_store
from webapp.kit import clock


@pytest.fixture
def files(instance):
    return lambda: {file.name for file in kept_files(instance, "exports")}


@pytest.fixture
def tidy(app, database):
    return lambda: delete_outdated_files(export_store(app), database)


def test_the_files_of_a_withdrawn_document_go_and_all_others_stay(client, subscriber, shelf, database, files, tidy):
    slugs = [shelf.put().slug, shelf.put("另一份报告\n人人可读。\n", "other.txt").slug]
    for kind in (FileFormat.TEXT, FileFormat.DOCX):
        client.get(f"/d/{slugs[0]}.{kind}")
        subscriber.get(f"/d/{slugs[0]}.{kind}")
    before = files()
    client.get(f"/d/{slugs[1]}.txt")
    others = files() - before
    assert (len(before), len(others), tidy()) == (4, 1, 0)
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, slugs[0]), clock.now())
    assert tidy() == 4
    assert files() == others


def test_what_was_made_of_a_former_edition_goes_without_anybody_asking(client, subscriber, shelf, files, tidy):
    slug = shelf.put().slug
    client.get(f"/d/{slug}.txt")
    subscriber.get(f"/d/{slug}.txt")
    shelf.put(REPORT.replace("订阅读者", "各位读者"))
    assert tidy() == 2
    assert not files()


@pytest.mark.folder("a bucket has no halves of files")
def test_half_a_file_whose_maker_was_ended_goes_after_an_hour(client, shelf, instance, tidy):
    client.get(f"/d/{shelf.put().slug}.txt")
    (folder,) = instance.glob("exports/*")
    (folder / ".half").touch()
    assert tidy() == 0
    long_ago = (clock.now() - timedelta(hours=2)).timestamp()
    os.utime(folder / ".half", (long_ago, long_ago))
    assert tidy() == 1
    assert len(list(folder.iterdir())) == 1


def test_where_nothing_was_made_nothing_is_to_be_done(tidy):
    assert tidy() == 0
