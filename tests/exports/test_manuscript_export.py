"""The library is written out as manuscripts that import brings back: the same texts, names, dates, tags and prices."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from tests.factories.empty_database import empty_database
from tests.factories.file_stores import files_of
from tests.factories.shelf import REPORT, Shelf
from tests.manuscript.strategies import joined, sources
from webapp.billing.plans import price_of, set_price
from webapp.documents.full_editions import FullEdition
from webapp.documents.image_store import ImageStore
from webapp.documents.importing import ImportAction, Importer, ImportOrder
from webapp.documents.models import Document, DocumentTag, FormerSlug, PublicEdition, State
from webapp.documents.preparation import Options, unfit_tag
from webapp.documents.publishing import get_document_by_slug, tag, withdraw
from webapp.documents.slugs import change_slug
from webapp.documents.sources import find_sources
from webapp.exports import atomic_folder, manuscript_export
from webapp.exports.atomic_folder import MANIFEST, FolderNotEmptyError, fill_folder
from webapp.exports.manuscript_export import ExportedFile, ManuscriptExport, Selection
from webapp.factory import join_rooms
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.money import Money
from webapp.manuscript import tag_name

TOLD = """+++
title = "Told: a story"
description = "In one line"
authors = ["Mei Lin", "林梅"]
date = 2016-02-29T08:30:00.25+08:00
lastmod = 2019-01-01
tags = ["a", "b c"]
aliases = ["/old/one/"]
weight = 10
opens = 08:30:00
[params]
nested = { x = [1, 2.5] }
+++
# Another heading

Open ##paidbegin##paid##paidend## words \\##paidbegin## as they are.
"""


def opened(folder: Path) -> Database:
    join_rooms()
    path = folder / "paidspan.sqlite"
    path.write_bytes(empty_database())
    return Database(f"sqlite:///{path}")


def export(database, folder, **options):
    selection = options.pop("selection", Selection())
    with database.reading() as session:
        images = ImageStore(files_of(folder.parent))
        return fill_folder(folder, ManuscriptExport(session, images, selection).files(), **options)


def bring_back(folder, into):
    """Import what was exported into an empty library; return what became of each file."""
    pricing = {"on_priced": lambda session, document, price: set_price(session, document.id, price)}
    order = ImportOrder(Options(), publish=True, **pricing)
    return list(Importer(into, order).run(find_sources([str(folder)], 20_000_000, io.BytesIO())))


def everything(database):
    """Return all that a library is by slug, but for when it came in."""
    with database.reading() as session:
        return {document.slug: facts(session, document) for document in session.scalars(select(Document))}


def facts(session, document):
    id_ = document.id
    editions = [session.scalar(select(kind).where(kind.document_id == id_)) for kind in (PublicEdition, FullEdition)]
    shown = (
        "title",
        "subtitle",
        "authors",
        "collection",
        "cover",
        "language",
        "html",
        "text",
        "toc_rows",
        "changed_at",
    )
    public = ("summary", "gate_rows")
    texts = [
        [getattr(edition, name) for name in shown + (public if isinstance(edition, PublicEdition) else ())]
        for edition in editions
        if edition and document.state is State.PUBLISHED
    ]
    tags = session.scalars(select(DocumentTag.tag).where(DocumentTag.document_id == id_)).all()
    former = session.scalars(select(FormerSlug.slug).where(FormerSlug.document_id == id_)).all()
    state = State.PUBLISHED if document.state is State.PUBLISHED else State.DRAFT
    dated = document.published_at if state is State.PUBLISHED else None
    known = (document.title, state, dated, document.feed_id, price_of(session, id_))
    return known, texts, sorted(tags), sorted(former)


@pytest.fixture
def elsewhere(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    database = opened(tmp_path / "elsewhere")
    yield database
    database.close()


@pytest.fixture
def library(shelf, database):
    shelf.put(tags=("年度", "仓储"), price=Money(990, "cny"))
    shelf.put(TOLD, "told.md", price=Money(100, "jpy"))
    shelf.put("No title that is short enough to be one. " * 9, "long.txt")
    shelf.put("![](picture.png)\n", "only a picture.md")
    shelf.put("---\nslug: kept-for-later\ndate: 2016-01-01\ndraft: true\n---\nA draft.\n", "draft.md")
    shelf.put("Away\r\n\r\nThis was ##paidbegin##taken##paidend## away.\r\n", "away.txt")
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, "away"), clock.now())
        change_slug(session, get_document_by_slug(session, "told-a-story"), "told")


def test_what_was_exported_comes_back_as_it_was(library, database, elsewhere, tmp_path):
    assert export(database, tmp_path / "out") == 6
    outcomes = bring_back(tmp_path / "out", elsewhere)
    assert {outcome.did for outcome in outcomes} == {ImportAction.ADDED}
    codes = {problem.code for outcome in outcomes for problem in outcome.problems}
    assert codes == {"draft", "front-matter", "image-missing"}, "fields that mean nothing to us, and no picture"
    there, here = everything(elsewhere), everything(database)
    assert there == here
    assert here["told"][3] == ["one", "told-a-story"]


def test_a_second_export_and_that_of_the_copy_are_the_same_bytes(library, database, elsewhere, tmp_path):
    export(database, tmp_path / "one")
    export(database, tmp_path / "two")
    bring_back(tmp_path / "one", elsewhere)
    export(elsewhere, tmp_path / "three")
    first, second, third = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()}
        for name in ("one", "two", "three")
    )
    assert first == second
    assert first == third
    assert b"weight: 10" in first["told.md"]


def test_a_draft_in_a_file_that_was_published_by_name_comes_back_published(shelf, database, elsewhere, tmp_path):
    from webapp.documents.publishing import publish

    shelf.put("---\nslug: t\ndraft: true\n---\nText.\n", "t.md")
    with database.writing() as session:
        publish(session, get_document_by_slug(session, "t"), clock.now())
    export(database, tmp_path / "out")
    bring_back(tmp_path / "out", elsewhere)
    assert everything(elsewhere) == everything(database)


def test_what_is_published_is_exported_and_not_a_later_revision(shelf, database, tmp_path):
    shelf.put()
    shelf.put(REPORT.replace("订阅读者", "各位读者"), publish=False)
    export(database, tmp_path / "out")
    assert "订阅读者" in (tmp_path / "out/report.txt").read_text()


def test_a_change_for_payers_keeps_its_date(shelf, database, elsewhere, tmp_path):
    with time_machine.travel(clock.now() - timedelta(days=9), tick=False):
        shelf.put()
    shelf.put(REPORT.replace("统一口径", "统一口径与时限"))
    export(database, tmp_path / "out")
    bring_back(tmp_path / "out", elsewhere)
    ((_known, (public, full), *_others),) = everything(elsewhere).values()
    assert public[9] < full[9]
    assert everything(elsewhere) == everything(database)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("reports/2026/年报.md", "reports/2026/年报.md"),
        ("../up.md", "t.md"),
        ("/etc/passwd.md", "t.md"),
        (".hidden/x.md", "t.md"),
        ("con:trol.md", "t.md"),
        pytest.param("a\x00b.md", "t.md", marks=pytest.mark.sqlite("no text holds a NUL elsewhere")),
        ("plain.txt", "plain.md"),
        ("-/t", "t.md"),
        (f"{'长' * 80}.md", "t.md"),
        (None, "t.md"),
    ],
)
def test_a_file_is_named_as_it_came_where_that_is_a_safe_name(shelf, database, tmp_path, key, name):
    document = shelf.put("---\nslug: t\n---\nText.\n", "t.md")
    with database.writing() as session:
        session.get_one(Document, document.id).source_key = key
    export(database, tmp_path / "out")
    assert sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")) == sorted(
        [MANIFEST, name]
    )


def test_two_files_never_share_a_name(shelf, database, tmp_path):
    shelf.put("---\nslug: t\n---\nText.\n", "t.md")
    other = shelf.put("---\nslug: u\n---\nText.\n", "u.md")
    with database.writing() as session:
        session.get_one(Document, other.id).source_key = "T.md"
    assert export(database, tmp_path / "out") == 2
    assert {path.name for path in (tmp_path / "out").glob("*.md")} == {"t.md", "T-2.md"}


def test_a_selection_is_by_slug_and_tag(library, database, tmp_path):
    for number, (selection, count) in enumerate(
        [(Selection(("told",)), 1), (Selection((), ("年度", "a")), 2), (Selection(("told",), ("年度",)), 0)]
    ):
        assert export(database, tmp_path / str(number), selection=selection) == count


def test_a_folder_that_is_not_empty_is_refused_and_left_as_it_is(library, database, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    export(database, folder)  # onto an empty one
    (folder / "mine.md").write_text("mine")
    (folder / "told.md").write_text("edited")
    with pytest.raises(FolderNotEmptyError):
        export(database, folder)
    assert (folder / "told.md").read_text() == "edited"
    with database.writing() as session:
        session.delete(session.scalars(select(Document).where(Document.slug == "away")).one())
    assert export(database, folder, force=True) == 5
    assert (folder / "mine.md").read_text() == "mine"
    assert "Another heading" in (folder / "told.md").read_text()
    assert not (folder / "away.txt").exists()


def test_an_export_that_fails_leaves_nothing(tmp_path):
    def files():
        yield [ExportedFile("a.md", b"a")]
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fill_folder(tmp_path / "out", files())
    assert list(tmp_path.iterdir()) == []


def test_a_large_library_is_not_held_at_once(database, shelf, tmp_path, monkeypatch):
    for number in range(7):
        shelf.put(f"Title {number}\n\nText.\n", f"{number}.txt")
    monkeypatch.setattr(manuscript_export, "_BATCH", 2)
    held = []
    real = manuscript_export.full_sources
    monkeypatch.setattr(manuscript_export, "full_sources", lambda *asked: held.append(found := real(*asked)) or found)
    assert export(database, tmp_path / "out") == 7
    assert [len(found) for found in held] == [2, 2, 2, 1]
    assert atomic_folder.MANIFEST in {path.name for path in (tmp_path / "out").iterdir()}


def test_pictures_come_along_under_their_addresses(database, elsewhere, tmp_path):
    (tmp_path / "in/pictures").mkdir(parents=True)
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "in/pictures/a boat.png")
    text = "# Boats\n\n![A boat](pictures/a%20boat.png)\n\n##paidbegin##![The same](pictures/a%20boat.png)##paidend##\n"
    (tmp_path / "in/boats.md").write_text(text)
    store = ImageStore(files_of(tmp_path))

    def bring(folder, into):
        order = ImportOrder(Options(keep_image=store.keep), publish=True)
        return list(Importer(into, order).run(find_sources([str(folder)], 20_000_000, io.BytesIO())))

    bring(tmp_path / "in", database)
    export(database, tmp_path / "out")
    assert (tmp_path / "out/pictures/a boat.png").exists()
    bring(tmp_path / "out", elsewhere)
    assert everything(elsewhere) == everything(database)
    assert "<img" in everything(elsewhere)["boats"][1][0][6]


TITLES = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)
TAGS = st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=12), max_size=3)
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def manuscripts(draw):
    title, summary = draw(TITLES), draw(TITLES)
    head = {"title": title, "summary": summary, "author": draw(TITLES), "subtitle": draw(TITLES)}
    fields = [f"{name}: {quoted(text)}" for name, text in head.items() if text and draw(st.booleans())]
    if draw(st.booleans()):
        fields.append(f"date: {draw(MOMENTS).isoformat()}")
    fields += ["draft: true"] * draw(st.sampled_from([0, 0, 0, 1]))
    text = joined(*draw(sources()))
    body = draw(st.sampled_from(["", "# Heading\n\n", "Line\n"])) + text
    suffix = draw(st.sampled_from([".md", ".txt"]))
    money = draw(st.none() | st.builds(Money, st.integers(100, 10_000), st.just("cny")))
    return (f"---\n{chr(10).join(fields)}\n---\n" if fields else "") + body, suffix, draw(TAGS), money


def is_a_file(text):
    return bool(text.strip()) and "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def quoted(text):
    import json

    return json.dumps(text)


# A failure is told as it was found: to make one smaller would take many libraries.
@given(st.lists(manuscripts(), min_size=1, max_size=4))
@settings(max_examples=25, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
def test_any_library_comes_back_as_it_was(library):
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "here").mkdir()
        (folder / "there").mkdir()
        here, there = opened(folder / "here"), opened(folder / "there")
        shelf = Shelf(here, folder)
        for number, (text, suffix, tags, price) in enumerate(library):
            fit = tuple(one for one in map(tag_name, tags) if one and not unfit_tag(one))
            if is_a_file(text):
                (outcome,) = shelf.bring(text, f"{number}{suffix}", tags=(), price=price)
                if outcome.slug:
                    with here.writing() as session:
                        tag(session, get_document_by_slug(session, outcome.slug), fit)
        done = export(here, folder / "out")
        assert len(bring_back(folder / "out", there)) == done
        assert everything(there) == everything(here)
        here.close()
        there.close()
