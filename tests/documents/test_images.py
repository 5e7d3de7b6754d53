"""Pictures of texts, from the files beside them to the rows that say who shows them."""

import io
import os
import shutil
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.factories.file_stores import files_of, last_names
from tests.factories.images import opened, picture
from tests.factories.old_editions import make_old
from webapp.documents import image_fetching
from webapp.documents.encoded_image import MOST_IMAGE_BYTES, ImageError
from webapp.documents.full_editions import FullImage
from webapp.documents.image_encoding import encode_image
from webapp.documents.image_fetching import fetch_image
from webapp.documents.image_records import PublicImage, RevisionImage, StoredImage
from webapp.documents.image_store import ImageStore
from webapp.documents.importing import Importer, ImportOrder
from webapp.documents.models import PublicEdition
from webapp.documents.preparation import Options
from webapp.documents.publishing import get_document_by_slug, publish, withdraw
from webapp.documents.rerender import rerender_all
from webapp.documents.sources import find_sources
from webapp.exports.atomic_folder import fill_folder
from webapp.exports.manuscript_export import ManuscriptExport
from webapp.kit import clock

CASE = Path(__file__).parent / "texts" / "16-images-promised-not-shown.md"
PUBLIC, PAID = picture("red"), picture("blue")
TEXT = """# Photo essay

![At dawn](dawn.png "The harbour")

##paidbegin##
![The boats return](img/boats.png)
##paidend##
"""


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "texts"
    (made / "img").mkdir(parents=True)
    (made / "essay.md").write_text(TEXT)
    (made / "dawn.png").write_bytes(PUBLIC)
    (made / "img" / "boats.png").write_bytes(PAID)
    return made


@pytest.fixture
def bring(database, tmp_path):
    """Import what is at a path, as the command does, and return the outcomes."""

    def run(path, *, publish=True, dry_run=False, **options):
        keep = (lambda _image: None) if dry_run else ImageStore(files_of(tmp_path)).keep
        order = ImportOrder(Options(keep_image=keep, **options), publish=publish, dry_run=dry_run)
        return list(Importer(database, order).run(find_sources([str(path)], 20_000_000, io.BytesIO())))

    return run


def rows(database, kind):
    with database.reading() as session:
        return [tuple(row) for row in session.connection().execute(select(kind.__table__))]


def hashes(database, kind):
    with database.reading() as session:
        return set(session.scalars(select(kind.hash)))


def names(tmp_path):
    return last_names(tmp_path, "uploads")


def told(outcome):
    return [(problem.code, problem.line, problem.column) for problem in outcome.problems]


def edition(database, slug="photo-essay"):
    with database.reading() as session:
        found = session.get_one(PublicEdition, get_document_by_slug(session, slug).id)
        return found.html, found.gates


def test_pictures_beside_a_text_are_kept_and_each_edition_has_its_own(bring, folder, database, tmp_path):
    (outcome,) = bring(folder)
    public, paid = (encode_image(data).file.name for data in (PUBLIC, PAID))
    assert told(outcome) == []
    assert names(tmp_path) == {public, paid}
    assert hashes(database, PublicImage) == {public[:64]}
    assert hashes(database, FullImage) == {public[:64], paid[:64]}
    html, (gate,) = edition(database)
    assert f'<img src="/media/{public}" alt="At dawn" width="60" height="40"' in html
    assert paid[:64] not in html
    assert gate.images == 1
    for name in names(tmp_path):
        assert encode_image(files_of(tmp_path).read(f"uploads/{name[:2]}/{name}")).file.name == name


@pytest.mark.parametrize("way", ["file", "folder", "archive"])
def test_it_does_not_matter_how_a_text_and_its_pictures_come(way, bring, folder, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "all"), "zip", folder)
    (outcome,) = bring({"file": folder / "essay.md", "folder": folder, "archive": archive}[way])
    assert told(outcome) == []
    assert len(names(tmp_path)) == 2


def test_the_same_picture_twice_is_one_file_and_one_row(bring, folder, database, tmp_path):
    (folder / "img" / "boats.png").write_bytes(PUBLIC)
    (folder / "other.md").write_text("# Other\n\n![again](dawn.png) and ![again](./img/../dawn.png)\n")
    bring(folder)
    assert len(names(tmp_path)) == len(rows(database, StoredImage)) == 1
    assert len(rows(database, RevisionImage)) == 4


def test_a_picture_is_found_from_the_folder_of_its_text_and_from_the_root(bring, folder):
    (folder / "2026").mkdir()
    (folder / "2026" / "one.md").write_text(
        "# One\n\n![](../dawn.png) ![](/img/boats.png) ![](%2e%2e/img/boats.png?x#y)\n"
    )
    assert [told(outcome) for outcome in bring(folder)] == [[], []]


def test_what_is_missing_is_said_with_its_place_and_not_counted(bring, folder, database):
    shutil.copy(CASE, folder / "essay.md")
    (outcome,) = bring(folder)
    assert told(outcome) == [("image-missing", 6, 1), ("image-missing", 8, 1), ("image-remote", 10, 1)]
    assert edition(database)[1][0].images == 0


def test_a_picture_that_comes_later_makes_a_revision(bring, folder, database):
    shutil.copy(CASE, folder / "essay.md")
    bring(folder)
    assert [outcome.did for outcome in bring(folder)] == ["unchanged"]
    (folder / "boats.jpg").write_bytes(picture(kind="JPEG"))
    (outcome,) = bring(folder)
    assert outcome.did == "revised"
    assert edition(database)[1][0].images == 1
    (folder / "boats.jpg").write_bytes(picture("green", kind="JPEG"))
    assert [outcome.did for outcome in bring(folder)] == ["revised"]
    assert [outcome.did for outcome in bring(folder)] == ["unchanged"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("../../secret.png", "image-outside"),
        ("/../secret.png", "image-missing"),
        ("..%2f..%2fsecret.png", "image-outside"),
        ("..\\\\..\\\\secret.png", "image-outside"),
        ("link.png", "image-outside"),
        ("linked/secret.png", "image-outside"),
        ("img", "image-missing"),
        ("a%00b.png", "image-outside"),
        ("notes.png", "image-kind"),
        ("logo.svg", "image-kind"),
        ("file:///etc/passwd", "image-remote"),
        ("data:image/png;base64,AAAA", "image-remote"),
        ("//example.org/a.png", "image-remote"),
        ("https://example.org/a.png", "image-remote"),
    ],
)
def test_nothing_comes_from_elsewhere(address, code, bring, folder, tmp_path):
    (tmp_path / "secret.png").write_bytes(picture("black"))
    (folder / "notes.png").write_text("no picture")
    (folder / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "essay.md").write_text(f"# T\n\nWords ![a](<{address}>)\n")
    (outcome,) = bring(folder / "essay.md")
    assert told(outcome) == [(code, 3, 7)]
    assert names(tmp_path) == set()


def test_an_archive_has_no_way_out_and_no_bombs(bring, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.md", "# T\n\n![](../a.png)\n\n![](big.png)\n\n![](none.png)\n")
        archive.writestr("big.png", b"\0" * (MOST_IMAGE_BYTES + 1))
    (outcome,) = bring(tmp_path / "a.zip")
    assert [code for code, *_ in told(outcome)] == ["image-outside", "image-too-large", "image-missing"]


def test_a_dry_run_says_the_same_and_writes_nothing(bring, folder, database, tmp_path):
    (outcome,) = bring(folder, dry_run=True)
    assert told(outcome) == []
    assert names(tmp_path) == set()
    assert rows(database, StoredImage) == []


def test_a_text_with_an_error_leaves_nothing_behind(bring, folder, tmp_path):
    (folder / "essay.md").write_text(TEXT.replace("##paidend##", ""))
    (outcome,) = bring(folder)
    assert outcome.did == "refused"
    assert names(tmp_path) == set()


def test_a_draft_shows_its_pictures_once_it_is_published(bring, folder, database):
    bring(folder, publish=False)
    assert hashes(database, PublicImage) == hashes(database, FullImage) == set()
    with database.writing() as session:
        publish(session, get_document_by_slug(session, "photo-essay"), clock.now())
    assert (len(hashes(database, PublicImage)), len(hashes(database, FullImage))) == (1, 2)


def test_rendering_anew_keeps_the_pictures(bring, folder, database):
    bring(folder)
    before = [rows(database, kind) for kind in (PublicImage, FullImage)], edition(database)
    make_old(database)
    list(rerender_all(database))
    assert ([rows(database, kind) for kind in (PublicImage, FullImage)], edition(database)) == before


def test_a_withdrawn_document_shows_nothing_publicly(bring, folder, database):
    bring(folder)
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, "photo-essay"), clock.now())
    assert (len(hashes(database, PublicImage)), len(hashes(database, FullImage))) == (0, 2)


def test_a_revision_that_moves_the_marker_moves_the_picture(bring, folder, database):
    bring(folder)
    (folder / "essay.md").write_text("# Photo essay\n\n##paidbegin##\n![At dawn](dawn.png)\n##paidend##\n\nWords.\n")
    bring(folder)
    assert hashes(database, PublicImage) == set()
    assert hashes(database, FullImage) == {encode_image(PUBLIC).file.name[:64]}


def test_an_export_brings_the_same_pictures_back(bring, folder, database, tmp_path):
    bring(folder)
    with database.reading() as session:
        fill_folder(tmp_path / "out", ManuscriptExport(session, ImageStore(files_of(tmp_path))).files())
    assert {path.name for path in (tmp_path / "out").rglob("*.png")} == {"dawn.png", "boats.png"}
    before = rows(database, StoredImage)
    for path in (tmp_path / "out").rglob("*.png"):
        assert encode_image(path.read_bytes()).data == path.read_bytes()
    (outcome,) = bring(tmp_path / "out")
    assert told(outcome) == []
    assert rows(database, StoredImage) == before


@pytest.mark.folder("what a disk does")
def test_a_file_is_kept_whole_or_not_at_all(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        ImageStore(files_of(tmp_path)).keep(encode_image(PUBLIC))
    assert names(tmp_path) == set()


@pytest.mark.parametrize(
    "name", ["../paidspan.sqlite", "secret.key", "", "a.png", f"{'a' * 64}.gif", f"{'A' * 64}.png"]
)
def test_nothing_else_is_read_from_the_store(name, tmp_path):
    (tmp_path / "paidspan.sqlite").write_text("all")
    assert ImageStore(files_of(tmp_path)).read(name) is None


class _Site(BaseHTTPRequestHandler):
    """Another site: a picture, ways to it, and what goes wrong."""

    def do_GET(self):
        where = {"/moved.png": "/boats.png", "/inside.png": "http://10.0.0.1/a.png", "/round.png": "/round.png"}
        if self.path in where:
            self.send_response(302)
            self.send_header("Location", where[self.path])
            self.end_headers()
            return
        body = {"/boats.png": PAID, "/big.png": b"\0" * (MOST_IMAGE_BYTES + 9), "/page.png": b"<html>"}.get(self.path)
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


@pytest.fixture
def site(monkeypatch):
    """Return the address of another site, which passes for a public one."""
    server = HTTPServer(("127.0.0.1", 0), _Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setitem(image_fetching._PORTS, "http", server.server_port)
    right = image_fetching._is_public
    monkeypatch.setattr(image_fetching, "_is_public", lambda address: str(address) == "127.0.0.1" or right(address))
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("path", ["/boats.png", "/moved.png"])
def test_a_picture_of_another_site_is_fetched_where_that_is_asked_for(path, site, bring, folder, tmp_path):
    (folder / "essay.md").write_text(f"# T\n\n![a]({site}{path})\n")
    (outcome,) = bring(folder, fetch_images=True)
    assert told(outcome) == []
    assert names(tmp_path) == {encode_image(PAID).file.name}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/none.png", "image-remote"),
        ("/inside.png", "image-remote"),
        ("/round.png", "image-remote"),
        ("/big.png", "image-too-large"),
        ("/page.png", "image-kind"),
    ],
)
def test_what_cannot_be_fetched_is_said_with_its_place(path, code, site, bring, folder, tmp_path):
    (folder / "essay.md").write_text(f"# T\n\n![a]({site}{path})\n")
    (outcome,) = bring(folder, fetch_images=True)
    assert told(outcome) == [(code, 3, 1)]
    assert names(tmp_path) == set()


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/a.png",
        "http://localhost/a.png",
        "http://10.1.2.3/a.png",
        "http://192.168.0.1/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/a.png",
        "http://[::ffff:10.0.0.1]/a.png",
        "http://[fd00::1]/a.png",
        "http://100.64.0.1/a.png",
        "http://224.0.0.1/a.png",
        "http://0.0.0.0/a.png",
        "http://127.0.0.1:22/a.png",
        "http://example.org:70000/a.png",
        "http:///a.png",
        "ftp://example.org/a.png",
        "http://2130706433/a.png",
    ],
)
def test_no_address_of_a_private_network_is_asked(address, monkeypatch):
    monkeypatch.setattr(image_fetching.socket, "create_connection", lambda *_, **__: pytest.fail("it was asked"))
    with pytest.raises(ImageError) as refused:
        fetch_image(address)
    assert refused.value.code == "image-remote"


def test_what_was_fetched_is_a_picture(site):
    assert opened(fetch_image(f"{site}/boats.png")).size == (60, 40)
