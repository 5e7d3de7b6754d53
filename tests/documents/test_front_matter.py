"""What an author says before a text settles title, name, dates, tags and price, and what each change moves."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select

from webapp.billing.plans import price_of, set_price
from webapp.documents.catalogue import catalogue_page, find_document
from webapp.documents.full_editions import FullEdition
from webapp.documents.importing import ImportAction
from webapp.documents.models import Document, PublicEdition, State
from webapp.documents.publishing import get_document_by_slug, publish, withdraw
from webapp.documents.rerender import rerender_all
from webapp.kit import clock
from webapp.kit.money import Money

BODY = "# Rivers\n\nOpen words ##paidbegin##paid words##paidend##.\n"
NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
THEN = datetime(2016, 2, 29, tzinfo=UTC)


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def put(shelf, database):
    def run(head, body=BODY, name="a.md", **options):
        (outcome,) = shelf.bring(f"---\n{head}\n---\n{body}", name, **options)
        assert outcome.did is not ImportAction.REFUSED, outcome.problems
        return outcome

    return run


@pytest.fixture
def found(database):
    def find(slug):
        with database.reading() as session:
            return find_document(session, slug), session.scalars(select(FullEdition)).first()

    return find


def test_an_import_of_old_posts_is_dated_as_they_are(put, found):
    put("date: 2016-02-29\nupdated: 2019-01-01T08:00:00+08:00")
    document, full = found("rivers")
    assert document.published_at == THEN
    assert document.edition.changed_at == full.changed_at == datetime(2019, 1, 1, tzinfo=UTC)
    put("date: 2015-01-01", "# Older\n\nText.\n", "b.md")
    assert found("older")[0].edition.changed_at == datetime(2015, 1, 1, tzinfo=UTC)


def test_lists_go_by_the_authors_dates(put, database):
    for name, day in (("first", "2016-01-01"), ("second", "2018-01-01"), ("third", "2017-01-01")):
        put(f"date: {day}\nsubtitle: S\nauthor: A", f"# {name}\n\nText.\n", f"{name}.md")
    with database.reading() as session:
        cards = catalogue_page(session).rows
    assert [card.slug for card in cards] == ["second", "third", "first"]
    assert (cards[0].subtitle, cards[0].authors) == ("S", ("A",))


def test_a_date_without_a_zone_is_the_publishers_midnight(database, shelf, tmp_path):
    import io

    from webapp.documents.importing import Importer, ImportOrder
    from webapp.documents.preparation import Options
    from webapp.documents.sources import find_sources

    (tmp_path / "a.md").write_text(f"---\ndate: 2016-03-01\n---\n{BODY}")
    order = ImportOrder(Options(zone=ZoneInfo("Asia/Shanghai")), publish=True)
    list(Importer(database, order).run(find_sources([str(tmp_path / "a.md")], 1_000_000, io.BytesIO())))
    with database.reading() as session:
        assert session.scalars(select(Document.published_at)).one() == THEN + timedelta(hours=16)


def test_a_date_to_come_is_not_published_until_it_is_there(put, found, moment):
    outcome = put("title: T\ndate: 2026-07-01")
    assert [(one.code, one.line) for one in outcome.problems] == [("future-date", 3)]
    assert found("t")[0].state is State.DRAFT
    moment.move_to(datetime(2026, 7, 1, 1, tzinfo=UTC))
    assert put("title: T\ndate: 2026-07-01").problems == ()
    assert found("t")[0].published_at == datetime(2026, 7, 1, tzinfo=UTC)


def test_a_date_to_come_is_not_believed_when_it_is_published_by_name(put, found, database):
    put("title: T\ndate: 2126-07-01\nupdated: 2127-01-01")
    with database.writing() as session:
        publish(session, get_document_by_slug(session, "t"), clock.now())
    document, _full = found("t")
    assert (document.published_at, document.edition.changed_at) == (NOW, NOW)


def test_a_draft_stays_one_also_when_nothing_changed_and_goes_out_by_name(put, found, database):
    for did in (ImportAction.ADDED, ImportAction.UNCHANGED):
        outcome = put("slug: t\ndraft: true")
        assert (outcome.did, [one.code for one in outcome.problems]) == (did, ["draft"])
        assert found("t")[0].state is State.DRAFT
    with database.writing() as session:
        assert publish(session, get_document_by_slug(session, "t"), clock.now())
    assert found("t")[0].state is State.PUBLISHED
    assert put("slug: t\ndraft: true").problems == ()


def test_a_published_document_stays_as_it_is_when_its_new_revision_is_a_draft(put, found):
    put("slug: t")
    outcome = put("slug: t\ndraft: true", BODY.replace("Open", "Other"))
    assert [one.code for one in outcome.problems] == ["draft"]
    assert "Open words" in found("t")[0].edition.text


@pytest.mark.parametrize(
    ("told", "slug"),
    [
        ("river-freight", "river-freight"),
        ("River Freight!", "river-freight"),
        ("/2016/02/河运.html", "河运"),
        ("x" * 115, "x" * 115),
        ("/:year/:title", "rivers"),
    ],
)
def test_a_new_document_has_the_name_that_its_author_gives_it(put, told, slug):
    assert put(f"slug: {told}").slug == slug


def test_a_name_that_is_taken_gets_a_number(put):
    assert [put("slug: t", f"# {name}\n\nText.\n", name).slug for name in ("a.md", "b.md")] == ["t", "t-2"]


def test_tags_join_those_of_the_command(put, found):
    put("tags: [a, b]", tags=("b", "c"))
    assert [row.tag for row in found("rivers")[0].tags] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("head", "price"),
    [
        ("price: 9.90", Money(990, "cny")),
        ("price: 9.90\ncurrency: EUR", Money(990, "eur")),
        ("price: 100\ncurrency: jpy", Money(100, "jpy")),
    ],
)
def test_a_price_is_set_as_the_option_does(shelf, database, head, price):
    shelf.bring(f"---\n{head}\n---\n{BODY}", "a.md")
    with database.reading() as session:
        assert price_of(session, 1) == price


def test_the_price_of_the_command_wins_and_one_set_later_stays(put, database):
    put("price: 9.90", price=Money(500, "cny"))
    with database.writing() as session:
        assert price_of(session, 1) == Money(500, "cny")
        set_price(session, 1, Money(600, "cny"))
    put("price: 9.90")
    with database.reading() as session:
        assert price_of(session, 1) == Money(600, "cny")


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("title: T\nprice: free", 3),
        ("title: T\nprice: -1", 3),
        ("price: 9.90\ncurrency: gold", 2),
        ("title: T\ntags: [a/b]", 3),
        (f"tags: [{'x' * 61}]", 2),
    ],
)
def test_what_cannot_be_sold_or_listed_is_refused_with_its_line(shelf, head, line):
    (outcome,) = shelf.bring(f"---\n{head}\n---\n{BODY}", "a.md")
    assert outcome.did is ImportAction.REFUSED
    assert [(one.code, one.line) for one in outcome.problems] == [("front-matter", line)]


def test_a_change_of_paid_text_alone_moves_only_what_payers_see(put, found, moment):
    put("slug: t")
    later = NOW + timedelta(days=1)
    moment.move_to(later)
    put("slug: t", BODY.replace("paid words", "other paid words, and more of them"))
    document, full = found("t")
    assert (document.edition.changed_at, full.changed_at) == (NOW, later)
    assert document.edition.gates[0].characters == 28
    moment.move_to(later + timedelta(days=1))
    put("slug: t", BODY.replace("Open", "Public"))
    document, full = found("t")
    assert document.edition.changed_at == full.changed_at == later + timedelta(days=1)


def test_a_correction_of_the_head_is_shown(put, found):
    put("title: One\ndate: 2016-01-01\nauthor: A")
    put("title: Two\ndate: 2016-02-29\nauthors: [B, C]\nsubtitle: S\nseries: R\nimage: i.png")
    document, full = found("two")
    assert (document.title, document.published_at) == ("Two", THEN)
    for edition in (document.edition, full):
        told = (edition.title, edition.authors, edition.subtitle, edition.collection, edition.cover)
        assert told == ("Two", ["B", "C"], "S", "R", "i.png")


def test_rendering_anew_keeps_what_was_told(put, found, database):
    put("title: Told\nsubtitle: S\nauthor: A\nsummary: Said\ndate: 2016-01-01")
    before = found("told")[0]
    with database.writing() as session:
        for kind in (PublicEdition, FullEdition):
            row = session.scalars(select(kind)).one()
            row.renderer_version, row.subtitle, row.authors = 0, "", []
    assert list(rerender_all(database)) == [1]
    after = found("told")[0]
    for name in ("title", "subtitle", "authors", "summary", "html", "changed_at", "updated_at"):
        assert getattr(after.edition, name) == getattr(before.edition, name)


def test_a_feed_knows_a_document_for_good(put, found, database):
    put("slug: t\nguid: tag:example.com,2016:t")
    put("slug: u\nguid: tag:example.com,2016:t", name="u.md")
    assert found("t")[0].feed_id == "tag:example.com,2016:t"
    assert found("u")[0].feed_id.startswith("urn:uuid:")
    with database.writing() as session:
        document = get_document_by_slug(session, "u")
        made = document.feed_id
        withdraw(session, document, clock.now())
        publish(session, document, clock.now())
    assert found("u")[0].feed_id == made


def test_former_names_lead_to_a_document_and_never_to_a_draft(put, client, shelf):
    put("slug: now\naliases: [/2016/02/then.html, Once, now]\ndraft: true")
    assert client.get("/d/then").status_code == 404
    put("slug: now\nredirect_from: then")
    for old in ("then", "Once"):
        answer = client.get(f"/d/{old}")
        assert (answer.status_code, answer.location) == (301, "/d/now")
    assert put("slug: then", name="b.md").slug == "then-2", "a name that leads elsewhere is taken"


def test_a_former_name_does_not_take_another_documents_place(put, client):
    put("slug: one")
    put("slug: two\naliases: one", name="b.md")
    assert client.get("/d/one").status_code == 200


def test_a_told_name_stays_when_the_title_changes(put, found):
    put("slug: kept\ntitle: One")
    assert put("slug: kept\ntitle: Two").slug == "kept"
