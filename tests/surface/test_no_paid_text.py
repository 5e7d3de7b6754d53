"""No answer to a reader who is not entitled holds 8 characters in a row of paid-only text: every route, every state."""

from datetime import timedelta
from urllib.parse import unquote_to_bytes

import pytest
from werkzeug.test import TestResponse

from tests.factories.people import PASSWORD, token_in
from tests.factories.shelf import REPORT
from webapp.accounts.models import Reader
from webapp.billing.models import GrantSource, Revoked
from webapp.documents.release import document_named, withdraw
from webapp.kit import clock
from webapp.kit.money import Money

LENGTH = 8
MARKDOWN = """# 渠道分析

公开的导语，说明**范围**与方法。

本季毛利率为##paidbegin##百分之二十七点四六并且较上季下降##paidend##，高于行业平均。

| 项目 | 数值 |
|---|---|
| 库存 | ##paidbegin##一千三百四十二万七千件左右##paidend## |

##paidbegin##
## 重点客户的回款安排

- 甲类客户延长账期至九十天并收取相应利息
- 乙类客户一律改为预付三成之后方可发货

![内部走势图](secret-chart-of-margins.png)
##paidend##

以上。
"""
SOURCES = {"report.txt": REPORT, "analysis.md": MARKDOWN}

# How each route is called. A route that is missing here fails the test below: add it with every form it takes.
WAYS = {
    "static": ["/static/css/site.css"],
    "health.alive": ["/healthz"],
    "health.ready": ["/readyz"],
    "accounts.sign_up_page": ["/signup", "/signup?next=/d/{slug}"],
    "accounts.sign_up": ["/signup"],
    "accounts.sign_in_page": ["/login", "/login?next=/d/{slug}"],
    "accounts.sign_in": ["/login"],
    "accounts.sign_out": ["/logout"],
    "accounts.account": ["/account"],
    "accounts.change_password": ["/account/password"],
    "accounts.choose_language": ["/language/en?next=/d/{slug}"],
    "billing.plans": ["/plans"],
    "billing.confirm": ["/checkout?plan=year&document={slug}", "/checkout?plan=document&document={slug}"],
    "billing.checkout": ["/checkout"],
    "billing.cancelled": ["/checkout/cancelled", "/checkout/cancelled?purchase=unknown"],
    "billing.checkout_return": ["/checkout/return", "/checkout/return?session_id=cs_test_unknown"],
    "billing.account_plan": ["/account/plan"],
    "billing.receipt": ["/account/receipts/1"],
    "billing.portal": ["/billing/portal"],
    "billing.webhook": ["/webhooks/stripe"],
    "reading.catalogue": ["/", "/?after=x", "/?tag=报告"],
    "feeds.latest_atom": ["/feed.atom"],
    "feeds.latest_json": ["/feed.json"],
    "feeds.tagged_atom": ["/tags/报告/feed.atom", "/tags/没有的标签/feed.atom"],
    "feeds.tagged_json": ["/tags/报告/feed.json"],
    "feeds.private_atom": ["/feeds/unknown/feed.atom"],
    "feeds.private_json": ["/feeds/unknown/feed.json"],
    "feeds.sitemap": ["/sitemap.xml"],
    "feeds.sitemap_part": ["/sitemaps/1.xml", "/sitemaps/2.xml"],
    "feeds.robots": ["/robots.txt"],
    "feeds.llms": ["/llms.txt"],
    "search.results": ["/search", "/search?q=报告", "/search?q=库存的真实去向", "/search?q=付费读者&after=1"],
    "reading.tags": ["/tags"],
    "reading.tagged": ["/tags/报告", "/tags/没有的标签"],
    "reading.archive": ["/archive"],
    "reading.archived": ["/archive/2026", "/archive/1999"],
    "reading.document_picture": ["/d/{slug}/picture.png"],
    "reading.oembed": [
        "/oembed?url=http://127.0.0.1:8000/d/{slug}",
        "/oembed?format=xml&url=http://127.0.0.1:8000/d/{slug}",
    ],
    "reading.document": ["/d/{slug}", "/d/{slug}?plan=document", "/d/{slug}x"],
    "sandbox.checkout": ["/sandbox/checkout/cs_test_unknown"],
    "sandbox.pay": ["/sandbox/checkout/cs_test_unknown"],
    "sandbox.portal": ["/sandbox/portal/bps_unknown"],
    "sandbox.change": ["/sandbox/portal/bps_unknown"],
    "sandbox.invoice": ["/sandbox/invoice/in_unknown"],
    "sandbox.pay_invoice": ["/sandbox/invoice/in_unknown"],
}
FORM = {
    "email": "somebody@example.com",
    "password": PASSWORD,
    "present": PASSWORD,
    "plan": "document",
    "document": "{slug}",
}
DAY = timedelta(days=1)
STATES = {
    "visitor": None,
    "holds nothing": (),
    "bought another document": ({"source": GrantSource.DOCUMENT, "document_id": "other", "lasts": None},),
    "pass over": ({"source": GrantSource.PASS, "lasts": DAY, "starts_at": -2 * DAY},),
    "pass not begun": ({"source": GrantSource.PASS, "starts_at": DAY},),
    **{f"subscription {why}": ({"source": GrantSource.SUBSCRIPTION, "revoked": why},) for why in Revoked},
    "this document refunded": (
        {"source": GrantSource.DOCUMENT, "document_id": "this", "revoked": Revoked.REFUNDED, "lasts": None},
    ),
    "disabled": ({"source": GrantSource.SUBSCRIPTION},),
}


def paid_slices(sources) -> set[str]:
    """Answers every run of 8 characters that stands in paid text and in no public text."""
    public, paid = "", []
    for source in sources:
        outside, *spans = source.split("##paidbegin##")
        public += outside + "\n"
        for span in spans:
            inside, after = span.split("##paidend##")
            paid.append(inside)
            public += after + "\n"
    runs = (text[start : start + LENGTH] for text in paid for start in range(len(text) - LENGTH + 1))
    return {run for run in runs if run not in public and len(run.strip()) == LENGTH}


@pytest.fixture
def library(shelf):
    documents = [shelf.put(text, name, price=Money(990, "cny")) for name, text in SOURCES.items()]
    shelf.bring(REPORT, "again.txt", tags=("报告",))
    return documents


def browser(state, people, database, library):
    """Answers a client in this state, and its reader."""
    if STATES[state] is None:
        return people.app.test_client()
    reader = people.reader()
    for terms in STATES[state]:
        named = dict(terms)
        if "document_id" in named:
            named["document_id"] = library[0 if named["document_id"] == "this" else 1].id
        if isinstance(named.get("starts_at"), timedelta):
            named["starts_at"] = clock.now() + named["starts_at"]
        people.grant(reader, **named)
    client = people.browser(reader.email)
    if state == "disabled":
        with database.writing() as session:
            session.get_one(Reader, reader.id).disabled_at = clock.now()
    return client


def answers(app, client, slug):
    """Yields every answer of every route, in both languages, to GET and HEAD and, where it takes one, a form."""
    for rule in app.url_map.iter_rules():
        assert rule.endpoint in WAYS, (
            f"{rule.endpoint} ({rule.rule}) is a new route: say in WAYS of {__name__} how it is called"
        )
        for way in WAYS[rule.endpoint]:
            path = way.format(slug=slug)
            for language in ("zh-CN", "en"):
                headers = {"Accept-Language": language}
                if "GET" in rule.methods:
                    yield client.get(path, headers=headers)
                    yield client.head(path, headers=headers)
                if "POST" in rule.methods and rule.endpoint != "accounts.sign_out":
                    yield client.post(path, headers=headers, data=_form(client, slug))
    yield client.get(f"/d/{slug}", headers={"User-Agent": "Googlebot", "Referer": "https://www.google.com/"})
    yield client.get(f"/d/{slug}", headers={"X-Forwarded-For": "127.0.0.1", "Range": "bytes=0-100000"})
    yield client.get(f"/d/{slug}", headers={"Authorization": "Bearer anything"})


def _form(client, slug):
    page = client.get("/login")
    page = page if page.status_code == 200 else client.get("/account")
    token = token_in(page) if page.status_code == 200 else ""
    return {name: value.format(slug=slug) for name, value in FORM.items()} | {"csrf_token": token}


def leaks(answer: TestResponse, slices: set[str]) -> set[str]:
    headers = "\n".join(f"{name}: {unquote_to_bytes(value).decode(errors='replace')}" for name, value in answer.headers)
    body = answer.get_data(as_text=True) if answer.mimetype.startswith(("text/", "application/")) else ""
    return {run for run in slices if run in body or run in headers}


@pytest.mark.parametrize("state", STATES)
def test_no_answer_holds_paid_text(state, app, people, database, library):
    slices = paid_slices(SOURCES.values())
    assert len(slices) > 100
    client = browser(state, people, database, library)
    targets = library[:1] if state == "bought another document" else library
    seen = 0
    for document in targets:
        for answer in answers(app, client, document.slug):
            found = leaks(answer, slices)
            answer.close()
            assert not found, (answer.request.path, answer.status_code, sorted(found)[:3])
            seen += 1
    assert seen > 50


def test_the_check_would_see_a_leak(app, people, library):
    """The same check on a reader who may read finds the paid text: it is not blind."""
    reader = people.reader()
    people.grant(reader, source=GrantSource.SUBSCRIPTION)
    client = people.browser(reader.email)
    assert leaks(client.get(f"/d/{library[0].slug}"), paid_slices(SOURCES.values()))


def test_a_withdrawn_document_says_nothing_of_its_text(client, library, database):
    slug = library[0].slug
    with database.writing() as session:
        withdraw(session, document_named(session, slug), clock.now())
    answer = client.get(f"/d/{slug}")
    assert answer.status_code == 410
    assert not leaks(answer, paid_slices(SOURCES.values()))


def test_text_that_moves_from_public_to_paid_is_gone_at_once(client, shelf):
    words = "这句话先是公开的后来改为付费"
    open_text = f"动向简报\n开头一段公开。\n{words}。\n结尾一段公开。\n"
    document = shelf.put(open_text, "brief.txt")
    assert words in client.get(f"/d/{document.slug}").get_data(as_text=True)
    shelf.put(open_text.replace(words, f"##paidbegin##{words}##paidend##"), "brief.txt")
    for path in (f"/d/{document.slug}", "/"):
        assert words[:LENGTH] not in client.get(path).get_data(as_text=True)
