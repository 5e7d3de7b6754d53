"""A library of many kinds of documents, in two versions that differ only inside paid spans."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import time_machine

import webapp
from tests.factories.images import picture
from tests.factories.shelf import REPORT, Shelf
from webapp.documents.models import FormerSlug
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit.money import Money

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
LENGTH = 8
PHRASE = "重点客户的回款安排"  # stands in paid text of one version alone, and in no public text
SHARED = "冷链运输"  # stands in public text, and in paid text of other documents in one version alone
MARKDOWN = f"""# 渠道分析

公开的导语，说明**范围**与方法。

![公开的照片](harbour.png "清晨的港口")

本季毛利率为##paidbegin##百分之二十七点四六并且较上季下降##paidend##，高于行业平均。

| 项目 | 数值 |
|---|---|
| 库存 | ##paidbegin##一千三百四十二万七千件左右##paidend## |

##paidbegin##
## {PHRASE}

- 甲类客户延长账期至九十天并收取相应利息，{SHARED}另议
- 乙类客户一律改为预付三成之后方可发货

该结论另有出处[^a]，与同业口径[^a]一致。

![内部走势图](secret-chart-of-margins.png "毛利率逐月回落，见右轴")

再看![港口](harbour.png)与![库区](depot.png)。
##paidend##

以上。

[^a]: 出自海关月报第三号，公开可查。
[^n]: 出自行业年鉴第七卷，公开可查。
"""
OPEN = f"""{SHARED}公开说明
本说明介绍{SHARED}的一般要求，全文公开。
一、适用范围
{SHARED}与仓储周转均适用本说明。
"""
FIRST_LINE_PAID = f"""##paidbegin##内部代号青鸾计划的首次评估##paidend##
区域市场季度观察
本期观察华东与华南两地的门店。
##paidbegin##
门店之外，{SHARED}的份额由三家分走，其中最大的一家准备退出。
##paidend##
"""
ENGLISH = """# Freight rates in review

Spot rates eased in May, and contract rates ##paidbegin##rose by eleven percent on the northern lanes##paidend## again.

##paidbegin##
## What the carriers told us

Two of the three carriers will withdraw capacity before autumn, and cold chain work moves to rail.
##paidend##

Rates are quoted in euros.
"""
WITHDRAWN = """渠道合作备忘
备忘的公开部分只有这一句。
##paidbegin##
合作方要求独家供货三年，违约金按年度货款的两成计算。
##paidend##
"""
DRAFT = """仓储自动化试点（未发布）
这一篇还没有发布。
##paidbegin##试点的机器人在夜间停摆十一次，供应商尚未给出解释##paidend##。
"""
BOUGHT = f"""供应商名录
名录按地区排列，附联系方式。
##paidbegin##
华东供应商七家，{SHARED}供应商四家，其中两家正在谈收购。
##paidend##
"""
TOLD = f"""---
title: 冷库调研
subtitle: 副题也公开
authors: [梅林, Ada]
date: 2025-01-15
updated: 2025-02-01
collection: 冷链系列
cover: cold.png
tags: [渠道, 冷链]
slug: cold-storage
price: 12
weight: 1
---
# 冷库调研

公开的导语，谈{SHARED}。

##paidbegin##
冷库的空置率在两个季度里翻了一番，{SHARED}的合同正在重谈。
##paidend##
"""
NOTES = 16  # so that lists have a second page
TOPICS = (SHARED, "仓储周转", "区域市场", "门店")
NOTE = """第{number}期市场快报
本期快报摘录{number}条消息，也谈到{topic}。
##paidbegin##第{number}条讲{inside}的内幕，来源不便透露##paidend##，其余从略。
"""


class Fate(StrEnum):
    """What becomes of a document."""

    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    DRAFT = "draft"


@dataclass(frozen=True)
class Manuscript:
    """A document of the library; one that is `alike` is the same in both versions, for the reader who bought it."""

    name: str
    text: str
    tags: tuple[str, ...]
    year: int
    fate: Fate = Fate.PUBLISHED
    alike: bool = False


def _note(number: int) -> Manuscript:
    """Return a note whose public and paid text speak of the same thing, or each of another."""
    topic, inside = TOPICS[number % len(TOPICS)], TOPICS[(number + number // len(TOPICS)) % len(TOPICS)]
    return Manuscript(
        f"note{number}.txt", NOTE.format(number=number, topic=topic, inside=inside), ("快报", "报告"), 2026
    )


THIS, OTHER = "report.txt", "bought.txt"
MANUSCRIPTS = (
    Manuscript(THIS, REPORT, ("报告", "仓储"), 2024),
    Manuscript("analysis.md", MARKDOWN, ("报告", "渠道"), 2025),
    Manuscript("open.txt", OPEN, ("报告",), 2025),
    Manuscript("first.txt", FIRST_LINE_PAID, ("渠道",), 2025),
    Manuscript("english.md", ENGLISH, ("markets",), 2026),
    Manuscript("withdrawn.txt", WITHDRAWN, ("渠道",), 2026, Fate.WITHDRAWN),
    Manuscript("draft.txt", DRAFT, ("报告",), 2026, Fate.DRAFT),
    Manuscript("told.md", TOLD, ("渠道",), 2025),
    Manuscript(OTHER, BOUGHT, ("报告", "markets"), 2026, alike=True),
    *(_note(number) for number in range(1, NOTES + 1)),
)
ASKED_FOR = len(MANUSCRIPTS) - NOTES + 1  # all kinds of documents, and the first of the notes, in this order
_PAID = re.compile("(?<=##paidbegin##).*?(?=##paidend##)", re.DOTALL)
_MARKS = "##paidbegin##", "##paidend##"
_MARK = re.compile(f"({'|'.join(_MARKS)})")
_OUR_WORDS = (Path(webapp.__file__).parent / "translations" / "zh-CN.po").read_text(encoding="utf-8")
_STRUCTURE = set("一二三四五六七八九十")  # numerals make headings
_SWAPPED = str.maketrans(
    {chr(han): chr(han - 0x4E00 + 0x20000) for han in range(0x4E00, 0xA000) if chr(han) not in _STRUCTURE}
    | {letter: chr((ord(letter) - 97 + 13) % 26 + 97) for letter in "abcdefghijklmnopqrstuvwxyz"}
)


def swapped(text: str) -> str:
    """Return a text with other words of the same shape in its paid spans.

    As many characters, line breaks, headings and pictures; but other letters, and more bytes.
    """
    return _PAID.sub(lambda found: found.group().translate(_SWAPPED), text)


def in_other_words(manuscript: Manuscript) -> str:
    """Return a document as the second version has it: all words of a draft are others, for nothing of it is public."""
    if manuscript.fate is not Fate.DRAFT:
        return swapped(manuscript.text)
    return "".join(part if part in _MARKS else part.translate(_SWAPPED) for part in _MARK.split(manuscript.text))


def _draw(folder: Path, *, swaps: bool) -> None:
    """Put the pictures beside the texts; those of paid text are others in each version, of another size."""
    paid = picture("green", (80, 30)) if swaps else picture("blue", (60, 40))
    for name, data in (("harbour.png", picture("red")), ("secret-chart-of-margins.png", paid), ("depot.png", paid)):
        for here in (name, name.translate(_SWAPPED)):
            (folder / here).write_bytes(data)


def stock(shelf: Shelf, *, swaps: bool = False) -> None:
    """Bring the library in, one document after the other as time goes on."""
    _draw(shelf.folder, swaps=swaps)
    for day, manuscript in enumerate(MANUSCRIPTS):
        with time_machine.travel(datetime(manuscript.year, 2, 1, tzinfo=UTC) + timedelta(days=day), tick=False):
            text = in_other_words(manuscript) if swaps and not manuscript.alike else manuscript.text
            published = manuscript.fate is not Fate.DRAFT
            document = shelf.put(
                text, manuscript.name, publish=published, price=Money(990, "cny"), tags=manuscript.tags
            )
            with shelf.database.writing() as session:
                session.add(FormerSlug(slug=f"former-{document.slug}", document_id=document.id))
                if manuscript.fate is Fate.WITHDRAWN:
                    withdraw(session, get_document_by_slug(session, document.slug), document.created_at)


def paid_slices(texts) -> set[str]:
    """Return every run of 8 characters that stands in paid text, and neither in public text nor in what we say."""
    texts = list(texts)
    public = "\n".join([_OUR_WORDS, *(_PAID.sub("", text) for text in texts)])
    paid = [span for text in texts for span in _PAID.findall(text)]
    runs = {text[start : start + LENGTH] for text in paid for start in range(len(text) - LENGTH + 1)}
    return {run for run in runs if run not in public and len(run.strip()) == LENGTH}


def slices_of(text: str) -> set[str]:
    """Return every run of 8 characters of a text."""
    return {text[start : start + LENGTH] for start in range(len(text) - LENGTH + 1)}
