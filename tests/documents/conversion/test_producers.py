"""Files as programs write them, made when the test runs: our own downloads, LibreOffice, a saved page, WordPress."""

import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy.orm import undefer

from tests.factories.word_files import numbering, word_file
from webapp.documents.conversion.docx_document import convert_docx
from webapp.documents.conversion.html_page import convert_html
from webapp.documents.models import PublicEdition
from webapp.documents.publishing import get_document_by_slug
from webapp.exports.file_formats import FileFormat
from webapp.exports.render import render_file
from webapp.manuscript import SourceFormat, check
from webapp.manuscript import blocks as b
from webapp.manuscript.block_json import read_blocks
from webapp.manuscript.block_walk import inline_runs, walk
from webapp.manuscript.inline_runs import run_text

TEXT = """# 年度报告

第一段，有**重点**，也有 [链接](https://example.com/)。

## 第一章

- 甲
  - 乙
- 丙

3. 三
4. 四

### 第一节

| 品类 | 数量 |
| --- | --- |
| 甲 | 12 |
| 乙 | 34 |

> 引用的话。

```
x = 1
y = 2
```

最后一段。
"""


def outline(blocks):
    """Return what is to come through: kinds, texts, numbers."""
    found = []
    for block in walk(blocks):
        texts = tuple(run_text(run) for run in inline_runs(block))
        found.append((type(block).__name__, getattr(block, "start", None), getattr(block, "level", None), texts))
    return found


def public_tree(markdown: str) -> b.Blocks:
    checked = check(markdown, SourceFormat.MARKDOWN)
    assert not checked.has_errors, checked.findings
    return checked.document.blocks


def test_our_own_word_file_reads_back_the_same(app, shelf, database):
    slug = shelf.put(TEXT, "report.md").slug
    with database.reading() as session:
        id_ = get_document_by_slug(session, slug).id
        edition = session.get_one(PublicEdition, id_, options=[undefer(PublicEdition.tree)])
    data = render_file(app, edition, read_blocks(edition.tree), slug, FileFormat.DOCX)
    made = convert_docx(data)
    assert made.markdown.startswith("# 年度报告\n")
    assert outline(public_tree(made.markdown)) == outline(read_blocks(edition.tree))


PAGE = """<html><head><meta charset="utf-8"></head><body><h1>年度报告</h1>
<p>第一段，有<b>重点</b>，也有<a href="https://example.com/">链接</a>。##paid<b>begin</b>##付费</p>
<h2>第一章</h2><ul><li>甲<ul><li>乙</li></ul></li><li>丙</li></ul><ol start="3"><li>三</li><li>四##paidend##</li></ol>
<table border="1"><tr><th>品类</th><th>数量</th></tr><tr><td>甲</td><td>12</td></tr></table>
<blockquote><p>引用的话。</p></blockquote><pre>x = 1
y = 2</pre></body></html>"""
FROM_LIBREOFFICE = """## 年度报告

第一段，有**重点**，也有[链接](<https://example.com/>)。##paidbegin##付费

### 第一章

- 甲
  - 乙
- 丙

3. 三
4. 四##paidend##

| 品类 | 数量 |
| --- | --- |
| 甲 | 12 |

> 引用的话。

```
x = 1
y = 2
```
"""


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_a_word_file_of_libreoffice_is_read(tmp_path: Path):
    (tmp_path / "page.html").write_text(PAGE)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    for source, kind in (("page.html", "odt"), ("page.odt", "docx")):
        command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(tmp_path), source]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=180)
    assert convert_docx((tmp_path / "page.docx").read_bytes()).markdown == FROM_LIBREOFFICE


WPS = """<w:p><w:pPr><w:pStyle w:val="2"/><w:bidi w:val="0"/><w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr></w:pPr>
<w:bookmarkStart w:id="0" w:name="_GoBack"/><w:bookmarkEnd w:id="0"/><w:r><w:rPr><w:rFonts w:hint="eastAsia"/>
<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr><w:t>概述</w:t></w:r></w:p><w:p><w:pPr><w:numPr><w:ilvl w:val="0"/>
<w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr><w:t>##paidbeg</w:t></w:r>
<w:proofErr w:type="spellEnd"/><w:r><w:rPr><w:rFonts w:hint="default"/></w:rPr><w:t>in##总体</w:t></w:r></w:p>
<w:p><w:r><w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr><w:t>平稳。＃＃ＰａｉｄＥｎｄ＃＃后文。</w:t></w:r></w:p>"""


def test_a_word_file_of_wps_is_read():
    styles = '<w:style w:type="paragraph" w:styleId="2"><w:name w:val="标题 1"/><w:basedOn w:val="1"/></w:style>'
    data = word_file(WPS, numbers=numbering(("chineseCounting", "%1、")), styles=styles)
    assert convert_docx(data).markdown == "## 概述\n\n一、##paidbegin##总体\n\n平稳。＃＃ＰａｉｄＥｎｄ＃＃后文。\n"


WORDPRESS = """<!DOCTYPE html><html lang="zh-CN"><head><meta charset="UTF-8"><title>三季度库存 &#8211; 某某研究</title>
<link rel="stylesheet" href="style.css"><style>.screen-reader-text{position:absolute;display:none}</style>
<script type="application/ld+json">{"@type": "Article"}</script></head><body class="post">
<header><a class="screen-reader-text" href="#content">跳至内容</a></header><nav><ul><li>首页</li></ul></nav>
<main id="content"><article><h1 class="entry-title">三季度库存</h1><div class="entry-content">
<!-- wp:paragraph --><p>三季度库存总体平稳。##paidbegin##主要变化<br />集中在两个品类。</p><!-- /wp:paragraph -->
<!-- wp:image --><figure class="wp-block-image"><img src="https://example.com/a.png" alt="走势" />
<figcaption>图一</figcaption></figure><!-- /wp:image --><p>其一……##paidend##</p></div></article></main>
<form class="comment"><input name="x"></form></body></html>"""


def test_a_post_of_wordpress_is_read():
    made = convert_html(WORDPRESS, "utf-8")
    assert made.markdown == (
        "# 三季度库存\n\n三季度库存总体平稳。##paidbegin##主要变化\\\n集中在两个品类。\n\n"
        "![走势](<https://example.com/a.png>)\n\n图一\n\n其一……##paidend##\n"
    )
    assert [loss.split(" (")[0] for loss in made.losses] == [
        "Hidden text is left out",
        "Navigation is left out",
        "Forms and buttons are left out",
    ]


WECHAT = """<html><head><meta charset="utf-8"><title></title></head><body><div id="img-content">
<h1 class="rich_media_title" id="activity-name">\n 三季度库存\n </h1>
<div class="rich_media_content" id="js_content" style="visibility: hidden; opacity: 0; "><section><section>
<p style="text-indent: 2em;"><span style="font-size: 16px;">三季度库存</span><strong><span>总体平稳</span></strong>
<span style="display: none;">x</span>。</p></section><section><img data-src="https://mmbiz.qpic.cn/a"
data-type="png" src="data:image/svg+xml,x"></section></section></div></div></body></html>"""


def test_an_article_of_wechat_is_read():
    made = convert_html(WECHAT, "utf-8")
    assert made.markdown == "# 三季度库存\n\n三季度库存**总体平稳** 。\n\n![](<https://mmbiz.qpic.cn/a>)\n"


def test_a_saved_page_of_word_is_read():
    """Word's own HTML: list numbers are words there, and what it hides is marked by it."""
    page = (
        "<html xmlns:o='urn:x'><head><title>报告</title><!--[if gte mso 9]><xml><o:p>x</o:p></xml><![endif]--></head>"
        "<body lang=ZH-CN><p class=MsoTitle>报告</p><p class=MsoListParagraph><![if !supportLists]><span>1.&nbsp;&nbsp;"
        "</span><![endif]>甲<o:p></o:p></p><p><span style='display:none;mso-hide:all'>乙</span></p></body></html>"
    )
    assert convert_html(page, "utf-8").markdown == "# 报告\n\n报告\n\n1\\. 甲\n"
