"""The audit: silent where all is well, and not blind where something leaks; no route is forgotten."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.factories.images import picture
from tests.factories.shelf import PAID, REPORT
from webapp.access.open_image import ImageAudience
from webapp.accounts.permissions import is_public
from webapp.documents import discovery
from webapp.documents.latest_of_tags import Relative
from webapp.exports import render
from webapp.kit.instance_identity import find_instance
from webapp.kit.money import Money
from webapp.operations.audit import leak_audit
from webapp.operations.audit.crawl import (
    LIST_SURFACES,
    OF_DOCUMENTS,
    OF_DOCUMENTS_DEEP,
    OF_IMAGES,
    OF_SOME_DOCUMENTS,
    OF_SOME_DOCUMENTS_DEEP,
    OTHERWISE,
    SEARCHES,
)
from webapp.operations.audit.leak_audit import run_audit
from webapp.operations.audit.paid_slices import PaidSlices
from webapp.operations.audit.slices import LENGTH, readable, slices
from webapp.operations.cli import cli
from webapp.reading import page_metadata
from webapp.search import find

ALT = "傍晚归港的渔船与码头"
ILLUSTRATED = f"# 画报\n\n![清晨的港口尚未醒来](public.png)\n\n##paidbegin##\n![{ALT}](paid.png)\n##paidend##\n"


pytestmark = pytest.mark.folder("it forks from those who asked; tests/operations/test_storage_commands.py")


@pytest.fixture
def library(shelf, cashier):
    shelf.bring(REPORT, "report.txt", price=Money(990, "cny"), tags=("报告", "仓储"))
    shelf.bring(REPORT.replace("关于", "再论").replace(PAID, PAID[5:]), "again.txt", tags=("报告",))
    shelf.put("公开的报告\n人人可读。\n", "open.txt")
    for name, colour in (("public.png", "red"), ("paid.png", "blue")):
        (shelf.folder / name).write_bytes(picture(colour))
    shelf.put(ILLUSTRATED, "essay.md")


def audited(settings, database, **more):
    *_, report = run_audit(settings, database, **more)
    return report


@pytest.mark.parametrize("deep", [False, True])
def test_a_sound_library_has_no_leak(settings, database, library, deep):
    report = audited(settings, database, deep=deep)
    assert report.hits == []
    assert report.errors == []
    assert report.documents == 4
    assert report.slices > 100
    assert report.surfaces >= {*OF_DOCUMENTS, *OF_IMAGES, *LIST_SURFACES}
    assert not deep or report.surfaces >= {*OF_SOME_DOCUMENTS, *OF_DOCUMENTS_DEEP, *SEARCHES}


def test_what_search_finds_by_public_words_is_no_leak(settings, database, shelf):
    """A longer word is found by the two that make it up, and these may stand in the public text."""
    shelf.put(
        "简报\n市场平稳，经济回升。\n##paidbegin##市场经济，市场经济，市场经济，市场经济##paidend##\n", "brief.txt"
    )
    assert audited(settings, database, deep=True).hits == []


MARKUP_WORDS = (Path(__file__).parents[1] / "documents" / "texts" / "14-audit-markup-words.md").read_text()


@pytest.mark.parametrize("deep", [False, True])
def test_a_text_about_markup_is_no_leak(settings, database, shelf, deep):
    """Its words stand in every page: as types and classes, as keys of JSON, and as the address of a public link."""
    words = "text/html; application/ld+json, NewsArticle; content_html; aria-label, stylesheet, noopener nofollow"
    shelf.bring(MARKUP_WORDS.replace("The header is", f"{words}: the header is"), "types.md")
    assert [(hit.surface, hit.slice) for hit in audited(settings, database, deep=deep).hits] == []


def test_every_public_route_is_asked_or_said_why_not(app):
    known = {
        *OF_DOCUMENTS,
        *OF_SOME_DOCUMENTS,
        *OF_DOCUMENTS_DEEP,
        *OF_SOME_DOCUMENTS_DEEP,
        *SEARCHES,
        *OF_IMAGES,
        *LIST_SURFACES,
        *OTHERWISE,
    }
    routes = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and is_public(app.view_functions[rule.endpoint])
    }
    missing = {name for name in routes - known if not name.startswith(("sandbox.", "sandbox_mail."))}
    assert not missing, f"say in operations/audit/crawl.py how these are asked, or why they are not: {missing}"
    assert known <= routes, "these are gone"


def leak_in_description(monkeypatch):
    monkeypatch.setattr(page_metadata, "_shortened", lambda _summary: PAID[:20])


def leak_in_another_documents_page(monkeypatch):
    honest = discovery.related_to
    titled = Relative("x", f"相关：{PAID[:LENGTH]}", "zh", None)
    monkeypatch.setattr(
        "webapp.reading.views.related_to",
        lambda session, document: [
            *honest(session, document),
            Relative(titled.slug, titled.title, titled.language, document.published_at),
        ],
    )


def leak_in_files(monkeypatch):
    monkeypatch.setattr(leak_audit, "SOME", 1)
    honest = render.export_document_of
    monkeypatch.setattr(render, "export_document_of", lambda *given: replace(honest(*given), title=PAID[:20]))


def leak_by_search(monkeypatch):
    """List a document by its paid words, without showing any of them: an oracle."""

    def leaking(session, query, _reach, tag=None):
        found = find.find_documents(session, query, find.UnlockedDocuments(everything=True), tag)
        return find.SearchHits(tuple(find.SearchHit(hit.document_id) for hit in found.hits))

    monkeypatch.setattr("webapp.search.results.find_documents", leaking)


def leak_of_pictures(monkeypatch):
    monkeypatch.setattr("webapp.reading.views.open_image", lambda *_: ImageAudience.EVERYBODY)


def leak_of_what_describes_a_picture(monkeypatch):
    monkeypatch.setattr(page_metadata, "_shortened", lambda _summary: ALT)


@pytest.mark.parametrize(
    ("leak", "surface"),
    [
        (leak_of_pictures, "reading.image"),
        (leak_of_what_describes_a_picture, "reading.document"),
        (leak_in_description, "reading.document"),
        (leak_in_another_documents_page, "reading.document"),
        (leak_in_files, "exports.docx"),
        (leak_in_files, "exports.pdf"),
        (leak_by_search, "search.results"),
    ],
)
def test_it_sees_a_leak(settings, database, library, monkeypatch, leak, surface):
    leak(monkeypatch)
    report = audited(settings, database, deep=True)
    assert surface in {hit.surface for hit in report.hits}
    assert {hit.asked_by for hit in report.hits} == {"visitor", "reader"}, report.hits


def test_the_command_prints_a_summary_and_exits_by_what_it_found(settings, database, library, monkeypatch):
    monkeypatch.setenv("PAIDSPAN_INSTANCE", str(settings.instance))
    sound = CliRunner().invoke(cli, ["audit"])
    assert sound.exit_code == 0, sound.output
    assert "4 documents" in sound.output
    assert sound.output.strip().endswith("0 found")
    assert noted(database) == 0
    leak_in_description(monkeypatch)
    leaking = CliRunner().invoke(cli, ["audit", "--json"])
    assert leaking.exit_code == 1
    told = json.loads(leaking.stdout)
    assert told["documents"] == 4
    assert told["hits"][0]["slice"] in PAID
    assert noted(database) == len(told["hits"]), "for the doctor"


def noted(database):
    with database.reading() as session:
        return find_instance(session).audit_found


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<p>春江水暖<strong>鸭先</strong>知，</p>", "text/html"),
        ('<meta content="春江水暖鸭先知，">', "text/html"),
        ("<p>&#26149;江水暖鸭先知&#xff0c;</p>", "text/html"),
        ("<content>&lt;p&gt;春江水暖&lt;em&gt;鸭先知&lt;/em&gt;，</content>", "application/atom+xml"),
        (json.dumps({"items": [{"text": "春江水暖鸭先知，"}]}), "application/json"),
        ("春江水暖\n鸭先知，", "text/plain"),
        ("<p>3 &lt; 5: 春江水暖鸭先知，</p>", "text/html"),
        # as it would stand in a page or a file that gives it away by accident
        ('<p>春江<a href="/d/x">水暖</a><span class="a">鸭先</span>知，</p>', "text/html"),
        ("<p>春江\u00ad水暖\u200b鸭<wbr>先知，</p>", "text/html"),
        ("<img alt='春江水暖鸭先知，'>", "text/html"),
        ("<p>x</p><!-- 春江水暖鸭先知， -->", "text/html"),
        (f'<script type="application/ld+json">{json.dumps({"name": "春江水暖鸭先知，"})}</script>', "text/html"),
        ('<a href="#s-春江水暖-鸭先知，">x</a>', "text/html"),
        (json.dumps({"html": '<img alt="春江水暖鸭先知，">'}), "application/json"),
        (
            "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>春江水</w:t></w:r><w:r><w:t>暖鸭先知，</w:t></w:r></w:p>",
            "application/xml",
        ),
    ],
)
def test_paid_text_is_read_however_it_is_written(body, kind):
    assert "春江水暖鸭先知，" in set().union(*map(slices, readable(body, kind, [])))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('<h2 id="s-a-shallow-summer">A shallow summer</h2>', "text/html"),
        ('<a href="/d/a-shallow-summer#s-a-shallow-summer">x</a>', "text/html"),
        (json.dumps({"slug": "a-shallow-summer"}), "application/json"),
        ("<w:p><w:t>shallow</w:t></w:p><w:p><w:t>-</w:t></w:p>", "application/xml"),
    ],
)
def test_the_hyphens_of_a_name_are_nothing_that_is_read(body, kind):
    """Names are made of public words with hyphens between them; paid text may hold the same word with its own."""
    assert "shallow-" not in set().union(*map(slices, readable(body, kind, [])))


def test_headers_are_read_too():
    escaped = "/d/%E6%98%A5%E6%B1%9F%E6%B0%B4%E6%9A%96%E9%B8%AD%E5%85%88%E7%9F%A5%EF%BC%8C"
    assert "春江水暖鸭先知，" in set().union(*map(slices, readable("", "text/html", [escaped])))


def test_no_slice_is_ever_forgotten_and_few_others_are_suspected():
    paid = PaidSlices(2**20)
    mine = {f"{number:08}" for number in range(5_000)}
    paid.add(mine)
    assert set(paid.suspects(mine)) == mine
    assert len(paid.suspects(f"{number:08}" for number in range(10_000, 20_000))) < 100


def test_a_picture_whose_file_is_gone_is_told(settings, database, library):
    for path in (settings.instance / "uploads").rglob("*.png"):
        path.unlink()
    report = audited(settings, database)
    assert report.hits == []
    assert [line[:11] for line in report.errors] == ["404 /media/"] * 2
