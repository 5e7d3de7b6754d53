"""Entries as an Atom feed (RFC 4287) and as a JSON Feed (jsonfeed.org, version 1.1)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from feedgenerator import Atom1Feed
from markupsafe import escape

from webapp.feeds.entries import FeedEntry
from webapp.kit.xml import xml_text

ATOM = "application/atom+xml; charset=utf-8"
JSON_FEED = "application/feed+json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says of itself: `home` is the page it belongs to, `address` its own, None where that is a secret."""

    id: str
    title: str
    home: str
    language: str
    address: str | None


def write_atom(feed: Feed, entries: Iterable[FeedEntry]) -> str:
    """Return the feed as Atom."""
    written = Atom1Feed(
        title=xml_text(feed.title),
        link=feed.home,
        description=None,
        language=feed.language,
        feed_url=feed.address,
        feed_guid=feed.id,
        author_name=xml_text(feed.title),
    )
    for entry in entries:
        written.add_item(
            title=xml_text(entry.title),
            link=entry.address,
            description=str(escape(xml_text(entry.summary))),
            content=xml_text(entry.html),
            unique_id=entry.id,
            author_name=xml_text(entry.byline) or None,
            pubdate=entry.published_at,
            updateddate=entry.updated_at,
            categories=[xml_text(tag) for tag in entry.tags],
        )
    return str(written.writeString("utf-8"))


def write_json_feed(feed: Feed, entries: Iterable[FeedEntry]) -> str:
    """Return the feed as a JSON Feed."""
    written = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        **({"feed_url": feed.address} if feed.address else {}),
        "language": feed.language,
        "items": [
            {
                "id": entry.id,
                "url": entry.address,
                "title": entry.title,
                **({"authors": [{"name": name} for name in entry.authors]} if entry.authors else {}),
                "summary": entry.summary,
                "content_html": entry.html,
                "date_published": entry.published_at.isoformat(),
                "date_modified": entry.updated_at.isoformat(),
                "tags": list(entry.tags),
                "language": entry.language,
            }
            for entry in entries
        ],
    }
    return json.dumps(written, ensure_ascii=False)
