"""The surfaces through which other systems leaked, each by name."""

import json
import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest

from tests.factories.shelf import PAID
from tests.factories.stripe_events import Newsboy
from tests.surface.library import MANUSCRIPTS, NOW, PHRASE, paid_slices, slices_of
from tests.surface.states import GIVEN, SUBSCRIBED, VISITOR
from tests.surface.twins import Question
from tests.surface.walk import places, questions, shown_at
from webapp.kit import limits
from webapp.kit.email_queue import send_queued_emails
from webapp.kit.templating import email_renderer
from webapp.reading import views

READERS = (VISITOR, "holds nothing")
DOCUMENT = "/d/{slug}"
# Where to look, with which header, and what stands there, so that it is the surface and not an error page.
SURFACES = {
    "page": (DOCUMENT, {}, 'class="paid-gate"'),
    "contents": (DOCUMENT, {}, "more section"),
    "meta description": (DOCUMENT, {}, '<meta name="description"'),
    "Open Graph": (DOCUMENT, {}, '<meta property="og:description"'),
    "JSON-LD": (DOCUMENT, {}, "application/ld+json"),
    "related documents": (DOCUMENT, {}, 'class="related"'),
    "catalogue": ("/", {}, "Older reports"),
    "catalogue, second page": ("/?after={after}", {}, 'class="card"'),
    "tags": ("/tags", {}, "报告"),
    "listing of a tag": ("/tags/{tag}", {}, 'class="card"'),
    "archive": ("/archive", {}, "2026"),
    "listing of a year": ("/archive/{year}", {}, 'class="card"'),
    "Atom feed": ("/feed.atom", {}, "<entry>"),
    "JSON feed": ("/feed.json", {}, "content_html"),
    "feed of a tag": ("/tags/{tag}/feed.atom", {}, "<entry>"),
    "search results and snippets": ("/search?q={public}", {}, "<mark>"),
    "search of paid words": ("/search?q={paid}", {}, "Nothing"),
    "oEmbed": ("/oembed?url=http://127.0.0.1:8000/d/{slug}", {}, "thumbnail"),
    "picture of a link": ("/d/{slug}/picture.png", {}, "PNG"),
    "picture in the text": ("/media/{public_image}", {}, "PNG"),
    "picture in paid text": ("/media/{paid_image}", {}, "There is no such page"),
    "part of a picture in paid text": ("/media/{paid_image}", {"Range": "bytes=0-3"}, "There is no such page"),
    "picture in paid text that is known": ("/media/{paid_image}", {"If-None-Match": "*"}, "There is no such page"),
    "download for Word": ("/d/{slug}.docx", {}, "此处为付费内容"),
    "download to print": ("/d/{slug}.pdf", {}, "此处为付费内容"),
    "download for e-readers": ("/d/{slug}.epub", {}, "此处为付费内容"),
    "download as Markdown": ("/d/{slug}.md", {}, "此处为付费内容"),
    "download as text": ("/d/{slug}.txt", {}, "此处为付费内容"),
    "download of what is not there": ("/d/{paid}.pdf", {}, "no such document"),
    "sitemap": ("/sitemap.xml", {}, "sitemaps/1.xml"),
    "part of the sitemap": ("/sitemaps/1.xml", {}, "<lastmod>"),
    "robots.txt": ("/robots.txt", {}, "Sitemap"),
    "llms.txt": ("/llms.txt", {}, "](http"),
    "what may be kept offline": ("/library/offline.json?d={slug}", {"Accept": "application/json"}, ""),
    "worker that keeps it": ("/sw.js", {}, "caches"),
    "plans": ("/plans", {}, "Plans"),
    "order": ("/checkout?plan=document&document={slug}", {}, ""),
    "library": ("/library", {}, ""),
    "bookmarks": ("/library/bookmarks", {}, ""),
    "notes of a document": ("/d/{slug}/notes", {}, ""),
    "notes as a file": ("/library/notes.md", {}, ""),
    "range": (DOCUMENT, {"Range": "bytes=0-4000"}, ""),
    "crawler": (DOCUMENT, {"User-Agent": "Googlebot/2.1"}, 'class="paid-gate"'),
    "referer": (DOCUMENT, {"Referer": "https://www.google.com/"}, 'class="paid-gate"'),
    "forwarded address": (DOCUMENT, {"X-Forwarded-For": "127.0.0.1"}, 'class="paid-gate"'),
    "page that is not there": ("/d/{paid}", {}, "no such document"),
    "tag that is not there": ("/tags/{paid}", {}, "No published document"),
}
NOT_THERE = {
    "authors": "/authors/x",
    "downloads of another kind": "/d/{slug}.html",
    "sources": "/d/{slug}.source",
    "files as they are kept": "/exports/2/full.docx",
    "print": "/d/{slug}/print",
    "images": "/d/{slug}/images/secret-chart-of-margins.png",
    "attachments": "/d/{slug}/attachments/1",
    "preview links": "/preview/1",
    "gift links": "/gift/1",
    "suggestions": "/search/suggest?q={paid}",
    "debugger": "/console",
    "metrics": "/metrics",
    "instance": "/static/../../instance/paidspan.sqlite",
}


@pytest.fixture(scope="module")
def slices():
    return paid_slices(one.text for one in MANUSCRIPTS)


@pytest.fixture
def about(twins):
    """Return what fills the places: of the document with inline gates, gates of its own, a table and a picture."""
    return places(twins.one, twins.one.documents[1].slug)


def told(heard):
    return heard.text


@pytest.mark.parametrize("state", READERS)
@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_tells_nothing(name, state, twins, about, slices):
    path, headers, holds = SURFACES[name]
    question = Question(path, headers={"Accept-Language": "en", **headers})
    left, right = twins.ask(twins.askers(state), question, **about)
    assert holds in told(left)
    assert left == right
    assert not slices_of(told(left)) & (slices - slices_of(PHRASE))


@pytest.mark.parametrize("state", READERS)
@pytest.mark.parametrize("name", NOT_THERE)
def test_a_surface_that_others_have_is_not_there(name, state, twins, about):
    """When one of these comes to be, it belongs into WAYS of tests/surface/ways.py and into SURFACES above."""
    left, right = twins.ask(twins.askers(state), Question(NOT_THERE[name]), **about)
    assert left.status == 404
    assert left == right


@pytest.mark.parametrize("state", READERS)
@pytest.mark.parametrize("path", ["/feeds/{token}/feed.atom", "/feeds/{token}/feed.json"])
def test_a_private_feed_tells_nothing_to_who_holds_nothing(path, state, twins, about, slices):
    left, right = twins.ask(twins.askers(state), Question(path), **about)
    assert left.status == (404 if state == VISITOR else 200)
    assert left == right
    assert not slices_of(told(left)) & slices


@pytest.mark.parametrize("state", READERS)
def test_head_tells_the_length_of_the_preview(state, twins, about):
    askers = twins.askers(state)
    got, _ = twins.ask(askers, Question(DOCUMENT), **about)
    left, right = twins.ask(askers, Question(DOCUMENT, "HEAD"), **about)
    assert left == right
    assert dict(left.headers)["Content-Length"] == str(len(got.body))


def test_a_mark_of_the_preview_is_one_in_both_and_none_of_a_payers_page(twins, about):
    visitors, payers = twins.askers(VISITOR), twins.askers(SUBSCRIBED)
    left, right = twins.ask(visitors, Question(DOCUMENT), **about)
    assert left.mark == right.mark is not None
    again = Question(DOCUMENT, headers={"If-None-Match": left.mark})
    assert [heard.status for heard in twins.ask(visitors, again, **about)] == [304, 304]
    assert [heard.status for heard in twins.ask(payers, again, **about)] == [200, 200]


def test_an_error_on_our_side_says_nothing_of_what_it_was_about(app, client, shelf, monkeypatch):
    def stumbles(*_):
        raise ValueError(PAID)

    app.testing = False
    document = shelf.put()
    monkeypatch.setattr(views, "related_to", stumbles)
    answer = client.get(f"/d/{document.slug}", headers={"Accept-Language": "en"})
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.get_data(as_text=True)
    assert PAID not in answer.get_data(as_text=True)


def test_a_document_that_was_withdrawn_or_never_published_tells_nothing(twins, slices):
    for document, status in zip(twins.one.documents[5:7], (410, 404), strict=True):
        for state in READERS:
            about = places(twins.one, document.slug)
            left, right = twins.ask(twins.askers(state), Question(DOCUMENT), **about)
            assert left.status == status
            assert left == right
            assert not slices_of(told(left)) & slices


def test_logs_tell_nothing_whoever_reads(twins, slices, caplog, monkeypatch):
    monkeypatch.setattr(limits._Switch, "warned", False)  # said once by a process: the one line that visitors cause
    caplog.set_level(logging.INFO)
    for state in (*READERS, SUBSCRIBED):
        for question, about in questions(twins.one, 1, shown_at(twins.one)):
            twins.one.answer(twins.askers(state)[0], question, about)
    assert caplog.text
    assert not slices_of(caplog.text) & slices


@pytest.fixture(scope="module")
def bought(twins):
    """Have a reader buy the first document in both, and post the news of it."""

    def buy(one):
        one.cashier.buy(one.asker("pass over").client, "document", one.documents[0].slug)
        newsboy = Newsboy(one.app, one.cashier.billing)
        for event in newsboy.events():
            assert newsboy.post(event).status_code == 204
        return newsboy.events()

    return twins.alike(buy)


def test_what_stripe_is_told_and_tells_us_tells_nothing(bought, slices):
    left, right = (json.dumps(events, ensure_ascii=False, sort_keys=True) for events in bought)
    assert "checkout.session.completed" in left
    assert left == right
    assert not slices_of(left) & slices


def test_mails_tell_nothing_in_any_of_their_parts(bought, twins, slices):
    """The preheader, which mail programs show beside the subject, stands in the HTML."""
    left, right = map(mails_of, twins.both)
    assert twins.one.documents[0].title in left
    assert left == right
    assert not slices_of(left) & slices


def mails_of(one) -> str:
    carried = []
    carrier = SimpleNamespace(carry=carried.append)
    send_queued_emails(
        one.database, email_renderer(one.app), carrier, "House <house@example.com>", NOW + timedelta(days=1)
    )
    parts = [mail.get_body((kind,)).get_content() for mail in carried for kind in ("plain", "html")]
    return "\n".join([*(mail["Subject"] for mail in carried), *parts])


def test_after_signing_out_the_page_is_a_preview(twins, slices):
    who, about = twins.askers(GIVEN), places(twins.one, twins.one.documents[0].slug)
    before, _ = twins.ask(who, Question(DOCUMENT), **about)
    assert slices_of(told(before)) & slices
    twins.ask(who, Question("/logout", "POST"), **about)
    left, right = twins.ask(who, Question(DOCUMENT), **about)
    assert left == right
    assert not slices_of(told(left)) & slices


def test_text_that_moves_from_public_to_paid_is_gone_from_every_surface_at_once(client, shelf):
    words = "这句话先是公开的后来改为付费"
    text = f"动向简报\n开头一段公开。\n{words}。\n结尾一段公开。\n"
    document = shelf.put(text, "brief.txt", tags=("简报",))
    paths = [f"/d/{document.slug}", "/", "/tags/简报", "/feed.atom", "/feed.json", "/tags/简报/feed.atom", "/llms.txt"]
    paths += [f"/search?q={words[:4]}", f"/d/{document.slug}.md", f"/d/{document.slug}.txt"]
    assert sum(words in client.get(path).get_data(as_text=True) for path in paths) >= 7
    shelf.put(text.replace(words, f"##paidbegin##{words}##paidend##"), "brief.txt")
    for path in paths:
        assert not slices_of(client.get(path).get_data(as_text=True)) & slices_of(words), path
    assert document.title not in client.get(f"/search?q={words[:4]}").get_data(as_text=True)
