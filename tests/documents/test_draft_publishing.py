"""What is typed beside a text is its front matter, and what is worked on becomes a revision when it is published."""

from datetime import UTC
from functools import partial

import pytest
from sqlalchemy import select

from tests.factories.shelf import PAID, REPORT
from webapp.accounts.models import Role
from webapp.documents.catalogue import find_document
from webapp.documents.desk_listing import (
    BY_CHANGE,
    DeskFilter,
    DeskListedDocument,
    DeskView,
    desk_documents,
    get_desk_document,
)
from webapp.documents.draft_check import Utf16Offsets, check_draft, figures_of, placed_findings, title_before_markers
from webapp.documents.draft_editions import draft_editions
from webapp.documents.draft_publishing import PublishOrder, is_publishable, publish_draft
from webapp.documents.draft_saving import TypedText, read_typed
from webapp.documents.drafts import create_draft, open_draft, save_draft
from webapp.documents.editor_fields import EditorFields, show_fields, write_fields
from webapp.documents.last_changes import LastChange
from webapp.documents.models import Document, State
from webapp.documents.paid_share import OpensDocumentError
from webapp.documents.publishing import erase, withdraw
from webapp.kit import clock
from webapp.kit.errors import BodyTooLargeError, ConflictError, InvalidInputError, NotFoundError
from webapp.kit.money import Money
from webapp.manuscript import SourceFormat, read_front_matter

MARKDOWN, TEXT = SourceFormat.MARKDOWN, SourceFormat.TEXT
MOST = 1_000_000
BODY = "# 题\n\n公开。\n\n##paidbegin##\n付费的一段。\n##paidend##\n"


@pytest.fixture
def mei(people):
    return people.reader("mei@example.com", Role.EDITOR)


@pytest.fixture
def work(database, mei):
    """Return what runs a rule on a document, as its editor does."""

    def run(rule, id_=1):
        return database.write(lambda session: rule(session, session.get_one(Document, id_)))

    return run


@pytest.fixture
def save(work, mei):
    """Save a text and fields as the form of the editor does, and return what was read of it."""

    def run(text=None, **fields):
        def rule(session, document):
            copy = open_draft(session, document)
            shown = show_fields(session, document, copy, None)
            typed = EditorFields(**{name: fields.get(name, getattr(shown, name)) for name in EditorFields.__slots__})
            sent = TypedText(copy.text if text is None else text, copy.version, copy.format, typed, shown)
            new = read_typed(session, document, sent, MOST)
            save_draft(session, document, new, mei.id, clock.now())
            return open_draft(session, document)

        return work(rule)

    return run


@pytest.fixture
def publish(work, mei):
    def run(**order):
        given = PublishOrder(mei.id, clock.now(), UTC, **order)
        return work(lambda session, document: publish_draft(session, document, given))

    return run


@pytest.fixture
def found(database):
    def find(slug):
        with database.reading() as session:
            return find_document(session, slug)

    return find


def front_of(copy):
    return read_front_matter(copy.text)[0]


def test_what_is_typed_beside_a_text_stands_in_its_front_matter(shelf, save, publish, found):
    shelf.put(BODY, "one.md", publish=False, tags=("旧",))
    copy = save(title="新题: 一", slug="new-place", tags="报告，渠道; 报告", price="9.90 USD")
    front = front_of(copy)
    assert (front.title, front.slug, front.tags) == ("新题: 一", "new-place", ("报告", "渠道"))
    assert (front.price, front.currency) == ("9.90", "usd")
    assert copy.settled == {"title", "slug", "tags", "price"}
    assert copy.text.endswith(BODY)
    done = publish()
    assert (done.is_published, done.price, done.is_priced) == (True, Money(990, "usd"), True)
    document = found("new-place")
    assert (document.title, [tag.tag for tag in document.tags]) == ("新题: 一", ["报告", "渠道"])


def test_a_field_that_is_sent_as_it_was_shown_changes_nothing(shelf, save):
    shelf.put(BODY, "one.md", tags=("旧",))
    assert save(BODY + "尾声。\n").text == BODY + "尾声。\n"


def test_front_matter_that_is_written_into_the_text_shows_in_the_fields(shelf, save, work):
    shelf.put(BODY, "one.md", publish=False)
    save(f"---\ntitle: 手写\ntags: [甲]\nprice: 5\n---\n{BODY}")

    def shown(session, document):
        return show_fields(session, document, open_draft(session, document), Money(100, "eur"), "")

    fields = work(shown)
    assert (fields.title, fields.tags, fields.price) == ("手写", "甲", "5")
    save(title="", price="", tags="")
    assert work(shown).price == ""
    assert work(shown).tags == ""


def test_the_price_of_a_document_is_shown_with_its_currency(shelf, work):
    shelf.put(BODY, "one.md")
    for price, told in ((None, ""), (Money(990, "cny"), "9.90"), (Money(500, "eur"), "5.00 eur")):

        def shown(session, document, price=price):
            return show_fields(session, document, open_draft(session, document), price)

        assert work(shown).price == told


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"slug": "not a slug!"}, InvalidInputError),
        ({"slug": "taken"}, ConflictError),
        ({"price": "many"}, InvalidInputError),
        ({"price": "9.90 a b"}, InvalidInputError),
        ({"tags": "a/b"}, InvalidInputError),
        ({"title": "a ##paidbegin## b"}, InvalidInputError),
    ],
)
def test_what_a_field_cannot_have_is_refused(shelf, save, fields, error):
    shelf.put(BODY, "one.md")
    shelf.put("---\nslug: taken\n---\n# Other\n\ntext\n", "two.md")
    with pytest.raises(error):
        save(**fields)


def test_fields_are_not_written_into_front_matter_that_cannot_be_read(database):
    with database.reading() as session, pytest.raises(InvalidInputError):
        write_fields(session, None, "---\ntitle: [\n---\ntext", EditorFields(title="x"), EditorFields())


def test_a_new_address_of_what_is_published_leaves_the_old_one_leading_there(shelf, save, publish, found, client):
    old = shelf.put(BODY, "one.md").slug
    save(slug="elsewhere")
    publish()
    assert found("elsewhere") is not None
    assert client.get(f"/d/{old}").status_code == 301


def test_a_tag_that_was_taken_out_is_gone_and_one_that_nobody_touched_stays(shelf, save, publish, found):
    slug = shelf.put(BODY, "one.md", tags=("甲", "乙")).slug
    save(BODY + "改。\n")
    publish()
    assert [tag.tag for tag in found(slug).tags] == ["乙", "甲"]
    save(tags="乙")
    publish()
    assert [tag.tag for tag in found(slug).tags] == ["乙"]


def test_publishing_makes_a_revision_once_and_then_changes_nothing(shelf, save, publish, work):
    shelf.put()
    assert not publish().is_published
    assert not work(lambda session, document: is_publishable(document, open_draft(session, document)))
    save(REPORT + "尾声。\n")
    assert work(lambda session, document: is_publishable(document, open_draft(session, document)))
    assert publish().is_published
    assert not publish().is_published
    assert work(lambda _session, document: document.revisions) == 2
    assert not work(open_draft).is_changed


def test_a_document_that_was_imported_is_still_known_by_its_file(shelf, save, publish, work):
    shelf.put()
    save(REPORT + "尾声。\n")
    publish()
    shelf.put()
    assert work(lambda _session, document: document.revisions) == 2
    assert "尾声" in work(open_draft).text


def test_what_was_withdrawn_is_published_again_as_it_was(shelf, publish, work):
    shelf.put()
    work(lambda session, document: withdraw(session, document, clock.now()))
    assert publish().is_published
    assert work(lambda _session, document: document.state) is State.PUBLISHED


def test_only_the_version_that_was_looked_at_is_published(shelf, save, publish):
    shelf.put()
    version = save(REPORT + "尾声。\n").version
    with pytest.raises(ConflictError):
        publish(version=version - 1)
    assert publish(version=version).is_published


def test_a_finding_that_forbids_it_and_a_price_that_is_none_leave_all_as_it_was(shelf, save, publish, work):
    shelf.put()
    for text in ("题\n公开 ##paidbegin## 不完\n", f"---\nprice: many\n---\n{BODY}", f"---\ntags: [a/b]\n---\n{BODY}"):
        save(text)
        with pytest.raises((ConflictError, InvalidInputError)):
            publish()
    assert work(lambda _session, document: document.revisions) == 1


def test_what_was_for_payers_is_opened_when_that_is_confirmed(shelf, save, publish):
    shelf.put()
    save(REPORT.replace("##paidbegin##", "").replace("##paidend##", ""))
    with pytest.raises(OpensDocumentError):
        publish()
    assert publish(may_open=True).is_published


def test_editions_that_are_only_looked_at_are_kept_nowhere(shelf, save, work, database):
    shelf.put(BODY, "one.md", tags=("甲",))
    save(BODY.replace("题", "另一题"))

    def look(session, document):
        copy = open_draft(session, document)
        checked = check_draft(session, document, copy.text, copy.format)
        return draft_editions(session, document, copy, checked, clock.now(), UTC)

    seen = work(look)
    assert (seen.document.title, seen.document.slug, [tag.tag for tag in seen.document.tags]) == (
        "另一题",
        "另一题",
        ["甲"],
    )
    assert "付费的一段" in seen.full.html
    assert "付费的一段" not in seen.public.html
    save("题\n公开 ##paidbegin## 不完\n")
    assert work(look) is None
    with database.reading() as session:
        assert session.scalars(select(Document.title)).all() == ["题"]


@pytest.mark.parametrize(
    ("published", "settled", "slug"), [(False, False, "told"), (True, False, "题"), (True, True, "told")]
)
def test_the_address_that_a_draft_would_get(shelf, save, work, published, settled, slug):
    shelf.put(BODY, "one.md", publish=published)
    save(slug="told") if settled else save(f"---\nslug: told\n---\n{BODY}")

    def look(session, document):
        copy = open_draft(session, document)
        return draft_editions(
            session, document, copy, check_draft(session, document, copy.text, copy.format), clock.now(), UTC
        )

    assert work(look).document.slug == slug


def test_findings_are_placed_in_the_text(shelf, work):
    shelf.put()
    text = "题\n😀公开 ##paidbegin## 不完"

    def look(session, document):
        return check_draft(session, document, text, TEXT)

    checked = work(look)
    (one,) = placed_findings(checked, text)
    assert text[one.start : one.end] == "##paidbegin##"
    assert Utf16Offsets(text)(one.start) == one.start + 1
    assert (figures_of(checked).errors, figures_of(checked).gates) == (1, 0)
    assert title_before_markers(text, TEXT) == "题"


def test_a_text_beyond_all_measure_is_refused(database):
    sent = TypedText("x" * (MOST + 1), 0, TEXT)
    with database.reading() as session, pytest.raises(BodyTooLargeError):
        read_typed(session, None, sent, MOST)


def rows(database, **wanted):
    with database.reading() as session:
        found = session.execute(desk_documents(DeskFilter(**wanted)).order_by(Document.id)).all()
        return [DeskListedDocument.of(row) for row in found]


def test_the_list_has_every_document_with_the_figures_of_the_text_at_hand(shelf, save, work, database, mei):
    shelf.put(tags=("仓储",))
    shelf.put(BODY, "two.md", publish=False)
    first, second = rows(database)
    assert (first.text.public_characters, first.text.share > 0, first.changed_by) == (73, True, "")
    assert second.text is None
    save("题\n公开 ##paidbegin## 不完\n")
    (first,) = rows(database, view=DeskView.AHEAD)
    assert (first.text.findings, first.changed_by) == (1, "mei@example.com")
    assert [row.document.id for row in rows(database, view=DeskView.FINDINGS)] == [1]
    for wanted, ids in (
        ({"state": State.DRAFT}, [2]),
        ({"tag": "仓储"}, [1]),
        ({"words": "年度 仓储"}, [1]),
        ({"words": "100%"}, []),
        ({"words": "题"}, [2]),
    ):
        assert [row.document.id for row in rows(database, **wanted)] == ids, wanted


def test_what_only_receipts_refer_to_is_no_document_of_the_desk(shelf, work, database):
    shelf.put()
    work(partial(erase, moment=clock.now(), keep_row=True))
    assert rows(database) == []
    with database.reading() as session:
        for id_ in (1, 99):
            with pytest.raises(NotFoundError):
                get_desk_document(session, id_)
        assert session.scalars(select(LastChange)).all() == []


@pytest.mark.sqlite("its query planner")
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "ix_last_changes_all"),
        ({"state": State.DRAFT}, "ix_last_changes_state"),
        ({"view": DeskView.FINDINGS}, "ix_last_changes_findings"),
        ({"view": DeskView.AHEAD}, "ix_last_changes_ahead"),
    ],
)
def test_each_filter_of_the_list_walks_its_index_in_order(database, wanted, index):
    query = BY_CHANGE.sort(desk_documents(DeskFilter(**wanted)).where(BY_CHANGE.after(None))).limit(51)
    with database.reading() as session:
        connection = session.connection()
        compiled = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]
    assert index in plan[0], plan
    assert not [step for step in plan if "TEMP B-TREE" in step or step.startswith("SCAN documents")], plan


def test_a_draft_alone_is_listed_too(database, mei):
    def make(session):
        sent = TypedText(f"{BODY}{PAID}", 0, MARKDOWN, EditorFields(title="Mine"))
        return create_draft(session, read_typed(session, None, sent, MOST), mei.id, clock.now()).id

    database.write(make)
    (row,) = rows(database)
    assert (row.document.title, row.document.state, row.document.revisions) == ("Mine", State.DRAFT, 0)
    assert row.text.paid_characters > 0
