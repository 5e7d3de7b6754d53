"""A slug follows its title until somebody has read the document; former slugs lead to it."""

import io
from urllib.parse import unquote

import pytest

from tests.factories.shelf import REPORT
from webapp.accounts.models import Role
from webapp.documents.catalogue import find_published
from webapp.documents.importing import ImportAction, Importer, ImportOrder
from webapp.documents.models import Document, FormerSlug
from webapp.documents.preparation import Options
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.documents.slugs import change_slug, free_slug, was_read
from webapp.documents.sources import find_sources
from webapp.kit.clock import now
from webapp.kit.money import Money
from webapp.library.lists import get_listed_document
from webapp.library.models import ReadingPosition
from webapp.library.owner import LibraryOwner

TITLE = "关于仓储周转的年度报告"
OTHER = TITLE.replace("年度", "季度")
THIRD = TITLE.replace("年度", "月度")


@pytest.fixture
def bring(database, tmp_path):
    def run(text, name="report.txt", **order):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        order = {"publish": True, "options": Options()} | order
        (outcome,) = Importer(database, ImportOrder(**order)).run(find_sources([str(path)], 1_000_000, io.BytesIO()))
        return outcome

    return run


def renamed(database, slug, to):
    database.write(lambda session: change_slug(session, get_document_by_slug(session, slug), to))


def opened(session, reader_id, slug):
    document = get_document_by_slug(session, slug)
    session.add(ReadingPosition(reader_id=reader_id, document_id=document.id, read_at=now()))


def former(database):
    with database.reading() as session:
        return {row.slug for row in session.query(FormerSlug)}


def test_the_slug_follows_the_title_until_somebody_has_read_the_document(bring, database, people):
    assert bring(REPORT).slug == TITLE
    assert bring(REPORT.replace("年度报告", "季度报告", 1)).slug == OTHER
    assert former(database) == {TITLE}
    for email, role, counts in (("ed@example.com", Role.EDITOR, False), ("reader@example.com", Role.READER, True)):
        reader_id = people.reader(email, role=role).id
        database.write(lambda session, id_=reader_id: opened(session, id_, OTHER))
        with database.reading() as session:
            assert was_read(session, get_document_by_slug(session, OTHER)) is counts
    assert bring(REPORT.replace("年度报告", "月度报告", 1)).slug == OTHER
    assert bring(REPORT.replace("年度报告", "月度报告", 1), new_slug=True).slug == THIRD


def test_a_draft_leaves_no_former_slug(bring, database):
    assert bring(REPORT, publish=False).slug == TITLE
    assert bring(REPORT.replace("年度报告", "季度报告", 1), publish=False).slug == OTHER
    assert former(database) == set()


def test_a_revision_that_is_not_published_yet_changes_no_address(bring):
    bring(REPORT)
    assert bring(REPORT.replace("年度报告", "季度报告", 1), publish=False).slug == TITLE


def test_a_slug_that_was_chosen_by_hand_stays(bring, database):
    bring(REPORT)
    renamed(database, TITLE, "stock")
    assert bring(REPORT.replace("年度报告", "季度报告", 1)).slug == "stock"
    assert bring(REPORT.replace("年度报告", "季度报告", 1), new_slug=True).slug == OTHER


def test_a_former_slug_is_given_to_no_other_document_and_back_to_its_own(bring, database):
    bring(REPORT)
    renamed(database, TITLE, "stock")
    assert bring(REPORT + "另一份。\n", "other.txt").slug == f"{TITLE}-2"
    with database.reading() as session:
        assert free_slug(session, TITLE, get_document_by_slug(session, "stock").id) == TITLE
    renamed(database, "stock", TITLE)
    assert former(database) == {"stock"}


def test_mojibake_that_was_stored_is_mended_by_naming_the_encoding(bring, database, client):
    data = "川面の霧\n\n夜明け前の川面には、白い霧が静かに立ちこめていた。\n".encode("shift_jis")
    wrong = bring(data, options=Options(encoding="gb18030"))
    right = bring(data, options=Options(encoding="shift_jis"))
    assert (wrong.did, right.did) == (ImportAction.ADDED, ImportAction.REVISED)
    assert right.slug == "川面の霧"
    assert client.get(f"/d/{wrong.slug}").headers["Location"].endswith("/d/%E5%B7%9D%E9%9D%A2%E3%81%AE%E9%9C%A7")
    assert bring(data).did is ImportAction.UNCHANGED, "how it was read is kept"
    assert bring(data, options=Options(encoding="shift_jis")).did is ImportAction.UNCHANGED


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/d/{}", "/d/stock"),
        ("/d/{}?gate=1", "/d/stock?gate=1"),
        ("/d/{}?unknown=1", "/d/stock"),
        ("/d/{}/picture.png", "/d/stock/picture.png"),
        ("/d/{}.md", "/d/stock.md"),
        ("/d/{}.epub", "/d/stock.epub"),
        ("/d/{}.pdf", "/d/stock.pdf"),
        ("/d/{}.docx", "/d/stock.docx"),
        ("/d/{}.txt", "/d/stock.txt"),
        ("/api/v1/documents/{}", "/api/v1/documents/stock"),
        ("/api/v1/documents/{}/full", "/api/v1/documents/stock/full"),
        (
            "/oembed?format=xml&url=http://127.0.0.1:8000/d/{}",
            "/oembed?url=http%3A%2F%2F127.0.0.1%3A8000%2Fd%2Fstock&format=xml",
        ),
    ],
)
def test_everything_under_a_former_slug_leads_to_the_new_one(shelf, database, client, path, to):
    shelf.put()
    renamed(database, TITLE, "stock")
    answer = client.get(path.format(TITLE))
    assert (answer.status_code, answer.headers["Location"]) == (301, to)
    assert client.get(to).status_code in {200, 402}


def test_a_page_that_was_open_goes_on_working(shelf, database, people):
    shelf.put(price=Money(990, "cny"))
    owner = LibraryOwner(people.reader().id, None, now())
    renamed(database, TITLE, "stock")
    with database.reading() as session:
        assert find_published(session, TITLE).slug == "stock"
        assert get_listed_document(session, owner, TITLE).slug == "stock"


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_a_former_slug_of_what_is_not_published_tells_nothing(shelf, database, client, state):
    shelf.put()
    renamed(database, TITLE, "stock")

    def rule(session):
        document = get_document_by_slug(session, "stock")
        withdraw(session, document, now())
        if state == "draft":
            document.published_at, document.state = None, "draft"

    database.write(rule)
    for path in ("/d/{}", "/d/{}.md", "/api/v1/documents/{}", "/oembed?url=http://127.0.0.1:8000/d/{}"):
        old, unknown = (client.get(path.format(slug)) for slug in (TITLE, "no-such-document"))
        assert (old.status_code, unknown.status_code) == (404, 404)
        said = [unquote(unquote(answer.get_data(as_text=True))) for answer in (old, unknown)]
        assert said[0].replace(TITLE, "") == said[1].replace("no-such-document", "")


def test_a_document_that_is_deleted_takes_its_former_slugs_along(shelf, database):
    shelf.put()
    renamed(database, TITLE, "stock")
    database.write(lambda session: session.delete(get_document_by_slug(session, "stock")))
    assert former(database) == set()
    with database.reading() as session:
        assert session.query(Document).count() == 0
