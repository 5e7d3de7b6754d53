"""TeX as MathML: right, or not at all; and nothing but MathML, whatever the TeX says."""

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.formulas import FORMULAS
from webapp.manuscript.math.mathml import _ATTRIBUTES, MathError, read_mathml
from webapp.manuscript.math.tex_to_mathml import math_html, math_tree

ALLOWED = set(_ATTRIBUTES) | {"math"}


def shown(html: str) -> str:
    return "".join("".join(ET.fromstring(html).itertext()).split())


@pytest.mark.parametrize("tex", FORMULAS)
def test_a_formula_is_mathml_with_its_signs(tex):
    html = math_html(tex, display=True)
    assert html.startswith('<math display="block" alttext="')
    text = shown(html)
    missing = [sign for sign in FORMULAS[tex] if sign not in text]
    assert not missing, (text, html)


@pytest.mark.parametrize(
    "tex",
    [
        r"\unknown{x}",
        r"\href{javascript:alert(1)}{x}",
        r"\htmlClass{a}{x}",
        r"\style{color:red}{x}",
        r"\includegraphics{/etc/passwd}",
        r"\input{/etc/passwd}",
        r"\newcommand{\x}{\x\x}\x",
        r"\def\a{\a}\a",
        r"\eqref{a}",
        r"\ce{H2O}",
        r"\frac{a}",
        r"x^2^3",
        r"{x",
        r"x}",
        r"\left( x",
        r"\begin{pmatrix} a",
        "",
        "%",
    ],
)
def test_what_cannot_be_shown_rightly_is_shown_as_its_source(tex):
    assert math_tree(tex, display=True) is None
    assert math_tree(tex, display=False) is None
    html = math_html(tex, display=True)
    assert html.startswith('<code class="language-tex">')
    assert "<" not in html.removeprefix('<code class="language-tex">').removesuffix("</code>")


def test_numbers_of_equations_are_those_that_the_author_gives():
    assert "(" not in shown(math_html(r"\begin{align} a &= b \\ c &= d \end{align}", display=True))
    assert "(7)" in shown(math_html(r"E = mc^2 \tag{7}", display=True))
    assert shown(math_html(r"\label{a} x \nonumber", display=True)) == "x"


def test_a_text_in_a_formula_may_hold_a_formula():
    assert shown(math_html(r"\text{若 $x>0$ 则}", display=True)) == "若x>0则"


def test_no_style_and_no_link_of_the_parser_comes_through():
    html = math_html(
        r"\color{red}{x} \cancel{y} \begin{array}{c|c} a & b \\ \hline c & d \end{array} \!z", display=True
    )
    assert not re.search(r" style=| href=|url\(|<a\b", html)
    assert html.count("rule-right") == 2


@pytest.mark.parametrize(
    "written",
    [
        "<math><script>x</script></math>",
        "<math><mi><a href='x'>y</a></mi><maction/></math>",
        "<math>" + "<mrow>" * 100 + "</mrow>" * 100 + "</math>",
        "<math>" + "<mi>x</mi>" * 30_000 + "</math>",
        "<math><mi>&nbsp;</mi></math>",
        "<svg/>",
        "<math>",
    ],
)
def test_what_is_no_mathml_of_ours_is_refused(written):
    with pytest.raises(MathError):
        read_mathml(written)


SIGNS = [
    r"\frac",
    r"\sqrt",
    "{",
    "}",
    "^",
    "_",
    "x",
    "1",
    "&",
    r"\\",
    r"\left(",
    r"\right)",
    r"\text{",
    r"\begin{matrix}",
]
SIGNS += [r"\end{matrix}", "<b>", '"', "'", "中", r"\sum", r"\href", r"\color{red}", "$", "%", r"\hat", "\ufdd0", "\0"]


@given(st.lists(st.sampled_from(SIGNS), max_size=30).map("".join), st.booleans())
def test_whatever_the_tex_says_only_elements_of_the_list_come_out(tex, display):
    root = ET.fromstring(math_html(tex, display=display).replace("\0", "").replace("\ufdd0", ""))
    assert root.tag in {"code", "math", "span"}
    inside = [each for each in root.iter() if each.tag not in {"code", "span"}]
    assert {each.tag for each in inside} <= ALLOWED
    for each in inside:
        allowed = {"alttext", "display"} if each.tag == "math" else {*_ATTRIBUTES[each.tag], "class", "columnalign"}
        assert set(each.attrib) <= allowed


DEEP = """
import sys, threading
from webapp.manuscript.math.tex_to_mathml import math_html
openings = [("{", "}"), (r"\\frac{", "}{y}"), (r"\\hat ", ""), ("x^{", "}"), (r"\\left(", r"\\right)"), (r"\\ln ", ""),
    (r"\\xrightarrow{", "}"), (r"\\underbrace{", "}"), (r"\\begin{matrix}", r"\\end{matrix}"), (r"\\overset1", ""),
    ("_{", "}")]
def work():
    for opening, closing in openings:
        for times in (50, 199, 398, 5_000, 300_000):
            html = math_html(opening * times + "x" + closing * times, display=True)
            assert html.startswith(("<math", "<code"))
threading.stack_size(2 << 20)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


@pytest.mark.parametrize(("depth", "is_shown"), [(399, True), (401, False)])
def test_what_is_too_deep_is_shown_as_its_source(depth, is_shown):
    assert (math_tree("{" * depth + "x" + "}" * depth, display=False) is not None) == is_shown


def test_no_depth_ends_the_process():
    """In a process of its own: a stack that is too small would end this one; 2 MB is what server threads have."""
    told = subprocess.run([sys.executable, "-c", DEEP], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
