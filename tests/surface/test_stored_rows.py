"""No column of a public edition's row holds a word that is paid for, however it is written there."""

import json
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from tests.factories.old_editions import make_old
from webapp.documents.full_editions import FullEdition
from webapp.documents.importing import ImportAction
from webapp.documents.models import PublicEdition
from webapp.documents.rerender import rerender_all

PAID = ("鱻", "qzx")  # what stands in paid text alone
MARKDOWN = """# 题目

> 引文里的清单：
>
> - 甲项##paidbegin##鱻甲qzx##paidend##，其余公开
> - 乙项
>   1. 丙项##paidbegin##**鱻丙**与[鱻链接qzx](https://qzx.example/鱻?qzx=鱻 "鱻qzx")##paidend##。
>   2. 丁项

| 项目 | 数值 |
|:--|--:|
| 库存##paidbegin##鱻qzx##paidend##件 | ##paidbegin##`鱻qzx`##paidend## |

公开的[链##paidbegin##鱻qzx##paidend##接](/public "题")，**粗##paidbegin##鱻*qzx*鱻##paidend##体**。

##paidbegin##
## 鱻节 qzx

- 鱻
  - qzx ![鱻图qzx](鱻-qzx.png "鱻")

| 鱻 | qzx |
|---|---|
| 鱻 | qzx |

~~~ qzx
鱻 qzx
~~~

[qzx]: /鱻-qzx
##paidend##

## 公开的一节

- 首##paidbegin##鱻

- qzx##paidend##尾

以上##paidbegin##qzx鱻##paidend##。
"""
TEXT = """题目
一、总体
（一）抓好落实。后##paidbegin##鱻qzx。
二、鱻节qzx
（一）鱻qzx。鱻
##paidend##文。
\\##paidend##是字面##paidbegin##鱻##paidend####paidbegin##qzx##paidend##。
"""


class Written(HTMLParser):
    """Collects everything that HTML says: texts, names of tags, attributes."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [tag, *(part for pair in attrs for part in pair if part)]

    def handle_data(self, data):
        self.found.append(data)


def strings(value):
    """Return every string that a stored value holds, as it is and decoded in every way it may be written."""
    if isinstance(value, dict):
        for pair in value.items():
            yield from strings(pair)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings(one)
    elif isinstance(value, str):
        html = Written()
        html.feed(value)
        for one in (value, *html.found):
            yield from (one, unescape(one), unquote(one))
        if value.startswith(("[", "{")):
            yield from strings(json.loads(value))
    else:
        yield str(value)


def rows(database, kind):
    with database.reading() as session:
        return [tuple(row) for row in session.connection().execute(select(kind.__table__))]


def told(database, kind):
    """Return which paid words stand in the rows, in any case."""
    found = "\n".join(strings(rows(database, kind))).casefold()
    return {word for word in PAID if word in found}


@pytest.mark.parametrize(("name", "text"), [("report.md", MARKDOWN), ("report.txt", TEXT)])
def test_no_column_holds_paid_text_before_and_after_rendering_anew(database, shelf, name, text):
    shelf.put(text, name)
    before = rows(database, PublicEdition)
    assert told(database, PublicEdition) == set()
    assert told(database, FullEdition) == set(PAID)  # the check is not blind
    make_old(database)
    list(rerender_all(database))
    assert told(database, PublicEdition) == set()
    assert rows(database, PublicEdition) == before


def test_spans_in_one_another_are_never_stored_as_an_edition(database, shelf):
    (outcome,) = shelf.bring("题目\n公开##paidbegin##鱻##paidbegin##qzx##paidend##鱻##paidend##。\n", "nested.txt")
    assert outcome.did is ImportAction.REFUSED
    assert rows(database, PublicEdition) == []


@pytest.mark.parametrize("value", ['["p",["&#40059;"]]', "%E9%B1%BB", '<a href="/%E9%B1%BB">x</a>', '[{"鱻": 1}]'])
def test_a_word_is_seen_however_it_is_written(value):
    assert any("鱻" in one for one in strings(value))
