"""Who gets which file, who may keep it, and when it is made anew."""

import pytest

from tests.factories.shelf import PAID, REPORT
from webapp.documents.release import document_named, withdraw
from webapp.exports.kinds import Kind
from webapp.kit import clock

PLAIN = (Kind.TEXT, Kind.MARKDOWN)


@pytest.fixture
def subscriber(people):
    people.grant(people.reader())
    return people.browser("reader@example.com")


@pytest.mark.parametrize("kind", Kind)
def test_a_visitor_gets_the_preview_and_a_subscriber_all_of_it(client, subscriber, shelf, kind):
    slug = shelf.put().slug
    preview, full = (browser.get(f"/d/{slug}.{kind}") for browser in (client, subscriber))
    assert (preview.status_code, full.status_code) == (200, 200)
    assert preview.mimetype == full.mimetype == kind.media_type
    assert preview.data != full.data


@pytest.mark.parametrize("kind", PLAIN)
def test_a_preview_says_what_is_behind_and_where_to_read_on(client, shelf, kind):
    slug = shelf.put().slug
    text = client.get(f"/d/{slug}.{kind}").get_data(as_text=True)
    assert PAID not in text
    assert "此处为付费内容：" in text
    assert "/d/%E5%85%B3" in text
