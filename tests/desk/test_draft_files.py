"""Pictures and attachments put into a document at the desk: as JSON for the editor's script, as a page for all."""

import io

import pytest
from sqlalchemy import select

from tests.factories.html import parse
from tests.factories.images import picture
from tests.factories.people import token_in
from webapp.accounts.models import Role
from webapp.documents.image_encoding import encode_image
from webapp.documents.image_records import DraftImage
from webapp.kit.file_store import FilesUnavailableError, FolderStore

PDF = b"%PDF-1.7\nwords"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def editor(people):
    return people.signed_in("mei@example.com", Role.EDITOR)


@pytest.fixture
def post(editor, document):
    def run(*files, accept="application/json", words="", browser=None):
        place = f"/desk/documents/{document.id}/images"
        token = token_in(editor.get(place))
        form = {"csrf_token": token, "words": words, "file": [(io.BytesIO(data), name) for name, data in files]}
        return (browser or editor).post(place, data=form, headers={"Accept": accept, "Accept-Language": "en"})

    return run


def known(database):
    with database.reading() as session:
        return session.scalars(select(DraftImage)).all()


def test_the_script_is_told_how_the_text_shows_what_was_pasted(post, editor, client, people, database):
    answer = post(("image.png", picture()), ("Tables.pdf", PDF), words="At dawn")
    assert answer.status_code == 200
    seen, saved = answer.json["files"]
    assert seen["markdown"] == f"![At dawn](<{seen['address']}>)"
    assert (seen["is_image"], saved["is_image"]) == (True, False)
    assert len(known(database)) == 2
    name = encode_image(picture()).file.name
    reader = people.signed_in("reader@example.com", Role.READER)
    assert [browser.get(f"/media/{name}").status_code for browser in (editor, client, reader)] == [200, 404, 404]


def test_an_attachment_is_saved_and_never_shown(post, editor, database):
    post(("Tables.pdf", PDF))
    (row,) = known(database)
    answer = editor.get(f"/media/{row.hash}.pdf")
    assert answer.get_data() == PDF
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_without_a_script_a_page_says_what_to_write(post):
    shown = parse(post(("a.png", picture()), accept="text/html", words="A"))
    assert shown.css_first(".copied").text().startswith("![A](")
    assert shown.css_first(".draft-files img") is not None


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [("a.svg", SVG, "SVG"), ("a.exe", b"MZ", "cannot be attached"), ("a.heic", b"\0\0\0\x18ftypheic", "no picture")],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence_and_nothing_is_half_kept(post, database, name, data, sentence):
    answer = post(("good.png", picture()), (name, data))
    assert answer.status_code == 400
    assert sentence in answer.json["detail"]
    shown = post((name, data), accept="text/html")
    assert shown.status_code == 400
    assert sentence in parse(shown).css_first(".trouble").text()
    assert known(database) == []


def test_when_the_store_is_away_a_sentence_says_so(post, database, monkeypatch):
    def away(*_args):
        raise FilesUnavailableError("away")

    monkeypatch.setattr(FolderStore, "keep", away)
    answer = post(("a.png", picture()))
    assert answer.status_code == 503
    assert "cannot be fetched or kept" in answer.json["detail"]
    assert known(database) == []


def test_there_are_no_files_of_a_document_that_is_not_there(editor, post):
    assert editor.get("/desk/documents/99999/images").status_code == 404
    assert post().status_code == 400
