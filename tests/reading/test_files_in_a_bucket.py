"""An installation whose files are in a bucket: what its pages say while the bucket is away, and that texts go on."""

import os
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from tests.factories.bucket_server import delete_bucket, make_bucket, objects
from tests.factories.images import picture
from tests.factories.ports import free_port
from tests.factories.shelf import PAID, REPORT
from webapp import create_app
from webapp.documents.image_cleanup import delete_unused_images
from webapp.documents.image_encoding import encode_image
from webapp.documents.image_records import StoredImage
from webapp.documents.image_store import ImageStore, image_path
from webapp.documents.models import Document
from webapp.documents.publishing import erase, get_document_by_slug
from webapp.exports import export_jobs, views
from webapp.exports.export_jobs import render_waiting
from webapp.front.routes import Routes, Work
from webapp.kit import bucket_store, clock
from webapp.kit.current_settings import settings_in
from webapp.kit.file_store import FilesUnavailableError, file_store
from webapp.kit.http import database as database_of
from webapp.operations.cli_import import import_command
from webapp.operations.worker import forget_files
from webapp.settings import load_settings

PUBLIC, PAID_PICTURE = (encode_image(picture(colour)) for colour in ("red", "blue"))
TEXT = "# Essay\n\n![A](public.png)\n\n##paidbegin##\n![B](paid.png)\n##paidend##\n"


@pytest.fixture
def settings(settings, bucket):
    return settings.model_copy(update={"storage_url": bucket})


@pytest.fixture
def store(settings, monkeypatch):
    """Return what keeps the files, asked patiently for a short while."""
    monkeypatch.setenv("PAIDSPAN_STORAGE_URL", settings.storage_url)  # for the shelf
    monkeypatch.setattr(bucket_store, "_SILENCE", timedelta(seconds=0.5))
    monkeypatch.setattr(bucket_store, "_LEFT_ALONE", 0.0)
    return file_store(settings)


@pytest.fixture
def essay(store, shelf):
    for name, colour in (("public.png", "red"), ("paid.png", "blue")):
        (shelf.folder / name).write_bytes(picture(colour))
    return shelf.put(TEXT, "essay.md")


@pytest.fixture
def away(store, monkeypatch, bucket_endpoint):
    """Have nobody answer where the bucket was, and bring it back."""

    def move(*, back=False):
        there = bucket_endpoint if back else f"http://127.0.0.1:{free_port()}"
        os.environ["AWS_ENDPOINT_URL"] = there  # which the fixture of the bucket puts back
        for name in ("_reader", "_writer"):
            store.__dict__.pop(name, None)

    return move


@pytest.fixture
def payer(people):
    people.grant(people.reader())
    return people.browser("reader@example.com")


def at(image):
    return f"/media/{image.file.name}"


def test_pictures_and_files_are_in_the_bucket_alone(essay, client, payer, settings, bucket_endpoint):
    assert client.get(at(PUBLIC)).data == PUBLIC.data
    assert payer.get(at(PAID_PICTURE)).data == PAID_PICTURE.data
    assert client.get(at(PAID_PICTURE)).status_code == 404
    made = client.get(f"/d/{essay.slug}.docx")
    assert client.get(f"/d/{essay.slug}.docx").data == made.data
    kept = objects(bucket_endpoint, settings.storage_url.split("/")[2])
    assert [name.split("/")[1] for name in kept] == ["exports", "uploads", "uploads"]
    assert not [path for kind in ("uploads", "exports") for path in settings.instance.glob(f"{kind}/**/*")]


def test_a_host_with_nothing_on_its_disk_serves_what_another_kept(essay, client, settings, tmp_path, bucket_endpoint):
    made = client.get(f"/d/{essay.slug}.docx").data
    (tmp_path / "other").mkdir(mode=0o700)
    house = {"instance": tmp_path / "other", "database_url": settings.database, "storage_url": settings.storage_url}
    other = create_app(load_settings(**house, secret_key=settings.secret_key))
    browser = other.test_client()
    assert browser.get(at(PUBLIC)).data == PUBLIC.data
    assert browser.get(f"/d/{essay.slug}.docx").data == made
    kept = objects(bucket_endpoint, settings.storage_url.split("/")[2])
    assert len([name for name in kept if "/exports/" in name]) == 1, "it was not made again"
    with other.app_context():
        database_of().close()


def test_a_picture_is_asked_about_in_parts_and_again(essay, client):
    part = client.get(at(PUBLIC), headers={"Range": "bytes=0-7"})
    assert (part.status_code, part.data) == (206, PUBLIC.data[:8])
    known = {"If-None-Match": part.headers["ETag"]}
    assert client.get(at(PUBLIC), headers=known | {"Range": "bytes=0-7"}).data == PUBLIC.data[:8]
    assert (again := client.get(at(PUBLIC), headers=known)).status_code == 304
    assert again.headers["ETag"] == part.headers["ETag"]
    assert client.head(at(PUBLIC)).headers["Content-Length"] == str(len(PUBLIC.data))


def test_while_the_bucket_is_away_texts_go_on_and_pictures_say_so(essay, client, payer, away, caplog):
    mark = client.get(at(PUBLIC)).headers["ETag"]
    away()
    assert client.get(f"/d/{essay.slug}").status_code == 200
    assert payer.get(f"/d/{essay.slug}").status_code == 200
    for browser, image in ((client, PUBLIC), (payer, PAID_PICTURE)):
        answer = browser.get(at(image), headers={"Accept-Language": "en"})
        assert answer.status_code == 503
        assert (answer.headers["Retry-After"], answer.headers["Cache-Control"]) == ("10", "no-store")
        assert "Texts can be read as before" in answer.get_data(as_text=True)
        assert f"{image.file.name[:12]}….png" in caplog.text
        assert image.file.name not in caplog.text, "a whole hash is taken for a secret there"
    assert client.get(at(PUBLIC), headers={"If-None-Match": mark}).status_code == 304
    away(back=True)
    assert client.get(at(PUBLIC)).data == PUBLIC.data


def test_who_may_not_see_a_picture_is_told_nothing_of_the_bucket(essay, client, away):
    here = client.get(at(PAID_PICTURE))
    away()
    gone, none = client.get(at(PAID_PICTURE)), client.get(f"/media/{'0' * 64}.png")
    assert (here.status_code, gone.status_code, none.status_code) == (404, 404, 404)
    assert here.data == gone.data


def test_a_picture_that_the_bucket_has_lost_is_told_and_logged(essay, client, store, caplog):
    store.delete(image_path(PUBLIC.file.name))
    assert client.get(at(PUBLIC)).status_code == 503
    assert f"{PUBLIC.file.name[:12]}….png is not in the bucket" in caplog.text
    assert client.get(f"{at(PUBLIC)[:-4]}.jpg").status_code == 404
    store.keep(image_path(PUBLIC.file.name), PUBLIC.data)
    assert client.get(at(PUBLIC)).status_code == 200


def test_a_short_file_is_handed_out_and_one_with_pictures_waits_for_them(essay, client, shelf, away, caplog):
    slug = shelf.put(REPORT, "report.txt").slug
    away()
    assert client.get(f"/d/{slug}.docx").status_code == 200
    assert "could not be kept" in caplog.text
    refused = client.get(f"/d/{essay.slug}.docx")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    away(back=True)
    assert client.get(f"/d/{essay.slug}.docx").status_code == 200


def test_a_long_file_waits_until_the_bucket_is_back(client, shelf, app, database, away, monkeypatch):
    monkeypatch.setattr(views, "LONG", 10)
    slug = shelf.put().slug
    assert client.get(f"/d/{slug}.txt").status_code == 202
    away()
    assert client.get(f"/d/{slug}.txt").status_code == 503
    render_waiting(app, database)
    away(back=True)
    failed = client.get(f"/d/{slug}.txt", headers={"Accept-Language": "en"})
    assert (failed.status_code, "cannot be fetched or kept" in failed.get_data(as_text=True)) == (503, True)
    monkeypatch.setattr(export_jobs, "AGAIN", timedelta(0))
    assert client.get(f"/d/{slug}.txt").status_code == 202
    render_waiting(app, database)
    assert "入库平稳" in client.get(f"/d/{slug}.txt").get_data(as_text=True)


@pytest.fixture
def texts(store, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "essay.md").write_text(TEXT)
    (folder / "public.png").write_bytes(picture("red"))
    (folder / "paid.png").write_bytes(picture("blue"))
    return folder


@pytest.mark.parametrize("fault", ["away", "gone"])
def test_what_cannot_be_kept_is_not_published(fault, texts, away, settings, database):
    if fault == "away":
        away()
    else:
        delete_bucket(os.environ["AWS_ENDPOINT_URL"], settings.storage_url.split("/")[2])
    command = [str(texts), "--publish", "--instance", str(settings.instance)]
    done = CliRunner().invoke(import_command, command)
    assert isinstance(done.exception, FilesUnavailableError)
    assert done.stdout == ""
    with database.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(kind)) for kind in (Document, StoredImage)]
    assert counts == [0, 0]
    if fault == "away":
        away(back=True)
    else:
        make_bucket(os.environ["AWS_ENDPOINT_URL"], settings.storage_url.split("/")[2])
    again = CliRunner().invoke(import_command, command)
    assert (again.exit_code, again.stdout.split("\t")[:2]) == (0, ["essay", "added"])


def test_unused_pictures_go_in_two_days_and_used_ones_stay(essay, store, database, monkeypatch):
    """One that was put and never asked for, as by an import that was killed, and one whose document was deleted."""
    images, other, now = ImageStore(store), encode_image(picture("green")), clock.machine_now
    images.keep(other)

    def tidy(days):
        monkeypatch.setattr(clock, "machine_now", lambda: now() + timedelta(days=days))
        return delete_unused_images(images, database)

    def names():
        return {file.name.rpartition("/")[2] for file in store.files("uploads")}

    both = {PUBLIC.file.name, PAID_PICTURE.file.name}
    assert (tidy(0), names()) == (0, {*both, other.file.name})
    assert (tidy(2), names()) == (0, {*both, f".{other.file.name}"})
    assert (tidy(2), names()) == (1, both)
    with database.writing() as session:
        erase(session, get_document_by_slug(session, essay.slug), clock.now(), keep_row=False)
        session.query(StoredImage).update({"created_at": clock.now() - timedelta(days=2)})
    assert [tidy(0), tidy(2), tidy(2)] == [0, 0, 2]
    assert names() == set()


def test_a_picture_that_was_put_aside_and_is_wanted_is_put_back_by_the_next_run(essay, store, database, monkeypatch):
    now, path = clock.machine_now, image_path(PUBLIC.file.name)
    store.delete_unwanted(path, before=now().timestamp() + 60)
    monkeypatch.setattr(clock, "machine_now", lambda: now() + timedelta(days=2))
    delete_unused_images(ImageStore(store), database)
    names = {file.name.rpartition("/")[2] for file in store.files("uploads")}
    assert names == {PUBLIC.file.name, PAID_PICTURE.file.name}


def test_the_worker_forgets_files_when_the_bucket_is_back(app, database, away, client, shelf, store):
    slug = shelf.put().slug
    client.get(f"/d/{slug}.txt")
    shelf.put(REPORT.replace("订阅读者", "各位读者"))
    away()
    forget_files(app, settings_in(app), database)
    away(back=True)
    assert len([*store.files("exports")]) == 1
    forget_files(app, settings_in(app), database)
    assert not [*store.files("exports")]


def test_pictures_wait_for_a_bucket_where_nobody_waits_for_them(app, settings):
    def work(path):
        return Routes(app).find("GET", path).work

    assert (work(at(PUBLIC)), work("/"), work("/d/a.pdf")) == (Work.FETCHING, Work.READING, Work.LONG)


def test_without_a_bucket_they_are_read_like_pages(instance):
    app = create_app(load_settings(instance=instance, secret_key="x" * 40, storage_url=""))
    assert Routes(app).find("GET", at(PUBLIC)).work is Work.READING


def test_a_preview_in_the_bucket_is_never_what_a_payer_gets(client, payer, shelf, store):
    slug = shelf.put().slug
    assert PAID not in client.get(f"/d/{slug}.txt").get_data(as_text=True)
    assert PAID in payer.get(f"/d/{slug}.txt").get_data(as_text=True)
    assert PAID not in client.get(f"/d/{slug}.txt").get_data(as_text=True)
    assert len({file.name for file in store.files("exports")}) == 2
