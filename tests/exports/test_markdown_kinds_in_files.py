"""Files of documents with every kind of Markdown: no paid word, all gates, whole notes, links that stay inside."""

import re
from xml.etree import ElementTree as ET

import pytest

from tests.exports.reading import dense, parts, text_of
from tests.factories.images import picture
from tests.manuscript.markdown_kinds import KINDS, PLACEMENTS, WORD, document_with
from tests.manuscript.test_markdown_kinds import RUNNING_ON, hidden_words
from webapp.documents.conversion.docx_document import convert_docx
from webapp.exports.file_formats import FileFormat
from webapp.manuscript import SourceFormat, check, render_full

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
NOTED = """# Guide

A claim.[^1] Another.[^two] Again.[^1] See [costs](#costs), [the top](#guide) and [tasks](#t).

[^1]: Public note.

    Its second paragraph with [a link](https://example.com/a).
[^two]: Note that cites another.[^three]
[^three]: Cited by a note alone.

## Costs

- [ ] open
- [x] done

## Tasks {#t}

H~2~O ==marked== <kbd>Esc</kbd>

> [!WARNING] Careful
> Slippery.

Term
: Meaning

<details><summary>More</summary>Folded.</details>
"""


def everything_in(made: bytes, kind: FileFormat) -> str:
    """Return all text of a file, notes at the feet of pages among it."""
    if kind is FileFormat.DOCX:
        files = [data for name, data in parts(made).items() if name.startswith("word/") and name.endswith(".xml")]
        return dense("".join(node.text or "" for data in files for node in ET.fromstring(data).iter(f"{W}t")))
    return dense(made.decode()) if kind in {FileFormat.MARKDOWN, FileFormat.TEXT} else text_of(kind, made)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_file_of_the_preview_holds_no_paid_word_and_that_of_the_full_text_every_word(editions, made, placement):
    kinds = [kind for kind in KINDS if kind not in RUNNING_ON]
    source = document_with(kinds, placement)
    public, full = editions(source, "kinds.md")
    hidden = hidden_words(source)
    for kind in FileFormat:
        shown = everything_in(made(public, kind), kind)
        assert not [word for word in hidden if word in shown], kind
        assert everything_in(made(full, kind), kind).count(WORD) == len(kinds), kind


def test_notes_are_real_footnotes_in_word(editions, made):
    _, full = editions(NOTED, "noted.md")
    files = parts(made(full, FileFormat.DOCX))
    notes = ET.fromstring(files["word/footnotes.xml"])
    told = {note.get(f"{W}id"): "".join(node.text or "" for node in note.iter(f"{W}t")) for note in notes}
    assert told["1"].split() == ["Public", "note.Its", "second", "paragraph", "with", "a", "link."]
    assert told["2"].strip() == "Note that cites another.3"
    body = ET.fromstring(files["word/document.xml"])
    assert [node.get(f"{W}id") for node in body.iter(f"{W}footnoteReference")] == ["1", "2"]
    assert [node.get(f"{W}instr").strip() for node in body.iter(f"{W}fldSimple")] == ["NOTEREF note1 \\h"]
    assert "Cited by a note alone." in "".join(node.text or "" for node in body.iter(f"{W}t"))


def test_a_picture_in_a_note_is_in_the_word_file(editions, made, shelf):
    (shelf.folder / "a.png").write_bytes(picture())
    _, full = editions("# Title\n\nWords.[^1] More.[^2]\n\n[^1]: Note ![dawn](a.png).\n[^2]: ![dusk](a.png)\n", "a.md")
    converted = convert_docx(made(full, FileFormat.DOCX))
    (name,) = converted.images
    assert f"Note ![dawn](<{name}>)." in converted.markdown
    assert f"![dusk](<{name}>)" in converted.markdown


def test_links_within_a_text_stay_inside_word_and_books(editions, made):
    _, full = editions(NOTED, "noted.md")
    body = ET.fromstring(parts(made(full, FileFormat.DOCX))["word/document.xml"])
    anchors = [node.get(f"{W}anchor") for node in body.iter(f"{W}hyperlink") if node.get(f"{W}anchor")]
    names = {node.get(f"{W}name") for node in body.iter(f"{W}bookmarkStart")}
    assert anchors == ["h0", "title", "h1"]
    assert set(anchors) <= names
    book = "".join(data.decode() for name, data in parts(made(full, FileFormat.EPUB)).items() if "/part" in name)
    ids = set(re.findall(' id="([^"]*)"', book))
    links = re.findall('href="part1.xhtml#([^"]*)"', book)
    assert {"h0", "h1", "title", "fn-1", "fn-2", "fnref-1", "fnref-1-2"} <= set(links)
    assert set(links) <= ids
    assert 'epub:type="noteref"' in book
    assert 'epub:type="footnote"' in book


def test_a_text_file_has_marks_and_the_list_of_notes_at_its_end(editions, made):
    _, full = editions(NOTED, "noted.md")
    text = made(full, FileFormat.TEXT).decode()
    assert "A claim.[1] Another.[2] Again.[1] See costs" in text
    assert text.endswith("[2] Note that cites another.[3]\n[3] Cited by a note alone.\n")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "link" not in kind])
def test_the_markdown_of_a_kind_is_read_as_the_same_text(editions, made, kind):
    source = f"# Title\n\nOpening.\n\n{KINDS[kind]}\n\nClosing.\n"
    _, full = editions(source, "kind.md")
    again = check(made(full, FileFormat.MARKDOWN).decode(), SourceFormat.MARKDOWN)
    assert again.preview.html == render_full(check(source, SourceFormat.MARKDOWN)).html
