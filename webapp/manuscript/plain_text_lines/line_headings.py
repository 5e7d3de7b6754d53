"""Which lines of a plain text are headings, and how high: by their numbering, their words and what stands around them.

Levels above 0 are those of numbered headings (GB/T 9704). Divisions, which stand above them all, have levels below 1;
where a text has such, `structure` counts them from 1 and moves the others down.
"""

import re

from webapp.manuscript.blocks import Heading, Paragraph, Run, RunIn
from webapp.manuscript.inline_runs import parted, run_text
from webapp.manuscript.plain_text_lines.text_lines import GATE, TextLine

VOLUME, CHAPTER, UNNUMBERED, SECTION, ARTICLE = -6, -4, -3, -2, -1

_NUMERAL = "(?:[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])"
# 一、甲、 level 1, （一）㈠ level 2, 1.１．⒈ level 3, （1）⑴ level 4, ① level 5; 2.5 and 1、2月份 are none
_NUMBERING = re.compile(
    rf"({_NUMERAL}、|[甲乙丙丁戊己庚辛壬癸]、(?![甲乙丙丁戊己庚辛壬癸双两]))"
    rf"|([（(]{_NUMERAL}[）)]|[㈠-㈩])"
    r"|([0-9０-９]{1,2}[.．、](?![0-9０-９])|[⒈-⒛])"
    r"|([（(][0-9０-９]{1,2}[）)]|[⑴-⒇])"
    r"|([①-⑳])"
)
# 1.2 研究方法, but not: 1.5 万人参加
_DECIMAL = re.compile(
    r"([1-9]\d?(?:\.[1-9]\d?){1,3})\s+(?![亿万千百十元个名人次倍%％‰吨米平公年月日时分秒度级岁折成])\D.*"
)
_LOWEST_WITH_FULL_STOP = 2  # （一）…。 alone on its line is a heading; 1.…。 is an item of a list
_HEADING_LENGTH = 50
_RUN_IN_LENGTHS = {1: 60, 2: 60, 3: 40, 4: 40, 5: 40}
# 。 of: （一）抓好落实。后文; ！” of: （二）“快！”后文
_CHINESE_SENTENCE = re.compile(r"[。！？!?]++[”’」』）)]*+")
_GOES_ON = "；;，,、"

_COUNT = "[一二三四五六七八九十百千零〇两0-9０-９]"
_UNITS = {
    **dict.fromkeys("部卷编編篇集辑輯册冊", VOLUME),
    **dict.fromkeys("章回幕讲講课課话話", CHAPTER),
    **dict.fromkeys("节節场場", SECTION),
    **dict.fromkeys("条條", ARTICLE),
}
# 第一章 总则, 第 12 回：…, 卷二, 上篇, 第一部分; and 第三章风雪夜, which has nothing between.
_DIVISION = re.compile(
    rf"(?:正文\s+)?(?:第\s*{_COUNT}(?:\s*{_COUNT})*\s*(?:部分|([部卷编編篇集辑輯册冊章回幕讲講课課话話节節场場条條]))"
    rf"|卷{_COUNT}+|[上中下][卷部篇编集册])(\s*[：:．.—─·]+\s*|\s+|$)?"
)
# What follows 章 or 回 where it is no heading: 第一章节, 第二回合, 第三章的内容, 第二章讲了
_NO_TITLE = re.compile(
    "[节節合里裏中的是讲講写寫说說至到和与與及或我你他她它们們这這那将將就才已之来來去、，。；》」”]"
)
_LONGEST_TITLE = 40
_LONGEST_GLUED_TITLE = 20
_NOT_IN_TITLES = "。；;"
_UNNUMBERED = re.compile(
    r"(?:楔\s*子|引\s*子|引\s*言|引\s*论|序\s*[章幕言曲]?|自\s*序|代\s*序|前\s*[言记]|导\s*[言论]|绪\s*[言论]|尾\s*[声聲]"
    r"|[终終]\s*章|大结局|番\s*外|[后後]\s*[记記]|跋|附\s*录|附\s*錄|结\s*[语論论束]|致\s*谢|参考文献|摘\s*要|前書き|後書き|あとがき|はじめに"
    r"|おわりに|プロローグ|エピローグ)"
    rf"(?:\s*[篇之]?\s*[（(]?{_COUNT}{{1,3}}[）)]?)?(?:(?:\s*[：:—]+\s*|\s+)(\S.*))?"
)
# 总则……3, 总则 . . . . 3, Scope    12: a line of a list of contents
_LEADS_TO_PAGE = re.compile(r"(?:…+|\.{3,}|(?:\s?[.·․]\s?){3,}|\t+|\s{3,})\s*[0-9０-９ivxlc]{1,4}$")
_LONGEST_LEADER = 100  # of so many characters each is tried


def leads_to_page(text: str) -> bool:
    """Return whether a line is one of a list of contents, with the number of a page at its end."""
    return bool(_LEADS_TO_PAGE.search(text[-_LONGEST_LEADER:]))


def _title_of(text: str, start: int, longest: int) -> bool:
    """Return whether what stands behind a division's number is a title and no sentence."""
    title = text[start:]
    ends = not title.endswith(tuple(_GOES_ON)) and not any(mark in title for mark in _NOT_IN_TITLES)
    return ends and len(title) <= longest and title.count("，") + title.count(",") <= 1


def _division(text: str, run: Run, line: int) -> Heading | Paragraph | None:
    found = _DIVISION.match(text)
    if not found or leads_to_page(text):
        return None
    level = _UNITS[found[1]] if found[1] else VOLUME
    rest = text[found.end() :]
    if level == ARTICLE and found[2] and rest and (len(rest) > _LONGEST_GLUED_TITLE or not _title_of(rest, 0, 99)):
        head, tail = parted(run, found.start(2))
        return Paragraph((RunIn(level, head), *tail), line)
    if found[2] is not None or not rest:
        return Heading(level, run, line) if _title_of(text, found.end(), _LONGEST_TITLE) else None
    is_glued = level == CHAPTER and not _NO_TITLE.match(rest) and "，" not in rest
    return Heading(level, run, line) if is_glued and _title_of(rest, 0, _LONGEST_GLUED_TITLE) else None


def _unnumbered(text: str, run: Run, line: int) -> Heading | None:
    found = _UNNUMBERED.fullmatch(text)
    is_title = found and not leads_to_page(text) and _title_of(found[1] or "", 0, _LONGEST_GLUED_TITLE)
    return Heading(UNNUMBERED, run, line) if is_title else None


def _numbered(text: str, run: Run, line: int) -> Heading | Paragraph | None:
    decimal = _DECIMAL.fullmatch(text)
    if decimal and _title_of(text, 0, _LONGEST_TITLE):
        return Heading(2 + len(decimal[1].split(".")), run, line)
    numbering = _NUMBERING.match(text)
    if not numbering or leads_to_page(text):
        return None
    level = numbering.lastindex or 1
    sentence = _CHINESE_SENTENCE.search(text, numbering.end(), _RUN_IN_LENGTHS[level])
    if sentence and text[sentence.end() :].strip():
        head, rest = parted(run, sentence.end())
        return Paragraph((RunIn(level, head), *rest), line)
    is_short = numbering.end() < len(text) <= _HEADING_LENGTH and not text.endswith(tuple(_GOES_ON))
    is_heading = is_short and (level <= _LOWEST_WITH_FULL_STOP or not sentence)
    return Heading(level, run, line) if is_heading else None


_FIRST_OF_DIVISION = frozenset("第正卷上中下")
_FIRST_OF_UNNUMBERED = frozenset("楔引序自代前导绪尾终終大番后後跋附结致参摘あはおプエ")


def chinese_heading(run: Run, line: int) -> Heading | Paragraph | None:
    """Return a line as a heading, or as a paragraph that begins with one; None where it is neither."""
    text = run_text(run, GATE)
    if text[0] in _FIRST_OF_DIVISION:
        return _division(text, run, line)
    if text[0] in _FIRST_OF_UNNUMBERED:
        return _unnumbered(text, run, line)
    return _numbered(text, run, line)


def begins_anew(line: TextLine) -> bool:
    """Return whether a line begins with a number or mark of its own, so that no line goes on in it."""
    return bool(_NUMBERING.match(line.text) or chinese_heading(line.run, line.number))
