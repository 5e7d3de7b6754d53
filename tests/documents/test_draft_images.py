"""Pictures and attachments that are put into a draft, and the revision that is made of it."""

import pytest
from sqlalchemy import select

from tests.factories.images import picture
from webapp.documents.draft_images import add_draft_file, files_of_draft, images_of_text, read_media_file
from webapp.documents.image_cleanup import delete_unused_images
from webapp.documents.image_records import DraftImage, StoredImage
from webapp.documents.models import Document
from webapp.documents.publishing import erase
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError
from webapp.manuscript import SourceFormat, check

PDF = b"%PDF-1.7\nwords"


@pytest.fixture
def put(database, shelf, document):
    """Put a file into the document's draft and return what came of it."""

    def run(filename: str, data: bytes, words: str = "words"):
        media = read_media_file(filename, data)
        shelf.images.keep(media)
        return database.write(
            lambda session: add_draft_file(
                session, session.get_one(Document, document.id), filename, words, media, clock.now()
            )
        )

    return run


def reading(database, document, ask):
    with database.reading() as session:
        return ask(session, session.get_one(Document, document.id))


def test_a_picture_and_an_attachment_are_known_to_the_draft_by_what_is_put_into_its_text(database, document, put):
    seen, saved = put("港口 (1).PNG", picture()), put("Tables 2026.pdf", PDF, "")
    assert seen.markdown == f"![words](<{seen.address}>)"
    assert seen.is_image
    assert saved.markdown.startswith("[Tables 2026.pdf](")
    assert not saved.is_image
    text = f"# Title\n\n{seen.markdown}\n\n##paidbegin##{saved.markdown}##paidend##\n"
    files = reading(database, document, files_of_draft)
    checked = check(text, SourceFormat.MARKDOWN, images=files)
    assert 'alt="words"' in checked.preview.html
    assert [name.partition(".")[2] for name in checked.preview.media] == ["png"]
    asked = reading(database, document, lambda session, one: images_of_text(session, one, text))
    assert sorted(image.file.name.rpartition(".")[2] for image in asked.values()) == ["pdf", "png"]


def test_the_same_file_again_has_the_same_address_and_another_has_its_own(put, database):
    addresses = [put("image.png", picture(colour)).address for colour in ("red", "red", "blue")]
    assert addresses[0] == addresses[1] != addresses[2]
    with database.reading() as session:
        assert len(session.scalars(select(DraftImage)).all()) == 2


def test_only_what_the_text_asks_for_goes_into_the_revision(put, database, document):
    put("a.png", picture())
    assert reading(database, document, lambda session, one: images_of_text(session, one, "# Words\n")) == {}


def test_a_marker_in_the_words_of_a_picture_is_refused(put):
    with pytest.raises(InvalidInputError, match="marker"):
        put("a.png", picture(), "##paidbegin##")


def test_a_name_that_looks_like_a_marker_makes_none(put):
    done = put("##paidbegin##.pdf", PDF, "")
    manuscript = check(f"# Title\n\nWords {done.markdown}\n", SourceFormat.MARKDOWN)
    assert not manuscript.manuscript.spans
    assert not manuscript.has_errors


@pytest.mark.parametrize(
    ("filename", "data", "sentence"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
        ("a.png", b"GIF89a/*" + b"\0" * 30 + b"*/=1;alert(1)", "damaged|no picture"),
        ("photo.heic", b"\0\0\0\x18ftypheic" + b"\0" * 40, "no picture"),
        ("a.exe", b"MZ", "cannot be attached"),
        ("a.html", b"<script>alert(1)</script>", "cannot be attached"),
    ],
)
def test_what_is_no_picture_and_no_listed_file_is_refused_with_a_sentence(filename, data, sentence):
    with pytest.raises(InvalidInputError, match=sentence):
        read_media_file(filename, data)


def test_a_polyglot_loses_what_is_no_picture():
    """A GIF that is a script, too, is a PNG of its pixels afterwards."""
    gif = picture(kind="GIF")
    trick = gif.rstrip(b";") + b";/*<script>alert(1)</script>*/"
    kept = read_media_file("a.gif", trick)
    assert b"script" not in kept.data
    assert kept.data.startswith(b"\x89PNG")


def test_what_a_draft_was_given_is_not_tidied_away_and_goes_with_the_document(put, database, document, shelf):
    put("a.png", picture())
    database.write(
        lambda session: [
            setattr(row, "created_at", row.created_at.replace(year=2020))
            for row in session.scalars(select(StoredImage))
        ]
    )
    delete_unused_images(shelf.images, database)
    with database.reading() as session:
        assert len(session.scalars(select(StoredImage)).all()) == 1
    database.write(lambda session: erase(session, session.get_one(Document, document.id), clock.now(), keep_row=True))
    delete_unused_images(shelf.images, database)
    with database.reading() as session:
        assert session.scalars(select(StoredImage)).all() == []
