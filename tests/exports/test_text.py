"""Each file holds its edition's text, character by character."""

import re
from pathlib import Path

import pytest

import webapp
from tests.exports.reading import shown, text_of, without_marks
from webapp.exports import plain_text
from webapp.exports.export_document import export_document_of
from webapp.exports.file_formats import FileFormat
from webapp.kit.languages import speaking_locale
from webapp.manuscript.block_json import read_blocks
from webapp.manuscript.blocks import ELLIPSIS, Paragraph, Text

SAMPLES = Path(webapp.__file__).parent / "samples"
EVERYTHING = """# 各种版式

导语，含**加粗：**后文、*强调*、~~删除~~、`code | span`和[链接](https://example.com/a?b=1&c=2)。

转义的\\*星号\\*与 a_b_c。

- 第一项
- 第二项
  - 嵌套
    1. 更深 <标签> &amp; 符号

7. 从七开始
8. 第八

   第八项的第二段。

> 引用的话。
>
> 引用第二段。

```python
def f(x):
    return x + 1  # `注释`
```

## 二、付费的节

前文##paidbegin##付费的句子##paidend##，后文。

##paidbegin##
### 付费标题

整段付费内容。

![图](x.png)
##paidend##

| 项目 | 数值 |
|:--|--:|
| 甲 | a\\|b |
| 乙 | 22,000 |

---

##pagebreak##

最后一段。
"""
TEXTS = {path.name: path.read_text() for path in sorted(SAMPLES.iterdir())} | {"everything.md": EVERYTHING}


def matter(app, edition):
    with speaking_locale(app, "zh-CN" if edition.language == "zh" else "en"):
        return export_document_of(edition, read_blocks(edition.tree), "http://127.0.0.1:8000/d/report", "paidspan")


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("kind", FileFormat)
def test_a_file_holds_the_text_of_its_edition(app, editions, made, kind, name):
    for edition in editions(TEXTS[name], name):
        told = matter(app, edition)
        notice = plain_text.gate_sentence if kind is FileFormat.TEXT else lambda notice: Paragraph(notice.run)
        wanted = shown(told.title, told.with_notices(notice), numbered=kind is FileFormat.PDF)
        assert text_of(kind, made(edition, kind)) == wanted


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_but_its_gates_is_told_otherwise_than_the_edition_has_it(app, editions, name):
    for edition in editions(TEXTS[name], name):
        told = matter(app, edition)
        text = shown("", told.with_notices(lambda _notice: Paragraph((Text(ELLIPSIS),))))
        text = re.sub(r"〔付费\d+字〕|\[\d+paidcharacters?\]", ELLIPSIS, text)
        assert text == without_marks(edition.text)


def test_a_preview_that_is_cut_within_sentences_alone_says_so_at_its_end(app, editions):
    told = matter(app, editions("题\n甲##paidbegin##密##paidend##乙\n")[0])
    assert shown("", told.with_notices(plain_text.gate_sentence)).endswith(
        "文中部分内容须付费阅读。在线阅读全文:" + told.address
    )


TOLD = """---
title: Rivers
subtitle: What moved
authors: [Mei Lin, Ada Byron]
---
Open ##paidbegin##paid##paidend##.
"""


@pytest.mark.parametrize("kind", FileFormat)
def test_subtitle_and_authors_stand_below_the_title(editions, made, kind):
    for edition in editions(TOLD, "rivers.md"):
        text = text_of(kind, made(edition, kind))
        assert "RiversWhatmovedMeiLin,AdaByronOpen" in text
