"""Pages, read as browsers read them: a test asks for elements, not for letters that happen to stand in a row."""

from selectolax.lexbor import LexborHTMLParser
from werkzeug.test import TestResponse


def parse(page: str | TestResponse) -> LexborHTMLParser:
    return LexborHTMLParser(page if isinstance(page, str) else page.get_data())


def text(page: str | TestResponse, css: str = "html") -> str:
    """Return what the first such element of a page says, tags and white space being one space."""
    return " ".join(parse(page).css_first(css).text(separator=" ").split())


def texts(page: str | TestResponse, css: str) -> list[str]:
    """Return what such elements of a page say, each to the letter."""
    return [element.text() for element in parse(page).css(css)]


def attributes(page: str | TestResponse, css: str, name: str) -> list[str | None]:
    """Return an attribute of such elements of a page."""
    return [element.attributes.get(name) for element in parse(page).css(css)]
