"""The example of docs/publishing.md is read as it says: each kind in it is there, and nothing is found wrong."""

import re
from pathlib import Path

import pytest

from webapp.manuscript import SourceFormat, check
from webapp.manuscript import blocks as b
from webapp.manuscript.block_json import read_blocks
from webapp.manuscript.block_walk import inline_runs, walk

DOCS = Path(__file__).parents[2] / "docs" / "publishing.md"
# What only other files can tell: the document, the page and the picture are not there.
ELSEWHERE = {"dead-link"}
KINDS = [
    *(b.Strong, b.Emphasis, b.Strike, b.Highlighted, b.CodeSpan, b.Subscript, b.Superscript, b.Keystroke, b.Underlined),
    *(b.LineBreak, b.Link, b.NoteReference, b.TaskBox, b.Math),
    *(b.Heading, b.BulletList, b.OrderedList, b.DefinitionList, b.Callout, b.Details, b.Table, b.CodeBlock),
    *(b.MathBlock, b.PageBreak, b.Footnotes),
]


@pytest.fixture(scope="module")
def example():
    found = re.search("````markdown\n(.*?)````", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    checked = check(found[1], SourceFormat.MARKDOWN, title_hint="example")
    assert checked.preview is not None, checked.findings
    return checked


def nodes(run):
    for node in run:
        yield node
        if isinstance(node, b.Holder):
            yield from nodes(node.children)


def test_nothing_is_wrong_with_the_example(example):
    assert [finding for finding in example.findings if finding.code not in ELSEWHERE] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_that_is_documented_is_read(example, kind):
    blocks = list(walk(read_blocks(example.preview.tree)))
    inside = [node for block in blocks for run in inline_runs(block) for node in nodes(run)]
    assert any(isinstance(node, kind) for node in (*blocks, *inside))
