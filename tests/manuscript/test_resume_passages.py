import pytest
from hypothesis import assume, given

from tests.manuscript.strategies import BEGIN, END, joined, sources
from webapp.manuscript import SourceFormat, check, render_full

TEXT, MARKDOWN = SourceFormat.TEXT, SourceFormat.MARKDOWN


def full(source: str, fmt: SourceFormat) -> str:
    checked = check(source, fmt)
    assert not checked.has_errors, checked.findings
    return render_full(checked).html


def held(text: str, number: int = 1) -> str:
    return f'<span class="paid-passage" id="gate-{number}">{text}</span>'


@pytest.mark.parametrize("fmt", [TEXT, MARKDOWN])
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("首要政##paidbegin##治任务。后文。##paidend##", f"<p>首要政{held('治任务。')}后文。</p>"),
        ("增长##paidbegin##12.5%##paidend##，好。", f"<p>增长{held('12.5%')}，好。</p>"),
        ("甲##paidbegin##乙##paidend##丙。", f"<p>甲{held('乙')}丙。</p>"),
        ("他说##paidbegin##“好！”后##paidend##。", f"<p>他说{held('“好！”')}后。</p>"),
        ("甲##paidbegin##\n\n乙。丙##paidend##", f"<p>甲</p>\n<p>{held('乙。')}丙</p>"),
        ("##paidbegin##甲。##paidend####paidbegin##乙。##paidend##", f"<p>{held('甲。')}{held('乙。', 2)}</p>"),
        ("甲##paidbegin## ##paidend##乙。丙", f"<p>甲 {held('乙。')}丙</p>"),
    ],
)
def test_the_first_sentence_behind_a_gate_is_held_together(source, expected, fmt):
    assert full(f"题\n\n首段\n\n{source}", fmt) == f"<p>首段</p>\n{expected}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("##paidbegin##\n一、甲\n乙##paidend##", f'<h2 id="s-一-甲">{held("一、甲")}</h2>\n<p>乙</p>'),
        (
            "##paidbegin##（一）甲。乙。##paidend##",
            (
                '<p><strong class="run-in" id="s-一-甲" role="heading" aria-level="2">'
                f"{held('（一）甲。')}</strong>乙。</p>"
            ),
        ),
        ("甲##paidbegin##\n##pagebreak##\n乙##paidend##", f'<p>甲</p>\n<hr class="page-break">\n<p>{held("乙")}</p>'),
    ],
)
def test_in_plain_text_a_passage_begins_at_the_next_visible_text(source, expected):
    assert full(f"题\n首段\n{source}", TEXT) == f"<p>首段</p>\n{expected}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("##paidbegin##\n## 甲\n\n乙##paidend##", f'<h2 id="s-甲">{held("甲")}</h2>\n<p>乙</p>'),
        ("##paidbegin##- 甲\n- 乙##paidend##", f"<ul>\n<li>{held('甲')}</li>\n<li>乙</li>\n</ul>"),
        ("##paidbegin##1. 甲\n2. 乙##paidend##", f"<ol>\n<li>{held('甲')}</li>\n<li>乙</li>\n</ol>"),
        ("##paidbegin##> 甲\n##paidend##", f"<blockquote>\n<p>{held('甲')}</p>\n</blockquote>"),
        (
            "##paidbegin##\n```py\n\na = 1\nb\n```\n##paidend##",
            f'<pre tabindex="0"><code class="language-py">\n{held("a = 1")}\nb</code></pre>',
        ),
        ("##paidbegin##    甲\n##paidend##", f'<pre tabindex="0"><code>{held("甲")}</code></pre>'),
        ("##paidbegin##甲\n===\n乙##paidend##", f'<h2 id="s-甲">{held("甲")}</h2>\n<p>乙</p>'),
        ("##paidbegin##<!-- 注 -->\n甲##paidend##", f"<p>{held('甲')}</p>"),
        ("##paidbegin##\n---\n甲##paidend##", f"<hr>\n<p>{held('甲')}</p>"),
        ("##paidbegin##**甲**乙。##paidend##", f"<p><strong>{held('甲')}</strong>乙。</p>"),
        ("丙**##paidbegin##甲：##paidend##**乙。", f"<p>丙<strong>{held('甲：')}</strong>乙。</p>"),
        ("##paidbegin##[甲](/a)乙。##paidend##", f'<p><a href="/a">{held("甲")}</a>乙。</p>'),
        (
            "##paidbegin##![甲](/a)##paidend##",
            f"<p>{held('<span class=' + chr(34) + 'image' + chr(34) + '>甲</span>')}</p>",
        ),
        ("x**##paidbegin##(b)**##paidend## y", f"<p>x**{held('(b)**')} y</p>"),
        ("x **(b##paidbegin##)##paidend##** y", f"<p>x <strong>(b{held(')')}</strong> y</p>"),
        ("`a##paidbegin##b##paidend##`", f"<p><code>a{held('b')}</code></p>"),
        ("##paidbegin##[甲]: /a\n\n乙##paidend## [甲]", f'<p>{held("乙")} <a href="/a">甲</a></p>'),
    ],
)
def test_in_markdown_a_passage_does_not_disturb_the_markup(source, expected):
    assert full(f"# 题\n\n首段\n\n{source}", MARKDOWN) == f"<p>首段</p>\n{expected}"


def test_a_passage_at_the_head_of_a_table_is_in_its_first_cell():
    html = full("# 题\n\n首段\n\n##paidbegin##| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n##paidend##", MARKDOWN)
    assert f"<tr><th>{held('甲')}</th>\n<th>乙</th></tr>" in html


def test_a_passage_may_begin_with_the_text():
    html = full("##paidbegin##- 甲\n- 乙\n##paidend##\n# 题\n\n正文", MARKDOWN)
    assert html.startswith(f"<ul>\n<li>{held('甲')}</li>")


def test_a_passage_behind_a_long_line_is_looked_for_no_further_back_than_it_needs():
    line = "长" * 300
    assert f"{line}{held('密')}" in full(f"# 题\n\n{line}##paidbegin##密##paidend##", MARKDOWN)


@pytest.mark.parametrize(
    "source",
    [
        "&##paidbegin##amp;##paidend##",
        "*##paidbegin##*甲**##paidend##",
        "[甲##paidbegin##](/a)##paidend##",
        "甲\n~~##paidbegin##~~乙\n丙##paidend##",
        "##paidbegin##" + "\n---" * 60 + "\n乙##paidend##",
    ],
    ids=[
        "in an entity",
        "in a mark",
        "in a link",
        "in a fence that is none with it",
        "behind sixty lines without words",
    ],
)
def test_an_anchor_without_a_place_is_dropped(source):
    plain = source.replace("##paidbegin##", "").replace("##paidend##", "")
    assert full(f"# 题\n\n首段\n\n{source}", MARKDOWN) == full(f"# 题\n\n首段\n\n{plain}", MARKDOWN)


def without_passages(html: str) -> str:
    pieces = html.split('<span class="paid-passage" id="gate-')
    return pieces[0] + "".join(piece.split('">', 1)[1] for piece in pieces[1:])


@given(sources())
def test_the_full_text_is_read_as_if_it_had_no_anchors(pieces):
    public, hidden = pieces
    source = joined(public, hidden)
    # A marker between the halves of a CRLF makes two line breaks of it, and one that is escaped is no marker.
    assume(not any(piece.endswith("\r") or escapes(piece) for piece in [*public, *hidden]))
    for fmt in SourceFormat:
        checked, plain = check(source, fmt), check(source.replace(BEGIN, "").replace(END, ""), fmt)
        if checked.preview and plain.preview and public_facts(checked) == public_facts(plain):
            shown = without_passages(render_full(checked).html)
            assert shown.replace("</span>", "") == plain.preview.html.replace("</span>", "")


def escapes(piece: str) -> bool:
    """Whether a piece makes a marker behind it literal: it ends in an odd number of backslashes."""
    return (len(piece) - len(piece.rstrip("\\"))) % 2 == 1


def public_facts(checked) -> tuple:
    return checked.document.opening, checked.document.language, checked.document.raised
