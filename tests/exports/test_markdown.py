"""Markdown that shows the same again, marks of emphasis beside Chinese punctuation included."""

import pytest
from markdown_it import MarkdownIt

from tests.factories.images import picture
from webapp.documents.image_encoding import encode_image
from webapp.exports.file_formats import FileFormat

CASES = {
    "题\n（一）抓好落实。后文。\n": "<strong>（一）抓好落实</strong>。后文。",
    "# 题\n\n见**《办法》**第三条": "见《<strong>办法</strong>》第三条",
    "# 题\n\n前**注意：**后": "前<strong>注意</strong>：后",
    "# 题\n\n前 **注意：** 后": "<strong>注意：</strong>",
    "# 题\n\n*甲*乙~~丙~~": "<em>甲</em>乙<s>丙</s>",
    "# 题\n\n甲##paidbegin##密##paidend##乙": "<p>甲密乙</p>",
    "# 题\n\n价 $$a_1\\) + b$$5 元": "$$a_1) + b$$5 元",
    "# 题\n\n甲**“”**乙": "<p>甲“”乙</p>",
    "# 题\n\n甲 **乙*丙*~~丁~~** 戊": "<p>甲 乙丙丁 戊</p>",
    "# 题\n\n1\\. 不是列表": "<p>1. 不是列表</p>",
    "# 题\n\n\\# 不是标题\\\n\\- 不是列表": "<p># 不是标题<br />\n- 不是列表</p>",
    "# 题\n\n`a``b`": "<code>a``b</code>",
    "# 题\n\n| a |\n|---|\n| x\\|y |\n": "<td>x|y</td>",
    "# 题\n\n- 甲\n\n正文\n\n<!-- -->\n\n3. 乙\n": '<ol start="3">',
    "# 题\n\n```py\n```\n``\n": '<code class="language-py">',
}


@pytest.mark.parametrize("source", CASES)
def test_what_is_written_is_shown_again(editions, made, source):
    name = "x.md" if source.startswith("#") else "x.txt"
    written = made(editions(source, name)[1], FileFormat.MARKDOWN).decode()
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(written)
    assert CASES[source] in shown
    assert "<h1>题</h1>" in shown


@pytest.mark.parametrize(
    ("written", "again"),
    [
        ('![甲](a.png "图 1")', '![甲]({path} "图 1")'),
        ("见 ![甲 [乙]](a.png '“丙” \\ \\\"') 后", '见 ![甲 \\[乙\\]]({path} "“丙” \\\\ \\"") 后'),
        ("![[a.png|甲]]", "![甲]({path})"),
    ],
)
def test_a_picture_keeps_its_words_and_its_title(shelf, editions, made, written, again):
    (shelf.folder / "a.png").write_bytes(picture())
    edition = editions(f"# 题\n\n首段。\n\n{written}\n", "x.md")[0]
    path = f"<http://127.0.0.1:8000/media/{encode_image(picture()).file.name}>"
    assert again.format(path=path) in made(edition, FileFormat.MARKDOWN).decode()
