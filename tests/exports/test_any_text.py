"""Whatever a manuscript holds, its files can be read, and hold the same."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from flask import Flask
from hypothesis import given, settings

from tests.exports.reading import boxes, shown, text_of
from tests.manuscript.strategies import ANYTHING, MARKUP
from webapp.exports.export_document import ExportDocument
from webapp.exports.file_formats import FileFormat
from webapp.exports.pdf import NoFontError
from webapp.exports.render import WRITERS
from webapp.kit.current_settings import install_settings
from webapp.kit.templating import install_templating, template_folder
from webapp.kit.typesetting import chinese_fonts
from webapp.kit.xml import xml_text
from webapp.manuscript import SourceFormat, check, render_full
from webapp.manuscript.block_json import read_blocks
from webapp.settings import load_settings

HOUSE = Flask("house", template_folder=str(template_folder()))
install_settings(HOUSE, load_settings(site_name="House", locale="en"))
install_templating(HOUSE)
# What once came out of a file otherwise: a note that the title cites, formulas in notes, escaped boxes and names,
# brackets in links and descriptions, folds in quotes, what stands right before or behind a link or a citation.
FOUND = (
    *(
        "# 题[^1]\n\n文\n\n[^1]: 注",
        "^[$x_1$](",
        "[^1][^1]\n[^1]: 注[^1]\n",
        "1. 数据^[甲](#id)",
        "- \\[ ] 甲\n- [ ] <sub>",
    ),
    *(
        "## 甲 \\{#id}\n\n乙",
        "## {#id}\n\n甲",
        "[[甲\\] 乙](b.md)",
        "![图 [1\\] 二](b.png)",
        "甲\\![乙](b.md)",
        "=== 甲 ===\n===\n",
    ),
    *(
        "> [!NOTE] 甲\n> <details>\n> <summary>乙</summary>\n>\n> </details>",
        ":::note 甲\n乙\n: 丙\n",
        "<mark><br>\n\n甲<br>",
    ),
    *("\n```math\n \n```math\n", "<sub>\n: 义\n", "> [!NOTE]-\n> [^1]\\: 甲\n\n[^1]: 注\n"),
)
HELD = (FileFormat.DOCX, FileFormat.EPUB, FileFormat.MARKDOWN)
CHANGED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def matters(source: str):
    """Return the whole text of a source, as either format reads it."""
    for fmt in SourceFormat:
        checked = check(source, fmt)
        if checked.preview:
            full = render_full(checked)
            blocks = read_blocks(full.tree)
            yield ExportDocument(full.title, full.language, blocks, {}, "https://house.example/d/x", "House", CHANGED)


def held(kind: FileFormat, source: str) -> None:
    for matter in matters(source):
        with HOUSE.app_context():
            found = text_of(kind, WRITERS[kind](matter), matter.language)
        assert found == shown(xml_text(matter.title), matter.blocks, kind)


@pytest.mark.parametrize("kind", HELD)
@given(source=ANYTHING | MARKUP)
def test_a_file_of_any_text_holds_that_text(kind, source):
    held(kind, source)


@pytest.mark.parametrize("kind", HELD)
@pytest.mark.parametrize("source", FOUND)
def test_a_file_of_what_was_lost_once_holds_it(kind, source):
    held(kind, source)


@pytest.mark.skipif(not chinese_fonts(), reason="no Chinese font is installed (Debian's fonts-noto-cjk)")
@settings(max_examples=30)
@given(source=ANYTHING | MARKUP)
def test_any_text_can_be_set_without_boxes(source):
    for matter in matters(source):
        with HOUSE.app_context(), suppress(NoFontError):
            assert not boxes(WRITERS[FileFormat.PDF](matter))
