"""The tree of an edition is what its HTML says: read back, one is the other."""

from pathlib import Path

import pytest
from hypothesis import example, given

import webapp
from tests.manuscript.html_reader import read_html
from tests.manuscript.strategies import ANYTHING, MARKUP
from webapp.manuscript import SourceFormat, check, render_full
from webapp.manuscript.block_json import read_blocks
from webapp.manuscript.block_walk import inline_runs, walk
from webapp.manuscript.blocks import Heading, RunIn
from webapp.manuscript.html import write_html
from webapp.manuscript.plain_text_writer import plain_text

SAMPLES = sorted((Path(webapp.__file__).parent / "samples").iterdir())


def same_again(edition):
    blocks = read_blocks(edition.tree)
    if "<math" not in edition.html and "language-tex" not in edition.html:  # a formula is told as it is shown
        assert read_html(edition.html, edition.toc) == blocks
    assert write_html(blocks) == (edition.html, edition.toc)
    assert plain_text(blocks) == edition.text


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_both_editions_of_a_sample_are_read_back(path):
    fmt = SourceFormat.MARKDOWN if path.suffix == ".md" else SourceFormat.TEXT
    checked = check(path.read_text(), fmt)
    same_again(checked.preview)
    same_again(render_full(checked))


@pytest.mark.parametrize(
    "source",
    [
        "# 题\n\n##### 五\n\n###### 六\n\n正文\n",
        "# 题\n\n~~~ c`x\ny\n~~~\n",
        "# 题\n\n正文\n\n- ##paidbegin##\n\n密\n\n##paidend##\n\n- ~~~\n  y\n  ~~~\n",
        "# 题\n\n- - 甲\n\n- - 乙\n\n- \u3000\u3000\n",
        "# 题\n\n\\##paidend##，软\n行##paidbegin##密##paidend##\n，![图](a.png)\n",
    ],
    ids=[
        "levels beyond h6",
        "a language with odd signs",
        "a list of gates",
        "lists in a list",
        "what is text in the end",
    ],
)
def test_what_html_would_not_tell_is_not_in_the_tree(source):
    checked = check(source, SourceFormat.MARKDOWN)
    same_again(checked.preview)
    same_again(render_full(checked))


@given(ANYTHING | MARKUP)
@example("甲^[]乙")
@example("![](missing.png)")
def test_whatever_was_written_is_read_back(source):
    for fmt in SourceFormat:
        checked = check(source, fmt)
        if checked.preview:
            same_again(checked.preview)
            same_again(render_full(checked))


def test_run_in_headings_keep_their_levels():
    source = "题\n一、总说\n（一）抓好落实。后文。\n1. 抓好整改。后文。\n（1）按月核对。后文。\n"
    edition = check(source, SourceFormat.TEXT).preview
    blocks = read_html(edition.html, edition.toc)
    nodes = [node for block in walk(blocks) for run in inline_runs(block) for node in run]
    assert [block.level for block in blocks if isinstance(block, Heading)] == [1]
    assert [node.level for node in nodes if isinstance(node, RunIn)] == [2, 3, 4]
