"""Pages of HTML as Markdown, and as the tree that is made of that."""

import pytest

from webapp.documents.conversion.conversion_losses import ConversionError, image_name
from webapp.documents.conversion.html_page import convert_html
from webapp.manuscript import SourceFormat, check

# What stands in the page, and the Markdown made of it.
SHOWN = {
    "<p>甲<b>乙</b><i>丙</i>丁<s>戊</s>": "甲**乙**丙丁~~戊~~",  # ** and * that touch would be ***
    "<p>甲<i>丙</i>": "甲*丙*",
    "<p>a <b>bold</b> <em>thin</em> <del>gone</del>": "a **bold** *thin* ~~gone~~",
    "<h1>题</h1><h3>节</h3><p>文": "# 题\n\n### 节\n\n文",
    "<h2><strong>节</strong></h2>": "## 节",
    "<p>第一行\n第二行": "第一行第二行",
    "<p>one\n two\t three": "one two three",
    "<p>&nbsp;&nbsp;甲&nbsp;&nbsp;&nbsp;乙&nbsp;</p><p>&nbsp;</p>": "甲 乙",
    "<p>a&amp;b &lt;b&gt; &copy;": "a&b \\<b> ©",
    "<p>甲<br>乙": "甲\\\n乙",
    "<div>甲<p>乙</p>丙</div>": "甲\n\n乙\n\n丙",
    "<b><p>甲</p><p>乙</p></b>": "**甲**\n\n**乙**",
    '<p><a href="https://example.com/a b?x=(1)">甲</a>': "[甲](<https://example.com/a%20b?x=(1)>)",
    '<p><a href="mailto:a@example.com">甲</a>': "[甲](<mailto:a@example.com>)",
    '<base href="https://example.com/x/"><p><a href="y">甲</a>': "[甲](<https://example.com/x/y>)",
    '<p><a href="other.md">甲</a>': "[甲](<other.md>)",
    '<p><a href="javascript:x()">甲</a><a href="#x">乙</a>': "甲乙",
    '<img src="a.png" alt="图 [1]">': "![图 \\[1\\]](<a.png>)",
    '<img data-src="https://example.com/a" src="data:image/gif;base64,R0">': "![](<https://example.com/a>)",
    "<ul><li>甲<ul><li>乙</ul><li>丙</ul>": "- 甲\n  - 乙\n- 丙",
    "<ul><li><p>甲</p><p>乙</p></li><li>丙</ul>": "- 甲\n\n  乙\n- 丙",
    "<ol start=3><li>甲<li>乙<li value=9>丙</ol>": "3. 甲\n4. 乙\n\n9) 丙",
    "<ul><li>甲</li><ul><li>乙</li></ul></ul>": "- 甲\n  - 乙",
    "<ul><li><input type=checkbox checked> 甲<li><input type=checkbox>乙</ul>": "- [x] 甲\n- [ ] 乙",
    "<blockquote>甲<p>乙</blockquote>": "> 甲\n>\n> 乙",
    '<pre><code class="language-py">a\n  b &lt;\n</code></pre>': "```py\na\n  b <\n```",
    "<pre>甲<a href=x>乙</a><img src=a.png><input type=checkbox></pre><p>丙": "```\n甲乙☐\n```\n\n丙",
    "<p><code>a*b`c</code>": "``a*b`c``",
    "<table><tr><th>a<th>b<tr><td>c|d<td>e</table>": "| a | b |\n| --- | --- |\n| c\\|d | e |",
    "<table><tr><td rowspan=2>a<td>b<tr><td>c</table>": "| a | b |\n| --- | --- |\n|  | c |",
    "<table><tr><td colspan=2>a<tr><td>b<td>c</table>": "| a |  |\n| --- | --- |\n| b | c |",
    "<table><caption>甲</caption><tr><td>a<td>b</table>": "甲\n\n| a | b |\n| --- | --- |",
    "<table><tr><td><p>甲</p><p>乙</p></table>": "甲\n\n乙",
    "<p>甲<hr>乙": "甲\n\n---\n\n乙",
    "<p>1. 甲</p><p># 乙</p><p>- 丙</p>": "1\\. 甲\n\n\\# 乙\n\n\\- 丙",
    "<p>*甲* _乙_ [丙] `丁`": "\\*甲\\* \\_乙\\_ [丙\\] \\`丁\\`",
    "<p>H<sub>2</sub>O x<sup>2</sup> <u>u</u> <kbd>k</kbd>": "H<sub>2</sub>O x<sup>2</sup> <u>u</u> <kbd>k</kbd>",
    "<p>甲\u00ad乙": "甲乙",
    "<dl><dt>甲</dt><dd>乙</dd><dt>丙<dd>丁</dl>": "甲\n: 乙\n\n丙\n: 丁",
    "<dl><dt>甲</dt></dl><dt>乙</dt><dd>丙</dd>": "**甲**\n\n**乙**\n\n丙",
    "<details><summary>甲</summary>乙<p>丙</details>": ("<details>\n<summary>甲</summary>\n\n乙\n\n丙\n\n</details>"),
    "<details>乙</details>": "乙",
    "<title>题</title><p>文": "# 题\n\n文",
    "<title>题 - 站</title><h1>题</h1>": "# 题",
    "<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>字": "漢字",
    "<p>##paid<b>begin</b>##甲<b>乙##paid</b>end##丙": "##paidbegin##甲**乙**##paidend##丙",
    "<p><b>甲##paidbegin##乙</b>##paidend##": "**甲**##paidbegin##**乙**##paidend##",
    "<p>&#35;&#35;paidbegin&#x23;#甲##paidend##": "##paidbegin##甲##paidend##",
    "<h2>##paidbegin##甲</h2><p>乙##paidend##": "## ##paidbegin##甲\n\n乙##paidend##",
    "<p>##paidbegin##1. 甲##paidend##- 乙": "##paidbegin##1\\. 甲##paidend##\\- 乙",
    "<p>\\##paidbegin## 甲": "\\##paidbegin## 甲",
    "<p>甲##pagebreak##乙": "甲##pagebreak##乙",
    "<ul><li>##paidbegin##甲<li>乙##paidend##</ul>": "- ##paidbegin##甲\n- 乙##paidend##",
    "<table><tr><td>a<td>##paidbegin##b<tr><td>c<td>d##paidend##</table>": (
        "| a | ##paidbegin##b |\n| --- | --- |\n| c | d##paidend## |"
    ),
    "<p><a href='https://a.example'>甲##paidbegin##乙</a>##paidend##": (
        "[甲](<https://a.example>)##paidbegin##[乙](<https://a.example>)##paidend##"
    ),
}


@pytest.mark.parametrize("page", SHOWN)
def test_a_page_becomes_the_markdown_that_shows_the_same(page):
    assert convert_html(page, "utf-8").markdown == SHOWN[page] + "\n"


HIDDEN = "Hidden text is left out "
DROPPED = {
    "<p>甲</p><nav>乙</nav><nav>丙</nav>": "Navigation is left out (2×",
    "<p>甲</p><script>乙</script><style>b{}</style><noscript>丙</noscript>": "Scripts and styles are left out (3×",
    "<p>甲</p><form>乙</form><button>丙</button>": "Forms and buttons are left out (2×",
    "<p>甲</p><iframe src=x></iframe><svg><text>乙</text></svg><canvas>丙</canvas>": "Embedded pages, players",
    '<p>甲</p><p style="color:red; display : NONE">乙</p>': "Hidden text is left out (1×",
    "<p>甲</p><p hidden>乙</p><div style='visibility:hidden'>丙</div>": "Hidden text is left out (2×",
    "<style>p.x, .y{display:none !important}</style><p>甲</p><p class=x>乙</p><b class=y>丙</b>": HIDDEN + "(2×",
    "<p>甲</p><p style='font-size:0'>乙</p><p style='mso-hide:all'>丙</p>": "Hidden text is left out (2×",
    "<p><a href='#x'>甲</a>": "Links that lead nowhere from outside the file",
    "<table><tr><td colspan=2>甲<tr><td></table>": "Merged cells are divided again",
    "<p>甲</p><ol type=a><li></ol>": "Numbers such as a) or iv.",
    "<p>甲<ruby><rt>乙</rt></ruby>": "Readings above characters",
}


@pytest.mark.parametrize("page", DROPPED)
def test_what_is_left_out_is_told(page):
    made = convert_html(page, "utf-8")
    assert "甲" in made.markdown
    assert "乙" not in made.markdown + "丙" * ("丙" not in page)
    assert "丙" not in made.markdown
    assert any(DROPPED[page] in loss for loss in made.losses), made.losses


def test_what_only_a_printer_hides_is_shown():
    made = convert_html("<style>@media print{.x{display:none}}</style><p class=x>甲", "utf-8")
    assert made.markdown == "甲\n"


def test_an_article_that_wechat_shows_by_its_script_is_read():
    made = convert_html('<div id="js_content" style="visibility: hidden; opacity: 0;"><p>甲</p></div>', "utf-8")
    assert made.markdown == "甲\n"


MARKS = {"begin": "##paidbegin##", "end": "##paidend##", "both": "##paidbegin##x##paidend##", "bare": "paidbegin"}
OUTSIDE = {
    "comment": "<!-- {} -->",
    "comment in a word": "a<!--{}-->b",
    "script": "<script>var a = '{}'</script>",
    "style": "<style>.x{{}} /* {} */</style>",
    "class": '<b class="{}">x</b>',
    "data attribute": '<b data-x="{}">x</b>',
    "description": '<img src="a.png" alt="{}">',
    "title attribute": '<b title="{}">x</b>',
    "address": '<a href="https://example.com/{}">x</a>',
    "hidden": "<b hidden>{}</b>",
    "undisplayed": '<b style="display:none">{}</b>',
    "hidden by the sheet": "<style>.hid{{display:none}}</style><b class=hid>{}</b>",
    "undisplayed and split": '<b style="display:none">{}</b>',
    "form": "<form><input value='{}'></form>",
    "text area": "<textarea>{}</textarea>",
    "navigation": "<nav>{}</nav>",
    "template": "<template>{}</template>",
    "svg": "<svg><text>{}</text></svg>",
    "frame": '<iframe srcdoc="{}"></iframe>',
    "video": "<video>{}</video>",
    "noscript": "<noscript>{}</noscript>",
    "ruby": "<ruby>x<rt>{}</rt></ruby>",
    "formula": "<math><mi>{}</mi></math>",
    "meta": '<meta name="description" content="{}">',
    "dialog": "<dialog>{}</dialog>",
}


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("place", OUTSIDE)
def test_a_marker_that_nobody_sees_is_refused(place, mark):
    held = OUTSIDE[place].format(MARKS[mark])
    page = f"<title>题</title><p>甲##paidbegin##乙</p><p>丙{held}</p><p>丁##paidend##戊</p>"
    with pytest.raises(ConversionError) as refused:
        convert_html(page, "utf-8")
    assert refused.value.code == "marker-outside-text"


def test_a_marker_in_the_title_of_the_page_is_refused():
    with pytest.raises(ConversionError, match="the title of the page"):
        convert_html("<title>##paidbegin##题##paidend##</title><p>甲", "utf-8")


def test_an_address_that_is_percent_encoded_is_looked_at():
    with pytest.raises(ConversionError, match="an address"):
        convert_html('<p><a href="https://example.com/%23%23paidbegin%23%23">x</a>', "utf-8")


@pytest.mark.parametrize("slip", ["##paidbegn##", "#paidbegin#", "##paid_begin##", "##paid", "￥￥paidbegin￥￥"])
def test_a_slip_stays_the_error_that_it_is(slip):
    page = f"<p>甲{slip}乙" + ("</p><p>begin##" if slip == "##paid" else "") + "</p>"
    checked = check(convert_html(page, "utf-8").markdown, SourceFormat.MARKDOWN)
    assert [finding.code for finding in checked.findings] == ["near-marker"]


def test_the_title_does_not_depend_on_what_is_paid():
    paid = "<title>题</title><p>甲</p><p>##paidbegin##</p>{}<p>##paidend##</p>"
    one, other = (convert_html(paid.format(held), "utf-8").markdown for held in ("<h1>乙</h1>", "<p>乙</p>"))
    assert one.startswith("# 题")
    assert other.startswith("# 题")


def test_a_picture_that_the_page_holds_is_handed_on():
    made = convert_html('<img alt="图" src="data:image/png;base64,iVBORw==">', "utf-8")
    name = image_name(b"\x89PNG", "png")
    assert made.markdown == f"![图](<{name}>)\n"
    assert made.images == {name: b"\x89PNG"}


def test_what_is_nested_without_end_is_refused_at_once():
    with pytest.raises(ConversionError, match="nested too deep"):
        convert_html("<div>" * 100_000 + "x", "utf-8")


def test_lists_beyond_a_depth_stand_flat():
    made = convert_html("<ul><li>" * 60 + "甲" + "</ul>" * 60, "utf-8")
    assert "甲" in made.markdown
    assert any("nested too deep" in loss for loss in made.losses)
