"""Markdown as people write it, from texts that were read wrongly before."""

from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from webapp.documents.importing import Importer, ImportOrder
from webapp.documents.publishing import get_document_by_slug, publish, withdraw
from webapp.documents.sources import find_sources
from webapp.kit.clock import now
from webapp.manuscript import SourceFormat, check, render_full, short_title
from webapp.operations.cli_lint import lint_command

TEXTS = Path(__file__).parent


def read(name: str):
    checked = check((TEXTS / name).read_text(), SourceFormat.MARKDOWN)
    return checked, checked.preview, render_full(checked)


def test_every_link_within_a_text_reaches_its_heading():
    checked, preview, _ = read("12-anchors.md")
    assert '<a href="#s-costs">Costs</a>' in preview.html
    assert '<a href="#s-%E7%BB%93%E8%AE%BA-%E5%B1%95%E6%9C%9B">结论：展望</a>' in preview.html
    assert '<a href="#s-table">the table</a>' in preview.html
    assert '<a href="#title">top</a>' in preview.html
    assert "{#tbl}" not in preview.html
    assert not checked.findings


def test_a_note_that_public_text_does_not_cite_is_not_public():
    checked, preview, full = read("13-footnotes.md")
    assert "Note on the paid claim" not in repr(preview)
    assert '<li id="fn-3"><p>Note on the paid claim.' in full.html
    assert '<p>Public note.</p>\n<p>Its second paragraph. <a href="#fnref-1" role="doc-backlink">' in preview.html
    assert '<a href="https://example.com/source"' in preview.html
    assert not checked.findings


def test_a_summary_keeps_its_paragraphs_apart():
    assert "公布 第一条" in read("19-summary-glued.md")[1].summary
    english = check("# T\n\nOne\n\nTwo.\n\nThree.\n", SourceFormat.MARKDOWN).preview
    assert english.summary == "One Two. Three."
    chinese = check("# 题\n\n甲。\n\n乙。\n", SourceFormat.MARKDOWN).preview
    assert chinese.summary == "甲。乙。"


def test_a_gate_counts_what_its_readers_will_see():
    _, preview, full = read("20-gate-counts-addresses.md")
    assert [gate.characters for gate in preview.gates] == [len("OneTwo")]
    assert full.characters - preview.characters == len("OneTwo")


def test_a_long_heading_is_the_title_and_stands_there_once():
    checked, preview, full = read("21-long-title.md")
    assert preview.title == (TEXTS / "21-long-title.md").read_text().splitlines()[0].removeprefix("# ")
    assert preview.toc == full.toc == ()
    assert "first long title" not in preview.html + full.html
    assert not checked.findings
    assert short_title(preview.title, "en").endswith(" because committees wrote…")


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "22-a.md").write_text(
        (TEXTS / "22-relative-links.md").read_text() + "\n[[Book B]] [[23-b#Costs]] [x](sub/c)\n"
    )
    (tmp_path / "23-b.md").write_text(
        "# Book B\n\n## Costs\n\n[A](22-a.md#costs) ##paidbegin##[C](sub/c.md)##paidend##\n"
    )
    (tmp_path / "sub/c.md").write_text("# Book C\n\n[B](../23-b.md#costs) [gone](../d.md)\n")
    return tmp_path


def bring(database, folder: Path) -> None:
    sources = find_sources([str(folder)], 1_000_000, BytesIO())
    assert not [outcome for outcome in Importer(database, ImportOrder(publish=True)).run(sources) if not outcome.slug]


def test_links_between_files_are_links_between_documents_whatever_their_slugs_become(client, database, folder):
    bring(database, folder)
    assert 'See <a href="/d/book-b">B</a>' in client.get("/d/a").text
    assert '<a href="/d/book-b">Book B</a> <a href="/d/book-b#s-costs">' in client.get("/d/a").text
    assert '<a href="/d/book-c">x</a>' in client.get("/d/a").text
    assert '<a href="/d/book-b#s-costs">B</a> gone' in client.get("/d/book-c").text
    database.write(lambda session: setattr(get_document_by_slug(session, "book-b"), "slug", "other-name"))
    assert '<a href="/d/other-name#s-costs">B</a>' in client.get("/d/book-c").text
    database.write(lambda session: withdraw(session, get_document_by_slug(session, "other-name"), now()))
    assert "<p>B gone</p>" in client.get("/d/book-c").text


def test_what_leads_to_a_draft_is_plain_text_everywhere(client, database, folder):
    sources = find_sources([str(folder)], 1_000_000, BytesIO())
    list(Importer(database, ImportOrder()).run(sources))
    database.write(lambda session: publish(session, get_document_by_slug(session, "book-c"), now()))
    assert "<p>B gone</p>" in client.get("/d/book-c").text
    assert client.get("/api/v1/documents/book-c").json["html"] == "<p>B gone</p>"
    assert "book-b" not in client.get("/feed.atom").text
    assert "[B]" not in client.get("/d/book-c.md").text


def test_a_file_holds_the_whole_address_of_another_document(client, database, folder):
    bring(database, folder)
    assert "/d/book-b#s-costs>)" in client.get("/d/book-c.md").text
    assert "/d/book-b#s-costs" in client.get("/feed.atom").text


def test_links_that_lead_nowhere_or_out_of_the_folder_are_named_with_their_places(app, folder):
    (folder / "e.md").write_text("# E\n\nTo [A](22-a.md), [none](z.md),\n[out](../../x.md) and [nowhere](#gone).\n")
    done = CliRunner().invoke(lint_command, [str(folder / "e.md"), "--instance", app.instance_path])
    told = [line.split(": ")[:2] for line in done.output.splitlines() if ": " in line]
    place = str(folder / "e.md")
    assert told == [
        [f"{place}:3:25", "dead-link"],
        [f"{place}:4:7", "link-outside"],
        [f"{place}:4:33", "dead-link"],
    ]
