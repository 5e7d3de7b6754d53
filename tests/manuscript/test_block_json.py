"""A tree is stored as JSON, and only what was written so is read."""

import json

import pytest

from webapp.manuscript import SourceFormat, check, render_full
from webapp.manuscript import blocks as b
from webapp.manuscript.block_json import BlockJsonError, read_blocks, write_blocks
from webapp.manuscript.redact import Literal

TEXT = (b.Text("词"),)


def test_it_is_short_and_keeps_its_letters():
    blocks = (b.Heading(1, TEXT, line=7), b.Paragraph((b.Text("见"), b.Link("/x", TEXT), b.InlineGate(2))))
    assert write_blocks(blocks) == '[["heading",1,["词"]],["p",["见",["link","/x",["词"]],["gate",2]]]]'


@pytest.mark.parametrize(
    "block",
    [
        b.Paragraph((b.Strong(TEXT), b.Emphasis(TEXT), b.Strike(TEXT), b.CodeSpan(TEXT), b.LineBreak())),
        b.Paragraph((b.RunIn(3, TEXT), b.Passage(1, TEXT), b.Image("", "图"))),
        b.BulletList(((b.Paragraph(TEXT), b.Rule()), ()), tight=True),
        b.OrderedList(((b.PageBreak(),),), tight=False, start=4),
        b.BlockQuote((b.GateBlock(1),)),
        b.CodeBlock(TEXT, "py"),
        b.Table((TEXT, ()), ((TEXT, TEXT),), ("left", "")),
    ],
    ids=lambda block: type(block).__name__,
)
def test_every_kind_is_read_as_it_was_written(block):
    assert read_blocks(write_blocks((block,))) == (block,)


def test_where_a_block_stood_in_its_source_is_not_kept():
    assert [block.line for block in read_blocks(write_blocks((b.Rule(line=9),)))] == [0]


@pytest.mark.parametrize(
    "found",
    [
        {},
        ["p", []],
        [["p"]],
        [["p", [], []]],
        [["p", "词"]],
        [["p", [1]]],
        [["p", [["blink", []]]]],
        [["p", [["p", []]]]],
        [[1, []]],
        [["heading", "1", []]],
        [["heading", True, []]],
        [["heading", None, []]],
        [["ul", [], 1]],
        [["code", [], 1]],
        ["text"],
    ],
    ids=json.dumps,
)
def test_what_is_no_tree_is_refused(found):
    with pytest.raises(BlockJsonError):
        read_blocks(json.dumps(found))


@pytest.mark.parametrize(
    "node", [Literal("##"), b.SoftBreak(""), b.BreakingGate(1)], ids=lambda node: type(node).__name__
)
def test_what_stands_in_no_edition_is_not_written(node):
    with pytest.raises(BlockJsonError):
        write_blocks((b.Paragraph((node,)),))


def test_the_public_tree_holds_nothing_of_the_paid_text():
    source = "# 题\n\n公开##paidbegin##密文甲##paidend##。\n\n##paidbegin##\n## 密文乙\n\n- [密文丙](/x)\n##paidend##\n"
    checked = check(source, SourceFormat.MARKDOWN)
    assert "密" not in checked.preview.tree
    assert all(f"密文{sign}" in render_full(checked).tree for sign in "甲乙丙")
