"""CommonMark and GFM are read as their examples say: our HTML is markdown-it's own, but for what we do on purpose."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from tests.manuscript.spec_package import commonmark_examples, find_spec_package, gfm_examples
from webapp.manuscript import SourceFormat, parse_manuscript, redact
from webapp.manuscript.block_walk import with_runs
from webapp.manuscript.html import write_html
from webapp.manuscript.inline_runs import shown_run
from webapp.manuscript.structure import blocks_of

RAW_HTML = {"html_block", "html_inline"}
FORBIDDEN = re.compile(r"(?i)(?!https?:|mailto:)[a-z][a-z0-9+.-]*:")
# What is read otherwise on purpose, by number.
MEANT = {
    "strikethrough-14": "a word between single tildes is struck out, as on GitHub",
    "590": "an embed of a document is a link to it, which [[foo]]: cannot define",
}
VOID = {"br", "hr", "img", "input"}


class _Outline(HTMLParser):
    """Writes HTML as a list of tags and words; ours and the library's differ only where we mean it."""

    def __init__(self, *, ours: bool) -> None:
        super().__init__()
        self.ours = ours
        self.out: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        told = {name: value or "" for name, value in attrs}
        shown = self._shown(tag, told)
        if tag not in VOID:
            self.open.append(shown)
        if shown:
            self.out.append(f"<{shown}>")

    def handle_endtag(self, tag):
        if tag not in VOID and (shown := self.open.pop()):
            self.out.append(f"</{shown.split()[0]}>")

    def handle_data(self, data):
        self.out.append(data)

    def _shown(self, tag: str, told: dict[str, str]) -> str:
        if tag == "img":  # a picture is its description
            self.out.append(told["alt"])
            return ""
        if tag == "a":
            href = unquote(told.get("href") or told.get("data-document", ""))
            return "" if FORBIDDEN.match(href) or not href else f"a {href}"
        if tag in {"div", "span", "section"}:
            return ""
        if re.fullmatch("h[1-6]", tag):
            return f"h{min(int(tag[1]), 5)}" if not self.ours else f"h{int(tag[1]) - 1}"
        align = told.get("style", "").removeprefix("text-align:") or told.get("class", "").removeprefix("align-")
        return f"{tag} {align}" if tag in {"th", "td"} and align else f"{tag} {told.get('start', '')}".strip()


def outline(html: str, *, ours: bool) -> str:
    """Return the tags and words of HTML, white space and empty blocks aside."""
    reader = _Outline(ours=ours)
    reader.feed(html)
    reader.close()
    text = "".join(reader.out)
    text = re.sub(r"<a (?:mailto:|http://)?([^>]*)>\1</a>", r"\1", text)  # an address may be a link by itself
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?(</?(?!a |/a|em|strong|code|s>|/s>|br)[^>]*>) ?", r"\1", text)
    text = re.sub(r" ?(</?code>|<br>) ?", r"\1", text)
    while (shorter := re.sub(r"<(p|h\d|blockquote|a|em|strong)(?: [^>]*)?></\1>", "", text)) != text:
        text = shorter
    return text.strip()


def ours(source: str) -> str:
    blocks = blocks_of(redact(parse_manuscript(source)), SourceFormat.MARKDOWN, "en")
    return write_html(with_runs(blocks, shown_run))[0]


def _compared(source: str, parser: MarkdownIt) -> None:
    tokens = parser.parse(source)
    if any(token.type in RAW_HTML for each in tokens for token in (each, *(each.children or ()))):
        pytest.skip("raw HTML is text here, but for a few tags")
    assert outline(ours(source), ours=True) == outline(parser.render(source), ours=False)


@pytest.mark.skipif(find_spec_package()[0] is None, reason=find_spec_package()[1])
@pytest.mark.parametrize("number", commonmark_examples())
def test_an_example_of_commonmark_is_read_as_it_says(number):
    if number in MEANT:
        pytest.skip(MEANT[number])
    _compared(commonmark_examples()[number], MarkdownIt("commonmark"))


@pytest.mark.skipif(find_spec_package()[0] is None, reason=find_spec_package()[1])
@pytest.mark.parametrize("name", gfm_examples())
def test_an_example_of_gfm_is_read_as_it_says(name):
    if name in MEANT:
        pytest.skip(MEANT[name])
    _compared(gfm_examples()[name], MarkdownIt("commonmark").enable(["table", "strikethrough"]))
