"""Attachments of texts: files beside them that are no manuscripts, kept as they are and given by edition."""

import io
import json
import zipfile

import pytest
from sqlalchemy import select

from tests.factories.file_stores import files_of
from webapp.documents.attachments import (
    ATTACHMENT_TYPES,
    MOST_ATTACHMENT_BYTES,
    AttachmentError,
    download_name,
    make_attachment,
)
from webapp.documents.full_editions import FullEdition, FullImage
from webapp.documents.image_records import PublicImage, RevisionImage
from webapp.documents.image_store import ImageStore
from webapp.documents.importing import Importer, ImportOrder
from webapp.documents.models import PublicEdition
from webapp.documents.preparation import Options
from webapp.documents.publishing import get_document_by_slug
from webapp.documents.sources import find_sources
from webapp.exports.atomic_folder import fill_folder
from webapp.exports.manuscript_export import ManuscriptExport
from webapp.feeds.entries import _whole_images

PDF, CSV = b"%PDF-1.7\n1 0 obj\n", "城市,人口\n上海,2487\n".encode()
TEXT = """# Report

See the [tables](data/tables.csv), all of them.

##paidbegin##
The [contract](contract.pdf) and [[note.json]].
##paidend##
"""


def archive(name: str = "a.txt", data: bytes = b"words") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        written.writestr(name, data)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "texts"
    (made / "data").mkdir(parents=True)
    (made / "report.md").write_text(TEXT)
    (made / "data" / "tables.csv").write_bytes(CSV)
    (made / "contract.pdf").write_bytes(PDF)
    (made / "note.json").write_text(json.dumps({"a": 1}))
    return made


@pytest.fixture
def bring(database, tmp_path):
    def run(path, *, publish=True, known=None):
        options = Options(keep_image=ImageStore(files_of(tmp_path)).keep, known=known)
        order = ImportOrder(options, publish=publish)
        return list(Importer(database, order).run(find_sources([str(path)], 20_000_000, io.BytesIO())))

    return run


def hashes(database, kind):
    with database.reading() as session:
        return set(session.scalars(select(kind.hash)))


def hash_of(data: bytes, name: str) -> str:
    return make_attachment(name, data).file.name.partition(".")[0]


def edition(database, kind, slug="report"):
    with database.reading() as session:
        found = session.get_one(kind, get_document_by_slug(session, slug).id)
        return found.html


def test_each_edition_has_its_own_attachments(bring, folder, database, tmp_path):
    (outcome,) = bring(folder, known=lambda _key: False)
    assert outcome.problems == ()
    tables, contract = hash_of(CSV, "t.csv"), hash_of(PDF, "c.pdf")
    assert hashes(database, PublicImage) == {tables}
    assert {tables, contract} < hashes(database, FullImage)
    public, full = edition(database, PublicEdition), edition(database, FullEdition)
    link = f'<a class="attachment" href="/media/{tables}.csv" download="tables.csv">tables</a>'
    assert link in public
    assert link in full
    assert contract not in public
    assert f'href="/media/{contract}.pdf" download="contract.pdf"' in full
    assert 'download="note.json"' in full
    assert files_of(tmp_path).read(f"uploads/{tables[:2]}/{tables}.csv") == CSV


def test_gates_count_the_same_with_attachments_and_without(bring, folder, database, tmp_path):
    bring(folder)
    with database.reading() as session:
        counted = session.scalars(select(PublicEdition.gate_rows)).one()
    (folder / "contract.pdf").unlink()
    (folder / "note.json").unlink()
    (outcome,) = bring(folder)
    assert outcome.did == "revised"
    with database.reading() as session:
        assert session.scalars(select(PublicEdition.gate_rows)).one() == counted


def test_what_is_missing_outside_or_of_no_listed_kind_is_a_link_to_nothing(bring, tmp_path, database):
    folder = tmp_path / "others"
    folder.mkdir()
    (tmp_path / "secret.pdf").write_bytes(PDF)
    (folder / "tool.exe").write_bytes(b"MZ")
    (folder / "fake.pdf").write_bytes(b"<script>alert(1)</script>")
    text = "# Report\n\n[a](../secret.pdf) [b](tool.exe) [c](none.csv)\n\n[d](fake.pdf) [e](other.txt)\n"
    (folder / "report.md").write_text(text)
    (folder / "other.txt").write_text("Another text\n\nis a document of its own.\n")
    outcome = next(
        each for each in bring(folder, known=lambda key: key == "other.txt") if each.shown.endswith("report.md")
    )
    assert [(each.code, each.line) for each in outcome.problems] == [
        ("link-outside", 3),
        ("dead-link", 3),
        ("dead-link", 3),
        ("attachment-kind", 5),
        ("dead-link", 5),
    ]
    assert hashes(database, RevisionImage) == set()
    assert "attachment" not in edition(database, PublicEdition)


def test_a_folder_of_attachments_holds_no_manuscripts(bring, tmp_path, database):
    folder = tmp_path / "others"
    (folder / "attachments").mkdir(parents=True)
    (folder / "attachments" / "notes.txt").write_text("Words of a colleague.\n")
    (folder / "attachments" / "all.zip").write_bytes(archive())
    (folder / "report.md").write_text("# Report\n\n[n](attachments/notes.txt) [z](attachments/all.zip)\n")
    (outcome,) = bring(folder)
    assert outcome.problems == ()
    assert len(hashes(database, PublicImage)) == 2


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.exe", b"MZ"),
        ("a.html", b"<p>"),
        ("a", b"words"),
        ("a.pdf", b"PK\x03\x04"),
        ("a.xlsx", b"%PDF-1.7"),
        ("a.csv", b"a\0b"),
        ("a.txt", b" \n"),
        ("a.docx", archive("word/vbaProject.bin")),
        ("a.zip", b""),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(name, data):
    with pytest.raises(AttachmentError) as refused:
        make_attachment(name, data)
    assert refused.value.code == "attachment-kind"


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(AttachmentError, match="larger than 20 MB"):
        make_attachment("a.csv", b"a" * (MOST_ATTACHMENT_BYTES + 1))


@pytest.mark.parametrize("kind", ATTACHMENT_TYPES)
def test_a_file_of_each_kind_is_kept_as_it_is(kind):
    data = PDF if kind == "pdf" else CSV if kind in {"csv", "tsv", "txt", "json"} else archive()
    made = make_attachment(f"Tables.{kind.upper()}", data)
    assert made.data == data
    assert made.file.name.endswith(f".{kind}")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("a/b/%E8%A1%A8.xlsx", "表.xlsx"),
        ("[[one.pdf]]", "one.pdf"),
        ('a"><b>.csv', "ab.csv"),
        ("..\\..\\evil.pdf", "evil.pdf"),
        ("a\u202efdp.exe.pdf", "afdp.exe.pdf"),
        (".pdf", "file.pdf"),
        ("x" * 300 + ".csv", "x" * 120 + ".csv"),
    ],
)
def test_what_it_is_saved_as_is_a_plain_name(address, name):
    assert download_name(address) == name


def test_an_export_takes_attachments_along_and_they_come_back_the_same(bring, folder, database, tmp_path):
    bring(folder)
    before = edition(database, FullEdition)
    out = tmp_path / "out"
    with database.reading() as session:
        fill_folder(out, ManuscriptExport(session, ImageStore(files_of(tmp_path))).files())
    assert (out / "data" / "tables.csv").read_bytes() == CSV
    assert (out / "contract.pdf").read_bytes() == PDF
    assert (out / "note.json").exists()
    bring(out)
    assert edition(database, FullEdition) == before


def test_in_a_feed_an_attachment_is_found_from_anywhere():
    html = '<a class="attachment" href="/media/a.csv" download="t.csv">t</a>'
    assert 'href="https://example.org/media/a.csv"' in _whole_images(html, "https://example.org/d/a")
