"""What stands before the text: it is read, shown where it belongs, and never shown as text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.manuscript.strategies import joined, sources
from webapp.manuscript import Severity, SourceFormat, check, parse_manuscript, redact, render_full, reveal
from webapp.manuscript.front_matter_format.front_matter import NO_FRONT_MATTER, read_front_matter
from webapp.manuscript.front_matter_format.front_matter_dates import read_moment

TEXT = "# River freight in 2026\n\nOpen text. ##paidbegin##Paid text.##paidend##\n"
BEIJING = timezone(timedelta(hours=8))


def front(head, text=TEXT):
    return read_front_matter(head + text)[0]


def problems(source, fmt=SourceFormat.MARKDOWN):
    return [(str(one.severity), one.line, one.column) for one in check(source, fmt).findings]


@pytest.mark.parametrize(
    "head",
    [
        "---\ntitle: T\ntags: [a, b]\ndate: 2026-03-01\nprice: 9.90\ndraft: true\n---\n",
        "---\r\ntitle: T\r\ntags:\r\n- a\r\n- b\r\ndate: 2026-03-01\r\nprice: 9.90\r\ndraft: true\r\n...\r\n",
        '+++\ntitle = "T"\ntags = ["a", "b"]\ndate = 2026-03-01\nprice = 9.90\ndraft = true\n+++\n',
        '{"title": "T", "tags": ["a", "b"], "date": "2026-03-01", "price": 9.90, "draft": true}\n',
        '{\n  "title": "T",\n  "tags": ["a", "b"],\n  "date": "2026-03-01",\n  "price": 9.90,\n  "draft": true\n}\n',
    ],
    ids=["yaml", "yaml-crlf", "toml", "json", "json-indented"],
)
def test_every_syntax_says_the_same(head):
    told = front(head)
    assert (told.title, told.tags, told.published_at) == ("T", ("a", "b"), datetime(2026, 3, 1))  # noqa: DTZ001
    assert (told.price, told.draft, told.body) == ("9.90", True, len(head))


@pytest.mark.parametrize(
    ("written", "name", "meant"),
    [
        ("subtitle: Under", "subtitle", "Under"),
        ("description: D", "summary", "D"),
        ("excerpt: E\nsummary: S", "summary", "S"),
        ("summary: >\n  Two\n  lines", "summary", "Two lines"),
        ("author: Mei Lin", "authors", ("Mei Lin",)),
        ("authors: [Mei Lin, {name: Ada}]", "authors", ("Mei Lin", "Ada")),
        ("categories: jekyll update", "tags", ("jekyll", "update")),
        ("category: River freight", "tags", ("River freight",)),
        ("keywords: 航运，货运", "tags", ("航运", "货运")),
        ("tags: ['#a', b]\ncategories: [c, a]", "tags", ("a", "b", "c")),
        ("tags: ['## a  b', '#', 'C#']", "tags", ("a b", "C#")),
        ("tags:", "tags", ()),
        ("permalink: /2026/03/river-freight.html", "slug", "river-freight"),
        ("permalink: /:year/:title/", "slug", ""),
        ("slug: river-freight", "slug", "river-freight"),
        ("redirect_from:\n  - /old/one/\n  - two", "aliases", ("one", "two")),
        ("aliases: old", "aliases", ("old",)),
        ("lang: zh_CN", "language", "zh-CN"),
        ("published: false", "draft", True),
        ("published: true", "draft", False),
        ("published: true\ndraft: true", "draft", True),
        ("published: 2026-03-01", "published_at", datetime(2026, 3, 1)),  # noqa: DTZ001
        ("pubDate: Sun, 01 Mar 2026 08:30:00 +0800", "published_at", datetime(2026, 3, 1, 8, 30, tzinfo=BEIJING)),
        ("lastmod: 2026-03-01T08:30:00Z", "updated_at", datetime(2026, 3, 1, 8, 30, tzinfo=UTC)),
        ("Last-Modified: 2026-03-01 08:30:00 +0800", "updated_at", datetime(2026, 3, 1, 8, 30, tzinfo=BEIJING)),
        ("price: 12\ncurrency: eur", "price", "12"),
        ("series: Rivers", "collection", "Rivers"),
        ("cover: {image: boat.png, alt: A boat}", "cover", "boat.png"),
        ("title: 2026-03-01", "title", "2026-03-01"),
        ("title: no", "title", "no"),
        ("title: 'a: b'", "title", "a: b"),
        ("title: null", "title", ""),
    ],
)
def test_a_field_is_read_as_it_is_usually_written(written, name, meant):
    told, found = read_front_matter(f"---\n{written}\n---\n{TEXT}")
    assert (getattr(told, name), found) == (meant, ())


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", datetime(2026, 3, 1)),  # noqa: DTZ001
        ("2026/3/1", datetime(2026, 3, 1)),  # noqa: DTZ001
        ("2026年3月1日", datetime(2026, 3, 1)),  # noqa: DTZ001
        ("2026-03-01 08:30", datetime(2026, 3, 1, 8, 30)),  # noqa: DTZ001
        ("2026-03-01T08:30:00.25-05:30", datetime(2026, 3, 1, 14, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-02-30", None),
        ("2026-03-01T25:00", None),
        ("0001-01-01", None),
        ("yesterday", None),
        ("99999999999", None),
    ],
)
def test_a_moment_is_read_or_refused(text, moment):
    assert read_moment(text) == moment


def test_nothing_of_it_is_text_and_the_places_of_findings_are_the_files():
    head = "---\ntitle: Told\nlayout: post\n---\n"
    source = head + "Open.\n##paidbegn##\n"
    assert problems(source) == [("warning", 3, 1), ("error", 6, 1)]
    manuscript = parse_manuscript(head + TEXT)
    assert (manuscript.spans[0].line, manuscript.spans[0].column) == (7, 12)
    for cut in (redact(manuscript), reveal(manuscript)):
        assert "layout" not in "".join(cut.texts)


def test_what_a_reader_would_see_as_a_marker_is_found_in_its_own_line():
    source = "---\ntitle: T\n---\nOpen.\n\n##<br>paid<!-- -->begin&#35;#\n"
    assert {line for severity, line, _ in problems(source) if severity == "error"} == {6}


@pytest.mark.parametrize("fmt", SourceFormat)
def test_a_told_title_takes_the_place_of_an_equal_first_line_only(fmt):
    heading = "# Same\n\n" if fmt is SourceFormat.MARKDOWN else "Same\n\n"
    for told, is_shown in (("Same", False), ("Another", True)):
        checked = check(f"---\ntitle: {told}\n---\n{heading}Text ##paidbegin##here##paidend##.\n", fmt)
        for edition in (checked.preview, render_full(checked)):
            assert edition.title == told
            assert ("Same" in edition.html) is is_shown


def test_a_told_summary_and_language_are_taken():
    checked = check(f"---\nsummary: 一句话\nlanguage: zh-CN\n---\n{TEXT}", SourceFormat.MARKDOWN)
    assert (checked.preview.summary, checked.preview.language) == ("一句话", "zh")
    assert render_full(checked).language == "zh"


def test_a_paid_passage_that_the_author_repeats_is_a_warning():
    told = (
        "---\nsummary: rose by eleven percent\n---\nTitle\n\nOpen. ##paidbegin##It rose by eleven percent.##paidend##"
    )
    (found,) = check(told, SourceFormat.MARKDOWN).findings
    assert (found.code, found.severity) == ("repeated-publicly", Severity.WARNING)


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nA rule, then text.\n\n---\n",
        "---\nA text between rules\n---\n",
        "---\nNote: this is prose\n\nand goes on\n---\n",
        "---\n\ntitle: no\n",
        "---\n\ntitle: no\n\n---\n",
        "---\n---\n",
        "----\ntitle: no\n----\n",
        " ---\ntitle: no\n---\n",
        "+++\nplus\n+++\n",
        '{"other": 1}\n',
        '{"title": "T"} goes on\n',
        "{title\n",
        "Text\n---\ntitle: no\n---\n",
    ],
)
def test_a_text_that_only_looks_like_it_is_text(text):
    assert read_front_matter(text) == (NO_FRONT_MATTER, ())


@pytest.mark.parametrize(
    ("head", "place"),
    [
        ("---\ntitle: a: b\n---\n", (2, 9)),
        ("---\ntitle: x\n\ttags: y\n---\n", (3, 1)),
        ("---\na: &x [1]\ntitle: *x\n---\n", (2, 4)),
        ("---\ntitle: !!python/name:os.system\n---\n", (2, 8)),
        ("---\ntitle: !secret x\n---\n", (2, 8)),
        (f"---\ntitle: {'[' * 5000}\n---\n", (2, 16)),
        ("---\ntitle: \x1b\n---\n", (2, 8)),
        ("---\n- a\ntitle: b\n---\n", (3, 1)),
        (f"---\ntitle: T\nsummary: {'x' * 70_000}\n---\n", (1, 1)),
        ('+++\ntitle = "a\n+++\n', (2, 11)),
        ("+++\ndate = 2026-13-01\n+++\n", (2, 12)),
        ("---\ntitle: never closed\n\n", (1, 1)),
        ("+++\ntitle = 'never closed'\n\n", (1, 1)),
        ("---\ntitle: one\nslug: a\ntitle: two\n---\n", (4, 1)),
        ("---\ndate: soon\n---\n", (2, 1)),
        ("---\ndate: 2026-02-30\n---\n", (2, 1)),
        ("---\ndraft: maybe\n---\n", (2, 1)),
        ("---\ntitle: [a, b]\n---\n", (2, 1)),
        ("---\ntags: [[a]]\n---\n", (2, 1)),
        ("---\nlang: '**'\n---\n", (2, 1)),
        ("---\ntitle: T\nsummary: ##paidbegin##x\n---\n", (3, 10)),
        ("---\ntitle: T\n# ##paidend##\n---\n", (3, 3)),
        ("---\ntitle: T ##paidbegn##\n---\n", (2, 10)),
        ("---\ntitle: T \\##paidbegin##\n---\n", (2, 10)),
        ("---\ntitle: T ##pagebreak##\n---\n", (2, 10)),
        ('---\ntitle: "\\x23\\x23paidbegin\\x23\\x23"\n---\n', (1, 1)),
    ],
)
def test_what_cannot_stand_says_where_and_the_document_is_not_rendered(head, place):
    checked = check(head + "Text.\n", SourceFormat.MARKDOWN)
    errors = [one for one in checked.findings if one.severity is Severity.ERROR]
    assert (errors[0].code, (errors[0].line, errors[0].column)) == ("front-matter", place)
    assert checked.preview is None
    for one in checked.findings:
        assert one.message % dict(one.values)


def test_a_span_does_not_reach_from_the_front_matter_into_the_text():
    found = problems("---\ntitle: T\nsummary: ##paidbegin##\n---\nText ##paidend## on.\n")
    assert found == [("error", 3, 10), ("error", 5, 6)]


def test_unknown_fields_are_kept_as_they_were_read():
    assert front("---\nweight: 10\nextra: {a: [1, x]}\n---\n").others == (("weight", 10), ("extra", {"a": [1, "x"]}))


@given(
    st.text(alphabet="ab:-#[]{}&*!|>'\"%@ \t\n\r\\\x00\u2028+=1234é文", max_size=80),
    st.sampled_from(["---", "+++", "{"]),
)
def test_whatever_stands_at_the_beginning_has_an_answer(text, mark):
    for source in (f"{mark}\n{text}\n{mark}\nText.\n", f"{mark}{text}", f"{mark}\ntitle{text}\n{mark}\n"):
        told, _found = read_front_matter(source)
        assert 0 <= told.body <= len(source)


@given(sources())
def test_front_matter_changes_nothing_below_it(pieces):
    source = joined(*pieces)
    head = "---\ncollection: C\n---\n"
    below, alone = parse_manuscript(head + source), parse_manuscript(source)
    if alone.front.body == 0 and not any(one.code == "front-matter" for one in alone.findings):
        assert [one.code for one in below.findings] == [one.code for one in alone.findings]
        assert [(one.line, one.column) for one in below.spans] == [(one.line + 3, one.column) for one in alone.spans]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("---\ntitle: &x 1\n---\nx\n", "Anchors and aliases"),
        ("---\ntitle: " + "[" * 12 + "]" * 12 + "\n---\nx\n", "lists within lists"),
        ("+++\ntitle = " + "9" * 5000 + "\n+++\nx\n", "a number beyond all measure"),
        ("---\ntitle: a\x01b\n---\nx\n", "a control character"),
        ('---\ntitle: "a\n---\nx\n', "cannot be read as YAML here"),
        ("+++\ntitle = \n+++\nx\n", "cannot be read as TOML here"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence_of_ours(source, said):
    _front, findings = read_front_matter(source)
    assert [finding.code for finding in findings] == ["front-matter"]
    assert said in findings[0].message % dict(findings[0].values)
