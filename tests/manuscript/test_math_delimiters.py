"""What is a formula in Markdown, and what is money."""

import sys

import pytest

from webapp.manuscript import SourceFormat, check
from webapp.manuscript.block_walk import flat, inline_runs, walk
from webapp.manuscript.blocks import CodeBlock, CodeSpan, Math, MathBlock
from webapp.manuscript.markdown.math_delimiters import formulas_between


def formulas(text: str, fmt: SourceFormat = SourceFormat.MARKDOWN) -> list[str]:
    document = check(f"# Title\n\n{text}", fmt).document
    runs = [run for block in walk(document.blocks) for run in inline_runs(block)]
    return [leaf.tex for run in runs for leaf in flat(run) if isinstance(leaf, Math)]


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "US$3.5 or US$4",
        "￥100 und ＄5",
        "5$–10$",
        "between 5$ and 10$",
        "$HOME and $PATH",
        "$HOME/bin:$PATH",
        "价格为$100,而$200都不贵",
        "价格为$100，而另一个是200$。",
        "$5,000 for Bob and $6,000 for Ann",
        "$ 5 and 6 $",
        "from $5 to $",
        "$1,000$",
        r"\$x\$ and \$5",
        "`$x$` and ``$y$``",
        "a $$ and a $$$ restaurant",
        r"\[1\] Smith, \[sic\]",
        r"\[a\_b\]",
        r"\(see below\) and \(注意\)",
        "$A$5$B",
        "$\n\nx$",
        "$收入$",
    ],
)
def test_money_and_prose_stay_as_they_are(text):
    assert formulas(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Let $x$ be", ["x"]),
        ("设$x$为实数，$y_1$亦然", ["x", "y_1"]),
        ("$a*b*c$ and *$x*y$*", ["a*b*c", "x*y"]),
        ("$\\{x\\}_i * y_{i}$", [r"\{x\}_i * y_{i}"]),
        (r"\(a_1\), \( b \)", ["a_1", "b"]),
        ("$$x^2$$ in a line", ["x^2"]),
        ("$0$ or $1$", ["0", "1"]),
        ("the $n$th", ["n"]),
        (r"$\text{价格} = 5\$$", [r"\text{价格} = 5\$"]),
        ("$5 for $x$", ["x"]),
        (r"$|x|$ and $\sin x$ and $f(x) > 0$", ["|x|", r"\sin x", "f(x) > 0"]),
        ("$a\n= b$", ["a\n= b"]),
        ("**$x$** [$y$](/d/a)", ["x", "y"]),
        ("$$\nx\n$$", ["x"]),
        ("before\n$$\nx\n$$\nafter", ["x"]),
        ("$$x\n+ y$$", ["x\n+ y"]),
        ("\\[\nx = 1\n\\]", ["x = 1"]),
        (r"\[ x = 1 \]", ["x = 1"]),
        ("```math\n\\frac12\n\nx\n```", ["\\frac12\n\nx"]),
        ("~~~math\nx\n~~~", ["x"]),
        ("> $$\n> x\n> $$", ["x"]),
        ("- a $x$\n\n  $$\n  y\n  $$", ["x", "y"]),
        ("| a | b |\n|---|---|\n| $x_1$ | $\\|y\\|$ |", ["x_1", "|y|"]),
        ("$$\n利润 = 收入\n$$", ["利润 = 收入"]),
        ("# A heading with $x$\n\n- - =", ["x"]),
        ("$$\na\n\\\\\n- b\n# c\n$$", ["a\n\\\\\n- b\n# c"]),
    ],
)
def test_formulas_are_found_and_kept_as_written(text, expected):
    assert formulas(text) == expected


def test_a_plain_text_has_no_formulas():
    assert formulas("$x^2$\n$$y$$", SourceFormat.TEXT) == []


def test_code_stays_code():
    document = check("# T\n\n```\n$x$\n```\n\n`$y$`\n\n    $z$", SourceFormat.MARKDOWN).document
    runs = [run for block in walk(document.blocks) for run in inline_runs(block)]
    assert not any(isinstance(block, MathBlock) for block in walk(document.blocks))
    assert sum(isinstance(block, CodeBlock) for block in walk(document.blocks)) == 2
    assert any(isinstance(node, CodeSpan) for run in runs for node in run)


@pytest.mark.parametrize("sign", [r"\(", "$", "$a ", "\\[\n", "$$\n", "`$", "$$a ", r"$\text{"])
def test_the_work_grows_as_the_text_does(sign):
    def steps(times: int) -> int:
        count = 0

        def step(*_: object) -> None:
            nonlocal count
            count += 1

        text = sign * times
        sys.setprofile(step)
        try:
            list(formulas_between(text, 0, len(text)))
        finally:
            sys.setprofile(None)
        return count

    assert steps(2_000) < 3 * steps(1_000)
