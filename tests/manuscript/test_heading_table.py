"""Lines of plain text that are headings, and lines that look like some and are none."""

import pytest

from webapp.manuscript import SourceFormat, check

TEXT = SourceFormat.TEXT
PROSE = "河上的雾还没有散，船夫已经把缆绳解开了。"
ENGLISH = "The fog had not lifted from the river when the boatman cast off his rope."


def contents(source: str, language: str) -> list[str]:
    return [entry.text for entry in check(source, TEXT, language=language).preview.toc]


def chinese(line: str) -> list[str]:
    return contents(f"河上的书\n{PROSE}\n{line}\n{PROSE}\n", "zh")


def english(lines: str) -> list[str]:
    return contents(f"The Book of the River\n\n{ENGLISH}\n\n{lines}\n\n{ENGLISH}\n", "en")


@pytest.mark.parametrize(
    "line",
    [
        "第一章 总则",
        "第一章　总则",
        "第 一 章  总  则",
        "第十二章",
        "第一百二十章 归舟",
        "第２３章 渡口",
        "第7章 渡口",
        "第一〇八章：旧账",
        "第三章 你是谁？",
        "第三章 “渡口”",
        "第五章 雨，还在下",
        "第三章风雪夜归人",
        "第三回 老馆长雪夜点旧账 小书童清晨问归期",
        "第一卷 江城",
        "卷二 风起",
        "上卷",
        "下篇 归来",
        "第一部分 现状",
        "第一编 总则",
        "第二节 时间",
        "第四条 违约责任",
        "第一幕",
        "第二场 渡口，夜",
        "第三讲 读书的方法",
        "正文 第一章 渡口",
        "楔子",
        "楔子 雪夜",
        "序章",
        "序　章",
        "前言",
        "尾声",
        "番外",
        "番外一 归途",
        "番外（二）",
        "后记",
        "引子：渡口",
        "附录一 名录",
        "参考文献",
        "第一節 時間",
        "第十條 罰則",
        "一、总体情况",
        "（一）抓好落实",
        "㈠抓好落实",
        "甲、总体情况",
        "1. 数据来源",
        "１．数据来源",
        "１、数据来源",
        "（1）口径",
        "⑴口径",
        "①口径",
        "1.2 研究方法",
        "2.3.1 样本",
    ],
)
def test_a_line_that_is_a_heading_in_chinese(line):
    assert chinese(line) == [" ".join(line.split())]


@pytest.mark.parametrize(
    "line",
    [
        "第一年",
        "第一年的收成很好。",
        "第三季度",
        "第三季度 收入增长",
        "第一次",
        "第一次见到他是在渡口",
        "第二天",
        "第十名 王小河",
        "第一章讲的是渡口的事，第二章讲的是船。",
        "第二章我们再来说这件事",
        "第一章节选",
        "第三回合结束了",
        "第三节课后，他去了渡口。",
        "第一节车厢里没有人",
        "第三条规定的情形除外",
        "第三条、第四条所称的船，是指机动船。",
        "依照本法第三条",
        "第一部电影上映那年",
        "第五章 是全书最难写的一章，写了两年。",
        "第一章 渡口……………………1",
        "第二章 归舟\t12",
        "第一章 渡口 . . . . . . . 3",
        "序言里他写道：“河不等人。”",
        "后记得带上伞。",
        "楔子是木匠用的东西。",
        "前言不搭后语",
        "尾声渐渐远了",
        "附录所列的船只一律停航。",
        "上卷的事就说到这里。",
        "卷起袖子干活",
        "一是抓落实。二是抓整改。",
        "1.5倍的增长",
        "1.5 万人参加",
        "2025.12的数据",
        "12.5%",
        "1、2月份合计",
        "甲、乙双方签字后生效",
        "①苹果；",
        "（2）梨，",
        "3．参加会议三次。",
        "２０２５年的收成",
        "——第三章完——",
        "敬礼",
        "此致",
        "二〇二五年六月一日",
        "张三　李四　王五",
        "大江东去，浪淘尽，千古风流人物。",
        "“第三章写得最好。”她说。",
        "他把第三章读完了",
    ],
)
def test_a_line_that_is_no_heading_in_chinese(line):
    assert chinese(line) == []


@pytest.mark.parametrize(
    "line",
    [
        "CHAPTER I",
        "CHAPTER II.",
        "CHAPTER II. FINDINGS",
        "CHAPTER XIV. Of the Wall and the Sea",
        "Chapter 3",
        "Chapter 3: The Wall",
        "Chapter 12 The Wall",
        "Chapter One",
        "Chapter Twenty-One",
        "CHAPTER THE FIRST",
        "PART TWO",
        "Part II: The Sea",
        "BOOK III.",
        "VOLUME I",
        "ACT I",
        "SCENE 2. The harbour",
        "Section 4: Scope",
        "Appendix A",
        "Appendix B. Figures of the harbour",
        "Article 5",
        "Prologue",
        "EPILOGUE",
        "Preface",
        "Acknowledgements",
        "References",
        "FINDINGS",
        "THE WALL AND THE SEA",
        "1.2 Scope",
        "3.1.4 Results of the second survey",
        "1. Introduction",
        "IV.",
        "I",
        "II",
        "II. The Wall",
        "INT. HARBOUR OFFICE - NIGHT",
    ],
)
def test_a_line_that_is_a_heading_in_english(line):
    assert english(line) == [line]


@pytest.mark.parametrize(
    "lines",
    [
        "Chapter 3 describes the wall.",
        "Chapter 3 of the report is about the wall",
        "chapter 3",
        "Part of the wall fell down",
        "Part 2 was written in May.",
        "Section 4 shall apply to all boats.",
        "Book early to avoid disappointment",
        "Act now",
        "Act 2 begins with a storm, and ends with one.",
        "CHAPTER I. The Wall ......... 12",
        "Figures of the harbour    14",
        "I saw the wall fall.",
        "Mix well.",
        "MIX",
        "12. May 2026",
        "1. Buy rope\n2. Buy tar",
        "1. Buy rope\n\n2. Buy tar\n\n3. Mend the boat",
        "1. The wall leaks.",
        "2.5 million people came.",
        "3.5 percent of the boats",
        "1.2 Scope\n1.3 Terms\n1.4 Figures",
        "STOP!",
        "WHO GOES THERE?",
        "WAIT FOR ME.",
        "ARRIVING TOMORROW. SEND CAR.",
        "THE END",
        "USA",
        "WWW.EXAMPLE.COM/HARBOUR://A",
        "ANNA\nI do not know.",
        "ANNA: I do not know.",
        "CUT TO:",
        "Dear Sir,",
        "Yours faithfully,\nANNA REED",
        "Yours faithfully,\n\nANNA REED",
        "Anna Reed\nBen Cole\nCarla Diaz",
        "221B Baker Street\nLondon",
        "No. 7",
        "A. Reed",
        "- One\n- Two",
        "Shall I compare the wall to summer sea?\nThe wall is taller, and it does not move:",
        "12:30 PM",
        "$1,200",
    ],
)
def test_lines_that_are_no_headings_in_english(lines):
    assert english(lines) == []


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("de", "Kapitel 3: Die Mauer"),
        ("de", "Vorwort"),
        ("fr", "CHAPITRE II. LE MUR"),
        ("fr", "Chapitre 4 – Le mur"),
        ("es", "Capítulo 5"),
        ("ru", "Глава 2. Стена"),
        ("ru", "Часть II"),
        ("ko", "제3장 바다"),
        ("ja", "第三章　海"),
        ("ja", "エピローグ"),
        ("zh-Hant", "第三章 海"),
    ],
)
def test_a_line_that_is_a_heading_in_another_language(language, line):
    assert contents(f"Titulus\n\nTextus textus.\n\n{line}\n\nTextus textus.", language) == [" ".join(line.split())]
