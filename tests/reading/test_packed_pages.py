"""A full page goes packed to its reader, and its length tells nobody what is secret in it."""

from gzip import decompress

import pytest

TEXT = "# Report\n\nOpen words.\n\n##paidbegin##\n" + "Paid words, of which there are many.\n\n" * 60 + "##paidend##\n"
GZIP = {"Accept-Encoding": "gzip, deflate, br", "Accept-Language": "en"}


@pytest.fixture
def document(shelf):
    return shelf.put(TEXT, "report.md")


@pytest.fixture
def reader(people):
    reader = people.reader("reader-of-reports@example.com")
    people.grant(reader)
    return reader


@pytest.fixture
def browser(people, reader):
    return people.browser(reader.email)


def test_it_is_packed_for_who_takes_that_and_is_the_same(browser, document):
    path = f"/d/{document.slug}"
    packed, plain = browser.get(path, headers=GZIP), browser.get(path, headers={"Accept-Language": "en"})
    assert packed.content_encoding == "gzip"
    assert plain.content_encoding is None
    assert len(packed.data) < len(plain.data) / 2
    assert b"Paid words" in plain.data
    assert without_tokens(decompress(packed.data)) == without_tokens(plain.data)


def without_tokens(page):
    return [piece.partition(b'"')[2] for piece in page.split(b'name="csrf_token" value="')]


@pytest.mark.parametrize("encoding", ["identity", "gzip;q=0", "br", "deflate", ""])
def test_who_does_not_take_it_gets_it_as_it_is(browser, document, encoding):
    assert browser.get(f"/d/{document.slug}", headers={"Accept-Encoding": encoding}).content_encoding is None


def test_head_says_how_long_it_is(browser, document):
    path = f"/d/{document.slug}"
    got, head = browser.get(path, headers=GZIP), browser.head(path, headers=GZIP)
    assert head.content_encoding == got.content_encoding == "gzip"
    assert abs(head.content_length - got.content_length) <= 2  # but for what is made anew: a token's time
    assert got.content_length == len(got.data)


@pytest.mark.parametrize("arguments", ["?plan=month", "?gate=1", "?utm_source=Paid+words"])
def test_words_of_the_address_are_not_packed_with_paid_ones(browser, document, arguments):
    """Who makes somebody's browser ask, and sees how long the answer is, could guess at the text by them (BREACH)."""
    answer = browser.get(f"/d/{document.slug}{arguments}", headers=GZIP)
    said = arguments.partition("=")[2].replace("+", " ").encode()
    shown = decompress(answer.data) if answer.content_encoding == "gzip" else answer.data
    assert answer.content_encoding is None or said not in shown.replace(b"Paid words, of which", b"")


def test_no_address_of_a_reader_stands_on_it(browser, document, reader):
    assert reader.email.encode() not in browser.get(f"/d/{document.slug}").data
