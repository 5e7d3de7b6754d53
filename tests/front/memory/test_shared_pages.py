"""What is known of pages while the database is asked, which takes as long as a journey to it."""

import asyncio
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from webapp.front.question import Question
from webapp.front.raw_answer import RawAnswer
from webapp.front.request_headers import Manner
from webapp.front.shared_pages import SharedPages
from webapp.front.versions import ReaderState, Versions
from webapp.reading.shared_answers import KnownReader, SharedAnswer

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OLD, NEW = (1, NOW), (2, NOW)
MANNER = Manner(known=True, language="en", packed=False, look="", host_is_one=True)


class Overtaken(Versions):
    """Says how things stand when something else has been published and read by others meanwhile."""

    def __init__(self, meanwhile=lambda: None):
        self.meanwhile = meanwhile
        self.content = OLD

    @override
    def of_content(self):
        return self.content

    @override
    async def ask(self, reader_id, document_id):
        self.meanwhile()
        return ReaderState(self.content, reader_id, kept_something=False)

    @override
    async def close(self):
        pass


def asked_by(reader_id):
    return Question(("GET", b"/d/one"), b"%d" % reader_id, MANNER, plain=True)


def give(pages, content, body, numbers=(1, 2)):
    """Have readers be given the same page."""
    for number in numbers:
        asker = KnownReader(number, number, NOW + timedelta(days=1), None, "", "", "")
        shared = SharedAnswer(content, 7, paid=False, asker=asker, csrf_token="", copy=None)
        pages.keep(asked_by(number), shared, RawAnswer(200, [], body))


def test_what_came_while_the_database_was_asked_is_not_mixed_with_what_was_there():
    versions = Overtaken()
    pages = SharedPages(versions, 1_000_000)
    give(pages, OLD, b"old")

    def publish():
        versions.content = NEW
        give(pages, NEW, b"new")

    versions.meanwhile = publish
    assert asyncio.run(pages.find(asked_by(1), NOW)).body == b"new"


def test_what_one_reader_was_given_meanwhile_is_not_given_to_another():
    versions = Overtaken()
    pages = SharedPages(versions, 1_000_000)
    give(pages, OLD, b"shared")
    versions.meanwhile = lambda: give(pages, OLD, b"one reader's own", numbers=(2,))
    assert asyncio.run(pages.find(asked_by(1), NOW)) is None


def test_who_was_met_anew_while_the_database_was_asked_gets_no_page_of_before():
    versions = Overtaken()
    pages = SharedPages(versions, 1_000_000)
    give(pages, OLD, b"old")
    versions.meanwhile = lambda: setattr(versions, "content", NEW)
    assert asyncio.run(pages.find(asked_by(1), NOW)) is None
