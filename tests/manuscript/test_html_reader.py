"""What html.py writes is read back as the tree it was written from."""

from pathlib import Path

import pytest
from hypothesis import given

import webapp
from tests.manuscript.strategies import ANYTHING, MARKUP
from webapp.manuscript import SourceFormat, check, render_full
from webapp.manuscript.blocks import Heading, RunIn, inline_runs, walk
from webapp.manuscript.html import write_html
from webapp.manuscript.html_reader import read_html
from webapp.manuscript.rendering import plain_text

SAMPLES = sorted((Path(webapp.__file__).parent / "samples").iterdir())


def same_again(edition):
    blocks = read_html(edition.html, edition.toc)
    assert write_html(blocks) == (edition.html, edition.toc)
    assert plain_text(blocks) == edition.text


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_both_editions_of_a_sample_are_read_back(path):
    fmt = SourceFormat.MARKDOWN if path.suffix == ".md" else SourceFormat.TEXT
    checked = check(path.read_text(), fmt)
    same_again(checked.preview)
    same_again(render_full(checked))


@given(ANYTHING | MARKUP)
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
