"""Addresses that stand in a text without markup, in Markdown and in plain text: where each begins and ends."""

import pytest

from tests.factories.html import parse
from webapp.manuscript import SourceFormat, check


def links(line: str, fmt: SourceFormat) -> list[tuple[str, str]]:
    html = check(f"Title\n\nWords.\n\n{line}\n", fmt).preview.html
    return [(link.text(), link.attributes["href"]) for link in parse(html).css("a")]


def to(address: str) -> list[tuple[str, str]]:
    return [(address, address)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("见https://a.example/b。后", to("https://a.example/b")),
        ("See https://a.example/b?!.,'. Then", to("https://a.example/b")),
        ("(https://a.example/b_(c)) and", to("https://a.example/b_(c)")),
        ("https://a.example/?q=1&copy; then", to("https://a.example/?q=1")),  # an entity, as GFM has it
        ("https://a.example/?q=1&copy;&reg;. Then", to("https://a.example/?q=1")),
        ("xhttps://a.example/ and 9ftp://a.example/", []),
        ("https://a_b.example/c", []),  # no host has such a sign in its last two parts
        ("www.example.com/a, then", [("www.example.com/a", "http://www.example.com/a")]),
        ("www. and www.a", []),
        ("写信到 a.b@example.com。", [("a.b@example.com", "mailto:a.b@example.com")]),
        ("a@example.com. Then a@b_", [("a@example.com", "mailto:a@example.com")]),
    ],
)
def test_an_address_in_markdown_ends_where_its_sentence_goes_on(line, found):
    assert links(line, SourceFormat.MARKDOWN) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("见https://a.example/b。后文。", to("https://a.example/b")),
        ("See https://a.example/b?!.,'. Then", to("https://a.example/b")),
        (
            "(https://a.example/b_(c)) and [https://a.example/d]",
            to("https://a.example/b_(c)") + to("https://a.example/d"),
        ),
        ("xhttps://a.example/ and www.example.com", []),
    ],
)
def test_an_address_in_plain_text_ends_where_its_sentence_goes_on(line, found):
    assert links(line, SourceFormat.TEXT) == found
