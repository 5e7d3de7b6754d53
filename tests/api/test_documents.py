"""What programs read: what everybody may, and what the reader of a token may."""

from itertools import pairwise

import pytest
from sqlalchemy import update

from tests.factories.shelf import PAID
from webapp.accounts.api_tokens import Scope
from webapp.accounts.models import Role
from webapp.billing.models import GrantSource, Revoked
from webapp.documents.models import Document
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock
from webapp.kit.money import Money

OPEN = "公开的简报\n这一篇全文公开，没有付费的部分。\n"


@pytest.fixture
def report(shelf):
    return shelf.put(price=Money(990, "cny"))


def address(document, *, full=False):
    return f"/api/v1/documents/{document.slug}" + ("/full" if full else "")


def test_a_visitor_reads_the_preview_and_how_much_is_behind_it(client, report):
    told = client.get(address(report)).json
    assert list(told) == [
        *("slug", "url", "title", "subtitle", "authors", "collection", "summary", "tags", "language"),
        *("published_at", "updated_at", "access", "gates", "html", "text", "toc"),
    ]
    assert told["access"] == "preview"
    assert told["gates"] == [{"characters": 77, "minutes": 1, "headings": 1, "images": 0}]
    assert 'data-gate="1"' in told["html"]
    assert told["toc"][0]["text"] == "一、总体情况"
    assert PAID not in str(told)


def test_who_may_read_it_reads_all_of_it(people, report):
    reader = people.reader()
    people.grant(reader, source=GrantSource.DOCUMENT, document_id=report.id)
    told = people.program(reader, Scope.DOCUMENTS).get(address(report)).json
    assert told["access"] == "full"
    assert PAID in told["text"]
    assert PAID in told["html"]
    assert told["gates"], "what is for payers is told to payers, too"
    assert people.program(reader).get(address(report, full=True)).json == told


def test_an_open_document_is_full_for_everybody(client, shelf):
    document = shelf.put(OPEN, "open.txt")
    told = client.get(address(document, full=True))
    assert (told.status_code, told.json["access"], told.json["gates"]) == (200, "full", [])


def test_the_full_text_asks_a_visitor_to_pay_and_says_how(client, cashier, report):
    answer = client.get(address(report, full=True))
    assert answer.status_code == 402
    assert answer.content_type == "application/problem+json"
    assert answer.json["reason"] == "visitor"
    year, *_, alone = answer.json["offers"]
    assert (year["plan"], year["kind"], year["currency"], year["trial_days"]) == ("year", "year", "cny", 0)
    assert (alone["plan"], alone["amount"], alone["days"]) == ("document", 990, None)
    assert alone["checkout"].startswith("http://127.0.0.1:8000/checkout?plan=document&document=%E5%85%B3")
    assert PAID not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("revoked", "reason", "sells"),
    [(Revoked.ENDED, "ended", True), (Revoked.REFUNDED, "refunded", True), (Revoked.UNPAID, "unpaid", False)],
)
def test_the_reason_is_told_and_offers_where_buying_helps(people, cashier, report, revoked, reason, sells):
    reader = people.reader()
    people.grant(reader, source=GrantSource.SUBSCRIPTION, revoked=revoked)
    answer = people.program(reader).get(address(report, full=True))
    assert (answer.status_code, answer.json["reason"], bool(answer.json["offers"])) == (402, reason, sells)


def test_the_links_of_offers_lead_to_an_order(client, cashier, report, people):
    offers = client.get(address(report, full=True)).json["offers"]
    browser = people.signed_in()
    for offer in offers:
        page = browser.get(offer["checkout"].removeprefix("http://127.0.0.1:8000"))
        assert page.status_code == 200, offer


@pytest.mark.parametrize("full", [False, True])
def test_what_is_not_there_is_said_to_be_unknown_or_withdrawn(client, people, database, report, full):
    assert client.get("/api/v1/documents/unknown" + ("/full" if full else "")).status_code == 404
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, report.slug), clock.now())
    gone = client.get(address(report, full=full))
    assert (gone.status_code, gone.content_type) == (410, "application/problem+json")
    reader = people.reader()
    people.grant(reader, source=GrantSource.DOCUMENT, document_id=report.id)
    kept = people.program(reader).get(address(report, full=full))
    assert (kept.status_code, kept.json["gates"], kept.json["title"]) == (200, [], report.title)
    assert PAID in kept.json["text"]


def test_an_editor_reads_everything(people, report):
    editor = people.reader("editor@example.com", Role.EDITOR)
    assert people.program(editor).get(address(report)).json["access"] == "full"


@pytest.fixture
def library(shelf, database):
    documents = [shelf.put(OPEN.replace("简报", f"简报{number}"), f"{number}.txt") for number in range(5)]
    shelf.bring("An English brief\nAll of it in English words, for everybody to read.\n", "e.txt", tags=("Brief",))
    with database.writing() as session:
        old = documents[0].published_at.replace(year=2019, month=6, day=1)
        session.execute(update(Document).where(Document.id == documents[0].id).values(published_at=old))
    return documents


def slugs(answer):
    assert answer.status_code == 200, answer.json
    return [document["slug"] for document in answer.json["documents"]]


@pytest.mark.parametrize("sort", ["published_at", "-published_at"])
def test_pages_follow_each_other_without_gap_or_repetition(client, library, sort):
    pages, after = [], ""
    while after is not None:
        answer = client.get("/api/v1/documents", query_string={"limit": 4, "sort": sort, "after": after})
        pages.append(answer.json["documents"])
        after = answer.json["after"]
    assert [len(page) for page in pages] == [4, 2]
    moments = [document["published_at"] for page in pages for document in page]
    assert len({document["slug"] for page in pages for document in page}) == 6
    assert all((one >= other) == sort.startswith("-") or one == other for one, other in pairwise(moments))


def test_the_list_is_narrowed(client, library):
    assert slugs(client.get("/api/v1/documents?tag=Brief")) == slugs(client.get("/api/v1/documents?language=en"))
    assert slugs(client.get("/api/v1/documents?year=2019")) == [library[0].slug]
    assert slugs(client.get("/api/v1/documents?year=2018")) == []
    assert slugs(client.get("/api/v1/documents?tag=unknown")) == []


def test_only_the_fields_asked_for_are_told(client, library):
    documents = client.get("/api/v1/documents?fields=slug,title&limit=2").json["documents"]
    assert [list(document) for document in documents] == [["slug", "title"]] * 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("sort=title", "sort"),
        ("year=0", "year"),
        ("fields=slug,html", "fields"),
        ("fields=", "fields"),
        ("tag=" + "x" * 61, "tag"),
    ],
)
def test_what_does_not_fit_is_named(client, query, field):
    answer = client.get(f"/api/v1/documents?{query}", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert list(answer.json["errors"]["query"]) == [field]


def test_search_finds_in_full_texts_only_what_the_reader_may_read(client, people, report):
    query = "/api/v1/search?q=库存的真实去向"
    assert client.get(query).json["results"] == []
    reader = people.reader()
    assert people.program(reader).get(query).json == client.get(query).json
    people.grant(reader, source=GrantSource.SUBSCRIPTION)
    (hit,) = people.program(reader, Scope.DOCUMENTS).get(query).json["results"]
    assert (hit["document"]["slug"], hit["in_full"]) == (report.slug, True)
    assert any(piece["marked"] for piece in hit["passage"])


def test_search_marks_what_was_looked_for(client, report):
    (hit,) = client.get("/api/v1/search?q=仓储").json["results"]
    assert [piece["text"] for piece in hit["title"] if piece["marked"]] == ["仓储"]
    assert client.get("/api/v1/search").status_code == 422


def test_plans_are_told_with_their_prices_and_where_to_buy_them(client, cashier):
    plans = client.get("/api/v1/plans").json["plans"]
    assert [plan["kind"] for plan in plans] == ["year", "month", "pass"]
    assert all(plan["amount"] > 0 and plan["currency"] == "cny" for plan in plans)
    assert plans[0]["checkout"] == "http://127.0.0.1:8000/checkout?plan=year"
