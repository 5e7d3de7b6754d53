import pytest

from tests.factories.html import parse
from webapp.manuscript import SourceFormat, check

MARKDOWN = SourceFormat.MARKDOWN


def html(body: str) -> str:
    checked = check(f"# 题\n\n{body}\n", MARKDOWN)
    assert not checked.has_errors, checked.findings
    return checked.preview.html


def inline_gate(number: int) -> str:
    return f'<span class="paid-gate paid-gate--inline" id="gate-{number}" data-gate="{number}"></span>'


def block_gate(number: int) -> str:
    return f'<div class="paid-gate" id="gate-{number}" data-gate="{number}"></div>'


PAID, LONG = "##paidbegin##密##paidend##", "##paidbegin##密\n密##paidend##"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("甲*乙*", "<p>甲<em>乙</em></p>"),
        ("**注意：**重要", "<p><strong>注意：</strong>重要</p>"),
        ("他说**“引用”**后", "<p>他说<strong>“引用”</strong>后</p>"),
        ("甲~~乙。~~丙", "<p>甲<s>乙。</s>丙</p>"),
        ("变量_名_字", "<p>变量_名_字</p>"),
        ("甲 _乙_丙", "<p>甲 _乙_丙</p>"),
        ("甲 _乙_ 丙", "<p>甲 <em>乙</em> 丙</p>"),
        ("“_乙_”", "<p>“<em>乙</em>”</p>"),
        ('a**"b"**c', "<p>a**&quot;b&quot;**c</p>"),
        ("one甲\n乙two", "<p>one甲乙two</p>"),
        ("甲one\ntwo乙", "<p>甲one two乙</p>"),
        ("甲\ntwo", "<p>甲 two</p>"),
        ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"),
        ("**bold**text and **“quoted”**", "<p><strong>bold</strong>text and <strong>“quoted”</strong></p>"),
        ("`a<b`", "<p><code>a&lt;b</code></p>"),
        ("一行\n又一行", "<p>一行又一行</p>"),
        ("one\ntwo", "<p>one two</p>"),
        ("甲**乙**\n*丙*丁", "<p>甲<strong>乙</strong><em>丙</em>丁</p>"),
        ("甲\\\n乙", "<p>甲<br>乙</p>"),
        ("<b>raw</b> &amp; &lt;", "<p>&lt;b&gt;raw&lt;/b&gt; &amp; &lt;</p>"),
        ("---", "<hr>"),
        ("```py x\na < b\n```", '<pre tabindex="0"><code class="language-py">a &lt; b</code></pre>'),
        ("    code", '<pre tabindex="0"><code>code</code></pre>'),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n\n4. b", '<ol start="3">\n<li><p>a</p></li>\n<li><p>b</p></li>\n</ol>'),
        ("> 甲", "<blockquote>\n<p>甲</p>\n</blockquote>"),
        ("![描述](a.png)", '<p><span class="image">描述</span></p>'),
        ("甲##pagebreak##乙", '<p>甲</p>\n<hr class="page-break">\n<p>乙</p>'),
    ],
)
def test_markdown_is_what_its_readers_know(source, expected):
    assert html(f"首段\n\n{source}").removeprefix("<p>首段</p>\n") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a <br> b<BR/>c", "<p>a <br> b<br>c</p>"),
        ("[a <br> <u>b</u>](#s)", "<p>a <br> <u>b</u></p>"),
        ("[a <u>b] <br> c", "<p>[a <u>b] <br> c</u></p>"),
        ("<u>a **b <kbd>c** d", "<p><u>a <strong>b <kbd>c</kbd></strong> d</u></p>"),
        ("[[12]] [x ![[Page]] y", '<p>[[12]] [x <a data-page="Page">Page</a> y</p>'),
        ("[x [[Page]] y](z)", '<p>[x <a data-page="Page">Page</a> y](z)</p>'),
        ("[x ![[a.png|b]] y](z)", '<p><a data-document="z">x <span class="image">b</span> y</a></p>'),
        ("$$ a $ b $$ and $$c$$$", "<p>$$ a $ b $$ and $$c$$$</p>"),
    ],
)
def test_marks_beyond_commonmark_stand_in_links_and_in_one_another(source, expected):
    assert html(f"首段\n\n{source}").removeprefix("<p>首段</p>\n") == expected


def remark(*blocks: str) -> str:
    inside = "\n".join(f"<p>{block}</p>" for block in blocks)
    return f'<div class="callout callout-note" role="note">\n<p class="callout-title">注</p>\n{inside}\n</div>'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("甲。\n::: note\n乙\n:::\n丙。", f"<p>甲。</p>\n{remark('乙')}\n<p>丙。</p>"),
        ("::: note\n乙\n\n丙", remark("乙", "丙")),
        (
            "- 甲\n\n  ::: note\n  乙\n\n丙。",
            f"<ul>\n<li><p>甲</p>\n{remark('乙')}</li>\n</ul>\n<p>丙。</p>",
        ),
        (
            "甲。\n<details>\n乙\n</details>\n丙。",
            "<p>甲。</p>\n<details>\n<summary>详情</summary>\n<p>乙</p>\n</details>\n<p>丙。</p>",
        ),
        ("甲。\n</details>\n丙。", "<p>甲。</p>\n<p>丙。</p>"),
    ],
)
def test_a_remark_ends_the_paragraph_before_it_and_with_what_it_stands_in(source, expected):
    assert html(f"首段\n\n{source}").removeprefix("<p>首段</p>\n") == expected


@pytest.mark.parametrize(
    ("link", "anchor"),
    [("#a-b", "s-a-b"), ("#A&amp;B", "s-a-b"), ("#AB", "s-a-b"), ("#。。", None), ("#！", None), ("#nix%20x", None)],
)
def test_a_heading_is_found_by_its_name_or_nearly_so(link, anchor):
    found = parse(html(f"首段\n\n## A B\n\n## 。。\n\n## ！\n\n[x]({link})")).css_first("p a")
    assert (found and found.attributes["href"]) == (anchor and f"#{anchor}")


def test_a_link_that_is_written_otherwise_than_it_reads_is_told_with_the_line_of_its_paragraph():
    checked = check("# 题\n\n首段\n\n又一段\n[x](#nix&amp;y)\n", MARKDOWN)
    assert [(each.code.value, each.line, each.excerpt) for each in checked.findings] == [("dead-link", 5, "#nix&y")]


def test_a_table_keeps_its_alignment():
    assert html("| 甲 | 乙 |\n|:--|--:|\n| 1 | 2 |") == (
        '<div class="table" tabindex="0"><table>\n<thead>\n<tr><th class="align-left">甲</th>\n'
        '<th class="align-right">乙</th></tr>\n</thead>\n<tbody>\n<tr><td class="align-left">1</td>\n'
        '<td class="align-right">2</td></tr>\n'
        "</tbody>\n</table></div>"
    )


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (
            "[甲](https://example.com/a?b=1&c)",
            '<a href="https://example.com/a?b=1&amp;c" rel="noopener nofollow">甲</a>',
        ),
        ("[甲](//example.com)", '<a href="//example.com" rel="noopener nofollow">甲</a>'),
        ("<http://example.com>", '<a href="http://example.com" rel="noopener nofollow">http://example.com</a>'),
        ("[甲](mailto:a@example.com)", '<a href="mailto:a@example.com">甲</a>'),
        ("[甲](/d/乙#丙)", '<a href="/d/%E4%B9%99#%E4%B8%99">甲</a>'),
        ("[甲](#s-乙)", "甲"),
        ("[甲](#题)", '<a href="#title">甲</a>'),
        ("[甲](javascript:alert(1))", "甲"),
        ("[甲](JavaScript&#58;alert(1))", "甲"),
        ("[甲](&#1;javascript:alert(1))", '<a data-document="&amp;#1;javascript:alert(1)">甲</a>'),
        ("[甲](data:text/html,x)", "甲"),
        ("[甲](ftp://example.com)", "甲"),
        ("<tel:123>", "tel:123"),
        ("[甲](<a\"b'c>)", '<a data-document="a&quot;b&#x27;c">甲</a>'),
    ],
)
def test_a_link_leads_only_where_links_may_lead(link, expected):
    assert html(link) == f"<p>{expected}</p>"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"甲{PAID}乙", f"<p>甲{inline_gate(1)}乙</p>"),
        (f"**甲{PAID}**乙", f"<p><strong>甲{inline_gate(1)}</strong>乙</p>"),
        (f"**“甲”**{PAID}", f"<p><strong>“甲”</strong>{inline_gate(1)}</p>"),
        (f"{PAID}**“甲”**", f"<p>{inline_gate(1)}<strong>“甲”</strong></p>"),
        (f"**{PAID}**乙", f"<p><strong>{inline_gate(1)}</strong>乙</p>"),
        (f"`甲{PAID}`", f"<p><code>甲{inline_gate(1)}</code></p>"),
        (f"## 甲{PAID}", f'<h2 id="s-甲">甲{inline_gate(1)}</h2>'),
        (f"[甲{PAID}](/a)", f'<p><a href="/a">甲</a>{inline_gate(1)}</p>'),
        (
            f"[甲**乙{PAID}丙**](/a)",
            f'<p><a href="/a">甲<strong>乙</strong></a>{inline_gate(1)}<a href="/a"><strong>丙</strong></a></p>',
        ),
        (f"甲{LONG}乙", f"<p>甲</p>\n{block_gate(1)}\n<p>乙</p>"),
        (f"**甲{LONG}乙**", f"<p><strong>甲</strong></p>\n{block_gate(1)}\n<p><strong>乙</strong></p>"),
        (f"甲\n{LONG}\n乙", f"<p>甲</p>\n{block_gate(1)}\n<p>乙</p>"),
        (f"甲{LONG}## 乙", f'<p>甲</p>\n{block_gate(1)}\n<h2 id="s-乙">乙</h2>'),
        (f"## 甲{LONG}乙", f'<h2 id="s-甲">甲</h2>\n{block_gate(1)}\n<p>乙</p>'),
        (f"{LONG}\n---\n乙", f"{block_gate(1)}\n<hr>\n<p>乙</p>"),
        (f"{LONG}\n===\n乙", f"{block_gate(1)}\n<p>乙</p>"),
        (f"甲\n{LONG}\n---\n乙", f"<p>甲</p>\n{block_gate(1)}\n<hr>\n<p>乙</p>"),
        (f"> 甲{LONG}乙", f"<blockquote>\n<p>甲</p>\n{block_gate(1)}\n<p>乙</p>\n</blockquote>"),
        (f"> 甲\n{LONG}", f"<blockquote>\n<p>甲</p>\n</blockquote>\n{block_gate(1)}"),
        (f"- 甲\n{LONG}", f"<ul>\n<li>甲</li>\n</ul>\n{block_gate(1)}"),
        (f"- {LONG}", block_gate(1)),
        (f"- 甲{LONG}- 乙", f"<ul>\n<li>甲\n{block_gate(1)}</li>\n<li>乙</li>\n</ul>"),
        (f"```\n甲{LONG}\n乙\n```", f'<pre tabindex="0"><code>甲\n{inline_gate(1)}\n乙</code></pre>'),
        (f"{LONG}{LONG}", f"{block_gate(1)}\n{block_gate(2)}"),
        (f"{PAID}{LONG}{PAID}", f"<p>{inline_gate(1)}</p>\n{block_gate(2)}\n<p>{inline_gate(3)}</p>"),
    ],
)
def test_a_gate_stands_where_its_text_stood(source, expected):
    assert html(f"首段\n\n{source}\n\n尾段").removeprefix("<p>首段</p>\n") == f"{expected}\n<p>尾段</p>"


TABLE = "| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n"


def rows(source: str) -> str:
    return html(source).replace("<tr>", "").replace("</tr>", "")


def test_a_gate_between_a_tables_rows_is_a_row():
    shown = rows(f"{TABLE}##paidbegin##| 3 | 4 |\n##paidend##| 5 | 6 |")
    assert f"<td>2</td>\n<td>{inline_gate(1)}</td>\n<td></td>\n<td>5</td>" in shown


def test_a_gate_right_below_a_table_is_not_in_it():
    assert rows(f"{TABLE}{LONG}\n尾段").endswith(f"</table></div>\n{block_gate(1)}\n<p>尾段</p>") is False
    assert rows(f"{TABLE}{LONG}\n\n尾段").endswith(f"</table></div>\n{block_gate(1)}\n<p>尾段</p>")


@pytest.mark.parametrize(
    "source",
    [
        f"[甲](http://example.com/{PAID})",
        f'[甲](/a "{PAID}")',
        f"<http://example.com/{PAID}>",
        f"[甲][乙]\n\n[乙]: /a{PAID}",
        f"[//]: # ({PAID})",
        f"甲<!-- {PAID} -->乙",
        f"<!--\n\n{PAID}\n\n-->",
        f"<!-- {LONG} -->",
        f"``` {PAID}\n甲\n```",
        f"| 甲 | 乙 |\n|---|---|\n| 1 | 2 | {PAID} |",
    ],
)
def test_a_gate_that_no_reader_would_see_is_an_error_at_its_span(source):
    checked = check(f"# 题\n\n正文\n\n{source}\n", MARKDOWN)
    line, column = next(
        (index, text.index("##paid") + 1)
        for index, text in enumerate(checked.manuscript.source.split("\n"), 1)
        if "##paid" in text
    )
    assert [(each.code, each.line, each.column) for each in checked.findings] == [("gate-lost", line, column)]
    assert checked.preview is None


def test_only_the_lost_gate_is_reported():
    checked = check(f"# 题\n\n甲{PAID}乙\n\n[丙](/a{PAID})\n\n丁{PAID}", MARKDOWN)
    assert [(each.code, each.line) for each in checked.findings] == [("gate-lost", 5)]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("甲\n\n##[paid](x)begin## 乙", 5),
        ("甲\n\n- 乙\n- ##[paid](x)begin##", 6),
        ("甲##paidbegin##密\r\n密##paidend##\n\n##![paid](x)begin##", 6),
        ("甲\n\n##paid[begin][x]##\n\n[x]: /y", 5),
        ("甲\n\n##`paid``be`gin##", 5),
        (f"{LONG}乙\n##[paid](x)begin##", 4),
    ],
)
def test_a_marker_that_only_rendering_makes_is_an_error_at_its_block(source, line):
    checked = check(f"# 题\n\n{source}\n", MARKDOWN)
    assert [(each.code, each.line, each.column) for each in checked.findings] == [("near-marker", line, 1)]


@pytest.mark.parametrize("written", ["\\##paidbegin## 用法", "\\##pagebreak## 用法", "\\##paidbegn## 用法"])
def test_an_escaped_marker_is_read_as_it_is_and_makes_no_heading(written):
    assert html(f"首段\n\n{written}\n\n`{written}`") == (
        f"<p>首段</p>\n<p>{written[1:]}</p>\n<p><code>{written[1:]}</code></p>"
    )


def test_escapes_in_the_way_of_markdown_are_read_too():
    assert html("首段\n\n\\#\\#paidbegin\\#\\# 用法") == "<p>首段</p>\n<p>##paidbegin## 用法</p>"


def test_an_escaped_marker_in_an_address_is_restored():
    assert html("[甲](/a/\\##paidbegin##)") == '<p><a href="/a/##paidbegin##">甲</a></p>'


@pytest.mark.parametrize(
    "forged", ["\ufdd0\ufdd2\ufdd1", "&#xFDD0;&#xFDD2;&#xFDD1;", "<http://a/%EF%B7%90%EF%B7%92%EF%B7%91>"]
)
def test_nobody_can_write_a_gate(forged):
    assert len(parse(html(f"甲{PAID}乙 {forged} 丙")).css(".paid-gate--inline")) == 1


def test_emphasis_may_be_nested_deeper_than_python():
    assert 0 < len(parse(html("*" * 4000 + "甲" + "*" * 4000)).css("strong")) <= 41


def test_pictures_in_pictures_end_somewhere():
    assert len(parse(html("![" * 60 + "甲" + "](x)" * 60)).css(".image")) == 1


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("甲<!-- 注 -->乙", "<p>甲乙</p>"),
        ("<!-- 注\n\n## 不是节\n-->\n乙", "<p>乙</p>"),
        ("甲\n<!-- 注 -->\n乙", "<p>甲</p>\n<p>乙</p>"),
        ("<!-- 注 --> 乙", "<p>乙</p>"),
        ("<!--> 乙", "<p>乙</p>"),
        ("> <!-- 注\n\n乙 -->", "<blockquote>\n<p>&lt;!-- 注</p>\n</blockquote>\n<p>乙 --&gt;</p>"),
        ("甲 <!-- 乙", "<p>甲 &lt;!-- 乙</p>"),
        ("`<!-- 注 -->`", "<p><code>&lt;!-- 注 --&gt;</code></p>"),
        ("    <!-- 注 -->", '<pre tabindex="0"><code>&lt;!-- 注 --&gt;</code></pre>'),
    ],
)
def test_a_comment_is_left_out(source, expected):
    assert html(f"首段\n\n{source}").removeprefix("<p>首段</p>\n") == expected


@pytest.mark.parametrize("depth", [1, 20, 39, 40, 41, 50, 100, 300])
@pytest.mark.parametrize("mark", ["- ", "> ", "1. ", "> - "])
def test_nothing_is_lost_however_deep_it_stands(mark, depth):
    checked = check(f"# Title\n\nFirst.\n\n{mark * depth}the innermost words\n", SourceFormat.MARKDOWN)
    assert "the innermost words" in checked.preview.text


def test_no_item_is_lost_however_deep_a_list_is():
    items = "\n".join(f"{'  ' * level}- item {level}." for level in range(200))
    checked = check(f"# Title\n\nFirst.\n\n{items}\n", SourceFormat.MARKDOWN)
    assert [level for level in range(200) if f"item {level}." not in checked.preview.text] == []
