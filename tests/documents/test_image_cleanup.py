"""Pictures that no text asks for any more go, and none that anything asks for, or that an import has just kept."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from tests.factories.images import picture
from webapp.documents.image_cleanup import delete_unused_images
from webapp.documents.image_encoding import encode_image
from webapp.documents.image_records import StoredImage
from webapp.documents.publishing import erase, get_document_by_slug, withdraw
from webapp.kit import clock

pytestmark = pytest.mark.folder("dates that a test can move; tests/documents/test_pictures_in_a_bucket.py")
OLD, NEW = encode_image(picture("red")), encode_image(picture("blue"))


@pytest.fixture
def tidy(shelf, database):
    return lambda: delete_unused_images(shelf.images, database)


@pytest.fixture
def files(shelf):
    return lambda: {path.name for path in shelf.images.kept.folder.glob("uploads/*/*")}


@pytest.fixture
def age(shelf, database):
    """Make all that is kept two days older."""

    def run():
        then = clock.now() - timedelta(days=2)
        for path in shelf.images.kept.folder.glob("uploads/*/*"):
            os.utime(path, (then.timestamp(), then.timestamp()))
        with database.writing() as session:
            session.execute(update(StoredImage).values(created_at=then))

    return run


@pytest.fixture
def essay(shelf):
    (shelf.folder / "a.png").write_bytes(picture("red"))
    return shelf.put("# Essay\n\n![dawn](a.png)\n", "essay.md").slug


def rows(database):
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(StoredImage))


def delete(database, slug):
    with database.writing() as session:
        erase(session, get_document_by_slug(session, slug), clock.now(), keep_row=False)


def test_the_picture_of_a_deleted_document_is_forgotten_and_its_file_goes_a_day_after(
    essay, database, tidy, files, age
):
    age()
    delete(database, essay)
    assert (tidy(), rows(database), files()) == (0, 0, {OLD.file.name})
    assert tidy() == 0
    age()
    assert (tidy(), files()) == (1, set())


def test_what_a_former_revision_or_a_withdrawn_document_asks_for_stays(essay, shelf, database, tidy, files, age):
    (shelf.folder / "a.png").write_bytes(picture("blue"))
    shelf.put("# Essay\n\n![dawn](a.png)\n", "essay.md")
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, essay), clock.now())
    age()
    assert (tidy(), rows(database), files()) == (0, 2, {OLD.file.name, NEW.file.name})


def test_what_an_import_has_just_kept_stays_though_no_row_names_it_yet(essay, shelf, database, tidy, files, age):
    age()
    delete(database, essay)
    tidy()
    age()
    shelf.images.keep(OLD)
    shelf.images.keep(NEW)
    assert (tidy(), files()) == (0, {OLD.file.name, NEW.file.name})


@pytest.mark.parametrize("is_before", [True, False])
def test_an_import_that_comes_while_a_file_is_deleted_has_its_picture(is_before, shelf, tidy, files, age, monkeypatch):
    shelf.images.keep(OLD)
    age()
    path_type = type(shelf.images.kept.folder)
    right, came = path_type.replace, []

    def replace(self, target):
        comes = not came
        came.append(self)
        if comes and is_before:
            shelf.images.keep(OLD)
        moved = right(self, target)
        if comes and not is_before:
            shelf.images.keep(OLD)
        return moved

    monkeypatch.setattr(path_type, "replace", replace)
    tidy()
    assert files() == {OLD.file.name}
    assert len(came) == 2


def test_halves_of_files_go_and_what_is_not_ours_stays(shelf, tidy, files, age):
    shelf.images.keep(OLD)
    (path,) = shelf.images.kept.folder.glob("uploads/*/*")
    for name in (".half", "notes.txt"):
        (path.parent / name).touch()
    assert tidy() == 0
    age()
    assert (tidy(), files()) == (2, {"notes.txt"})


def test_where_nothing_was_kept_nothing_is_to_be_done(tidy):
    assert tidy() == 0
