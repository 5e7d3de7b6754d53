"""The preview's page and its gates."""

import feedparser
import pytest

from tests.factories.html import parse
from webapp.documents.models import PublicEdition


@pytest.fixture
def reads(monkeypatch):
    """Count how often the gates of an edition are read out of its row."""
    times, right = [], PublicEdition.gates.fget
    monkeypatch.setattr(PublicEdition, "gates", property(lambda edition: times.append(1) or right(edition)))
    return times


def html_of(answer):
    """Return a page, or what a feed shows of its first document."""
    return answer.text if answer.mimetype == "text/html" else feedparser.parse(answer.data).entries[0].content[0].value


@pytest.mark.parametrize(("place", "fiftieth"), [("d/{}", "#gate-50"), ("feed.atom", '[href$="#gate-50"]')])
@pytest.mark.parametrize("span", ["##paidbegin##paid##paidend##", "\n\n##paidbegin##\npaid\n##paidend##"])
def test_what_shows_gates_reads_them_a_few_times_however_many_they_are(client, shelf, reads, place, fiftieth, span):
    slug = shelf.put("# Gates\n\n" + "".join(f"Line {number} {span}\n\n" for number in range(50)), "gates.md").slug
    reads.clear()
    answer = client.get(f"/{place.format(slug)}")
    assert len(parse(html_of(answer)).css(fiftieth)) == 1
    assert len(reads) < 20


@pytest.mark.parametrize(
    ("after", "says"), [("", "The rest is for payers"), ("\n\nAnd an end.", "This part is for payers")]
)
def test_a_gate_says_whether_anything_follows_it(client, shelf, after, says):
    slug = shelf.put(f"# Gates\n\nA line.\n\n##paidbegin##\npaid\n##paidend##{after}\n", "gates.md").slug
    assert says in client.get(f"/d/{slug}", headers={"Accept-Language": "en"}).get_data(as_text=True)


@pytest.mark.parametrize(("paragraphs", "awaited"), [(1, "colophon"), (5_000, "tools")])
def test_a_page_is_painted_when_it_is_there_but_a_long_text_when_its_head_is(client, shelf, paragraphs, awaited):
    slug = shelf.put("# Long\n\n" + "A line of the text.\n\n" * paragraphs, "long.md").slug
    page = client.get(f"/d/{slug}").get_data(as_text=True)
    assert f'<link rel="expect" href="#{awaited}" blocking="render">' in page
    assert len(parse(page).css(f"#{awaited}")) == 1
