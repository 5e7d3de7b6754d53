"""A revision that makes public what was for payers is refused, unless that is said to be meant."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.factories.shelf import PAID, REPORT
from webapp.billing.plans import price_of
from webapp.documents.full_editions import Revision
from webapp.documents.importing import ImportAction, Importer, ImportOrder
from webapp.documents.models import Document, DocumentTag, PublicEdition
from webapp.documents.paid_share import OpensDocumentError
from webapp.documents.preparation import Options
from webapp.documents.publishing import get_document_by_slug, publish, withdraw
from webapp.documents.sources import find_sources
from webapp.kit.clock import now
from webapp.kit.money import Money

TEXTS = Path(__file__).with_name("texts")
OPENED = REPORT.replace("##paidbegin##", "").replace("##paidend##", "")
BEGIN, END = "##paidbegin##", "##paidend##"
OPEN = Options(may_open=True)


@pytest.fixture
def bring(database, tmp_path):
    def run(text, name="report.txt", **order):
        path = tmp_path / name
        path.write_text(text)
        (outcome,) = Importer(database, ImportOrder(**order)).run(find_sources([str(path)], 1_000_000, None))
        return outcome

    return run


def revisions(database):
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Revision))


def public_text(database):
    with database.reading() as session:
        return session.scalars(select(PublicEdition.text)).one()


def codes(outcome):
    return [(problem.code, str(problem.severity)) for problem in outcome.problems]


def shares(paid, public):
    """Return a document with so many paid and public characters, markers aside."""
    return "题\n" + "公" * public + BEGIN + "密" * paid + END


def test_a_manuscript_whose_markers_were_lost_is_refused_and_nothing_is_stored(bring, database):
    lost = (TEXTS / "15-markers-lost-on-reimport.md").read_text()
    marked = lost.replace("The paid part.", f"{BEGIN}The paid part.{END}")
    bring(marked, "report.md", publish=True)
    tagged = Options(tags=("new",))
    outcome = bring(lost, "report.md", publish=True, options=tagged)
    assert (outcome.did, codes(outcome)) == (ImportAction.REFUSED, [("opens-document", "error")])
    assert "The paid part" not in public_text(database)
    with database.reading() as session:
        assert revisions(database) == session.scalars(select(Document.revisions)).one() == 1
        assert session.scalars(select(DocumentTag)).all() == []


def test_the_sentence_says_how_much_was_paid_and_how_much_would_be(bring):
    bring(REPORT)
    (problem,) = bring(OPENED).problems
    assert problem.place.endswith("report.txt:1:1: opens-document")
    assert f" 0 of {len(OPENED)} characters would be for payers" in problem.message
    assert f"of {len(REPORT)} are." in problem.message
    assert "--open" in problem.message
    assert PAID not in problem.message


def test_what_is_meant_is_done(bring, database):
    bring(REPORT, publish=True)
    assert bring(OPENED, publish=True, options=OPEN).did is ImportAction.REVISED
    assert PAID in public_text(database)


@pytest.mark.parametrize(
    ("before", "after", "did"),
    [
        (shares(1000, 1000), shares(1000, 1000) + "补", ImportAction.REVISED),
        (shares(1000, 1000), shares(600, 1400), ImportAction.REVISED),
        (shares(1000, 1000), shares(400, 1600), ImportAction.REFUSED),
        (shares(1000, 1000), shares(1000, 5000), ImportAction.REFUSED),
        (shares(1000, 1000), shares(300, 300), ImportAction.REVISED),
        (shares(1, 2000), "题\n公开", ImportAction.REFUSED),
        (shares(1000, 1000), shares(2000, 0), ImportAction.REVISED),
        ("题\n公开", "题\n公开的", ImportAction.REVISED),
        ("题\n公开", shares(1000, 1000), ImportAction.REVISED),
    ],
)
def test_a_paid_share_below_half_of_what_it_was_is_refused(bring, before, after, did):
    bring(before)
    assert bring(after).did is did


def test_a_dry_run_says_the_same_and_stores_nothing(bring, database):
    bring(REPORT)
    assert codes(bring(OPENED, dry_run=True)) == [("opens-document", "error")]
    assert bring(OPENED, dry_run=True, options=OPEN).did is ImportAction.CHECKED
    assert revisions(database) == 1


def test_a_draft_that_was_opened_on_purpose_is_not_published_without_saying_it_again(bring, database):
    slug = bring(REPORT, publish=True).slug
    bring(OPENED, options=OPEN)
    with pytest.raises(OpensDocumentError), database.writing() as session:
        publish(session, get_document_by_slug(session, slug), now())
    for text in (OPENED, OPENED + "补充一句。\n"):
        outcome = bring(text, publish=True, options=Options(tags=("new",)))
        assert (outcome.did, codes(outcome)) == (ImportAction.REFUSED, [("opens-document", "error")])
    assert PAID not in public_text(database)
    with database.reading() as session:
        assert session.scalars(select(DocumentTag)).all() == []
    with database.writing() as session:
        assert publish(session, get_document_by_slug(session, slug), now(), may_open=True)
    assert PAID in public_text(database)


def test_what_was_withdrawn_is_compared_with_what_was_published(bring, database):
    slug = bring(REPORT, publish=True).slug
    bring(OPENED, options=OPEN)
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, slug), now())
    with pytest.raises(OpensDocumentError), database.writing() as session:
        publish(session, get_document_by_slug(session, slug), now())


def test_one_refusal_stops_none_of_the_others(bring, database, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.txt", "b.txt", "c.txt"):
        (folder / name).write_text(REPORT)

    def run():
        sources = find_sources([str(folder)], 1_000_000, None)
        return [outcome.did for outcome in Importer(database, ImportOrder(publish=True, duplicates=True)).run(sources)]

    run()
    (folder / "a.txt").write_text(REPORT + "补充。\n")
    (folder / "b.txt").write_text(OPENED)
    assert run() == [ImportAction.REVISED, ImportAction.REFUSED, ImportAction.UNCHANGED]


def test_a_word_file_that_was_downloaded_is_refused_as_well(shelf, people, database, tmp_path):
    slug = shelf.put(name="original.txt").slug
    people.grant(people.reader())
    path = tmp_path / "brought back.docx"
    path.write_bytes(people.browser("reader@example.com").get(f"/d/{slug}.docx").data)

    def run(options):
        (outcome,) = Importer(database, ImportOrder(options, publish=True)).run(
            find_sources([str(path)], 1_000_000, None)
        )
        return outcome

    assert [code for code, _ in codes(run(Options()))] == ["opens-document"]
    assert run(OPEN).did is ImportAction.ADDED
    with database.reading() as session:
        opened = session.scalars(select(PublicEdition).where(PublicEdition.document_id == 2)).one()
    assert PAID in opened.text
    assert "paidspan download" not in opened.title + opened.text


@pytest.mark.parametrize("name", ["report.txt", "another name.md", "copy.markdown"])
@pytest.mark.parametrize("kind", ["txt", "md"])
def test_a_download_is_refused_whatever_its_name(bring, shelf, people, name, kind, database):
    slug = shelf.put(name="original.txt").slug
    people.grant(people.reader())
    downloaded = people.browser("reader@example.com").get(f"/d/{slug}.{kind}").get_data(as_text=True)
    assert PAID in downloaded
    assert codes(bring(downloaded, name)) == [("opens-document", "error")]
    assert revisions(database) == 1
    assert bring(downloaded, name, options=OPEN, publish=True).did is ImportAction.ADDED
    with database.reading() as session:
        opened = session.scalars(select(PublicEdition).where(PublicEdition.document_id == 2)).one()
    assert opened.title.removeprefix("# ") == "关于仓储周转的年度报告"
    assert "paidspan download" not in opened.text + opened.summary


def priced(session, document):
    return document is not None and price_of(session, document.id) is not None


def test_a_price_for_a_document_that_is_open_is_a_warning(bring, shelf):
    warning = [("price-without-span", "warning")]
    shelf.put(OPENED, price=Money(990, "cny"))
    assert codes(bring(OPENED, is_priced=priced)) == warning
    assert codes(bring(OPENED + "补充。\n", is_priced=priced, publish=True)) == warning
    assert codes(bring(OPENED, "new.txt", is_priced=lambda *_: True, dry_run=True)) == warning
    assert codes(bring(f"---\nprice: 9.90\n---\n{OPENED}", "front.txt")) == warning


def test_a_price_for_paid_text_and_an_open_text_without_a_price_are_none(bring, shelf):
    shelf.put(price=Money(990, "cny"))
    assert codes(bring(REPORT, is_priced=priced)) == []
    assert codes(bring(REPORT + "补充。\n", is_priced=priced)) == []
    assert codes(bring(OPENED, "open.txt", is_priced=priced)) == []
