"""Feeds: previews for all, full texts behind a token that can be taken back; well-formed whatever a text holds."""

import json
from datetime import timedelta
from functools import partial
from xml.etree import ElementTree as ET

import feedparser
import pytest
import time_machine
from sqlalchemy import update

from tests.factories.shelf import PAID, REPORT
from webapp.accounts.api_tokens import AccessToken, Scope, make_token, revoke_token
from webapp.accounts.models import Reader
from webapp.documents.models import Document, PublicEdition
from webapp.feeds.feed_ids import keep_feed_ids
from webapp.feeds.views import ENTRIES
from webapp.kit import clock
from webapp.kit.current_settings import install_settings, settings_in

NASTY = "控制符\x08报告\n\n正文 ]]> <![CDATA[ & <b> \x08\x1f \ufffe\uffff 🙂 “引号” 结束。\n"


def parsed(answer):
    assert answer.status_code == 200
    ET.fromstring(answer.data)
    feed = feedparser.parse(answer.data)
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def content(entry) -> str:
    return entry.content[0].value


@pytest.fixture
def library(shelf):
    shelf.put()
    shelf.put(NASTY, "nasty.txt")
    shelf.bring("English note\n\nOpen to all.\n", "english.md", tags=("notes",))


@pytest.fixture
def token(people, database):
    """Return the secret of a feed token, of a reader who holds nothing yet."""
    reader = people.reader()

    def make(scopes=frozenset({Scope.FEED})):
        with database.writing() as session:
            return make_token(session, reader.id, "Feed reader", scopes, clock.now())

    make.reader = reader
    return make


def private(client, secret, kind="atom"):
    return client.get(f"/feeds/{secret}/feed.{kind}")


def test_atom_holds_the_previews_of_the_latest_documents(client, library):
    feed = parsed(client.get("/feed.atom"))
    assert [entry.title for entry in feed.entries] == ["English note", "控制符报告", "关于仓储周转的年度报告"]
    report = feed.entries[2]
    assert "首要政" in content(report)
    assert PAID[:8] not in content(report)
    assert "#gate-1" in content(report)
    assert report.id.startswith("urn:uuid:")
    assert report.link.startswith("http://127.0.0.1:8000/d/")
    assert feed.entries[0].tags[0].term == "notes"


def test_an_entry_keeps_its_id_under_a_new_address_and_those_of_before_keep_theirs(app, client, library, database):
    with database.writing() as session:
        session.execute(update(Document).where(Document.title == "English note").values(feed_id=None))
    new, _other, old = [(entry.id, entry.link) for entry in parsed(client.get("/feed.atom")).entries]
    assert new[0] == new[1]
    assert old[0] != old[1]
    for base_url in ("http://127.0.0.1:8000", "https://new.example"):
        assert database.write(partial(keep_feed_ids, base_url=base_url)) == (base_url == "http://127.0.0.1:8000")
    install_settings(app, settings_in(app).model_copy(update={"base_url": "https://new.example"}))
    entries = parsed(client.get("/feed.atom")).entries
    assert [entry.id for entry in (entries[0], entries[2])] == [new[0], old[0]]
    assert all(entry.link.startswith("https://new.example/") for entry in entries)


def test_an_edit_of_paid_text_alone_is_news_for_payers_only(client, people, token, shelf):
    people.grant(token.reader)
    secret = token().secret
    day = clock.now() + timedelta(days=1)
    dates = []
    for moment, text in ((day, REPORT), (day + timedelta(days=1), REPORT.replace("统一口径", "统一口径与时限"))):
        with time_machine.travel(moment, tick=False):
            shelf.put(text)
            feeds = [parsed(answer).entries[0] for answer in (client.get("/feed.atom"), private(client, secret))]
            place = ET.fromstring(client.get("/sitemaps/1.xml").data).findall(".//{*}lastmod")
            dates.append([*(entry.updated for entry in feeds), place[0].text])
    (public, paid, listed), (public_later, paid_later, listed_later) = dates
    assert (public, listed) == (public_later, listed_later)
    assert paid < paid_later


def test_json_feed_says_the_same(client, library):
    feed = json.loads(client.get("/feed.json").data)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    by_atom = parsed(client.get("/feed.atom")).entries
    assert [item["id"] for item in feed["items"]] == [entry.id for entry in by_atom]
    assert all(item["content_html"] and item["date_published"] for item in feed["items"])
    assert PAID[:8] not in json.dumps(feed, ensure_ascii=False)


@pytest.mark.parametrize("text", [NASTY, "".join(map(chr, [*range(1, 32), 127, 0x85, 0x2028])) + "报告\n正文。\n"])
def test_any_text_makes_a_well_formed_feed(client, shelf, text):
    shelf.put(text, "any.txt")
    parsed(client.get("/feed.atom"))
    json.loads(client.get("/feed.json").data)
    ET.fromstring(client.get("/sitemaps/1.xml").data)


def test_a_tag_has_its_own_feeds(client, library):
    assert [entry.title for entry in parsed(client.get("/tags/notes/feed.atom")).entries] == ["English note"]
    assert [item["title"] for item in client.get("/tags/notes/feed.json").get_json(force=True)["items"]] == [
        "English note"
    ]
    assert client.get("/tags/unknown/feed.atom").status_code == 404
    assert 'href="/tags/notes/feed.atom"' in client.get("/tags/notes").get_data(as_text=True)


def test_an_empty_library_has_an_empty_feed(client):
    assert parsed(client.get("/feed.atom")).entries == []
    assert client.get("/feed.json").get_json(force=True)["items"] == []


def test_a_feed_ends_somewhere(client, shelf):
    for number in range(ENTRIES + 2):
        shelf.put(f"报告{number}\n内容。\n", f"{number}.txt")
    assert len(parsed(client.get("/feed.atom")).entries) == ENTRIES


def test_the_private_feed_holds_what_its_reader_may_read(client, library, token, people):
    secret = token().secret
    before = private(client, secret)
    assert PAID[:8] not in before.get_data(as_text=True)
    people.grant(token.reader)
    for kind in ("atom", "json"):
        after = private(client, secret, kind)
        assert PAID in after.get_data(as_text=True)
        assert after.headers["Cache-Control"] == "no-store"
        assert "ETag" not in after.headers
        assert secret not in after.get_data(as_text=True)
    assert parsed(private(client, secret)).entries[2].id == parsed(client.get("/feed.atom")).entries[2].id


def test_a_revoked_token_a_token_for_something_else_and_none_open_no_feed(client, library, token, database):
    made = token()
    for secret in ("unknown", token(frozenset({Scope.DOCUMENTS})).secret):
        assert private(client, secret).status_code == 404
    with database.writing() as session:
        revoke_token(session, token.reader.id, made.row.id)
    assert private(client, made.secret).status_code == 404


def test_a_closed_account_has_no_feed(client, library, token, database):
    secret = token().secret
    with database.writing() as session:
        session.execute(update(Reader).values(disabled_at=clock.now()))
    assert private(client, secret).status_code == 404


def test_the_use_of_a_feed_is_noted_once_a_day(client, library, token, database):
    made = token()
    for _ in range(2):
        private(client, made.secret).close()
    with database.reading() as session:
        noted = session.get_one(AccessToken, made.row.id).last_used_at
    assert noted is not None
    private(client, made.secret).close()
    with database.reading() as session:
        assert session.get_one(AccessToken, made.row.id).last_used_at == noted


def test_visitors_and_members_never_share_a_mark(client, library, token, people):
    """A feed reader that keeps its visitor's mark must not stay on the previews once it may read all."""
    people.grant(token.reader)
    mark = client.get("/feed.atom").headers["ETag"]
    answer = client.get(f"/feeds/{token().secret}/feed.atom", headers={"If-None-Match": mark})
    assert answer.status_code == 200
    assert PAID in answer.get_data(as_text=True)


def test_text_that_moves_behind_a_gate_leaves_the_feeds_at_once(client, shelf):
    words = "这句话先是公开的"
    shelf.put(f"简报\n开头。{words}。\n", "brief.txt")
    assert words in client.get("/feed.atom").get_data(as_text=True)
    shelf.put(f"简报\n开头。##paidbegin##{words}##paidend##。\n", "brief.txt")
    for path in ("/feed.atom", "/feed.json"):
        assert words not in client.get(path).get_data(as_text=True)


def test_the_date_of_a_change_is_that_of_the_edition(client, shelf, database):
    document = shelf.put(REPORT)
    with database.reading() as session:
        edition = session.get_one(PublicEdition, document.id)
    entry = parsed(client.get("/feed.atom")).entries[0]
    assert entry.updated == edition.updated_at.isoformat()
